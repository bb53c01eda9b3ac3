//! Dates and times. The calendar is the Gregorian one, before its time too.

use arrow_schema::TimeUnit;

use super::options::Timestamps;
use crate::ticks::{fraction_digits, per_second};

/// Days since 1970-01-01 of a date; of a day that its month does not have, the days of the date that it stands for.
///
/// The year is counted from March, so that the leap day is its last, in eras of 400 years, which all have 146,097 days.
pub(crate) fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
pub(crate) fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[inline]
fn push_two(number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]);
}

/// Appends `YYYY-MM-DD`; `false`, and nothing, where the year is none from 0 to 9999.
#[inline]
pub(crate) fn push_date(days: i64, out: &mut Vec<u8>) -> bool {
    if !(-719_528..=2_932_896).contains(&days) {
        return false;
    }
    let (year, month, day) = civil_from_days(days);
    push_two(year as u32 / 100, out);
    push_two(year as u32 % 100, out);
    out.push(b'-');
    push_two(month, out);
    out.push(b'-');
    push_two(day, out);
    true
}

/// Appends `HH:MM:SS`; of more than a day, with as many digits of hours as there are.
#[inline]
pub(crate) fn push_time(seconds: u64, out: &mut Vec<u8>) {
    let hours = seconds / 3600;
    if hours < 100 {
        push_two(hours as u32, out);
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(hours).as_bytes());
    }
    out.push(b':');
    push_two((seconds / 60 % 60) as u32, out);
    out.push(b':');
    push_two((seconds % 60) as u32, out);
}

/// Ticks of a unit in a second, and the digits of its fraction.
fn ticks(unit: TimeUnit) -> (i64, u32) {
    (per_second(unit), fraction_digits(unit))
}

/// Appends the fraction of a second: none, or 3, 6 or 9 digits, as many as it takes.
fn push_fraction(mut ticks: i64, mut digits: u32, out: &mut Vec<u8>) {
    if ticks == 0 {
        return;
    }
    while ticks % 1000 == 0 {
        ticks /= 1000;
        digits -= 3;
    }
    out.push(b'.');
    out.extend((0..digits).rev().map(|place| b'0' + (ticks / 10_i64.pow(place) % 10) as u8));
}

/// How a column of timestamps is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimestampForm {
    pub(super) unit: TimeUnit,
    pub(super) utc: bool,
    pub(super) form: Timestamps,
}

impl TimestampForm {
    /// Appends a timestamp as a JSON value; `false` where it is in no year from 0 to 9999.
    #[inline]
    pub(super) fn write(self, value: i64, out: &mut Vec<u8>) -> bool {
        if self.form == Timestamps::Epoch {
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            return true;
        }
        let (second, digits) = ticks(self.unit);
        let seconds = value.div_euclid(second);
        out.push(b'"');
        if !push_date(seconds.div_euclid(86_400), out) {
            return false;
        }
        out.push(if self.form == Timestamps::Iso { b'T' } else { b' ' });
        push_time(seconds.rem_euclid(86_400) as u64, out);
        push_fraction(value.rem_euclid(second), digits, out);
        if self.utc && self.form == Timestamps::Iso {
            out.push(b'Z');
        }
        out.push(b'"');
        true
    }
}

/// Appends a length of time as SQL writes a TIME: `-838:59:59.5`.
pub(super) fn write_duration(value: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    let (second, digits) = ticks(unit);
    out.push(b'"');
    if value < 0 {
        out.push(b'-');
    }
    let length = value.unsigned_abs();
    push_time(length / second as u64, out);
    push_fraction((length % second as u64) as i64, digits, out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Datelike, NaiveDate};

    #[test]
    fn days_are_those_of_the_calendar() {
        for days in (-720_000..2_940_000).step_by(97) {
            let date = NaiveDate::from_epoch_days(days).unwrap();
            let civil = civil_from_days(i64::from(days));
            assert_eq!(civil, (i64::from(date.year()), date.month(), date.day()));
            assert_eq!(days_from_civil(date.year(), date.month(), date.day()), i64::from(days));
        }
    }

    #[test]
    fn the_years_that_are_written_have_four_digits() {
        for (days, date) in [(-719_528, "0000-01-01"), (2_932_896, "9999-12-31"), (0, "1970-01-01")] {
            let mut text = Vec::new();
            assert!(push_date(days, &mut text));
            assert_eq!(text, date.as_bytes());
        }
        assert!(!push_date(-719_529, &mut Vec::new()) && !push_date(2_932_897, &mut Vec::new()));
    }

    #[test]
    fn timestamps_have_as_many_digits_as_they_need() {
        let text = |value, unit, utc, form| {
            let mut text = Vec::new();
            assert!(TimestampForm { unit, utc, form }.write(value, &mut text));
            String::from_utf8(text).unwrap()
        };
        use TimeUnit::{Microsecond, Nanosecond, Second};
        let micros = DateTime::parse_from_rfc3339("2024-05-22T09:50:40.120Z").unwrap().timestamp_micros();
        assert_eq!(text(micros, Microsecond, true, Timestamps::Iso), r#""2024-05-22T09:50:40.120Z""#);
        assert_eq!(text(micros, Microsecond, false, Timestamps::Sql), r#""2024-05-22 09:50:40.120""#);
        assert_eq!(text(micros, Microsecond, true, Timestamps::Epoch), micros.to_string());
        assert_eq!(text(0, Second, false, Timestamps::Iso), r#""1970-01-01T00:00:00""#);
        assert_eq!(text(-1, Nanosecond, false, Timestamps::Iso), r#""1969-12-31T23:59:59.999999999""#);
        assert_eq!(text(-1, Microsecond, false, Timestamps::Sql), r#""1969-12-31 23:59:59.999999""#);
        let far = TimestampForm { unit: Second, utc: false, form: Timestamps::Iso };
        assert!(!far.write(i64::MAX, &mut Vec::new()));
    }

    #[test]
    fn durations_are_times_of_sql() {
        for (value, unit, expected) in [
            (-3_020_399_500_000, TimeUnit::Microsecond, r#""-838:59:59.500""#),
            (0, TimeUnit::Second, r#""00:00:00""#),
            (86_400_000, TimeUnit::Millisecond, r#""24:00:00""#),
            (1, TimeUnit::Nanosecond, r#""00:00:00.000000001""#),
        ] {
            let mut text = Vec::new();
            write_duration(value, unit, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
        write_duration(i64::MIN, TimeUnit::Second, &mut Vec::new());
    }
}
