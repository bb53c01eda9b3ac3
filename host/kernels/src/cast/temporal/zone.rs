//! Between the clock on a wall and UTC.

use arrow_array::timezone::Tz;
use chrono::offset::LocalResult;
use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset as _, TimeZone as _};

use super::moment::Moment;
use crate::KernelError;
use crate::cast::failing::Why;

/// Which of two instants a local time means that the clock showed twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ambiguous {
    /// Neither: the cell fails.
    #[default]
    Refuse,
    /// The one before the clock was put back.
    Earliest,
    /// The one after.
    Latest,
}

impl Ambiguous {
    pub const NAMES: [(&str, Self); 3] =
        [("refuse", Self::Refuse), ("earliest", Self::Earliest), ("latest", Self::Latest)];
}

/// A time zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone {
    /// `None` for UTC, which needs no table.
    zone: Option<Tz>,
    ambiguous: Ambiguous,
}

impl Zone {
    pub const UTC: Self = Self { zone: None, ambiguous: Ambiguous::Refuse };

    /// By an IANA name (`Asia/Shanghai`) or an offset (`+08:00`).
    pub fn named(name: &str, ambiguous: Ambiguous) -> Result<Self, KernelError> {
        if name == "UTC" {
            return Ok(Self { ambiguous, ..Self::UTC });
        }
        let zone = name.parse().map_err(|_| {
            let why = "it is a name of the IANA time zone database, Asia/Shanghai, or an offset, +08:00";
            KernelError::bad_option("time-zone", name, why)
        })?;
        Ok(Self { zone: Some(zone), ambiguous })
    }

    /// What a clock in this zone shows at an instant.
    pub fn local(&self, instant: Moment) -> Result<Moment, Why> {
        let Some(zone) = &self.zone else { return Ok(instant) };
        let offset = zone.offset_from_utc_datetime(&naive(instant)?).fix();
        instant.plus(offset.local_minus_utc().into())
    }

    /// The instant at which a clock in this zone shows a local time.
    pub fn instant(&self, local: Moment) -> Result<Moment, Why> {
        let Some(zone) = &self.zone else { return Ok(local) };
        let offset = match (zone.offset_from_local_datetime(&naive(local)?), self.ambiguous) {
            (LocalResult::None, _) => return Err(Why::SkippedLocalTime),
            (LocalResult::Ambiguous(_, _), Ambiguous::Refuse) => return Err(Why::AmbiguousLocalTime),
            (LocalResult::Single(offset), _)
            | (LocalResult::Ambiguous(offset, _), Ambiguous::Earliest)
            | (LocalResult::Ambiguous(_, offset), Ambiguous::Latest) => offset.fix(),
        };
        local.plus(-i64::from(offset.local_minus_utc()))
    }

    /// An instant with this zone's offset, for chrono to write.
    pub fn date_time(&self, instant: Moment) -> Result<DateTime<FixedOffset>, Why> {
        let utc = naive(instant)?;
        let offset = match &self.zone {
            None => chrono::Utc.fix(),
            Some(zone) => zone.offset_from_utc_datetime(&utc).fix(),
        };
        // Chrono panics when the local time leaves its range; a day's room keeps away from that.
        let day = chrono::Duration::days(1);
        if utc.checked_add_signed(day).is_none() || utc.checked_sub_signed(day).is_none() {
            return Err(Why::OutOfRange);
        }
        Ok(offset.from_utc_datetime(&utc))
    }
}

/// Chrono's form of a moment; its years end 262,142 years from ours.
pub(super) fn naive(moment: Moment) -> Result<NaiveDateTime, Why> {
    let time = DateTime::from_timestamp(moment.seconds, moment.nanos).ok_or(Why::OutOfRange)?;
    Ok(time.naive_utc())
}
