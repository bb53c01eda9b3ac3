//! Dates and times as the server reads them.

use arrow_schema::TimeUnit;
use sluicegate_model::calendar::{SECONDS_OF_DAY, date_text, three, time_text, whole_seconds};

const SECOND: i64 = 1_000_000;

/// The longest time: 838:59:59.
const LONGEST_TIME: i64 = (838 * 3_600 + 59 * 60 + 59) * SECOND;

/// Why a date or time cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is outside of what the type holds.
    Range,
    /// It has digits of the second that the column does not keep.
    Digits(u32),
}

/// `'2026-01-31'`, from days since 1970.
pub fn push_date(days: i64, into: &mut Vec<u8>) -> Result<(), Unfit> {
    let date = date_text(days).ok_or(Unfit::Range)?;
    into.push(b'\'');
    into.extend_from_slice(&date);
    into.push(b'\'');
    Ok(())
}

/// `'2026-01-31 08:15:00.25'`, from microseconds since 1970, with as many digits of the second as the column keeps.
pub fn push_date_time(micros: i64, digits: u32, into: &mut Vec<u8>) -> Result<(), Unfit> {
    let (seconds, rest) = whole_seconds(micros, TimeUnit::Microsecond);
    let date = date_text(seconds.div_euclid(SECONDS_OF_DAY)).ok_or(Unfit::Range)?;
    check_digits(rest, digits)?;
    let mut text = *b"'0000-00-00 00:00:00";
    text[1..11].copy_from_slice(&date);
    text[12..].copy_from_slice(&time_text(seconds.rem_euclid(SECONDS_OF_DAY) as u32));
    into.extend_from_slice(&text);
    push_fraction(rest, digits, into);
    into.push(b'\'');
    Ok(())
}

/// `'-838:59:59.000001'`, from microseconds.
pub fn push_time(micros: i64, digits: u32, into: &mut Vec<u8>) -> Result<(), Unfit> {
    let size = micros.unsigned_abs() as i64;
    if !(0..=LONGEST_TIME).contains(&size) {
        return Err(Unfit::Range);
    }
    let (seconds, rest) = whole_seconds(size, TimeUnit::Microsecond);
    let seconds = seconds as u32;
    check_digits(rest, digits)?;
    into.push(b'\'');
    if micros < 0 {
        into.push(b'-');
    }
    if seconds >= 360_000 {
        into.push(b'0' + (seconds / 360_000) as u8);
    }
    into.extend_from_slice(&time_text(seconds));
    push_fraction(rest, digits, into);
    into.push(b'\'');
    Ok(())
}

/// Whether a column keeps all digits of the microseconds.
fn check_digits(micros: u32, digits: u32) -> Result<(), Unfit> {
    if digits >= 6 || micros.is_multiple_of(10_u32.pow(6 - digits)) {
        Ok(())
    } else {
        Err(Unfit::Digits(digits))
    }
}

/// The digits of the microseconds that a column keeps.
fn push_fraction(micros: u32, digits: u32, into: &mut Vec<u8>) {
    if digits == 0 {
        return;
    }
    let mut text = *b".000000";
    text[1..4].copy_from_slice(&three(micros / 1_000));
    text[4..].copy_from_slice(&three(micros));
    into.extend_from_slice(&text[..=digits.min(6) as usize]);
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use sluicegate_model::calendar::DAYS_WRITTEN as DAYS;

    use super::*;

    fn text(push: impl FnOnce(&mut Vec<u8>) -> Result<(), Unfit>) -> Result<String, Unfit> {
        let mut text = Vec::new();
        push(&mut text).map(|()| String::from_utf8(text).unwrap())
    }

    #[test]
    fn edges_are_kept() {
        assert_eq!(text(|into| push_date(0, into)).unwrap(), "'1970-01-01'");
        assert_eq!(text(|into| push_date(*DAYS.start(), into)).unwrap(), "'0000-01-01'");
        assert_eq!(text(|into| push_date(*DAYS.end(), into)).unwrap(), "'9999-12-31'");
        assert_eq!(text(|into| push_date(DAYS.end() + 1, into)), Err(Unfit::Range));
        assert_eq!(text(|into| push_time(-LONGEST_TIME, 0, into)).unwrap(), "'-838:59:59'");
        assert_eq!(text(|into| push_time(LONGEST_TIME + 1, 6, into)), Err(Unfit::Range));
        assert_eq!(text(|into| push_time(i64::MIN, 6, into)), Err(Unfit::Range));
        assert_eq!(text(|into| push_time(61_250_000, 3, into)).unwrap(), "'00:01:01.250'");
        assert_eq!(text(|into| push_date_time(-1, 6, into)).unwrap(), "'1969-12-31 23:59:59.999999'");
        assert_eq!(text(|into| push_date_time(1, 0, into)), Err(Unfit::Digits(0)), "no digit is cut off");
    }

    proptest! {
        #[test]
        fn moments_are_what_chrono_says(micros in -62_167_219_200_000_000_i64..=253_402_300_799_999_999) {
            let expected = DateTime::from_timestamp_micros(micros).unwrap().format("'%Y-%m-%d %H:%M:%S%.6f'");
            prop_assert_eq!(text(|into| push_date_time(micros, 6, into)).unwrap(), expected.to_string());
        }
    }
}
