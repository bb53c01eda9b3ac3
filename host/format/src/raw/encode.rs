//! Rows to messages.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BinaryArray, StringArray};
use arrow_schema::DataType;
use sluicegate_model::{Cell, ChangeBatch, Column, meta};

use super::{NAME, column};
use crate::{Encode, EncodeError, EncodeReject, Messages, Parts};

/// Writes `raw`.
pub(super) struct RawEncoder;

/// Bytes, whether they are called text or not.
enum Bytes<'a> {
    Binary(&'a BinaryArray),
    Text(&'a StringArray),
}

impl<'a> Bytes<'a> {
    fn of(values: &'a ArrayRef) -> Option<Self> {
        match values.data_type() {
            DataType::Binary => Some(Self::Binary(values.as_binary())),
            DataType::Utf8 => Some(Self::Text(values.as_string())),
            _ => None,
        }
    }

    fn get(&self, row: usize) -> &[u8] {
        match self {
            Self::Binary(values) => values.value(row),
            Self::Text(values) => values.value(row).as_bytes(),
        }
    }
}

/// Refuses what is no column of a message, and columns of other types.
fn check(batch: &ChangeBatch) -> Result<(), EncodeError> {
    for field in batch.schema().fields() {
        let fits = match field.name().as_str() {
            column::KEY | column::VALUE => {
                matches!(field.data_type(), DataType::Binary | DataType::Utf8 | DataType::Null)
            }
            column::HEADERS => *field.data_type() == meta::headers_type(),
            name if column::ABOUT.contains(&name) => true,
            name => {
                return Err(EncodeError::Column {
                    format: NAME,
                    table: batch.table().clone(),
                    column: name.to_owned(),
                    why: "a message is `value`, `key` and `headers`: drop it in a step, or write another format",
                });
            }
        };
        if !fits {
            return Err(EncodeError::of_type(NAME, batch, field));
        }
    }
    Ok(())
}

impl Encode for RawEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        check(batch)?;
        let value = batch.column(column::VALUE).ok_or_else(|| EncodeError::Column {
            format: NAME,
            table: batch.table().clone(),
            column: column::VALUE.to_owned(),
            why: "it is not there, and it is what the message is: make it in a step",
        })?;
        let bytes = Bytes::of(value.values());
        let others: Vec<(&str, &Column)> = [column::KEY, column::HEADERS]
            .into_iter()
            .filter_map(|name| Some((name, batch.column(name)?)))
            .collect();
        Ok(out.write_units(batch, |unit, out| {
            // Of a pair the new half.
            let row = unit.end - 1;
            let mut all = std::iter::once((column::VALUE, value)).chain(others.iter().copied());
            if let Some((name, _)) = all.find(|(_, column)| column.is_missing(row)) {
                return Err(format!("column {name:?} is missing, and nothing stands for that in a message"));
            }
            match (&bytes, value.cell(row)) {
                (Some(bytes), Cell::Value) => {
                    let start = out.bytes.len();
                    out.bytes.extend_from_slice(bytes.get(row));
                    out.end_value(row, start);
                }
                _ => out.tombstone(row),
            }
            Ok(())
        }))
    }

    fn parts<'a>(&self, batch: &'a ChangeBatch) -> Parts<'a> {
        Parts { key: batch.column(column::KEY), headers: batch.column(column::HEADERS) }
    }
}
