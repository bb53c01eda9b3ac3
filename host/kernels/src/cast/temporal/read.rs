//! Dates, times and durations from ISO text, as the systems around here write it.

use super::moment::Moment;
use sluicegate_model::calendar::{Date, SECONDS_OF_DAY};

/// A timestamp as text has it: a wall clock, and where it was said, its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// What the clock on the wall shows.
    pub local: Moment,
    /// Seconds east of UTC.
    pub offset: Option<i32>,
}

/// `YYYY-MM-DD`, and after a space, a `T` or the colon that Oracle GoldenGate writes, `HH:MM:SS`, up to nine
/// digits of a second, and an offset (`Z`, `+08:00`, `+0800`, `+08`; Oracle puts a space before it). A year that
/// has a sign may have more than four digits.
pub(super) fn stamp(text: &str) -> Option<Stamp> {
    let mut cursor = Cursor(text.as_bytes());
    let days = cursor.date()?;
    let midnight = Moment { seconds: days.checked_mul(SECONDS_OF_DAY)?, nanos: 0 };
    if cursor.0.is_empty() {
        return Some(Stamp { local: midnight, offset: None });
    }
    cursor.any_of(b" Tt:")?;
    let hour = cursor.two(23)?;
    cursor.any_of(b":")?;
    let (minute, second) = cursor.minutes_and_seconds()?;
    let nanos = cursor.fraction()?;
    let seconds = midnight.seconds + i64::from(hour * 3600 + minute * 60 + second);
    let offset = cursor.offset()?;
    cursor.end()?;
    Some(Stamp { local: Moment { seconds, nanos }, offset })
}

/// `[-]HH:MM:SS` and up to nine digits of a second. Hours may be more than 24: SQL's TIME goes to 838.
pub(super) fn duration(text: &str) -> Option<Moment> {
    let mut cursor = Cursor(text.as_bytes());
    let negative = cursor.any_of(b"-").is_some();
    let hours = cursor.number(2..=9)?;
    cursor.any_of(b":")?;
    let (minutes, seconds) = cursor.minutes_and_seconds()?;
    let nanos = cursor.fraction()?;
    cursor.end()?;
    let length = Moment { seconds: hours * 3600 + i64::from(minutes * 60 + seconds), nanos };
    Some(if negative { length.negated() } else { length })
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn any_of(&mut self, marks: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !marks.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    /// As many digits as there are, if that is a number in `counts`.
    fn number(&mut self, counts: std::ops::RangeInclusive<usize>) -> Option<i64> {
        let end = self.0.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.0.len());
        if !counts.contains(&end) {
            return None;
        }
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    }

    /// Exactly two digits, of a number not above `most`.
    fn two(&mut self, most: u32) -> Option<u32> {
        let ([tens, ones], rest) = self.0.split_first_chunk()?;
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return None;
        }
        let number = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
        self.0 = rest;
        (number <= most).then_some(number)
    }

    fn date(&mut self) -> Option<i64> {
        let year = match self.any_of(b"+-") {
            None => self.number(4..=4)?,
            Some(sign) => self.number(4..=9)? * if sign == b'-' { -1 } else { 1 },
        };
        self.any_of(b"-")?;
        let month = self.two(12)? as u8;
        self.any_of(b"-")?;
        let day = self.two(31)? as u8;
        let date = Date { year, month, day };
        date.exists().then(|| date.days())
    }

    fn minutes_and_seconds(&mut self) -> Option<(u32, u32)> {
        let minutes = self.two(59)?;
        self.any_of(b":")?;
        Some((minutes, self.two(59)?))
    }

    /// Nanoseconds; 0 where there is no point.
    fn fraction(&mut self) -> Option<u32> {
        if self.any_of(b".").is_none() {
            return Some(0);
        }
        let before = self.0.len();
        let digits = self.number(1..=9)?;
        let missing = 9 - (before - self.0.len()) as u32;
        Some(digits as u32 * 10_u32.pow(missing))
    }

    /// Seconds east of UTC; `Some(None)` where the text ends.
    #[allow(clippy::option_option)] // The outer is failure, as everywhere here.
    fn offset(&mut self) -> Option<Option<i32>> {
        if self.0.is_empty() {
            return Some(None);
        }
        // A missing space is no error.
        let _ = self.any_of(b" ");
        let sign = match self.any_of(b"Zz+-")? {
            b'Z' | b'z' => return Some(Some(0)),
            b'-' => -1,
            _ => 1,
        };
        let hours = self.two(23)?;
        let _ = self.any_of(b":");
        let minutes = if self.0.is_empty() { 0 } else { self.two(59)? };
        Some(Some(sign * (hours * 3600 + minutes * 60).cast_signed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_that_systems_write() {
        let noon = Moment { seconds: 1_706_702_400, nanos: 0 };
        let half = Moment { nanos: 500_000_000, ..noon };
        for (text, local, offset) in [
            ("2024-01-31 12:00:00", noon, None),
            ("2024-01-31T12:00:00Z", noon, Some(0)),
            ("2024-01-31:12:00:00", noon, None),
            ("2024-01-31:12:00:00.500000000", half, None),
            ("2024-01-31 12:00:00.5+08:00", half, Some(28_800)),
            ("2024-01-31 12:00:00.500000 +0530", half, Some(19_800)),
            ("2024-01-31 12:00:00-03", noon, Some(-10_800)),
            ("+2024-01-31 12:00:00", noon, None),
        ] {
            assert_eq!(stamp(text), Some(Stamp { local, offset }), "{text}");
        }
        assert_eq!(stamp("1970-01-02").unwrap().local, Moment { seconds: 86_400, nanos: 0 });
    }

    #[test]
    fn what_is_no_timestamp() {
        for text in [
            "",
            "2024",
            "2024-1-31",
            "0000-00-00",
            "0000-00-00 00:00:00",
            "2023-02-29",
            "2024-01-31 ",
            "2024-01-31 24:00:00",
            "2024-01-31 12:00",
            "2024-01-31 12:00:60",
            "2024-01-31 12:00:00.",
            "2024-01-31 12:00:00.1234567890",
            "2024-01-31 12:00:00 PM",
            "2024-01-31 12:00:00+8",
            "20240131",
            " 2024-01-31",
            "2024-01-31 12:00:00Zx",
        ] {
            assert_eq!(stamp(text), None, "{text:?}");
        }
    }

    #[test]
    fn durations_are_sqls_times() {
        let most = Moment { seconds: 838 * 3600 + 59 * 60 + 59, nanos: 0 };
        assert_eq!(duration("838:59:59.000000"), Some(most));
        assert_eq!(duration("-838:59:59"), Some(most.negated()));
        assert_eq!(duration("-00:00:00.5"), Some(Moment { seconds: -1, nanos: 500_000_000 }));
        for text in ["", "1:00:00", "00:60:00", "00:00", "+00:00:00", "00:00:00Z"] {
            assert_eq!(duration(text), None, "{text:?}");
        }
    }
}
