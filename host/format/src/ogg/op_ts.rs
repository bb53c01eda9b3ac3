//! The time of an operation, to and from text.

use chrono::DateTime;
use sluicegate_model::calendar::Date;

use crate::options::TimeZone;
use crate::write::{push_date, push_time};

const SECOND: i64 = 1_000_000;
/// Stretches of local time for which an offset is remembered. Clocks change at its multiples.
const QUARTER: i64 = 900;

/// Reads and writes `op_ts`: local time of the source's database, in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: TimeZone,
    utc: bool,
    /// A quarter of an hour, in seconds since 1970, and the offset that holds all through it.
    local: Option<(i64, i32)>,
    world: Option<(i64, i32)>,
}

impl Clock {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone, utc: zone.is_utc(), local: None, world: None }
    }

    /// Microseconds since 1970 in UTC of `2020-05-13 15:40:06.123456`. The date may also be parted from the time by a
    /// colon or a `T`, there may be no fraction of the second or one of up to nine digits, and an offset from UTC
    /// (`Z`, `+08:00`) at the end counts more than the time zone. `None` for anything else.
    pub(crate) fn read(&mut self, text: &[u8]) -> Option<i64> {
        let (date_time, rest) = text.split_at_checked(19)?;
        let (seconds, rest) = (seconds(date_time)?, rest);
        let (micros, rest) = fraction(rest)?;
        let offset = match rest {
            [] => self.offset_at_local(seconds),
            b"Z" => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (two(*h1, *h2)?, two(*m1, *m2)?);
                let offset = (hours * 60 + minutes) * 60;
                if hours > 18 || minutes > 59 {
                    return None;
                }
                if *sign == b'-' { -offset } else { offset }
            }
            _ => return None,
        };
        Some((seconds - i64::from(offset)) * SECOND + micros)
    }

    /// Appends a time as GoldenGate writes it; `false`, and nothing appended, where it is in no year from 0 to 9999.
    pub(crate) fn write(&mut self, time: i64, out: &mut Vec<u8>) -> bool {
        let (seconds, micros) = (time.div_euclid(SECOND), time.rem_euclid(SECOND));
        let local = seconds + i64::from(self.offset_at_utc(seconds));
        let days = local.div_euclid(86_400);
        if !push_date(days, out) {
            return false;
        }
        out.push(b' ');
        push_time(local.rem_euclid(86_400) as u64, out);
        out.push(b'.');
        out.extend((0..6).rev().map(|place| b'0' + (micros / 10_i64.pow(place) % 10) as u8));
        true
    }

    #[inline]
    fn offset_at_local(&mut self, local: i64) -> i32 {
        if self.utc {
            return 0;
        }
        let quarter = local.div_euclid(QUARTER);
        match self.local {
            Some((known, offset)) if known == quarter => offset,
            _ => self.look_up_local(local, quarter),
        }
    }

    fn look_up_local(&mut self, local: i64, quarter: i64) -> i32 {
        let zone = self.zone;
        let at = |seconds: i64| match DateTime::from_timestamp(seconds, 0) {
            Some(time) => zone.offset_at_local(time.naive_utc()),
            None => (0, false),
        };
        let (offset, plain) = at(local);
        let bounds = [at(quarter * QUARTER), at(quarter * QUARTER + QUARTER - 1)];
        // Only where the whole quarter has one offset, each local time of it exists once.
        self.local = (plain && bounds == [(offset, true); 2]).then_some((quarter, offset));
        offset
    }

    fn offset_at_utc(&mut self, seconds: i64) -> i32 {
        if self.utc {
            return 0;
        }
        let quarter = seconds.div_euclid(QUARTER);
        if let Some((known, offset)) = self.world
            && known == quarter
        {
            return offset;
        }
        let at = |seconds: i64| {
            DateTime::from_timestamp(seconds, 0).map_or(0, |time| self.zone.offset_at_utc(time.naive_utc()))
        };
        let offset = at(seconds);
        let bounds = [at(quarter * QUARTER), at(quarter * QUARTER + QUARTER - 1)];
        self.world = (bounds == [offset; 2]).then_some((quarter, offset));
        offset
    }
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i32> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
}

/// Seconds since 1970 of `YYYY-MM-DD?HH:MM:SS`, taken for UTC.
#[inline]
fn seconds(text: &[u8]) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b' ' | b':' | b'T', h1, h2, b':', n1, n2, b':', s1, s2] =
        text
    else {
        return None;
    };
    let (year, month, day) = (two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let date = Date { year: i64::from(year), month: month as u8, day: day as u8 };
    if !date.exists() {
        return None;
    }
    Some(date.days() * 86_400 + i64::from(hour * 3600 + minute * 60 + second))
}

/// Microseconds of `.ffffff`, if it is there; further digits are cut off.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > 9 {
        return None;
    }
    let micros = (0..6).fold(0, |micros, place| {
        let digit = if place < count { digits[place] - b'0' } else { 0 };
        micros * 10 + i64::from(digit)
    });
    Some((micros, &digits[count..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(zone: &str, text: &str) -> Option<i64> {
        Clock::new(zone.parse().unwrap()).read(text.as_bytes())
    }

    fn expected(text: &str) -> Option<i64> {
        DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros())
    }

    #[test]
    fn times_are_read_in_their_zone() {
        let utc = expected("2020-05-13T15:40:06.123456Z");
        assert!(utc.is_some());
        assert_eq!(read("UTC", "2020-05-13 15:40:06.123456"), utc);
        assert_eq!(read("UTC", "2020-05-13:15:40:06.123456"), utc);
        assert_eq!(read("UTC", "2020-05-13T15:40:06.123456789"), utc);
        assert_eq!(read("Asia/Shanghai", "2020-05-13 23:40:06.123456"), utc);
        assert_eq!(read("Asia/Shanghai", "2020-05-13T15:40:06.123456Z"), utc);
        assert_eq!(read("UTC", "2020-05-13T10:10:06.123456-05:30"), utc);
        assert_eq!(read("UTC", "2020-05-13 15:40:06"), expected("2020-05-13T15:40:06Z"));
        assert_eq!(read("UTC", "1904-02-29 00:00:00.5"), expected("1904-02-29T00:00:00.5Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2020-05-13",
            "2020-05-32 00:00:00",
            "2021-02-29 00:00:00",
            "2020-00-01 00:00:00",
            "2020-05-13 24:00:00",
            "2020-05-13 00:60:00",
            "2020-05-13 00:00:00.",
            "2020-05-13 00:00:00.1234567890",
            "2020-05-13 00:00:00x",
            "2020/05/13 00:00:00",
            "2020-05-13 00:00:00+99:00",
            "２０２０-05-13 00:00:00",
        ] {
            assert_eq!(read("UTC", text), None, "{text}");
        }
    }

    #[test]
    fn a_remembered_offset_is_never_used_past_a_change_of_clocks() {
        let mut clock = Clock::new("Europe/Berlin".parse().unwrap());
        let mut fresh = |text: &str| {
            let remembered = clock.read(text.as_bytes());
            assert_eq!(remembered, read("Europe/Berlin", text), "{text}");
            remembered
        };
        assert_eq!(fresh("2024-03-31 01:59:59"), expected("2024-03-31T00:59:59Z"));
        assert_eq!(fresh("2024-03-31 03:00:00"), expected("2024-03-31T01:00:00Z"));
        assert_eq!(fresh("2024-10-27 01:59:59"), expected("2024-10-26T23:59:59Z"));
        assert_eq!(fresh("2024-10-27 02:00:00"), expected("2024-10-27T00:00:00Z"));
        assert_eq!(fresh("2024-10-27 03:00:00"), expected("2024-10-27T02:00:00Z"));
    }

    #[test]
    fn what_is_written_is_read() {
        for zone in ["UTC", "Asia/Shanghai", "Europe/Berlin", "+05:45"] {
            let mut clock = Clock::new(zone.parse().unwrap());
            for time in [0, -1, 1_589_384_406_123_456, 951_782_400_000_000, -2_208_988_800_000_001] {
                let mut text = Vec::new();
                assert!(clock.write(time, &mut text));
                assert_eq!(clock.read(&text), Some(time), "{zone} {}", String::from_utf8_lossy(&text));
            }
        }
        assert!(!Clock::new(TimeZone::UTC).write(i64::MAX, &mut Vec::new()));
    }
}
