//! The values of an old image that a new one has not.

use super::rows::RowWriter;

/// The cells of a batch, as a format writes them into an object.
pub(crate) trait KeyedCells {
    /// Number of columns.
    fn columns(&self) -> usize;
    /// The name of a column.
    fn name(&self, column: usize) -> &str;
    /// A comma, the name in quotes, a colon.
    fn key(&self, column: usize) -> &[u8];
    /// Appends a cell; `false`, and nothing, where it is missing.
    fn cell(&self, column: usize, row: usize, out: &mut Vec<u8>) -> Result<bool, String>;
}

/// Appends the cells of an old image that differ from those of the row after it, as an object: who reads it takes what
/// it lacks for unchanged. `false`, and nothing, where the old image lacks a cell that the new one has.
///
/// # Errors
/// The reason where a value has no form, or where such an image is that of another key.
pub(crate) fn write_old(
    cells: &impl KeyedCells,
    primary_key: &[String],
    row: usize,
    out: &mut Vec<u8>,
) -> Result<bool, String> {
    let start = out.len();
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let (mut unknown, mut moves) = (None, false);
    for column in 0..cells.columns() {
        old.clear();
        new.clear();
        let in_old = cells.cell(column, row, &mut old)?;
        let in_new = cells.cell(column, row + 1, &mut new)?;
        if in_new && !in_old {
            unknown.get_or_insert(column);
        }
        if in_old && (!in_new || old != new) {
            moves |= primary_key.iter().any(|name| name == cells.name(column));
            out.extend_from_slice(cells.key(column));
            out.extend_from_slice(&old);
        }
    }
    match unknown {
        None => {
            close_object(start, out);
            Ok(true)
        }
        Some(column) if moves => {
            let name = cells.name(column);
            Err(format!(
                "the key changes, and column {name:?} is missing in the old image, which the format cannot say"
            ))
        }
        Some(_) => {
            out.truncate(start);
            Ok(false)
        }
    }
}

/// Puts the opening brace in the place of the first comma, and the closing one at the end.
pub(crate) fn close_object(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}

impl KeyedCells for RowWriter<'_> {
    fn columns(&self) -> usize {
        self.names.len()
    }

    fn name(&self, column: usize) -> &str {
        self.names[column]
    }

    fn key(&self, column: usize) -> &[u8] {
        &self.columns[column].key
    }

    fn cell(&self, column: usize, row: usize, out: &mut Vec<u8>) -> Result<bool, String> {
        let cells = &self.columns[column];
        if cells.presence.is_some_and(|presence| !presence.value(row)) {
            return Ok(false);
        }
        if cells.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            out.extend_from_slice(b"null");
        } else if let Err(why) = cells.cells.write(row, out) {
            return Err(format!("column {:?}: {why}", self.names[column]));
        }
        Ok(true)
    }
}
