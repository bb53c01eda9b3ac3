//! Objects, whose members are appended with a comma before each.

use super::short::Repeated;
use super::text::write_string;

/// A comma, a name in quotes, a colon: what stands before the value of a member.
pub(crate) fn member(name: &str) -> Repeated {
    let mut key = vec![b','];
    write_string(name.as_bytes(), &mut key);
    key.push(b':');
    Repeated::new(&key)
}

/// Puts the opening brace in the place of the first comma.
#[inline]
pub(super) fn open_brace(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
}

/// The cells of a batch, as a format writes them into an object.
pub(crate) trait KeyedCells {
    /// Number of columns.
    fn columns(&self) -> usize;
    /// The name of a column.
    fn name(&self, column: usize) -> &str;
    /// A comma, the name in quotes, a colon.
    fn key(&self, column: usize) -> &Repeated;
    /// Appends a cell; `false`, and nothing, where it is missing and nothing stands for that.
    fn cell(&self, column: usize, row: usize, out: &mut Vec<u8>) -> Result<bool, String>;
}

/// Appends a row as an object of its columns, without those that are missing.
///
/// # Errors
/// The reason where a value has no form. What was appended must then be cut off.
#[inline]
pub(crate) fn write_object(cells: &impl KeyedCells, row: usize, out: &mut Vec<u8>) -> Result<(), String> {
    let start = out.len();
    for column in 0..cells.columns() {
        let before = out.len();
        cells.key(column).append(out);
        if !cells.cell(column, row, out)? {
            out.truncate(before);
        }
    }
    open_brace(start, out);
    out.push(b'}');
    Ok(())
}
