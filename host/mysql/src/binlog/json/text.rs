//! The text of a value: members and items set apart by a comma and a blank, keys in the order in which they
//! are kept.

use std::io::Write as _;

use super::binary::Value;
use super::{MAX_DEPTH, number, opaque};
use crate::binlog::error::Fault;

/// Appends a value. `budget` is the number of values that there may be at most: a document has fewer than bytes, unless
/// its places point to the same bytes again and again.
pub(super) fn write(
    value: &Value<'_>,
    out: &mut Vec<u8>,
    depth: usize,
    budget: &mut usize,
) -> Result<(), Fault> {
    spend(budget)?;
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(true) => out.extend_from_slice(b"true"),
        Value::Boolean(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
        Value::UInt(number) => out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
        Value::Double(number) => number::write(*number, out),
        Value::String(text) => write_string(text, out)?,
        Value::Opaque { column_type, bytes } => opaque::write(*column_type, bytes, out)?,
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => return Err(too_deep()),
        Value::Array(items) => {
            out.push(b'[');
            for place in 0..items.len() {
                separate(place, out);
                write(&items.value(place)?, out, depth + 1, budget)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for place in 0..members.len() {
                separate(place, out);
                write_string(members.key(place)?, out)?;
                out.extend_from_slice(b": ");
                write(&members.value(place)?, out, depth + 1, budget)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

pub(super) fn spend(budget: &mut usize) -> Result<(), Fault> {
    *budget = budget.checked_sub(1).ok_or_else(|| Fault::new("JSON has more values than bytes"))?;
    Ok(())
}

pub(super) fn too_deep() -> Fault {
    Fault::new(format!("JSON nests deeper than {MAX_DEPTH}"))
}

pub(super) fn separate(place: usize, out: &mut Vec<u8>) {
    if place > 0 {
        out.extend_from_slice(b", ");
    }
}

/// A text in quotes.
pub(super) fn write_string(text: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    if simdutf8::basic::from_utf8(text).is_err() {
        return Err(Fault::new("a text in JSON is no UTF-8"));
    }
    out.push(b'"');
    let mut rest = text;
    while let Some(place) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(&rest[..place]);
        match rest[place] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            // Writing to a vector cannot fail.
            other => drop(write!(out, "\\u{other:04x}")),
        }
        rest = &rest[place + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
    Ok(())
}
