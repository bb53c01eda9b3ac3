//! The calendar and the clock: dates as days since 1970-01-01, times as counts of a unit, and the digits that both are
//! written with. The calendar is the Gregorian one, before its time too; the clock has no leap seconds.

use std::ops::RangeInclusive;

use arrow_schema::TimeUnit;

/// Seconds of a day.
pub const SECONDS_OF_DAY: i64 = 86_400;

/// Days in 400 years, after which the calendar repeats.
const DAYS_OF_ERA: i64 = 146_097;
/// From 0000-03-01, where counted years begin, to 1970-01-01.
const EPOCH: i64 = 719_468;

/// A date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Year 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// The date of a day. Years are counted from March, so that a leap day is a year's last
    /// (<https://howardhinnant.github.io/date_algorithms.html>).
    #[inline]
    pub fn of(days: i64) -> Self {
        let days = days + EPOCH;
        let era = days.div_euclid(DAYS_OF_ERA);
        // Within an era 32 bits are enough, and divisions cost half.
        let day_of_era = days.rem_euclid(DAYS_OF_ERA) as u32;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + i64::from(year_of_era) + i64::from(month <= 2);
        Self { year, month: month as u8, day: day as u8 }
    }

    /// The day of a date that [exists](Date::exists).
    #[inline]
    pub fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400) as u32);
        let month = (u32::from(self.month) + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + u32::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * DAYS_OF_ERA + i64::from(day_of_era) - EPOCH
    }

    /// Whether there is such a date.
    #[inline]
    pub fn exists(self) -> bool {
        let Self { year, month, day } = self;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return false,
        };
        (1..=last).contains(&day)
    }

    /// `2026-01-31`; `None` where the year has not four digits.
    #[inline]
    pub fn text(self) -> Option<[u8; 10]> {
        let year = u32::try_from(self.year).ok().filter(|year| *year <= 9_999)?;
        let ([y1, y2], [y3, y4]) = (two(year / 100), two(year));
        let ([m1, m2], [d1, d2]) = (two(u32::from(self.month)), two(u32::from(self.day)));
        Some([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2])
    }
}

/// Days since 1970 of the years from 0 to 9999.
pub const DAYS_WRITTEN: RangeInclusive<i64> = -719_528..=2_932_896;

/// The [text](Date::text) of a day's date; `None` where it is none of [`DAYS_WRITTEN`], however far off it is.
#[inline]
pub fn date_text(days: i64) -> Option<[u8; 10]> {
    // Farther off, the sums of the calendar would overflow.
    if DAYS_WRITTEN.contains(&days) { Date::of(days).text() } else { None }
}

/// `08:15:00`, of seconds since midnight. Hours that are more than a day's have their last two digits.
#[inline]
pub fn time_text(seconds: u32) -> [u8; 8] {
    let ([h1, h2], [m1, m2], [s1, s2]) = (two(seconds / 3_600), two(seconds / 60 % 60), two(seconds % 60));
    [h1, h2, b':', m1, m2, b':', s1, s2]
}

/// The digits of each number below a hundred.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// The last two digits of a number.
#[inline]
pub fn two(number: u32) -> [u8; 2] {
    PAIRS[(number % 100) as usize]
}

/// The last three digits of a number.
#[inline]
pub fn three(number: u32) -> [u8; 3] {
    let [tens, ones] = two(number);
    [b'0' + (number / 100 % 10) as u8, tens, ones]
}

/// How many of a unit there are in a second.
pub const fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// The digits of a second's fraction in a unit.
pub const fn fraction_digits(unit: TimeUnit) -> u32 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// The whole seconds of a time, the earlier where it is between two, and what is left of the unit.
#[inline]
pub fn whole_seconds(value: i64, unit: TimeUnit) -> (i64, u32) {
    // Each with a divisor that is known here: a division by any other takes many times as long.
    let (seconds, rest) = match unit {
        TimeUnit::Second => (value, 0),
        TimeUnit::Millisecond => (value.div_euclid(1_000), value.rem_euclid(1_000)),
        TimeUnit::Microsecond => (value.div_euclid(1_000_000), value.rem_euclid(1_000_000)),
        TimeUnit::Nanosecond => (value.div_euclid(1_000_000_000), value.rem_euclid(1_000_000_000)),
    };
    (seconds, rest as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_chrono() {
        use chrono::Datelike;
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for days in (-1_000_000..3_000_000).step_by(97) {
            let expected = epoch + chrono::Duration::days(days);
            let date = Date::of(days);
            assert_eq!(
                (date.year, u32::from(date.month), u32::from(date.day)),
                (i64::from(expected.year()), expected.month(), expected.day())
            );
            assert!(date.exists());
            assert_eq!(date.days(), days);
        }
    }

    #[test]
    fn dates_that_are_none() {
        for (year, month, day) in [(0, 0, 0), (2023, 2, 29), (1900, 2, 29), (2024, 13, 1), (2024, 4, 31)] {
            assert!(!Date { year, month, day }.exists(), "{year}-{month}-{day}");
        }
        assert!(Date { year: 2000, month: 2, day: 29 }.exists());
    }

    #[test]
    fn years_that_are_written_have_four_digits() {
        let text = |days| date_text(days).map(|text| String::from_utf8(text.to_vec()).unwrap());
        for (days, date) in [(-719_528, "0000-01-01"), (2_932_896, "9999-12-31"), (0, "1970-01-01")] {
            assert_eq!(text(days).unwrap(), date);
        }
        assert_eq!((text(-719_529), text(2_932_897)), (None, None));
        assert_eq!((Date::of(-719_529).text(), Date::of(2_932_897).text()), (None, None));
        assert_eq!((text(i64::MIN), text(i64::MAX)), (None, None));
    }

    #[test]
    fn what_is_left_of_a_second_is_not_negative() {
        assert_eq!(whole_seconds(-1, TimeUnit::Microsecond), (-1, 999_999));
        assert_eq!(whole_seconds(i64::MIN, TimeUnit::Second), (i64::MIN, 0));
        assert_eq!(whole_seconds(1_500, TimeUnit::Millisecond), (1, 500));
    }
}
