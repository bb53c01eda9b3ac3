//! From a value that a server answers with to the end of its column: a row that is read from a table becomes the same
//! cells as one from the log.

use arrow_buffer::i256;
use mysql_async::Value;

use super::cell::{CellFault, bad};
use super::column::{Cells, GrowingColumn, Strings};
use super::names;
use super::temporal::Clock;

impl GrowingColumn {
    /// Adds a value of the protocol's binary form, from a session whose text is UTF-8 and whose times are in UTC.
    ///
    /// # Errors
    /// [`CellFault::Value`] for what cannot be kept; the column did not grow.
    pub(super) fn push_value(&mut self, value: &Value) -> Result<(), CellFault> {
        if *value == Value::NULL {
            self.push_null();
            return Ok(());
        }
        match &mut self.cells {
            // Never asked for.
            Cells::Skipped(_) => return Ok(()),
            Cells::Int8(values) => values.push(integer(value)?),
            Cells::UInt8(values) => values.push(integer(value)?),
            Cells::Int16(values) | Cells::Year(values) => values.push(integer(value)?),
            Cells::UInt16(values) => values.push(integer(value)?),
            Cells::Int24(values) | Cells::Int32(values) => values.push(integer(value)?),
            Cells::UInt24(values) | Cells::UInt32(values) => values.push(integer(value)?),
            Cells::Int64(values) => values.push(integer(value)?),
            Cells::UInt64(values) => values.push(integer(value)?),
            Cells::Float(values) => match value {
                Value::Float(number) => values.push(*number),
                other => return Err(unexpected(other)),
            },
            Cells::Double(values) => match value {
                Value::Double(number) => values.push(*number),
                other => return Err(unexpected(other)),
            },
            Cells::Decimal128 { values, scale, .. } => {
                let digits = digits(value, *scale)?;
                values.push(digits.parse().map_err(|_| unexpected(value))?);
            }
            Cells::Decimal256 { values, scale, .. } => {
                let digits = digits(value, *scale)?;
                values.push(i256::from_string(&digits).ok_or_else(|| unexpected(value))?);
            }
            Cells::Date { values, zero } => {
                let clock = clock(value)?;
                let Some(days) = clock.days() else {
                    let zero = *zero;
                    return self.no_date(zero, &clock, false);
                };
                values.push(days);
            }
            Cells::DateTime { values, zero, .. } | Cells::Timestamp { values, zero, .. } => {
                let clock = clock(value)?;
                let Some(micros) = clock.timestamp() else {
                    let zero = *zero;
                    return self.no_date(zero, &clock, true);
                };
                values.push(micros);
            }
            Cells::Time { values, .. } => match *value {
                Value::Time(negative, days, hours, minutes, seconds, micros) => {
                    let hours = i64::from(days) * 24 + i64::from(hours);
                    let seconds = hours * 3600 + i64::from(minutes) * 60 + i64::from(seconds);
                    let length = seconds * 1_000_000 + i64::from(micros);
                    values.push(if negative { -length } else { length });
                }
                ref other => return Err(unexpected(other)),
            },
            Cells::DateText(strings) => {
                names::date(&clock(value)?, &mut strings.data);
                strings.close();
            }
            Cells::DateTimeText { strings, digits } | Cells::TimestampText { strings, digits } => {
                names::datetime(&clock(value)?, digits.unwrap_or(0), &mut strings.data);
                strings.close();
            }
            Cells::Fixed { strings, .. } | Cells::Bytes { strings, .. } => strings.push(bytes(value)?)?,
            Cells::Compressed { strings, charset: crate::binlog::charset::Charset::Binary, .. } => {
                strings.push(bytes(value)?)?;
            }
            Cells::Text { strings, .. }
            | Cells::Compressed { strings, .. }
            | Cells::Enum { strings, .. }
            | Cells::Set { strings, .. }
            | Cells::Json { strings, .. }
            | Cells::Inet4(strings)
            | Cells::Inet6(strings)
            | Cells::Uuid(strings) => text(strings, value)?,
        }
        self.valid();
        Ok(())
    }
}

fn unexpected(value: &Value) -> CellFault {
    // The value itself stays out of logs.
    let kind = match value {
        Value::NULL => "NULL",
        Value::Bytes(_) => "bytes",
        Value::Int(_) | Value::UInt(_) => "an integer",
        Value::Float(_) | Value::Double(_) => "a floating-point number",
        Value::Date(..) => "a date",
        Value::Time(..) => "a time",
    };
    bad(format!("the server answered with {kind} that its type does not hold"))
}

fn integer<T: TryFrom<i128>>(value: &Value) -> Result<T, CellFault> {
    let number = match *value {
        Value::Int(number) => i128::from(number),
        Value::UInt(number) => i128::from(number),
        ref other => return Err(unexpected(other)),
    };
    T::try_from(number).map_err(|_| unexpected(value))
}

fn bytes(value: &Value) -> Result<&[u8], CellFault> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        other => Err(unexpected(other)),
    }
}

/// The digits of a decimal without its point: the server writes as many behind it as its type has.
fn digits(value: &Value, scale: u8) -> Result<String, CellFault> {
    let text = std::str::from_utf8(bytes(value)?).map_err(|_| unexpected(value))?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() != usize::from(scale) {
        return Err(unexpected(value));
    }
    Ok(format!("{whole}{fraction}"))
}

fn clock(value: &Value) -> Result<Clock, CellFault> {
    match *value {
        Value::Date(year, month, day, hour, minute, second, micros) => Ok(Clock {
            year: year.into(),
            month: month.into(),
            day: day.into(),
            hour: hour.into(),
            minute: minute.into(),
            second: second.into(),
            micros,
        }),
        ref other => Err(unexpected(other)),
    }
}

fn text(strings: &mut Strings, value: &Value) -> Result<(), CellFault> {
    let bytes = bytes(value)?;
    simdutf8::basic::from_utf8(bytes).map_err(|_| bad("the server's text is no UTF-8"))?;
    strings.push(bytes)
}
