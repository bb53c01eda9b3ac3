//! The values of an old image that a new one has not.

use super::object::{KeyedCells, open_brace};

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
    let (mut unknown, mut moves) = (None, false);
    for column in 0..cells.columns() {
        // Both stand behind the key for as long as they are compared.
        let before = out.len();
        cells.key(column).append(out);
        let old = out.len();
        let in_old = cells.cell(column, row, out)?;
        let new = out.len();
        let in_new = cells.cell(column, row + 1, out)?;
        if in_new && !in_old {
            unknown.get_or_insert(column);
        }
        if in_old && (!in_new || out[old..new] != out[new..]) {
            moves |= primary_key.iter().any(|name| name == cells.name(column));
            out.truncate(new);
        } else {
            out.truncate(before);
        }
    }
    match unknown {
        None => {
            open_brace(start, out);
            out.push(b'}');
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
