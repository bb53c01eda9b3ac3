//! Dates and times as the server reads them.

use std::ops::RangeInclusive;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Days since 1970 of the years that the server's types hold: 0000-01-01 to 9999-12-31.
const DAYS: RangeInclusive<i64> = -719_528..=2_932_896;

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
    if !DAYS.contains(&days) {
        return Err(Unfit::Range);
    }
    into.push(b'\'');
    push_day(days, into);
    into.push(b'\'');
    Ok(())
}

/// `'2026-01-31 08:15:00.25'`, from microseconds since 1970, with as many digits of the second as the column keeps.
pub fn push_date_time(micros: i64, digits: u32, into: &mut Vec<u8>) -> Result<(), Unfit> {
    let (day, time) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    if !DAYS.contains(&day) {
        return Err(Unfit::Range);
    }
    check_digits(micros, digits)?;
    into.push(b'\'');
    push_day(day, into);
    into.push(b' ');
    let seconds = time / SECOND;
    push_two(seconds / 3_600, into);
    push_rest(seconds, time % SECOND, digits, into);
    into.push(b'\'');
    Ok(())
}

/// `'-838:59:59.000001'`, from microseconds.
pub fn push_time(micros: i64, digits: u32, into: &mut Vec<u8>) -> Result<(), Unfit> {
    let size = micros.unsigned_abs() as i64;
    if !(0..=LONGEST_TIME).contains(&size) {
        return Err(Unfit::Range);
    }
    check_digits(micros, digits)?;
    into.push(b'\'');
    if micros < 0 {
        into.push(b'-');
    }
    let (seconds, hours) = (size / SECOND, size / SECOND / 3_600);
    if hours > 99 {
        into.push(b'0' + (hours / 100) as u8);
    }
    push_two(hours % 100, into);
    push_rest(seconds, size % SECOND, digits, into);
    into.push(b'\'');
    Ok(())
}

fn check_digits(micros: i64, digits: u32) -> Result<(), Unfit> {
    if micros % 10_i64.pow(6 - digits.min(6)) == 0 { Ok(()) } else { Err(Unfit::Digits(digits)) }
}

/// Minutes and seconds, and the digits that a column keeps.
fn push_rest(seconds: i64, micros: i64, digits: u32, into: &mut Vec<u8>) {
    into.push(b':');
    push_two(seconds / 60 % 60, into);
    into.push(b':');
    push_two(seconds % 60, into);
    if digits > 0 {
        into.push(b'.');
        for place in 0..digits.min(6) {
            into.push(b'0' + (micros / 10_i64.pow(5 - place) % 10) as u8);
        }
    }
}

fn push_two(number: i64, into: &mut Vec<u8>) {
    into.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
}

/// Howard Hinnant's `civil_from_days` (howardhinnant.github.io/date_algorithms.html): years begin in March, so a leap
/// day is the last of its year.
fn push_day(days: i64, into: &mut Vec<u8>) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    push_two(year / 100, into);
    push_two(year % 100, into);
    into.push(b'-');
    push_two(month, into);
    into.push(b'-');
    push_two(day, into);
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

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
