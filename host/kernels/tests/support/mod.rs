//! Columns for tests.
#![allow(dead_code)] // Each test binary uses some of it.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::BooleanBuffer;
use sluicegate_kernels::{Checked, cast};
use sluicegate_model::{Cell, Column, data_type};

/// A column of an array.
pub fn column(values: impl Array + 'static) -> Column {
    Column::new(Arc::new(values) as ArrayRef)
}

/// How [`text`] writes a NULL and a missing cell.
pub const NULL: &str = "<null>";
/// See [`NULL`].
pub const MISSING: &str = "<missing>";

/// A text column of three states.
pub fn text(cells: &[&str]) -> Column {
    let values: StringArray =
        cells.iter().map(|cell| (*cell != NULL && *cell != MISSING).then_some(*cell)).collect();
    let presence: BooleanBuffer = cells.iter().map(|cell| *cell != MISSING).collect();
    Column::with_presence(Arc::new(values), Some(presence))
}

/// A column of a type, from text in which every cell must fit.
pub fn of(type_name: &str, cells: &[&str]) -> Column {
    let Checked { column, failed } = cast(&text(cells), &data_type::parse(type_name).unwrap(), &[]).unwrap();
    assert_eq!(failed, [], "{type_name}");
    column
}

/// The cells as text.
pub fn shown(column: &Column) -> Vec<String> {
    let as_text = cast(column, &arrow_schema::DataType::Utf8, &[]).unwrap();
    let values = as_text.column.values().as_any().downcast_ref::<StringArray>().unwrap();
    let cell = |row: usize| match column.cell(row) {
        Cell::Value => values.value(row).to_owned(),
        Cell::Null => NULL.to_owned(),
        Cell::Missing => MISSING.to_owned(),
    };
    (0..column.len()).map(cell).collect()
}

/// Options of pairs.
pub fn options(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
