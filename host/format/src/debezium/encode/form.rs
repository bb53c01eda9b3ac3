//! The writers of cells.

use arrow_array::{BinaryArray, FixedSizeBinaryArray, StringArray};
use arrow_buffer::i256;
use arrow_schema::TimeUnit;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::number::{write_digits, write_i128, write_i256};
use crate::ticks::per_second;
use crate::write::{CellWriter, NoForm, quote_from, write_base64};

/// Writes the values of one column. Null and missing cells are its caller's business.
pub(super) enum Form<'a> {
    /// As JSON has it everywhere.
    Json(CellWriter<'a>),
    /// JSON, as the text of a string.
    JsonText(CellWriter<'a>),
    /// Text with the letter of UTC at its end, of times only those of a day.
    Iso {
        cells: CellWriter<'a>,
        times: Option<Ticks<'a>>,
    },
    /// Unscaled, as bytes.
    Decimal128(&'a [i128]),
    Decimal256(&'a [i256]),
    Unsigned(&'a [u64]),
    /// Negative from 2^63 on.
    Wrapped(&'a [u64]),
    /// Digits with a scale of their own.
    Digits(&'a StringArray),
    Days(&'a [i32]),
    Ticks(Ticks<'a>),
    UrlSafe(Bytes<'a>),
    Hex(Bytes<'a>),
    /// The lowest byte first.
    Bits(Bytes<'a>),
    /// Without and with its four bytes of SRID.
    Geometry(Bytes<'a>),
}

/// Counts of one unit, written as counts of another.
#[derive(Clone, Copy)]
pub(super) struct Ticks<'a> {
    pub(super) values: &'a [i64],
    pub(super) from: TimeUnit,
    pub(super) into: TimeUnit,
    pub(super) within: Within,
}

/// What a count must stay within.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Int64,
    Int32,
    /// From midnight to midnight.
    Day,
}

/// Bytes of a column.
#[derive(Clone, Copy)]
pub(super) enum Bytes<'a> {
    Variable(&'a BinaryArray),
    Fixed(&'a FixedSizeBinaryArray),
}

impl<'a> Bytes<'a> {
    fn of(self, row: usize) -> &'a [u8] {
        match self {
            Self::Variable(array) => array.value(row),
            Self::Fixed(array) => array.value(row),
        }
    }
}

impl Ticks<'_> {
    fn of(self, row: usize) -> Result<i64, NoForm> {
        let (value, from, into) = (self.values[row], per_second(self.from), per_second(self.into));
        let count = if into >= from {
            value.checked_mul(into / from).ok_or("the time is too far away")?
        } else if value % (from / into) == 0 {
            value / (from / into)
        } else {
            return Err("the time is more exact than milliseconds: `times: adaptive` keeps it");
        };
        match self.within {
            Within::Int32 if i32::try_from(count).is_err() => {
                Err("the time has more milliseconds than fit: `times: adaptive_time_microseconds` keeps it")
            }
            Within::Day if !(0..86_400 * into).contains(&count) => {
                Err("the time is none of a day: `times: adaptive` keeps it")
            }
            _ => Ok(count),
        }
    }
}

impl Form<'_> {
    /// Appends the value of a row, which is neither null nor missing.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        match self {
            Self::Json(cells) => cells.write(row, out)?,
            Self::JsonText(cells) => {
                let start = out.len();
                cells.write(row, out)?;
                quote_from(start, out);
            }
            Self::Iso { cells, times } => {
                times.map(|times| times.of(row)).transpose()?;
                cells.write(row, out)?;
                // Before the quote at the end.
                out.pop();
                out.extend_from_slice(b"Z\"");
            }
            Self::Decimal128(values) => write_i128(values[row], out),
            Self::Decimal256(values) => write_i256(values[row], out),
            Self::Unsigned(values) => write_i128(i128::from(values[row]), out),
            Self::Wrapped(values) => write_integer(values[row] as i64, out),
            Self::Digits(texts) => write_digits(texts.value(row), out)?,
            Self::Days(values) => write_integer(i64::from(values[row]), out),
            Self::Ticks(ticks) => write_integer(ticks.of(row)?, out),
            Self::UrlSafe(bytes) => {
                out.push(b'"');
                let (bytes, start) = (bytes.of(row), out.len());
                out.resize(start + bytes.len().div_ceil(3) * 4, 0);
                // The room is what the encoding takes.
                let written = URL_SAFE.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
                out.truncate(start + written);
                out.push(b'"');
            }
            Self::Hex(bytes) => {
                out.push(b'"');
                let (bytes, start) = (bytes.of(row), out.len());
                out.resize(start + 2 * bytes.len(), 0);
                // The room is what the digits take.
                let _ = hex::encode_to_slice(bytes, &mut out[start..]);
                out.push(b'"');
            }
            Self::Bits(bytes) => {
                let mut turned = [0; 8];
                let bytes = bytes.of(row);
                let room = turned.get_mut(..bytes.len()).ok_or("there are more than 64 bits")?;
                room.copy_from_slice(bytes);
                room.reverse();
                write_base64(room, out);
            }
            Self::Geometry(bytes) => {
                let (srid, wkb) = bytes.of(row).split_first_chunk().ok_or("the geometry is too short")?;
                out.extend_from_slice(b"{\"wkb\":");
                write_base64(wkb, out);
                out.extend_from_slice(b",\"srid\":");
                match i32::try_from(u32::from_le_bytes(*srid)) {
                    Ok(0) => out.extend_from_slice(b"null"),
                    Ok(srid) => write_integer(i64::from(srid), out),
                    Err(_) => return Err("the geometry has a SRID that none has"),
                }
                out.push(b'}');
            }
        }
        Ok(())
    }
}

fn write_integer(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}
