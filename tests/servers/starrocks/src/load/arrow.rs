//! Arrow IPC streams to fields.

use std::io::Cursor;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{ArrowError, DataType};
use bytes::Bytes;

use super::{Fields, Line};
use crate::convert::Token;

/// The fields of the rows of a stream; columns are found by their names. What stands behind the stream is not read.
///
/// # Errors
/// The reader's.
pub(super) fn lines(bodies: &[Bytes], names: &[String]) -> Result<Vec<Line>, String> {
    read(bodies.concat(), names).map_err(|error| format!("Failed to read the arrow stream: {error}"))
}

fn read(bytes: Vec<u8>, names: &[String]) -> Result<Vec<Line>, ArrowError> {
    let mut lines = Vec::new();
    for batch in StreamReader::try_new(Cursor::new(bytes), None)? {
        let batch = batch?;
        let columns: Vec<Option<usize>> =
            names.iter().map(|name| batch.schema().index_of(name).ok()).collect();
        for row in 0..batch.num_rows() {
            let fields = fields(&batch, &columns, row)?;
            let text = format!("{fields:?}");
            lines.push(Line { fields: Ok(fields), text });
        }
    }
    Ok(lines)
}

fn fields(batch: &RecordBatch, columns: &[Option<usize>], row: usize) -> Result<Fields, ArrowError> {
    let token = |column: &Option<usize>| {
        let Some(column) = column else { return Ok(None) };
        token(batch.column(*column).as_ref(), row).map(Some)
    };
    columns.iter().map(token).collect()
}

fn token(array: &dyn Array, row: usize) -> Result<Token, ArrowError> {
    if array.is_null(row) {
        return Ok(Token::Null);
    }
    let shown = || {
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(array, &options)?;
        formatter.value(row).try_to_string()
    };
    Ok(match array.data_type() {
        DataType::Null => Token::Null,
        DataType::Boolean => Token::Bool(array.as_boolean().value(row)),
        DataType::Binary => Token::Bytes(array.as_binary::<i32>().value(row).to_vec()),
        DataType::Utf8 | DataType::Date32 | DataType::Timestamp(..) => Token::Text(shown()?),
        data_type if data_type.is_numeric() => Token::Number(shown()?),
        other => {
            let why = format!("arrow columns of type {other} are not simulated");
            return Err(ArrowError::NotYetImplemented(why));
        }
    })
}
