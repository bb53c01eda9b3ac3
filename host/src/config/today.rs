//! Which day dates are counted from.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Utc};
use sluicegate_format::options::TimeZone;

/// What dates of a pipeline file are counted from: now, or a time that somebody named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Today(Option<NaiveDateTime>);

impl Today {
    /// What clocks of a time zone show.
    pub(super) fn clock(self, zone: TimeZone) -> NaiveDateTime {
        self.0.unwrap_or_else(|| zone.clock(Utc::now().naive_utc()))
    }
}

/// A day's beginning.
impl From<NaiveDate> for Today {
    fn from(day: NaiveDate) -> Self {
        Self(Some(day.and_time(NaiveTime::MIN)))
    }
}

impl FromStr for Today {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = || text.parse().map(|day: NaiveDate| day.and_time(NaiveTime::MIN)).ok();
        let times = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
        let time = || times.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        day().or_else(time).map(|at| Self(Some(at))).ok_or_else(|| {
            format!("{text:?} is no day: write it as 2026-11-01, or with a time as 2026-11-01T08:00")
        })
    }
}

impl fmt::Display for Today {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("now"),
            Some(at) if at.time() == NaiveTime::MIN => write!(f, "{}", at.date()),
            Some(at) => write!(f, "{}", at.format("%Y-%m-%dT%H:%M:%S")),
        }
    }
}

/// Days to run one after another: `2026-11-01`, or the first and the last, `2026-11-01..2026-11-30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// One, perhaps with a time.
    One(Today),
    /// From the first to the last, both among them.
    Range(NaiveDate, NaiveDate),
}

impl Days {
    /// Each of them.
    pub fn each(self) -> Vec<Today> {
        match self {
            Self::One(today) => vec![today],
            Self::Range(first, last) => {
                first.iter_days().take_while(|day| *day <= last).map(Today::from).collect()
            }
        }
    }
}

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((first, last)) = text.split_once("..") else { return text.parse().map(Self::One) };
        let day = |text: &str| {
            text.parse::<NaiveDate>()
                .map_err(|_| format!("{text:?} is no day: a range is written as 2026-11-01..2026-11-30"))
        };
        let (first, last) = (day(first)?, day(last)?);
        if first > last {
            return Err(format!("{first} is after {last}"));
        }
        Ok(Self::Range(first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_its_first_and_its_last_day() {
        let days: Days = "2024-02-28..2024-03-01".parse().unwrap();
        let names: Vec<String> = days.each().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["2024-02-28", "2024-02-29", "2024-03-01"]);
    }

    #[test]
    fn a_day_may_have_a_time() {
        let today: Today = "2026-11-01T08:30".parse().unwrap();
        assert_eq!(today.to_string(), "2026-11-01T08:30:00");
        assert_eq!("2026-11-01".parse::<Today>().unwrap().to_string(), "2026-11-01");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for wrong in ["today", "2026-02-30", "2026-11-02..2026-11-01", "2026-11-01..", "01.11.2026"] {
            assert!(wrong.parse::<Days>().is_err(), "{wrong}");
        }
    }
}
