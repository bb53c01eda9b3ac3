//! The canonical bytes of a cell, and of a key of several cells.
//!
//! Hashes and keys of messages are made of them, so they never change: equal values have equal bytes, whatever
//! width or unit their type has.
//!
//! | type | bytes |
//! |---|---|
//! | utf8, binary, fixed | its own |
//! | integers | decimal digits, `-` before a negative one |
//! | decimals | all digits with as many behind the point as the scale says: `1.50`, `-0.05` |
//! | floats | the shortest text that reads back as the same number: `1.5`, `100.0`, `1e300`; `-0.0` is `0.0` |
//! | boolean | `true`, `false` |
//! | date32 | `2024-01-31` |
//! | timestamp | `2024-01-31T23:59:59.5`, no zeros at the end; with a zone: in UTC, `Z` behind |
//! | time64, duration | `23:59:59.5`, `-838:59:59` |
//!
//! The key of **one** column is its bytes. The key of several is, for each cell, its length as four bytes (the
//! highest first) and its bytes. NULL is the length [`NULL_FRAME`] and no bytes, in a key of one column too.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, StringArray};
use arrow_schema::DataType;
use sluicegate_model::Column;

use crate::KernelError;
use crate::cast::text::CellText;

/// What stands for NULL: a length that no cell has.
pub const NULL_FRAME: [u8; 4] = [0xff; 4];

/// Writes the canonical bytes of one column's cells.
pub struct CellEncoder<'a> {
    column: &'a Column,
    cells: Cells<'a>,
}

enum Cells<'a> {
    Bytes(Bytes<'a>),
    Text(CellText<'a>),
    Null,
}

/// Cells that are their own canonical bytes.
pub(crate) struct Bytes<'a>(BytesArray<'a>);

enum BytesArray<'a> {
    Text(&'a StringArray),
    Binary(&'a BinaryArray),
    Fixed(&'a arrow_array::FixedSizeBinaryArray),
}

impl<'a> Bytes<'a> {
    /// The bytes of a cell, `None` where it is null.
    pub fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self.0 {
            BytesArray::Text(array) => array.is_valid(row).then(|| array.value(row).as_bytes()),
            BytesArray::Binary(array) => array.is_valid(row).then(|| array.value(row)),
            BytesArray::Fixed(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

impl<'a> CellEncoder<'a> {
    /// `None` for a type that has no canonical bytes: lists, maps, structs.
    pub fn new(column: &'a Column) -> Option<Self> {
        let values = column.values();
        let cells = match values.data_type() {
            DataType::Utf8 => Cells::Bytes(Bytes(BytesArray::Text(values.as_string()))),
            DataType::Binary => Cells::Bytes(Bytes(BytesArray::Binary(values.as_binary()))),
            DataType::FixedSizeBinary(_) => {
                Cells::Bytes(Bytes(BytesArray::Fixed(values.as_fixed_size_binary())))
            }
            DataType::Null => Cells::Null,
            _ => Cells::Text(CellText::canonical(values.as_ref())?),
        };
        Some(Self { column, cells })
    }

    /// Whether the cell has a value; else it is NULL or missing.
    pub fn is_value(&self, row: usize) -> bool {
        !matches!(self.cells, Cells::Null) && self.column.values().is_valid(row)
    }

    /// Appends the bytes of a cell that [is a value](Self::is_value); nothing for any other.
    pub fn write(&self, row: usize, into: &mut Vec<u8>) {
        if !self.is_value(row) {
            return;
        }
        match &self.cells {
            Cells::Bytes(bytes) => into.extend_from_slice(bytes.get(row).unwrap_or_default()),
            Cells::Text(text) => text.write(row, into),
            Cells::Null => {}
        }
    }
}

/// Writes the keys of rows: the canonical bytes of one column, or of several in frames.
pub struct KeyEncoder<'a> {
    columns: Vec<CellEncoder<'a>>,
    rows: usize,
}

impl<'a> KeyEncoder<'a> {
    /// Over the columns of a key, in its order. `function` is who asks, for the error.
    ///
    /// # Errors
    /// [`KernelError::InputCount`] for no column, [`KernelError::WrongType`] for a list, map or struct,
    /// [`KernelError::Length`] where the columns are not of one length.
    pub fn new(function: &str, inputs: &[&'a Column]) -> Result<Self, KernelError> {
        let Some(first) = inputs.first() else {
            let expected = "one column or more".to_owned();
            return Err(KernelError::InputCount { function: function.to_owned(), expected, found: 0 });
        };
        let rows = first.len();
        let mut columns = Vec::with_capacity(inputs.len());
        for (input, &column) in inputs.iter().enumerate() {
            if column.len() != rows {
                return Err(KernelError::Length { input, found: column.len(), expected: rows });
            }
            columns.push(CellEncoder::new(column).ok_or_else(|| KernelError::WrongType {
                function: function.to_owned(),
                input,
                expected: "text, bytes, numbers, booleans, dates or times".to_owned(),
                found: column.data_type().clone(),
            })?);
        }
        Ok(Self { columns, rows })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// That no row lacks a cell of its key.
    ///
    /// # Errors
    /// [`KernelError::MissingCell`] for the first that does.
    pub fn require_present(&self) -> Result<(), KernelError> {
        let first_missing = |(place, cells): (usize, &CellEncoder<'_>)| {
            let presence = cells.column.presence()?;
            let row = (0..presence.len()).find(|row| !presence.value(*row))?;
            Some((row, place))
        };
        match self.columns.iter().enumerate().filter_map(first_missing).min() {
            Some((row, column)) => Err(KernelError::MissingCell { row: row as u32, column }),
            None => Ok(()),
        }
    }

    /// The first column of the key that is missing in a row.
    pub fn missing(&self, row: usize) -> Option<usize> {
        self.columns.iter().position(|cells| cells.column.is_missing(row))
    }

    /// Appends the key of a row. A missing cell is written as NULL is: ask [`Self::missing`] or
    /// [`Self::require_present`] before.
    pub fn write(&self, row: usize, into: &mut Vec<u8>) {
        let framed = self.columns.len() > 1;
        for cells in &self.columns {
            if !cells.is_value(row) {
                into.extend_from_slice(&NULL_FRAME);
            } else if framed {
                let start = into.len();
                into.extend_from_slice(&NULL_FRAME);
                cells.write(row, into);
                // Arrow's offsets keep a cell below 2 GiB.
                let length = (into.len() - start - NULL_FRAME.len()) as u32;
                into[start..start + NULL_FRAME.len()].copy_from_slice(&length.to_be_bytes());
            } else {
                cells.write(row, into);
            }
        }
    }

    /// The cells of a key of one column whose cells are their own bytes.
    pub(crate) fn single_bytes(&self) -> Option<&Bytes<'a>> {
        match self.columns.as_slice() {
            [CellEncoder { cells: Cells::Bytes(bytes), .. }] => Some(bytes),
            _ => None,
        }
    }
}
