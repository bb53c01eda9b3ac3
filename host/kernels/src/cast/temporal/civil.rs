//! Days since 1970-01-01 and dates of the Gregorian calendar, for every day that a column can hold.

/// Seconds of a day. There are no leap seconds here.
pub(crate) const SECONDS_OF_DAY: i64 = 86_400;

/// Days in 400 years, after which the calendar repeats.
const DAYS_OF_ERA: i64 = 146_097;
/// From 0000-03-01, where counted years begin, to 1970-01-01.
const EPOCH: i64 = 719_468;

/// A date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    /// Year 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// The date of a day. Years are counted from March, so that a leap day is a year's last.
pub(crate) fn date_of(days: i64) -> Date {
    let days = days + EPOCH;
    let (era, day_of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Date { year, month: month as u8, day: day as u8 }
}

/// The day of a date that exists.
pub(crate) fn days_of(Date { year, month, day }: Date) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * DAYS_OF_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH
}

/// Whether there is such a date.
pub(crate) fn exists(Date { year, month, day }: Date) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_chrono() {
        use chrono::Datelike;
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for days in (-1_000_000..3_000_000).step_by(97) {
            let expected = epoch + chrono::Duration::days(days);
            let date = date_of(days);
            assert_eq!(
                (date.year, u32::from(date.month), u32::from(date.day)),
                (i64::from(expected.year()), expected.month(), expected.day())
            );
            assert!(exists(date));
            assert_eq!(days_of(date), days);
        }
    }

    #[test]
    fn dates_that_are_none() {
        for (year, month, day) in [(0, 0, 0), (2023, 2, 29), (1900, 2, 29), (2024, 13, 1), (2024, 4, 31)] {
            assert!(!exists(Date { year, month, day }), "{year}-{month}-{day}");
        }
        assert!(exists(Date { year: 2000, month: 2, day: 29 }));
    }
}
