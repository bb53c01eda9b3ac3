//! What becomes of a batch that is written and read again.

use std::fmt;

use arrow_array::Array;
use sluicegate_format::{Message, Messages, Record};
use sluicegate_model::{Cell, ChangeBatch, Column, Decoded, data_type, field};

use super::profiles::Profile;
use crate::support::{batches, decode_records, decoder, encode, encoder};

/// A cell of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It comes back as it was.
    Held,
    /// The same, where the configuration says it.
    Told,
    /// The same values in columns of another type.
    As(String),
    /// The writer says no.
    Refused,
    /// It comes back as something else.
    Lost,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => f.write_str("yes"),
            Self::Told => f.write_str("by option"),
            Self::As(name) => write!(f, "as {name}"),
            Self::Refused => f.write_str("refused"),
            Self::Lost => f.write_str("no"),
        }
    }
}

/// A message with the key that a sink gives it.
#[derive(Debug)]
pub(crate) struct Sent {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl Sent {
    /// The key.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The value; `None` is a tombstone.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        self.value.as_deref()
    }

    /// As a person reads it.
    pub(crate) fn text(&self) -> Option<String> {
        self.value.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The messages of a batch; `None` where a row is refused.
pub(crate) fn written(profile: &Profile, batch: &ChangeBatch) -> Option<Vec<Sent>> {
    let mut out = Messages::default();
    let rejects = encoder(&profile.encoder()).encode(batch, &mut out).ok()?;
    let message = |message: &Message| Sent {
        key: key(batch, message.row as usize),
        value: out.value(message).map(<[u8]>::to_vec),
    };
    rejects.is_empty().then(|| out.messages.iter().map(message).collect())
}

/// The primary key of a row as a JSON object.
fn key(batch: &ChangeBatch, row: usize) -> Vec<u8> {
    object(&project(batch, |name| batch.primary_key().contains(name)), row).into_bytes()
}

/// The batch with some of its columns.
pub(crate) fn project(batch: &ChangeBatch, keep: impl Fn(&String) -> bool) -> ChangeBatch {
    let fields = batch.schema().fields();
    let places: Vec<usize> = (0..fields.len()).filter(|place| keep(fields[*place].name())).collect();
    let mut parts = batch.clone().into_parts();
    parts.schema = parts.schema.project(&places).unwrap().into();
    parts.columns = places.iter().map(|place| parts.columns[*place].clone()).collect();
    parts.build().unwrap()
}

/// A row as JSON.
fn object(batch: &ChangeBatch, row: usize) -> String {
    let writer = encoder("json: { deletes: flag, timestamps: sql, decimals: string }");
    let text = encode(&*writer, &batch.slice(row, 1)).remove(0).unwrap();
    text.replace(",\"__deleted\":true", "")
}

/// Reads messages as those of a lane.
pub(crate) fn read(yaml: &str, messages: &[Sent]) -> Decoded {
    let records: Vec<Record<'_>> = (100..)
        .zip(messages)
        .map(|(ordinal, sent)| Record {
            ordinal,
            key: Some(&sent.key),
            value: sent.value.as_deref(),
            timestamp_us: None,
            headers: &[],
        })
        .collect();
    decode_records(&*decoder(yaml), &records)
}

/// The rows that were read, where they are all there and of one table.
pub(crate) fn only(decoded: &Decoded) -> Option<&ChangeBatch> {
    match batches(decoded)[..] {
        [batch] if decoded.rejects.is_empty() => Some(batch),
        _ => None,
    }
}

/// Whether rows are the same, and if so, the last type that is another.
pub(crate) fn rows(expected: &ChangeBatch, found: &ChangeBatch) -> Outcome {
    let pairs = |batch: &ChangeBatch| (0..batch.len()).filter(|row| batch.is_pair(*row)).collect::<Vec<_>>();
    if expected.kinds() != found.kinds() || pairs(expected) != pairs(found) {
        return Outcome::Lost;
    }
    cells(expected, found)
}

/// The same, whatever the rows do to their table.
pub(crate) fn cells(expected: &ChangeBatch, found: &ChangeBatch) -> Outcome {
    if expected.len() != found.len() {
        return Outcome::Lost;
    }
    let mut other = None;
    let missing = Column::all_missing(&arrow_schema::DataType::Null, expected.len());
    for (field, column) in expected.schema().fields().iter().zip(expected.columns()) {
        let back = found.column(field.name()).unwrap_or(&missing);
        let same_type = column.data_type() == back.data_type();
        for row in 0..expected.len() {
            let state = column.cell(row);
            if state != back.cell(row) {
                return Outcome::Lost;
            }
            if state == Cell::Value {
                let same = if same_type {
                    column.values().slice(row, 1).to_data() == back.values().slice(row, 1).to_data()
                } else {
                    text(expected, field.name(), row) == text(found, field.name(), row)
                };
                if !same {
                    return Outcome::Lost;
                }
                if !same_type {
                    let back = found.schema().field_with_name(field.name()).unwrap();
                    other = Some(if back.metadata().contains_key(field::JSON) {
                        "JSON".to_owned()
                    } else {
                        format!("`{}`", data_type::name_of(back.data_type()).unwrap())
                    });
                }
            }
        }
    }
    // A column that was not there may come back, as long as it says nothing.
    let added = found.schema().fields().iter().filter(|field| expected.column(field.name()).is_none());
    for field in added {
        if (0..found.len()).any(|row| found.column(field.name()).unwrap().cell(row) != Cell::Missing) {
            return Outcome::Lost;
        }
    }
    other.map_or(Outcome::Held, Outcome::As)
}

/// A cell as text, whatever its type: booleans are 0 and 1.
fn text(batch: &ChangeBatch, column: &str, row: usize) -> String {
    let object = object(&project(batch, |name| name == column), row);
    let mut cells: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&object).unwrap();
    match cells.remove(column) {
        Some(serde_json::Value::String(text)) => text,
        Some(serde_json::Value::Bool(on)) => u8::from(on).to_string(),
        other => other.unwrap_or_default().to_string(),
    }
}
