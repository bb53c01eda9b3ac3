//! Dates and times.

use std::cell::Cell;

use arrow_schema::TimeUnit;
use sluicegate_model::calendar::{SECONDS_OF_DAY, date_text, per_second, three, time_text, whole_seconds};

use super::digits::{six, write_signed, write_unsigned};
use super::options::Timestamps;
use super::short::append_in;

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
    write_unsigned(hours, out);
    out.extend_from_slice(&time_text(rest)[2..]);
}

/// The fraction of a second in a unit, and how many bytes of it are written: none, or a point and 3, 6 or 9 digits, as
/// many as it takes.
#[inline(always)]
fn fraction(rest: u32, unit: TimeUnit) -> ([u8; 10], usize) {
    let mut text = [b'.'; 10];
    if rest == 0 {
        return (text, 0);
    }
    let (micros, nanos) = match unit {
        TimeUnit::Second | TimeUnit::Millisecond => (rest * 1_000, 0),
        TimeUnit::Microsecond => (rest, 0),
        TimeUnit::Nanosecond => (rest / 1_000, rest % 1_000),
    };
    text[1..7].copy_from_slice(&six(micros));
    text[7..].copy_from_slice(&three(nanos));
    let written = match (micros % 1_000, nanos) {
        (0, 0) => 4,
        (_, 0) => 7,
        _ => 10,
    };
    (text, written)
}

/// How a column of timestamps is written.
#[derive(Clone, Debug)]
pub(crate) struct TimestampForm {
    unit: TimeUnit,
    utc: bool,
    form: Timestamps,
    /// The day that was written last, and its text: times that stand together are often of one day.
    last: Cell<(i64, Option<[u8; 10]>)>,
}

impl TimestampForm {
    /// For a column of a unit, in UTC or in no zone.
    pub(super) fn new(unit: TimeUnit, utc: bool, form: Timestamps) -> Self {
        // So far off no day has a text.
        Self { unit, utc, form, last: Cell::new((i64::MIN, None)) }
    }

    /// Whether timestamps are written as numbers.
    pub(super) fn is_number(&self) -> bool {
        self.form == Timestamps::Epoch
    }

    /// Appends a timestamp; `false`, and nothing, where it is in no year from 0 to 9999.
    #[inline(always)]
    pub(super) fn push(&self, value: i64, out: &mut Vec<u8>) -> bool {
        if self.is_number() {
            write_signed(value, out);
            return true;
        }
        let Some(text) = self.text(value) else { return false };
        append_in(out, |room: &mut [u8; 30]| text.put(room));
        true
    }

    /// The same in quotes; of one that is not written as a number.
    #[inline(always)]
    pub(super) fn push_quoted(&self, value: i64, out: &mut Vec<u8>) -> bool {
        let Some(text) = self.text(value) else { return false };
        append_in(out, |room: &mut [u8; 32]| {
            room[0] = b'"';
            let end = 1 + room[1..].first_chunk_mut().map_or(0, |room| text.put(room));
            room[end] = b'"';
            end + 1
        });
        true
    }

    #[inline(always)]
    fn date(&self, days: i64) -> Option<[u8; 10]> {
        let (last, text) = self.last.get();
        if last == days {
            return text;
        }
        let text = date_text(days);
        self.last.set((days, text));
        text
    }

    #[inline(always)]
    fn text(&self, value: i64) -> Option<Parts> {
        let (seconds, rest) = whole_seconds(value, self.unit);
        let iso = self.form == Timestamps::Iso;
        Some(Parts {
            date: self.date(seconds.div_euclid(SECONDS_OF_DAY))?,
            between: if iso { b'T' } else { b' ' },
            time: time_text(seconds.rem_euclid(SECONDS_OF_DAY) as u32),
            fraction: fraction(rest, self.unit),
            utc: self.utc && iso,
        })
    }
}

/// What a timestamp is written of.
struct Parts {
    date: [u8; 10],
    between: u8,
    time: [u8; 8],
    fraction: ([u8; 10], usize),
    utc: bool,
}

impl Parts {
    /// Writes them one behind the other; gives how many bytes they are.
    #[inline(always)]
    fn put(&self, room: &mut [u8; 30]) -> usize {
        room[..10].copy_from_slice(&self.date);
        room[10] = self.between;
        room[11..19].copy_from_slice(&self.time);
        room[19..29].copy_from_slice(&self.fraction.0);
        let end = 19 + self.fraction.1;
        room[end] = b'Z';
        end + usize::from(self.utc)
    }
}

/// Appends a length of time as SQL writes a TIME: `-838:59:59.5`.
pub(super) fn push_duration(value: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let (length, second) = (value.unsigned_abs(), per_second(unit).unsigned_abs());
    push_time(length / second, out);
    append_in(out, |room| {
        let written;
        (*room, written) = fraction((length % second) as u32, unit);
        written
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn timestamps_have_as_many_digits_as_they_need() {
        let text = |value, unit, utc, form| {
            let mut text = Vec::new();
            assert!(TimestampForm::new(unit, utc, form).push(value, &mut text));
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
        let far = TimestampForm::new(Second, false, Timestamps::Iso);
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
