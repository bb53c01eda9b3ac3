//! Dates and times, in the form since MySQL 5.6 and in the one before.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html>,
//! <https://dev.mysql.com/doc/refman/8.4/en/storage-requirements.html> (date and time types).

use sluicegate_model::calendar::Date;

use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

const MICROS: i64 = 1_000_000;

/// What a clock and a calendar show, or a date that is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::binlog) struct Clock {
    pub(in crate::binlog) year: u32,
    pub(in crate::binlog) month: u32,
    pub(in crate::binlog) day: u32,
    pub(in crate::binlog) hour: u32,
    pub(in crate::binlog) minute: u32,
    pub(in crate::binlog) second: u32,
    pub(in crate::binlog) micros: u32,
}

impl Clock {
    /// Days since 1970; `None` for a date that is none.
    #[inline]
    pub(in crate::binlog) fn days(&self) -> Option<i32> {
        let Self { year, month, day, .. } = *self;
        // The year 0000 holds no date for the servers either: `0000-01-01` is stored, yet `TO_DAYS` knows it.
        let date =
            Date { year: i64::from(year), month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
        // The years of the type are far from where 32 bits would end.
        date.exists().then(|| date.days() as i32)
    }

    /// Microseconds since 1970 of the same clock; `None` where the date, or the time of day, is none.
    #[inline]
    pub(in crate::binlog) fn timestamp(&self) -> Option<i64> {
        if self.hour > 23 || self.minute > 59 || self.second > 59 || self.micros >= MICROS as u32 {
            return None;
        }
        let seconds = i64::from(self.hour * 3600 + self.minute * 60 + self.second);
        Some((i64::from(self.days()?) * 86_400 + seconds) * MICROS + i64::from(self.micros))
    }

    /// The clock in UTC at a number of seconds since 1970.
    pub(in crate::binlog) fn at(seconds: u32, micros: u32) -> Self {
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let Date { year, month, day } = Date::of(i64::from(days));
        let (year, month, day) = (year as u32, u32::from(month), u32::from(day));
        Self { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60, micros }
    }
}

/// DATE: day, month and year from the lowest bit on.
#[inline]
pub(super) fn date(cursor: &mut Cursor<'_>) -> Result<Clock, Fault> {
    let packed = cursor.u24()?;
    Ok(Clock { year: packed >> 9, month: packed >> 5 & 0xf, day: packed & 0x1f, ..Clock::default() })
}

/// Bytes and unit of a fraction with a number of digits: one byte of hundredths for 1 and 2, and so on.
#[inline]
const fn fraction(digits: u8) -> (usize, u32) {
    match digits {
        0 => (0, 1),
        1 | 2 => (1, 10_000),
        3 | 4 => (2, 100),
        _ => (3, 1),
    }
}

/// DATETIME: five bytes of a sign, year and month as one number, day, hour, minute and second, then the
/// fraction.
#[inline]
pub(super) fn datetime(cursor: &mut Cursor<'_>, digits: u8) -> Result<Clock, Fault> {
    let packed = cursor.uint_be(5)?;
    let (bytes, unit) = fraction(digits);
    let micros = cursor.uint_be(bytes)? as u32 * unit;
    if packed >> 39 == 0 {
        return Err(Fault::new("a DATETIME is negative"));
    }
    Ok(of_packed(packed & 0x7f_ffff_ffff, micros))
}

/// The parts of what MySQL keeps a date and time as: 17 bits of year and month, 5 of day, hour, 6 of minute
/// and second.
pub(in crate::binlog) fn of_packed(packed: u64, micros: u32) -> Clock {
    let months = (packed >> 22) as u32;
    let time = packed as u32;
    Clock {
        year: months / 13,
        month: months % 13,
        day: time >> 17 & 0x1f,
        hour: time >> 12 & 0x1f,
        minute: time >> 6 & 0x3f,
        second: time & 0x3f,
        micros,
    }
}

/// TIME: three bytes, offset so that they sort, and the fraction below them as one number.
#[inline]
pub(super) fn time(cursor: &mut Cursor<'_>, digits: u8) -> Result<i64, Fault> {
    let (bytes, unit) = fraction(digits);
    let packed = cursor.uint_be(3 + bytes)? as i64 - (0x80_0000 << (8 * bytes));
    let magnitude = packed.unsigned_abs();
    let parts = magnitude >> (8 * bytes);
    let micros = (magnitude & ((1 << (8 * bytes)) - 1)) * u64::from(unit);
    let seconds = (parts >> 12 & 0x3ff) * 3600 + (parts >> 6 & 0x3f) * 60 + (parts & 0x3f);
    let length = seconds as i64 * MICROS + micros as i64;
    Ok(if packed < 0 { -length } else { length })
}

/// TIMESTAMP: seconds since 1970 in UTC, and microseconds.
#[inline]
pub(super) fn timestamp(cursor: &mut Cursor<'_>, digits: u8) -> Result<(u32, u32), Fault> {
    let seconds = cursor.uint_be(4)? as u32;
    let (bytes, unit) = fraction(digits);
    Ok((seconds, cursor.uint_be(bytes)? as u32 * unit))
}

/// DATETIME before MySQL 5.6: the decimal digits of `YYYYMMDDhhmmss`.
pub(super) fn old_datetime(cursor: &mut Cursor<'_>) -> Result<Clock, Fault> {
    let digits = cursor.u64()?;
    let (date, time) = ((digits / 1_000_000) as u32, (digits % 1_000_000) as u32);
    Ok(Clock {
        year: date / 10_000,
        month: date / 100 % 100,
        day: date % 100,
        hour: time / 10_000,
        minute: time / 100 % 100,
        second: time % 100,
        micros: 0,
    })
}

/// TIME before MySQL 5.6: the decimal digits of `hhmmss`, with a sign.
pub(super) fn old_time(cursor: &mut Cursor<'_>) -> Result<i64, Fault> {
    let digits = ((cursor.u24()? << 8) as i32 >> 8) as i64;
    let magnitude = digits.abs();
    let seconds = magnitude / 10_000 * 3600 + magnitude / 100 % 100 * 60 + magnitude % 100;
    Ok(seconds * MICROS * digits.signum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_of_dates() {
        let days = |year, month, day| Clock { year, month, day, ..Clock::default() }.days();
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2000, 2, 29), Some(11_016));
        assert_eq!(days(9999, 12, 31), Some(2_932_896));
        assert_eq!(days(0, 1, 1), Some(-719_528));
        for (year, month, day) in
            [(0, 0, 0), (2024, 0, 15), (2024, 3, 0), (2023, 2, 29), (2024, 13, 1), (1900, 2, 29)]
        {
            assert_eq!(days(year, month, day), None);
        }
    }

    /// The server's packing of a TIME with a fraction.
    fn packed_time(micros: i64, digits: u8) -> Vec<u8> {
        let (bytes, unit) = fraction(digits);
        let magnitude = micros.unsigned_abs();
        let seconds = magnitude / 1_000_000;
        let parts = ((seconds / 3600) << 12) | ((seconds / 60 % 60) << 6) | (seconds % 60);
        let whole = ((parts << (8 * bytes)) | (magnitude % 1_000_000 / u64::from(unit))) as i64;
        let sorted = if micros < 0 { -whole } else { whole } + (0x80_0000 << (8 * bytes));
        sorted.to_be_bytes()[8 - 3 - bytes..].to_vec()
    }

    const LONGEST: i64 = (838 * 3600 + 59 * 60 + 59) * MICROS;

    proptest! {
        #[test]
        fn times_of_both_signs(micros in -LONGEST..=LONGEST, digits in 0_u8..=6) {
            let unit = [1_000_000, 10_000, 10_000, 100, 100, 1, 1][usize::from(digits)];
            let micros = micros / unit * unit;
            let bytes = packed_time(micros, digits);
            prop_assert_eq!(time(&mut Cursor::new(&bytes), digits).unwrap(), micros);
        }

        #[test]
        fn clocks_and_seconds_agree(seconds in any::<u32>(), micros in 0_u32..1_000_000) {
            let clock = Clock::at(seconds, micros);
            prop_assert_eq!(clock.timestamp(), Some(i64::from(seconds) * MICROS + i64::from(micros)));
        }

        #[test]
        fn datetimes(seconds in any::<u32>(), micros in 0_u32..1_000_000) {
            let clock = Clock::at(seconds, micros);
            let months = u64::from(clock.year * 13 + clock.month);
            let time = u64::from(clock.day << 17 | clock.hour << 12 | clock.minute << 6 | clock.second);
            let packed = 1 << 39 | months << 22 | time;
            let mut bytes = packed.to_be_bytes()[3..].to_vec();
            bytes.extend_from_slice(&micros.to_be_bytes()[1..]);
            prop_assert_eq!(datetime(&mut Cursor::new(&bytes), 6).unwrap(), clock);
        }
    }

    #[test]
    fn the_old_forms() {
        let bytes = 20_240_229_235_958_u64.to_le_bytes();
        let clock = old_datetime(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!((clock.year, clock.month, clock.day, clock.second), (2024, 2, 29, 58));
        let bytes = (-8_385_959_i32).to_le_bytes();
        assert_eq!(old_time(&mut Cursor::new(&bytes[..3])), Ok(-LONGEST));
    }
}
