//! Grown columns as columns of a type that is known.
//!
//! | module | holds |
//! |---|---|
//! | `dates` | dates that no calendar has |
//! | `bytes` | bytes and bits |
//! | `labels` | the labels of enums and sets |
//! | `ticks` | times that are counted |
//! | `unscaled` | numbers that stand as bytes, or with a sign that they do not have |
//! | `geometry` | geometries that stand as objects |

mod bytes;
mod dates;
mod geometry;
mod labels;
mod ticks;
mod unscaled;

use std::collections::BTreeMap;
use std::fmt;

use arrow_array::{Array, new_null_array};
use arrow_schema::{DataType, Field};
use sluicegate_kernels::cast;
use sluicegate_model::Column;

use super::cells::Cells;
use super::types::{CellType, Reading};

/// Rows that have a cell that is not of its type, with the first reason.
#[derive(Debug, Default)]
pub(super) struct BadRows(BTreeMap<usize, String>);

impl BadRows {
    #[cold]
    fn add(&mut self, row: usize, column: &str, reason: impl fmt::Display) {
        self.0.entry(row).or_insert_with(|| format!("column {column:?}: {reason}"));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_rows(self) -> impl Iterator<Item = (usize, String)> {
        self.0.into_iter()
    }
}

impl Cells {
    /// The column of a type. Cells that are not of it are NULL, and their rows are bad.
    pub(super) fn into_typed(mut self, rows: usize, to: &CellType, bad: &mut BadRows) -> (Field, Column) {
        self.fill(rows);
        let field = to.field(&self.name);
        let column = match &to.reading {
            Reading::Cast(options) => self.into_cast(&to.data_type, options, bad),
            Reading::Date { zero, options } => {
                self.settle_zero_dates(*zero, bad);
                self.into_cast(&to.data_type, options, bad)
            }
            Reading::Digits => self.into_castable(&DataType::Utf8).1,
            Reading::Bytes { encoding, width } => {
                let bytes = self.into_bytes(*encoding, *width, bad);
                fixed(&field, bytes, bad)
            }
            Reading::Bits { width } => self.into_bits(*width, bad),
            Reading::Label(labels) => self.into_label(labels, bad),
            Reading::Labels(labels) => self.into_labels(labels, bad),
            Reading::Ticks(unit) => self.into_ticks(*unit, &to.data_type, bad),
            Reading::Unscaled(scale) => self.into_unscaled(*scale, &to.data_type, bad),
            Reading::Wrapped => self.into_wrapped(&to.data_type, bad),
            Reading::NumberOnly => self.into_number(&to.data_type, bad),
            Reading::LittleBits(bytes) => self.into_turned_bits(*bytes, bad),
            Reading::Geometry => self.into_geometry(bad),
            Reading::Raw => self.into_raw(),
        };
        (field, column)
    }

    /// The column of a declared type, cast from the one that the messages say.
    pub(super) fn into_declared(
        self,
        rows: usize,
        from: &CellType,
        to: &CellType,
        bad: &mut BadRows,
    ) -> (Field, Column) {
        // A unit or a scale of the declared type may hold more than that of the message's.
        let data_type = match (&from.data_type, &to.data_type) {
            (DataType::Timestamp(_, one), DataType::Timestamp(_, other))
                if one.is_some() == other.is_some() =>
            {
                &to.data_type
            }
            (DataType::Duration(_), DataType::Duration(_)) => &to.data_type,
            (_, to) if to.is_decimal() && matches!(from.reading, Reading::Unscaled(_)) => to,
            (from, _) => from,
        };
        let from = CellType::of(data_type.clone(), from.reading.clone());
        let (field, column) = self.into_typed(rows, &from, bad);
        let column = cast_column(field.name(), &column, &to.data_type, &[], bad);
        (to.field(field.name()), column)
    }

    fn into_cast(self, to: &DataType, options: &[(String, String)], bad: &mut BadRows) -> Column {
        let (name, column) = self.into_castable(to);
        cast_column(&name, &column, to, options, bad)
    }
}

/// Bytes as bytes of a fixed width, where the field is of them.
fn fixed(field: &Field, bytes: Column, bad: &mut BadRows) -> Column {
    match field.data_type() {
        DataType::Binary => bytes,
        other => cast_column(field.name(), &bytes, other, &[], bad),
    }
}

fn cast_column(
    name: &str,
    column: &Column,
    to: &DataType,
    options: &[(String, String)],
    bad: &mut BadRows,
) -> Column {
    match cast(column, to, options) {
        Ok(checked) => {
            for failed in checked.failed {
                bad.add(failed.row as usize, name, failed.reason);
            }
            checked.column
        }
        // No way from these cells to the type at all: no row with one of them can be kept.
        Err(error) => {
            for row in (0..column.len()).filter(|row| column.values().is_valid(*row)) {
                bad.add(row, name, &error);
            }
            Column::with_presence(new_null_array(to, column.len()), column.presence().cloned())
        }
    }
}
