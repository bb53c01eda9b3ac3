//! Dates and times.

use arrow_schema::TimeUnit;
use sluicegate_model::calendar::{
    SECONDS_OF_DAY, date_text, fraction_digits, per_second, three, time_text, whole_seconds,
};

use super::options::Timestamps;

/// Appends `YYYY-MM-DD`; `false`, and nothing, where the year is none from 0 to 9999.
#[inline]
pub(crate) fn push_date(days: i64, out: &mut Vec<u8>) -> bool {
    let Some(text) = date_text(days) else { return false };
    out.extend_from_slice(&text);
    true
}

/// Appends `HH:MM:SS`; of more than a day, with as many digits of hours as there are.
#[inline]
pub(crate) fn push_time(seconds: u64, out: &mut Vec<u8>) {
    let (hours, rest) = (seconds / 3_600, (seconds % 3_600) as u32);
    if hours < 100 {
        out.extend_from_slice(&time_text(seconds as u32));
        return;
    }
    out.extend_from_slice(itoa::Buffer::new().format(hours).as_bytes());
    out.extend_from_slice(&time_text(rest)[2..]);
}

/// Appends the fraction of a second in a unit: none, or 3, 6 or 9 digits, as many as it takes.
#[inline]
fn push_fraction(rest: u32, unit: TimeUnit, out: &mut Vec<u8>) {
    if rest == 0 {
        return;
    }
    let thirds = [rest / 1_000_000, rest / 1_000 % 1_000, rest % 1_000];
    let thirds = &thirds[3 - fraction_digits(unit) as usize / 3..];
    let last = thirds.iter().rposition(|third| *third != 0).unwrap_or(0);
    out.push(b'.');
    for third in &thirds[..=last] {
        out.extend_from_slice(&three(*third));
    }
}

/// How a column of timestamps is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimestampForm {
    pub(super) unit: TimeUnit,
    pub(super) utc: bool,
    pub(super) form: Timestamps,
}

impl TimestampForm {
    /// Whether timestamps are written as numbers.
    pub(super) fn is_number(self) -> bool {
        self.form == Timestamps::Epoch
    }

    /// Appends a timestamp; `false` where it is in no year from 0 to 9999.
    #[inline]
    pub(super) fn push(self, value: i64, out: &mut Vec<u8>) -> bool {
        if self.is_number() {
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            return true;
        }
        let (seconds, rest) = whole_seconds(value, self.unit);
        let Some(date) = date_text(seconds.div_euclid(SECONDS_OF_DAY)) else { return false };
        let mut text = [if self.form == Timestamps::Iso { b'T' } else { b' ' }; 19];
        text[..10].copy_from_slice(&date);
        text[11..].copy_from_slice(&time_text(seconds.rem_euclid(SECONDS_OF_DAY) as u32));
        out.extend_from_slice(&text);
        push_fraction(rest, self.unit, out);
        if self.utc && self.form == Timestamps::Iso {
            out.push(b'Z');
        }
        true
    }
}

/// Appends a length of time as SQL writes a TIME: `-838:59:59.5`.
pub(super) fn push_duration(value: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let (length, second) = (value.unsigned_abs(), per_second(unit).unsigned_abs());
    push_time(length / second, out);
    push_fraction((length % second) as u32, unit, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn timestamps_have_as_many_digits_as_they_need() {
        let text = |value, unit, utc, form| {
            let mut text = Vec::new();
            assert!(TimestampForm { unit, utc, form }.push(value, &mut text));
            String::from_utf8(text).unwrap()
        };
        use TimeUnit::{Microsecond, Nanosecond, Second};
        let micros = DateTime::parse_from_rfc3339("2024-05-22T09:50:40.120Z").unwrap().timestamp_micros();
        assert_eq!(text(micros, Microsecond, true, Timestamps::Iso), "2024-05-22T09:50:40.120Z");
        assert_eq!(text(micros, Microsecond, false, Timestamps::Sql), "2024-05-22 09:50:40.120");
        assert_eq!(text(micros, Microsecond, true, Timestamps::Epoch), micros.to_string());
        assert_eq!(text(0, Second, false, Timestamps::Iso), "1970-01-01T00:00:00");
        assert_eq!(text(-1, Nanosecond, false, Timestamps::Iso), "1969-12-31T23:59:59.999999999");
        assert_eq!(text(-1, Microsecond, false, Timestamps::Sql), "1969-12-31 23:59:59.999999");
        let far = TimestampForm { unit: Second, utc: false, form: Timestamps::Iso };
        assert!(!far.push(i64::MAX, &mut Vec::new()));
    }

    #[test]
    fn durations_are_times_of_sql() {
        for (value, unit, expected) in [
            (-3_020_399_500_000, TimeUnit::Microsecond, "-838:59:59.500"),
            (0, TimeUnit::Second, "00:00:00"),
            (86_400_000, TimeUnit::Millisecond, "24:00:00"),
            (1, TimeUnit::Nanosecond, "00:00:00.000000001"),
        ] {
            let mut text = Vec::new();
            push_duration(value, unit, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
        push_duration(i64::MIN, TimeUnit::Second, &mut Vec::new());
    }
}
