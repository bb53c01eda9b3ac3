//! From a row that a server answers with to the ends of its columns: a row that is read from a table becomes the same
//! cells as one from the log.
//!
//! The row is in the protocol's binary form
//! (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html>), of a session whose text is
//! UTF-8 and whose times are in UTC.

#![expect(
    clippy::inline_always,
    reason = "a value that is handed over in memory is asked for there before it has arrived, a third of a cell's time: measured"
)]

use arrow_buffer::i256;
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::{Column, Value};

use super::cell::{CellFault, bad};
use super::column::{Cells, GrowingColumn, Strings};
use super::names;
use super::temporal::Clock;
use crate::binlog::bytes::{Cursor, bit, bitmap_len};
use crate::binlog::charset::Charset;
use crate::binlog::error::Fault;

/// Bits of the bitmap of NULLs that stand for no column.
const NO_COLUMN: usize = 2;

/// How values of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// So many bytes.
    Int(u8),
    /// So many, without a sign.
    UInt(u8),
    Float,
    Double,
    /// With a time or without.
    Date,
    Time,
    /// Behind their length: all else.
    Bytes,
}

/// A value as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::binlog) enum Answered<'a> {
    Null,
    Int(i64),
    UInt(u64),
    Float(f32),
    Double(f64),
    Date(Clock),
    /// Microseconds.
    Time(i64),
    Bytes(&'a [u8]),
}

/// A row, whose values are taken one after the other.
#[derive(Debug)]
pub(crate) struct AnsweredRow<'a> {
    nulls: &'a [u8],
    values: Cursor<'a>,
    forms: std::iter::Enumerate<std::slice::Iter<'a, Form>>,
}

impl Form {
    /// That of a column of an answer.
    pub(crate) fn of(column: &Column) -> Self {
        use ColumnType as Type;
        let integer = |bytes| {
            let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
            if unsigned { Self::UInt(bytes) } else { Self::Int(bytes) }
        };
        match column.column_type() {
            Type::MYSQL_TYPE_TINY => integer(1),
            Type::MYSQL_TYPE_SHORT | Type::MYSQL_TYPE_YEAR => integer(2),
            Type::MYSQL_TYPE_INT24 | Type::MYSQL_TYPE_LONG => integer(4),
            Type::MYSQL_TYPE_LONGLONG => integer(8),
            Type::MYSQL_TYPE_FLOAT => Self::Float,
            Type::MYSQL_TYPE_DOUBLE => Self::Double,
            Type::MYSQL_TYPE_DATE | Type::MYSQL_TYPE_DATETIME | Type::MYSQL_TYPE_TIMESTAMP => Self::Date,
            Type::MYSQL_TYPE_TIME => Self::Time,
            _ => Self::Bytes,
        }
    }

    #[inline(always)]
    fn read<'a>(self, cursor: &mut Cursor<'a>) -> Result<Answered<'a>, Fault> {
        Ok(match self {
            Self::Int(1) => Answered::Int(i64::from(cursor.u8()? as i8)),
            Self::Int(2) => Answered::Int(i64::from(cursor.u16()? as i16)),
            Self::Int(4) => Answered::Int(i64::from(cursor.u32()? as i32)),
            Self::Int(_) => Answered::Int(cursor.u64()? as i64),
            Self::UInt(bytes) => Answered::UInt(cursor.uint(usize::from(bytes))?),
            Self::Float => Answered::Float(f32::from_bits(cursor.u32()?)),
            Self::Double => Answered::Double(f64::from_bits(cursor.u64()?)),
            Self::Date => Answered::Date(date(cursor)?),
            Self::Time => Answered::Time(time(cursor)?),
            Self::Bytes => Answered::Bytes(cursor.packed_bytes()?),
        })
    }
}

/// What is zero at the end is left out.
fn date(cursor: &mut Cursor<'_>) -> Result<Clock, Fault> {
    let length = cursor.u8()?;
    let mut clock = Clock::default();
    if length >= 4 {
        clock.year = cursor.u16()?.into();
        clock.month = cursor.u8()?.into();
        clock.day = cursor.u8()?.into();
    }
    if length >= 7 {
        clock.hour = cursor.u8()?.into();
        clock.minute = cursor.u8()?.into();
        clock.second = cursor.u8()?.into();
    }
    if length >= 11 {
        clock.micros = cursor.u32()?;
    }
    match length {
        0 | 4 | 7 | 11 => Ok(clock),
        other => Err(Fault::new(format!("a date of {other} bytes"))),
    }
}

/// As [`date`].
fn time(cursor: &mut Cursor<'_>) -> Result<i64, Fault> {
    let length = cursor.u8()?;
    if length == 0 {
        return Ok(0);
    }
    if length != 8 && length != 12 {
        return Err(Fault::new(format!("a time of {length} bytes")));
    }
    let is_negative = cursor.u8()? != 0;
    let hours = i64::from(cursor.u32()?) * 24 + i64::from(cursor.u8()?);
    let seconds = hours * 3600 + i64::from(cursor.u8()?) * 60 + i64::from(cursor.u8()?);
    let micros = if length == 12 { i64::from(cursor.u32()?) } else { 0 };
    let length = seconds * 1_000_000 + micros;
    Ok(if is_negative { -length } else { length })
}

impl<'a> AnsweredRow<'a> {
    /// A row of columns of these forms.
    ///
    /// # Errors
    /// It is too short to be one.
    pub(crate) fn new(row: &'a [u8], forms: &'a [Form]) -> Result<Self, Fault> {
        let mut values = Cursor::new(row);
        let nulls = values.take(bitmap_len(forms.len() + NO_COLUMN))?;
        Ok(Self { nulls, values, forms: forms.iter().enumerate() })
    }

    /// The next value.
    ///
    /// # Errors
    /// The row ends before it does.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Answered<'a>, Fault> {
        match self.forms.next() {
            Some((place, form)) if !bit(self.nulls, place + NO_COLUMN) => form.read(&mut self.values),
            _ => Ok(Answered::Null),
        }
    }

    /// The values as SQL has them, as far as there are any.
    pub(crate) fn into_sql(mut self) -> Vec<String> {
        let count = self.forms.len();
        (0..count).map_while(|_| self.next().ok()).map(Answered::to_sql).collect()
    }
}

impl Answered<'_> {
    /// As SQL has it.
    fn to_sql(self) -> String {
        let value = match self {
            Self::Null => Value::NULL,
            Self::Int(number) => Value::Int(number),
            Self::UInt(number) => Value::UInt(number),
            Self::Float(number) => Value::Float(number),
            Self::Double(number) => Value::Double(number),
            Self::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            Self::Date(clock) => {
                let mut text = Vec::new();
                names::datetime(&clock, 6, &mut text);
                Value::Bytes(text)
            }
            Self::Time(micros) => {
                let (seconds, fraction) =
                    (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
                let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
                let (days, hours, minutes) = ((hours / 24) as u32, (hours % 24) as u8, minutes as u8);
                Value::Time(micros < 0, days, hours, minutes, (seconds % 60) as u8, fraction as u32)
            }
        };
        value.as_sql(true)
    }

    fn unexpected(&self) -> CellFault {
        // The value itself stays out of logs.
        let kind = match self {
            Self::Null => "NULL",
            Self::Bytes(_) => "bytes",
            Self::Int(_) | Self::UInt(_) => "an integer",
            Self::Float(_) | Self::Double(_) => "a floating-point number",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time",
        };
        bad(format!("the server answered with {kind} that its type does not hold"))
    }

    #[inline]
    fn integer<T: TryFrom<i64> + TryFrom<u64>>(&self) -> Result<T, CellFault> {
        let number = match *self {
            Self::Int(number) => T::try_from(number).ok(),
            Self::UInt(number) => T::try_from(number).ok(),
            _ => None,
        };
        number.ok_or_else(|| self.unexpected())
    }

    #[inline]
    fn bytes(&self) -> Result<&[u8], CellFault> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            other => Err(other.unexpected()),
        }
    }

    #[inline]
    fn clock(&self) -> Result<&Clock, CellFault> {
        match self {
            Self::Date(clock) => Ok(clock),
            other => Err(other.unexpected()),
        }
    }

    #[inline]
    fn text_to(&self, strings: &mut Strings) -> Result<(), CellFault> {
        let bytes = self.bytes()?;
        if !bytes.is_ascii() {
            simdutf8::basic::from_utf8(bytes).map_err(|_| bad("the server's text is no UTF-8"))?;
        }
        strings.push(bytes)
    }

    /// The digits of a decimal without its point: the server writes as many behind it as its type has.
    #[inline]
    fn decimal(&self, scale: u8) -> Result<i128, CellFault> {
        self.bytes().ok().and_then(|text| decimal(text, scale)).ok_or_else(|| self.unexpected())
    }

    fn wide_decimal(&self, scale: u8) -> Result<i256, CellFault> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| self.unexpected())?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = (fraction.len() == usize::from(scale)).then(|| format!("{whole}{fraction}"));
        digits.and_then(|digits| i256::from_string(&digits)).ok_or_else(|| self.unexpected())
    }
}

/// A decimal of at most 38 digits, as a whole number of its last place.
#[inline]
fn decimal(text: &[u8], scale: u8) -> Option<i128> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let scale = usize::from(scale);
    let (whole, fraction) = match digits.len().checked_sub(scale + 1) {
        Some(point) if scale > 0 && digits[point] == b'.' => (&digits[..point], &digits[point + 1..]),
        _ if scale == 0 => (digits, &[][..]),
        _ => return None,
    };
    if whole.len() + fraction.len() == 0 || whole.len() + fraction.len() > 38 {
        return None;
    }
    let mut number = 0i128;
    // Eighteen digits at a time fit into a register.
    for part in [whole, fraction].into_iter().flat_map(|digits| digits.chunks(18)) {
        let (mut value, mut power) = (0u64, 1u64);
        for byte in part {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + u64::from(digit);
            power *= 10;
        }
        number = number * i128::from(power) + i128::from(value);
    }
    Some(if is_negative { -number } else { number })
}

impl GrowingColumn {
    /// Adds a value.
    ///
    /// # Errors
    /// [`CellFault::Value`] for what cannot be kept; the column did not grow.
    #[inline(always)]
    pub(super) fn push_answered(&mut self, value: &Answered<'_>) -> Result<(), CellFault> {
        if matches!(value, Answered::Null) {
            self.push_null();
            return Ok(());
        }
        match &mut self.cells {
            // Never asked for.
            Cells::Skipped(_) => return Ok(()),
            Cells::Int8(values) => values.push(value.integer()?),
            Cells::UInt8(values) => values.push(value.integer()?),
            Cells::Int16(values) | Cells::Year(values) => values.push(value.integer()?),
            Cells::UInt16(values) => values.push(value.integer()?),
            Cells::Int24(values) | Cells::Int32(values) => values.push(value.integer()?),
            Cells::UInt24(values) | Cells::UInt32(values) => values.push(value.integer()?),
            Cells::Int64(values) => values.push(value.integer()?),
            Cells::UInt64(values) => values.push(value.integer()?),
            Cells::Float(values) => match value {
                Answered::Float(number) => values.push(*number),
                other => return Err(other.unexpected()),
            },
            Cells::Double(values) => match value {
                Answered::Double(number) => values.push(*number),
                other => return Err(other.unexpected()),
            },
            Cells::Decimal128 { values, scale, .. } => values.push(value.decimal(*scale)?),
            Cells::Decimal256 { values, scale, .. } => values.push(value.wide_decimal(*scale)?),
            Cells::Date { values, zero } => {
                let clock = value.clock()?;
                let Some(days) = clock.days() else {
                    let zero = *zero;
                    return self.no_date(zero, clock, false);
                };
                values.push(days);
            }
            Cells::DateTime { values, zero, .. } | Cells::Timestamp { values, zero, .. } => {
                let clock = value.clock()?;
                let Some(micros) = clock.timestamp() else {
                    let zero = *zero;
                    return self.no_date(zero, clock, true);
                };
                values.push(micros);
            }
            Cells::Time { values, .. } => match value {
                Answered::Time(micros) => values.push(*micros),
                other => return Err(other.unexpected()),
            },
            Cells::DateText(strings) => {
                names::date(value.clock()?, &mut strings.data);
                strings.close();
            }
            Cells::DateTimeText { strings, digits } | Cells::TimestampText { strings, digits } => {
                names::datetime(value.clock()?, digits.unwrap_or(0), &mut strings.data);
                strings.close();
            }
            Cells::Fixed { strings, .. }
            | Cells::Bytes { strings, .. }
            | Cells::Compressed { strings, charset: Charset::Binary, .. } => strings.push(value.bytes()?)?,
            Cells::Text { strings, .. }
            | Cells::Compressed { strings, .. }
            | Cells::Enum { strings, .. }
            | Cells::Set { strings, .. }
            | Cells::Json { strings, .. }
            | Cells::Inet4(strings)
            | Cells::Inet6(strings)
            | Cells::Uuid(strings) => value.text_to(strings)?,
        }
        self.valid();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(form: Form, bytes: &[u8], expected: Answered<'_>) {
        // One column, which is not NULL.
        let row = [&[0], bytes].concat();
        assert_eq!(AnsweredRow::new(&row, &[form]).unwrap().next().unwrap(), expected);
    }

    #[test]
    fn numbers_are_read_at_their_limits() {
        check(Form::Int(1), &[0x80], Answered::Int(-128));
        check(Form::UInt(1), &[0xff], Answered::UInt(255));
        check(Form::Int(2), &i16::MIN.to_le_bytes(), Answered::Int(i16::MIN.into()));
        check(Form::Int(4), &(-8_388_608i32).to_le_bytes(), Answered::Int(-8_388_608));
        check(Form::UInt(4), &u32::MAX.to_le_bytes(), Answered::UInt(u32::MAX.into()));
        check(Form::Int(8), &i64::MIN.to_le_bytes(), Answered::Int(i64::MIN));
        check(Form::UInt(8), &u64::MAX.to_le_bytes(), Answered::UInt(u64::MAX));
        check(Form::Double, &(-0.5f64).to_le_bytes(), Answered::Double(-0.5));
        assert_eq!(Answered::UInt(u64::MAX).integer::<u64>().unwrap(), u64::MAX);
        assert_eq!(Answered::Int(-1).integer::<i8>().unwrap(), -1);
        assert!(Answered::UInt(256).integer::<u8>().is_err(), "never cut to fit");
        assert!(Answered::Int(-1).integer::<u64>().is_err());
    }

    #[test]
    fn dates_and_times_lack_zeros_at_their_ends() {
        let day = Clock { year: 2026, month: 11, day: 22, ..Clock::default() };
        check(Form::Date, &[0], Answered::Date(Clock::default()));
        check(Form::Date, &[4, 0xea, 7, 11, 22], Answered::Date(day));
        let second = Clock { hour: 23, minute: 59, second: 58, ..day };
        check(Form::Date, &[7, 0xea, 7, 11, 22, 23, 59, 58], Answered::Date(second));
        let micros = Clock { micros: 999_999, ..second };
        let bytes = [11, 0xea, 7, 11, 22, 23, 59, 58, 0x3f, 0x42, 0x0f, 0];
        check(Form::Date, &bytes, Answered::Date(micros));
        check(Form::Time, &[0], Answered::Time(0));
        // -838:59:59.000001
        let bytes = [12, 1, 34, 0, 0, 0, 22, 59, 59, 1, 0, 0, 0];
        check(Form::Time, &bytes, Answered::Time(-3_020_399_000_001));
        assert_eq!(Answered::Time(-3_020_399_000_001).to_sql(), "'-838:59:59.000001'");
        for bad in [&[3, 0, 0, 0][..], &[5, 1, 1, 1, 1, 1]] {
            let row = [&[0], bad].concat();
            assert!(AnsweredRow::new(&row, &[Form::Date]).unwrap().next().is_err(), "{bad:?}");
            assert!(AnsweredRow::new(&row, &[Form::Time]).unwrap().next().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn rows_have_their_nulls_before_their_values() {
        // The bits of the seventh column on are in the second byte.
        let forms = [Form::Int(1); 8];
        let row = [0b0000_1000, 0b0000_0010, 1, 3, 4, 5, 6, 7];
        let mut values = AnsweredRow::new(&row, &forms).unwrap();
        let values: Vec<_> = (0..8).map(|_| values.next().unwrap()).collect();
        let expected = [1, 0, 3, 4, 5, 6, 7, 0].map(|number| match number {
            0 => Answered::Null,
            number => Answered::Int(number),
        });
        assert_eq!(values, expected);
        assert!(AnsweredRow::new(&[0], &forms).is_err(), "a byte of the bitmap is missing");
        assert!(AnsweredRow::new(&[0, 5, b'a'], &[Form::Bytes]).unwrap().next().is_err(), "cut off");
    }

    #[test]
    fn decimals_are_whole_numbers_of_their_last_place() {
        let cases: [(&str, u8, Option<i128>); 14] = [
            ("0.00", 2, Some(0)),
            ("-0.01", 2, Some(-1)),
            ("123.45", 2, Some(12_345)),
            ("7", 0, Some(7)),
            ("-7", 0, Some(-7)),
            (".5", 1, Some(5)),
            ("99999999999999999999999999999999999999", 0, Some(10i128.pow(38) - 1)),
            ("-9999999999999999999999999999.9999999999", 10, Some(1 - 10i128.pow(38))),
            ("1.5", 2, None),
            ("15", 1, None),
            ("1.5", 0, None),
            ("", 0, None),
            ("1e5", 0, None),
            ("999999999999999999999999999999999999999", 0, None),
        ];
        for (text, scale, expected) in cases {
            assert_eq!(decimal(text.as_bytes(), scale), expected, "{text}");
        }
    }
}
