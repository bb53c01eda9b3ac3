//! Dates and times as typed numbers.

use std::fmt;

use crate::builders::{Builder, NumberBuilder};
use crate::cells::{Cell, Number, Numbers};
use crate::{Column, Failure};

const DAY: i64 = 86_400_000_000;

/// A day: `date32`.
///
/// ```
/// use sluicegate_sdk::time::Date;
///
/// let day = Date::of(2024, 2, 29).unwrap();
/// assert_eq!((day.to_string(), day.ymd()), ("2024-02-29".to_owned(), (2024, 2, 29)));
/// assert_eq!(Date(day.0 + 1).to_string(), "2024-03-01");
/// assert_eq!(Date::of(2023, 2, 29), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(
    /// Days since 1970-01-01.
    pub i32,
);

impl Date {
    /// A day of the Gregorian calendar; none where there is no such day, or it is out of reach.
    pub fn of(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day == 0 || day > days_of(year, month) {
            return None;
        }
        // Counted in years that begin in March, so that the leap day is the last one.
        let (year, month) = (i64::from(year) - i64::from(month < 3), (i64::from(month) + 9) % 12);
        let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = days + (month * 153 + 2) / 5 + i64::from(day) - 1 - 719_468;
        i32::try_from(days).ok().map(Self)
    }

    /// Year, month and day.
    pub fn ymd(self) -> (i32, u32, u32) {
        // Days since 0000-03-01, the first of a cycle of 400 years.
        let days = i64::from(self.0) + 719_468;
        let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (year * 365 + year / 4 - year / 100);
        let month = (day * 5 + 2) / 153;
        let day = day - (month * 153 + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        ((cycle * 400 + year + next) as i32, month as u32, day as u32)
    }
}

fn days_of(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `2024-02-29`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A point in time, in microseconds: `timestamp(us)`, a wall clock's time somewhere, or `timestamp(us,UTC)`, an
/// instant. Which of the two it is the column's type says.
///
/// ```
/// use sluicegate_sdk::time::{Date, Timestamp};
///
/// let noon = Timestamp::of(Date::of(2024, 2, 29).unwrap(), 12, 0, 0).unwrap();
/// assert_eq!(noon.to_string(), "2024-02-29T12:00:00");
/// assert_eq!(Timestamp(noon.0 - 1).to_string(), "2024-02-29T11:59:59.999999");
/// assert_eq!(noon.date().ymd(), (2024, 2, 29));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(
    /// Microseconds since 1970-01-01T00:00:00.
    pub i64,
);

impl Timestamp {
    /// A time of a day; none where there is no such time.
    pub fn of(date: Date, hour: u32, minute: u32, second: u32) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
        i64::from(date.0).checked_mul(DAY)?.checked_add(seconds * 1_000_000).map(Self)
    }

    /// The day.
    pub fn date(self) -> Date {
        // Microseconds of 64 bits reach over fewer than 2^31 days.
        Date(self.0.div_euclid(DAY) as i32)
    }

    /// Microseconds since the day began.
    pub fn time_of_day(self) -> i64 {
        self.0.rem_euclid(DAY)
    }
}

/// `2024-02-29T12:00:00.5`, without zeros at the end.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", self.date(), Duration(self.time_of_day()))
    }
}

/// A length of time, in microseconds: `duration(us)`, MySQL's `TIME`; `time64(us)`, a time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(
    /// Microseconds; may be negative.
    pub i64,
);

/// `-838:59:59.5`, without zeros at the end.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (seconds, micros) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        write!(f, "{sign}{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)?;
        if micros == 0 {
            return Ok(());
        }
        write!(f, ".{}", format!("{micros:06}").trim_end_matches('0'))
    }
}

/// Cells of dates, timestamps or durations.
#[derive(Clone, Debug)]
pub struct Times<T: Time> {
    numbers: Numbers<T::Number>,
    /// How many of the type's own unit are one of the column's.
    factor: i64,
}

/// Columns of [`Date`]s, [`Timestamp`]s and [`Duration`]s.
pub trait Time: Copy + 'static {
    /// What a cell is laid out as.
    type Number: Number;

    /// The type of a column that is made, where nothing else is said.
    const DATA_TYPE: &'static str;

    /// How many of this type's unit are one of a column's; none for a type that holds something else.
    fn factor(data_type: &str) -> Option<i64>;

    /// From a cell; none where it is out of reach.
    fn from_number(number: Self::Number, factor: i64) -> Option<Self>;

    /// The cell.
    fn number(self) -> Self::Number;
}

impl Time for Date {
    type Number = i32;
    const DATA_TYPE: &'static str = "date32";

    fn factor(data_type: &str) -> Option<i64> {
        (data_type == "date32").then_some(1)
    }

    fn from_number(number: i32, _: i64) -> Option<Self> {
        Some(Self(number))
    }

    fn number(self) -> i32 {
        self.0
    }
}

/// Microseconds in a unit; nanoseconds would lose digits.
fn micros(unit: &str) -> Option<i64> {
    match unit {
        "s" => Some(1_000_000),
        "ms" => Some(1_000),
        "us" => Some(1),
        _ => None,
    }
}

impl Time for Timestamp {
    type Number = i64;
    const DATA_TYPE: &'static str = "timestamp(us)";

    fn factor(data_type: &str) -> Option<i64> {
        let inner = data_type.strip_prefix("timestamp(")?.strip_suffix(')')?;
        micros(inner.split_once(',').map_or(inner, |(unit, _)| unit))
    }

    fn from_number(number: i64, factor: i64) -> Option<Self> {
        number.checked_mul(factor).map(Self)
    }

    fn number(self) -> i64 {
        self.0
    }
}

impl Time for Duration {
    type Number = i64;
    const DATA_TYPE: &'static str = "duration(us)";

    fn factor(data_type: &str) -> Option<i64> {
        let inner = data_type.strip_prefix("duration(").or_else(|| data_type.strip_prefix("time64("))?;
        micros(inner.strip_suffix(')')?)
    }

    fn from_number(number: i64, factor: i64) -> Option<Self> {
        number.checked_mul(factor).map(Self)
    }

    fn number(self) -> i64 {
        self.0
    }
}

impl<T: Time> Times<T> {
    /// From the numbers of a column of a type; `None` where they are something else.
    pub fn new(data_type: &str, numbers: Numbers<T::Number>) -> Option<Self> {
        Some(Self { numbers, factor: T::factor(data_type)? })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// A cell. What microseconds of 64 bits do not reach (290,000 years) reads as NULL.
    ///
    /// # Panics
    /// Past the end.
    pub fn get(&self, row: usize) -> Cell<T> {
        match self.numbers.get(row) {
            Cell::Value(number) => T::from_number(number, self.factor).into(),
            Cell::Null => Cell::Null,
            Cell::Missing => Cell::Missing,
        }
    }

    /// The cells in order.
    pub fn iter(&self) -> impl Iterator<Item = Cell<T>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// The values in order; NULL and missing are none.
    pub fn options(&self) -> impl Iterator<Item = Option<T>> {
        self.iter().map(Cell::value)
    }
}

/// A column of dates, timestamps or durations.
#[derive(Clone, Debug)]
pub struct TimeBuilder<T: Time> {
    numbers: NumberBuilder<T::Number>,
}

/// A column of days.
pub type DateBuilder = TimeBuilder<Date>;
/// A column of wall-clock times, or with [`utc`](TimestampBuilder::utc) of instants.
pub type TimestampBuilder = TimeBuilder<Timestamp>;
/// A column of lengths of time.
pub type DurationBuilder = TimeBuilder<Duration>;

impl<T: Time> Default for TimeBuilder<T> {
    fn default() -> Self {
        Self { numbers: NumberBuilder::default().of_type(T::DATA_TYPE) }
    }
}

impl TimestampBuilder {
    /// A column of instants: `timestamp(us,UTC)`.
    pub fn utc() -> Self {
        Self { numbers: NumberBuilder::default().of_type("timestamp(us,UTC)") }
    }
}

impl<T: Time> TimeBuilder<T> {
    /// Adds a cell.
    pub fn push(&mut self, cell: impl Into<Cell<T>>) {
        self.numbers.push(cell.into().map(Time::number));
    }
}

impl<T: Time> Builder for TimeBuilder<T> {
    fn len(&self) -> usize {
        self.numbers.len()
    }

    fn finish(self) -> Result<Column, Failure> {
        self.numbers.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_printed_as_mysql_does() {
        assert_eq!(Duration(-3_020_399_000_000 - 500_000).to_string(), "-838:59:59.5");
        assert_eq!(Duration(0).to_string(), "00:00:00");
    }

    #[test]
    fn the_epoch_and_years_around_it() {
        for (day, text) in
            [(0, "1970-01-01"), (-1, "1969-12-31"), (19_782, "2024-02-29"), (-719_528, "0000-01-01")]
        {
            assert_eq!(Date(day).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn days_go_both_ways(day in -3_000_000i32..3_000_000) {
            let (year, month, of_month) = Date(day).ymd();
            prop_assert_eq!(Date::of(year, month, of_month), Some(Date(day)));
        }

        #[test]
        fn days_follow_each_other(day in -3_000_000i32..3_000_000) {
            prop_assert!(Date(day).ymd() < Date(day + 1).ymd());
        }
    }
}
