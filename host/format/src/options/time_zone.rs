//! Time zones by name.

use std::borrow::Cow;
use std::str::FromStr;

use chrono::{FixedOffset, MappedLocalTime, NaiveDateTime, Offset, TimeZone as _};
use chrono_tz::Tz;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};

/// A time zone of the IANA database by its name, or a fixed offset from UTC as `+08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeZone(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Named(Tz),
    Fixed(FixedOffset),
}

impl TimeZone {
    /// UTC.
    pub const UTC: Self = Self(Kind::Named(Tz::UTC));

    /// The name, as it may be written.
    pub(crate) fn name(self) -> String {
        match self.0 {
            Kind::Named(zone) => zone.name().to_owned(),
            Kind::Fixed(offset) => offset.to_string(),
        }
    }

    /// Whether local time is UTC.
    pub fn is_utc(self) -> bool {
        match self.0 {
            Kind::Named(zone) => zone == Tz::UTC,
            Kind::Fixed(offset) => offset.local_minus_utc() == 0,
        }
    }

    /// What clocks show there at a time in UTC.
    pub fn clock(self, utc: NaiveDateTime) -> NaiveDateTime {
        utc + chrono::TimeDelta::seconds(i64::from(self.offset_at_utc(utc)))
    }

    /// Seconds that local time is ahead of UTC, at a local time. Where clocks are set back, a local time that
    /// comes twice is taken for the first; where they are set forward, one that never comes has the offset from
    /// before. The flag says whether the local time is an ordinary one.
    pub(crate) fn offset_at_local(self, local: NaiveDateTime) -> (i32, bool) {
        let zone = match self.0 {
            Kind::Fixed(offset) => return (offset.local_minus_utc(), true),
            Kind::Named(zone) => zone,
        };
        match zone.offset_from_local_datetime(&local) {
            MappedLocalTime::Single(offset) => (offset.fix().local_minus_utc(), true),
            MappedLocalTime::Ambiguous(first, _) => (first.fix().local_minus_utc(), false),
            // A gap is at most a day long (a move over the date line), so a day before it is an ordinary time.
            MappedLocalTime::None => {
                let before = local.checked_sub_signed(chrono::TimeDelta::days(1)).unwrap_or(local);
                let offset = zone.offset_from_local_datetime(&before).earliest();
                (offset.map_or(0, |offset| offset.fix().local_minus_utc()), false)
            }
        }
    }

    /// Seconds that local time is ahead of UTC, at a time in UTC.
    pub(crate) fn offset_at_utc(self, utc: NaiveDateTime) -> i32 {
        match self.0 {
            Kind::Named(zone) => zone.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
            Kind::Fixed(offset) => offset.local_minus_utc(),
        }
    }
}

impl FromStr for TimeZone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name.starts_with(['+', '-']) {
            let offset = name.parse().map_err(|_| format!("{name:?} is no offset: write it as +08:00"))?;
            return Ok(Self(Kind::Fixed(offset)));
        }
        name.parse().map(|zone| Self(Kind::Named(zone))).map_err(|_| {
            format!("{name:?} is no time zone: write a name of the IANA database, as Asia/Shanghai, or an offset, as +08:00")
        })
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for TimeZone {
    fn schema_name() -> Cow<'static, str> {
        "TimeZone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A time zone of the IANA database, or an offset from UTC.",
            "examples": ["UTC", "Asia/Shanghai", "+08:00"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn names_and_offsets_are_known() {
        let shanghai: TimeZone = "Asia/Shanghai".parse().unwrap();
        assert_eq!(shanghai.offset_at_local(at("2024-01-01 00:00")), (8 * 3600, true));
        let fixed: TimeZone = "-03:30".parse().unwrap();
        assert_eq!(fixed.offset_at_utc(at("2024-01-01 00:00")), -12_600);
        assert!("Mars/Olympus".parse::<TimeZone>().unwrap_err().contains("IANA"));
        assert!("+8 hours".parse::<TimeZone>().unwrap_err().contains("+08:00"));
    }

    #[test]
    fn clocks_show_the_time_of_their_zone() {
        let shanghai: TimeZone = "Asia/Shanghai".parse().unwrap();
        assert_eq!(shanghai.clock(at("2026-10-31 16:00")), at("2026-11-01 00:00"));
    }

    #[test]
    fn local_times_around_a_change_of_clocks_have_an_offset() {
        let berlin: TimeZone = "Europe/Berlin".parse().unwrap();
        // 02:30 never comes in spring and comes twice in autumn.
        assert_eq!(berlin.offset_at_local(at("2024-03-31 02:30")), (3600, false));
        assert_eq!(berlin.offset_at_local(at("2024-10-27 02:30")), (7200, false));
        assert_eq!(berlin.offset_at_local(at("2024-10-27 03:30")), (3600, true));
    }
}
