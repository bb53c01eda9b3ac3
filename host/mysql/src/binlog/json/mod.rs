//! MySQL's JSON: a binary form in the log, text as the server's `CAST(.. AS CHAR)` prints it in the batches.
//!
//! | module | holds |
//! |---|---|
//! | `binary` | the binary form |
//! | `text` | the text of a value |
//! | `number` | the text of a double |
//! | `opaque` | the text of what JSON has no type for: decimals, dates, bytes |
//! | `tree` | a value that can be changed |
//! | `path` | where in a value a difference lies |
//! | `diff` | differences of a new value to an old one (`binlog_row_value_options=PARTIAL_JSON`) |

mod binary;
mod diff;
mod number;
mod opaque;
mod path;
mod text;
mod tree;

#[cfg(test)]
mod tests;

use super::error::Fault;

/// Deepest nesting: the server allows 100.
const MAX_DEPTH: usize = 128;

/// Appends the text of a value in the binary form. On an error some of it may have been appended.
///
/// # Errors
/// A [`Fault`].
pub(super) fn write_text(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut budget = bytes.len() + 1;
    text::write(&binary::Value::parse(bytes)?, out, 0, &mut budget)
}

/// Appends the text of a value that is given as differences to another.
///
/// # Errors
/// A [`Fault`], where the differences are not to this value among others.
pub(super) fn write_patched(before: &[u8], diffs: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut budget = before.len() + diffs.len() + 1;
    let mut tree = tree::Node::of(binary::Value::parse(before)?, 0, &mut budget)?;
    for diff in diff::read(diffs)? {
        diff.apply(&mut tree, &mut budget)?;
    }
    tree.write(out, 0)
}
