//! From the bytes of a cell to the end of its column.

use super::column::{Cells, GrowingColumn, Strings};
use super::temporal::{self, Clock};
use super::{decimal, names};
use crate::binlog::bytes::Cursor;
use crate::binlog::charset::Charset;
use crate::binlog::error::Fault;
use crate::binlog::event::compressed;
use crate::binlog::json;
use crate::binlog::schema::{CellType, ZeroDates};

/// Why a cell's value cannot be kept, though its bytes were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadValue(pub(super) String);

/// Why a cell was not read.
#[derive(Debug)]
pub(super) enum CellFault {
    /// Where it ends is not known: nothing after it can be read.
    Image(Fault),
    /// Its bytes are passed, but stand for no value. The column did not grow.
    Value(BadValue),
}

impl From<Fault> for CellFault {
    fn from(fault: Fault) -> Self {
        Self::Image(fault)
    }
}

pub(super) fn bad(why: impl ToString) -> CellFault {
    CellFault::Value(BadValue(why.to_string()))
}

/// More than this, and a batch's offsets of 32 bits would not reach: columns are cut long before.
const MOST_TEXT: usize = i32::MAX as usize;

impl GrowingColumn {
    /// Reads a cell that is neither NULL nor missing.
    #[inline]
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<(), CellFault> {
        match &mut self.cells {
            Cells::Skipped(cell) => return Ok(skip(cell, cursor)?),
            Cells::Int8(values) => values.push(cursor.u8()? as i8),
            Cells::UInt8(values) => values.push(cursor.u8()?),
            Cells::Int16(values) => values.push(cursor.u16()? as i16),
            Cells::UInt16(values) => values.push(cursor.u16()?),
            Cells::Int24(values) => values.push((cursor.u24()? << 8) as i32 >> 8),
            Cells::UInt24(values) => values.push(cursor.u24()?),
            Cells::Int32(values) => values.push(cursor.u32()? as i32),
            Cells::UInt32(values) => values.push(cursor.u32()?),
            Cells::Int64(values) => values.push(cursor.u64()? as i64),
            Cells::UInt64(values) => values.push(cursor.u64()?),
            Cells::Float(values) => values.push(f32::from_bits(cursor.u32()?)),
            Cells::Double(values) => values.push(f64::from_bits(cursor.u64()?)),
            Cells::Decimal128 { values, precision, scale } => {
                let bytes = decimal::take(cursor, *precision, *scale)?;
                values.push(decimal::to_i128(bytes, *precision, *scale).map_err(bad)?);
            }
            Cells::Decimal256 { values, precision, scale } => {
                let bytes = decimal::take(cursor, *precision, *scale)?;
                values.push(decimal::to_i256(bytes, *precision, *scale).map_err(bad)?);
            }
            Cells::Year(values) => values.push(match cursor.u8()? {
                0 => 0,
                year => 1900 + i16::from(year),
            }),
            Cells::Date { values, zero } => {
                let clock = temporal::date(cursor)?;
                let Some(days) = clock.days() else {
                    let zero = *zero;
                    return self.no_date(zero, &clock, false);
                };
                values.push(days);
            }
            Cells::Time { values, digits } => values.push(match digits {
                Some(digits) => temporal::time(cursor, *digits)?,
                None => temporal::old_time(cursor)?,
            }),
            Cells::DateTime { values, digits, zero } => {
                let clock = datetime(cursor, *digits)?;
                let Some(micros) = clock.timestamp() else {
                    let zero = *zero;
                    return self.no_date(zero, &clock, true);
                };
                values.push(micros);
            }
            Cells::Timestamp { values, digits, zero } => {
                match timestamp(cursor, *digits)? {
                    // The zero date has the number that 1970 would have: the server keeps no TIMESTAMP of
                    // that second.
                    (0, _) => {
                        let zero = *zero;
                        return self.no_date(zero, &Clock::default(), true);
                    }
                    (seconds, micros) => values.push(i64::from(seconds) * 1_000_000 + i64::from(micros)),
                }
            }
            Cells::DateText(strings) => {
                names::date(&temporal::date(cursor)?, &mut strings.data);
                strings.close();
            }
            Cells::DateTimeText { strings, digits } => {
                let clock = datetime(cursor, *digits)?;
                names::datetime(&clock, digits.unwrap_or(0), &mut strings.data);
                strings.close();
            }
            Cells::TimestampText { strings, digits } => {
                let clock = match timestamp(cursor, *digits)? {
                    (0, _) => Clock::default(),
                    (seconds, micros) => Clock::at(seconds, micros),
                };
                names::datetime(&clock, digits.unwrap_or(0), &mut strings.data);
                strings.close();
            }
            Cells::Fixed { strings, bytes } => {
                strings.push(cursor.take(usize::from(*bytes))?)?;
            }
            Cells::Bytes { strings, prefix, width } => {
                let bytes = prefixed(cursor, *prefix)?;
                strings.push(bytes)?;
                if bytes.len() < usize::from(*width) {
                    strings.pad(usize::from(*width) - bytes.len());
                }
            }
            Cells::Text { strings, prefix, charset } => {
                let bytes = prefixed(cursor, *prefix)?;
                strings.write(|out| charset.decode(bytes, out).map_err(bad))?;
            }
            Cells::Compressed { strings, prefix, charset, scratch } => {
                let bytes = prefixed(cursor, *prefix)?;
                match charset {
                    Charset::Binary => strings.write(|out| compressed::column(bytes, out).map_err(bad))?,
                    charset => {
                        scratch.clear();
                        compressed::column(bytes, scratch).map_err(bad)?;
                        strings.write(|out| charset.decode(scratch, out).map_err(bad))?;
                    }
                }
            }
            Cells::Enum { strings, bytes, labels } => {
                let number = cursor.uint(usize::from(*bytes))? as usize;
                match number.checked_sub(1).map(|place| labels.get(place)) {
                    // What the server keeps for a value that was none of the labels.
                    None => strings.push(b"")?,
                    Some(Some(label)) => strings.push(label.as_bytes())?,
                    Some(None) => {
                        return Err(bad(format!("ENUM number {number} of {} labels", labels.len())));
                    }
                }
            }
            Cells::Set { strings, bytes, labels } => {
                let mask = cursor.uint(usize::from(*bytes))?;
                if labels.len() < 64 && mask >> labels.len() != 0 {
                    return Err(bad(format!("SET {mask:#b} of {} labels", labels.len())));
                }
                let mut comma: &[u8] = b"";
                for (place, label) in labels.iter().enumerate() {
                    if mask >> place & 1 == 1 {
                        strings.data.extend_from_slice(comma);
                        strings.data.extend_from_slice(label.as_bytes());
                        comma = b",";
                    }
                }
                strings.close();
            }
            Cells::Json { strings, prefix } => {
                let bytes = prefixed(cursor, *prefix)?;
                strings.write(|out| json::write_text(bytes, out).map_err(bad))?;
            }
            Cells::Inet4(strings) => {
                names::inet4(padded(cursor)?, &mut strings.data);
                strings.close();
            }
            Cells::Inet6(strings) => {
                names::inet6(padded(cursor)?, &mut strings.data);
                strings.close();
            }
            Cells::Uuid(strings) => {
                names::uuid(padded(cursor)?, &mut strings.data);
                strings.close();
            }
        }
        self.valid();
        Ok(())
    }

    pub(super) fn no_date(
        &mut self,
        zero: ZeroDates,
        clock: &Clock,
        with_time: bool,
    ) -> Result<(), CellFault> {
        if zero == ZeroDates::Null {
            self.push_null();
            return Ok(());
        }
        let mut text = Vec::new();
        if with_time {
            names::datetime(clock, 0, &mut text);
        } else {
            names::date(clock, &mut text);
        }
        Err(bad(format!(
            "{} is no date; `zero_dates: null` or `zero_dates: text` lets it pass",
            String::from_utf8_lossy(&text)
        )))
    }

    /// Reads the differences of a JSON column to its last cell, which is the old image's.
    pub(super) fn read_json_diff(
        &mut self,
        cursor: &mut Cursor<'_>,
        before: Option<&[u8]>,
    ) -> Result<(), CellFault> {
        let length = cursor.u32()? as usize;
        let diffs = cursor.take(length)?;
        match &mut self.cells {
            Cells::Skipped(_) => return Ok(()),
            Cells::Json { strings, .. } => {
                let Some(before) = before else {
                    return Err(bad(
                        "the log has a part of the new JSON value only, and not the old one: set \
                         `binlog_row_image=FULL`, or `binlog_row_value_options=''`",
                    ));
                };
                strings.write(|out| json::write_patched(before, diffs, out).map_err(bad))?;
            }
            _ => return Err(Fault::new("differences of JSON in a column of another type").into()),
        }
        self.valid();
        Ok(())
    }

    /// The bytes of a JSON column's next cell, for differences to them.
    pub(super) fn peek_json<'a>(&self, cursor: Cursor<'a>) -> Result<Option<&'a [u8]>, Fault> {
        let mut cursor = cursor;
        match self.cells {
            Cells::Json { prefix, .. } => prefixed(&mut cursor, prefix).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether differences may stand for a value of the column: it is JSON.
    pub(super) const fn is_json(&self) -> bool {
        matches!(self.cells, Cells::Json { .. } | Cells::Skipped(CellType::Json { .. }))
    }
}

impl Strings {
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), CellFault> {
        if self.data.len() + bytes.len() > MOST_TEXT {
            return Err(too_much());
        }
        self.data.extend_from_slice(bytes);
        self.close();
        Ok(())
    }

    /// Makes the last cell longer by zeros.
    fn pad(&mut self, zeros: usize) {
        self.data.resize(self.data.len() + zeros, 0);
        if let Some(end) = self.offsets.last_mut() {
            *end = self.data.len() as i32;
        }
    }

    /// Adds a cell that something writes; where it fails nothing is added.
    #[inline]
    fn write(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), CellFault>) -> Result<(), CellFault> {
        let before = self.data.len();
        let written = write(&mut self.data);
        if written.is_err() || self.data.len() > MOST_TEXT {
            self.data.truncate(before);
            return written.and_then(|()| Err(too_much()));
        }
        self.close();
        Ok(())
    }
}

fn too_much() -> CellFault {
    bad("the texts of its column are over 2 GiB in one batch")
}

/// Bytes behind their length.
#[inline]
fn prefixed<'a>(cursor: &mut Cursor<'a>, prefix: u8) -> Result<&'a [u8], Fault> {
    let length = match prefix {
        1 => usize::from(cursor.u8()?),
        2 => usize::from(cursor.u16()?),
        prefix => cursor.uint(usize::from(prefix))? as usize,
    };
    cursor.take(length)
}

/// Bytes of a fixed number, whose zeros at the end are left out.
fn padded<const N: usize>(cursor: &mut Cursor<'_>) -> Result<[u8; N], Fault> {
    let bytes = prefixed(cursor, 1)?;
    let mut whole = [0; N];
    match whole.get_mut(..bytes.len()) {
        Some(place) => place.copy_from_slice(bytes),
        None => return Err(Fault::new(format!("{} bytes where there are at most {N}", bytes.len()))),
    }
    Ok(whole)
}

fn datetime(cursor: &mut Cursor<'_>, digits: Option<u8>) -> Result<Clock, Fault> {
    match digits {
        Some(digits) => temporal::datetime(cursor, digits),
        None => temporal::old_datetime(cursor),
    }
}

fn timestamp(cursor: &mut Cursor<'_>, digits: Option<u8>) -> Result<(u32, u32), Fault> {
    match digits {
        Some(digits) => temporal::timestamp(cursor, digits),
        None => Ok((cursor.u32()?, 0)),
    }
}

/// Passes over a cell.
pub(super) fn skip(cell: &CellType, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let fraction = |digits: u8| usize::from(digits).div_ceil(2);
    let length = match *cell {
        CellType::Integer { bytes, .. }
        | CellType::Bit { bytes }
        | CellType::Enum { bytes, .. }
        | CellType::Set { bytes, .. } => usize::from(bytes),
        CellType::Float => 4,
        CellType::Double => 8,
        CellType::Decimal { precision, scale } => decimal::len(precision, scale),
        CellType::Year => 1,
        CellType::Date(_) => 3,
        CellType::Time { digits } => 3 + digits.map_or(0, fraction),
        CellType::DateTime { digits, .. } => digits.map_or(8, |digits| 5 + fraction(digits)),
        CellType::Timestamp { digits, .. } => 4 + digits.map_or(0, fraction),
        CellType::Text { prefix, .. }
        | CellType::Bytes { prefix, .. }
        | CellType::Compressed { prefix, .. }
        | CellType::Json { prefix } => return prefixed(cursor, prefix).map(|_| ()),
        CellType::Inet4 | CellType::Inet6 | CellType::Uuid => return prefixed(cursor, 1).map(|_| ()),
    };
    cursor.skip(length)
}
