//! The text of what JSON has no type for.

use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::text;
use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;
use crate::binlog::event::table_map::column_type as t;
use crate::binlog::image::{decimal, names, temporal};

/// Characters of base64 after which the server begins a new line.
const LINE: usize = 76;

/// Appends the text of a value of a column's type.
pub(super) fn write(column_type: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    match column_type {
        t::NEWDECIMAL => {
            let mut cursor = Cursor::new(bytes);
            let (precision, scale) = (cursor.u8()?, cursor.u8()?);
            if scale > precision {
                return Err(Fault::new("a DECIMAL in JSON has a scale over its precision"));
            }
            let digits = cursor.take(decimal::len(precision, scale))?;
            decimal::write(digits, precision, scale, out)
        }
        t::DATE | t::TIME | t::DATETIME | t::TIMESTAMP => {
            let packed = Cursor::new(bytes).u64()? as i64;
            let magnitude = packed.unsigned_abs();
            let (parts, micros) = (magnitude >> 24, (magnitude & 0xff_ffff) as u32);
            out.push(b'"');
            match column_type {
                t::DATE => names::date(&temporal::of_packed(parts, micros), out),
                t::TIME => {
                    let sign = if packed < 0 { "-" } else { "" };
                    let (hours, minutes, seconds) = (parts >> 12 & 0x3ff, parts >> 6 & 0x3f, parts & 0x3f);
                    // Writing to a vector cannot fail.
                    drop(write!(out, "{sign}{hours:02}:{minutes:02}:{seconds:02}"));
                    names::fraction(micros, 6, out);
                }
                _ => names::datetime(&temporal::of_packed(parts, micros), 6, out),
            }
            out.push(b'"');
            Ok(())
        }
        other => {
            let encoded = STANDARD.encode(bytes);
            let mut quoted = format!("base64:type{other}:");
            for (place, line) in encoded.as_bytes().chunks(LINE).enumerate() {
                if place > 0 {
                    quoted.push('\n');
                }
                quoted.push_str(std::str::from_utf8(line).unwrap_or_default());
            }
            text::write_string(quoted.as_bytes(), out)
        }
    }
}
