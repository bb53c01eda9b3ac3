//! Which letters are meant.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use sluicegate_model::{DeadLetter, TimeSpan};

/// Letters by what is said about them. What is not set matches all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The step that refused it.
    pub step: Option<String>,
    /// The destination that it was on its way to.
    pub table: Option<String>,
    /// A part of its reason, in whatever case.
    pub reason: Option<String>,
    /// Put there at this moment or later.
    pub since: Option<Since>,
}

impl Filter {
    /// Whether a letter is meant.
    pub fn matches(&self, letter: &DeadLetter, when: Option<DateTime<Utc>>) -> bool {
        let step = self.step.as_ref().is_none_or(|step| *step == letter.why.step);
        let table = self
            .table
            .as_ref()
            .is_none_or(|table| letter.output.as_ref().is_some_and(|output| output.as_str() == table));
        let reason = self
            .reason
            .as_ref()
            .is_none_or(|text| letter.why.reason.to_lowercase().contains(&text.to_lowercase()));
        let since = self.since.is_none_or(|since| when.is_none_or(|when| when >= since.0));
        step && table && reason && since
    }
}

/// A moment, or how long ago: `2026-01-31T08:00:00Z`, `2h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since(pub DateTime<Utc>);

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(moment.to_utc()));
        }
        let ago: Option<TimeSpan> = text.parse().ok();
        ago.and_then(|ago| Utc::now().checked_sub_signed(chrono::TimeDelta::from_std(ago.0).ok()?))
            .map(Self)
            .ok_or_else(|| {
                format!("{text:?} is no moment such as 2026-01-31T08:00:00Z, and no time such as 2h")
            })
    }
}

#[cfg(test)]
mod tests {
    use sluicegate_model::dead_letter::Reason;
    use sluicegate_model::{Position, RawRecord};

    use super::*;

    #[test]
    fn every_part_of_a_filter_has_to_match() {
        let letter = DeadLetter {
            pipeline: "p".into(),
            lane: "t/0".into(),
            position: Position { v: 1, source: String::new(), at: serde_json::Map::new() },
            ordinal: 1,
            part: None,
            output: Some("ods.orders".into()),
            why: Reason { step: "crypt".into(), reason: "No key".into() },
            raw: RawRecord::default(),
        };
        let set = |text: &str| Some(text.to_owned());
        let filter =
            Filter { step: set("crypt"), table: set("ods.orders"), reason: set("no K"), since: None };
        assert!(filter.matches(&letter, None));
        assert!(!Filter { step: set("decode"), ..filter.clone() }.matches(&letter, None));
        assert!(!Filter { table: set("orders"), ..filter.clone() }.matches(&letter, None));
        let filter = Filter { since: Some("2026-01-31T08:00:00Z".parse().unwrap()), ..filter };
        assert!(!filter.matches(&letter, DateTime::from_timestamp_millis(0)));
        assert!(filter.matches(&letter, Some(Utc::now())));
    }

    #[test]
    fn since_is_a_moment_or_an_age() {
        assert!("2h".parse::<Since>().unwrap().0 < Utc::now());
        assert!("yesterday".parse::<Since>().unwrap_err().contains("2h"));
    }
}
