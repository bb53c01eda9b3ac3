//! Times that are counted since 1970 or midnight.

use std::sync::Arc;

use arrow_array::types::{
    Date32Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    Int64Type, Time64MicrosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use sluicegate_model::Column;

use super::BadRows;
use super::bytes::excerpt;
use crate::build::cells::{Cells, tag};
use crate::ticks::per_second;

impl Cells {
    /// Dates, timestamps or durations by the number of units that they are; of dates, days. Text is ISO 8601, in UTC
    /// where it says no offset; what the clock of a column without a zone shows is then UTC too.
    pub(super) fn into_ticks(self, unit: Option<TimeUnit>, to: &DataType, bad: &mut BadRows) -> Column {
        if self.kinds() & tag::TEXT != 0 {
            return self.into_iso(to, bad);
        }
        let (from, into) = (unit.map_or(1, per_second), unit_of(to).map_or(1, per_second));
        let mut ticks = Vec::with_capacity(self.tags.len());
        let mut start = 0;
        for (row, (&tag, &end)) in self.tags.iter().zip(&self.ends).enumerate() {
            let cell = &self.data[start..end as usize];
            start = end as usize;
            let mut count = 0;
            if tag & (tag::MISSING | tag::NULL) == 0 {
                match number(tag, cell).and_then(|count| rescaled(count, from, into)) {
                    Some(found) if *to != DataType::Date32 || i32::try_from(found).is_ok() => count = found,
                    _ => {
                        let what = "is no number of ticks that the type can hold";
                        bad.add(row, &self.name, format_args!("{} {what}: {to}", excerpt(tag, cell)));
                    }
                }
            }
            ticks.push(count);
        }
        let kinds = self.kinds();
        let counts = PrimitiveArray::<Int64Type>::new(ticks.into(), self.validity(kinds));
        self.with_presence(typed(&counts, to), kinds)
    }

    fn into_iso(mut self, to: &DataType, bad: &mut BadRows) -> Column {
        if matches!(to, DataType::Timestamp(..)) {
            let utc = [("time-zone".to_owned(), "UTC".to_owned())];
            return self.into_cast(to, &utc, bad);
        }
        // A date or a time of day is no instant, whatever zone stands behind it.
        self.drop_utc();
        self.into_cast(to, &[], bad)
    }

    /// Takes the `Z` from the end of every text.
    fn drop_utc(&mut self) {
        let (mut start, mut kept) = (0, 0);
        for end in &mut self.ends {
            let whole = start..*end as usize;
            start = whole.end;
            let length = self.data[whole.clone()].strip_suffix(b"Z").map_or(whole.len(), <[u8]>::len);
            self.data.copy_within(whole.start..whole.start + length, kept);
            kept += length;
            *end = kept as i32;
        }
        self.data.truncate(kept);
    }
}

fn number(tag: u8, cell: &[u8]) -> Option<i64> {
    (tag == tag::NUMBER).then(|| lexical_core::parse(cell).ok()).flatten()
}

/// A count of one unit as one of another, if that is exact.
fn rescaled(count: i64, from: i64, into: i64) -> Option<i64> {
    if into >= from {
        count.checked_mul(into / from)
    } else {
        let part = from / into;
        (count % part == 0).then_some(count / part)
    }
}

fn unit_of(to: &DataType) -> Option<TimeUnit> {
    match to {
        DataType::Timestamp(unit, _) | DataType::Duration(unit) | DataType::Time64(unit) => Some(*unit),
        _ => None,
    }
}

/// Counts as what they count.
fn typed(counts: &PrimitiveArray<Int64Type>, to: &DataType) -> ArrayRef {
    match to {
        DataType::Timestamp(unit, zone) => {
            let zone = zone.clone();
            match unit {
                TimeUnit::Second => {
                    Arc::new(counts.reinterpret_cast::<TimestampSecondType>().with_timezone_opt(zone))
                }
                TimeUnit::Millisecond => {
                    Arc::new(counts.reinterpret_cast::<TimestampMillisecondType>().with_timezone_opt(zone))
                }
                TimeUnit::Microsecond => {
                    Arc::new(counts.reinterpret_cast::<TimestampMicrosecondType>().with_timezone_opt(zone))
                }
                TimeUnit::Nanosecond => {
                    Arc::new(counts.reinterpret_cast::<TimestampNanosecondType>().with_timezone_opt(zone))
                }
            }
        }
        DataType::Duration(unit) => match unit {
            TimeUnit::Second => Arc::new(counts.reinterpret_cast::<DurationSecondType>()),
            TimeUnit::Millisecond => Arc::new(counts.reinterpret_cast::<DurationMillisecondType>()),
            TimeUnit::Microsecond => Arc::new(counts.reinterpret_cast::<DurationMicrosecondType>()),
            TimeUnit::Nanosecond => Arc::new(counts.reinterpret_cast::<DurationNanosecondType>()),
        },
        DataType::Time64(TimeUnit::Microsecond) => {
            Arc::new(counts.reinterpret_cast::<Time64MicrosecondType>())
        }
        // Days, each of which was seen to fit.
        _ => Arc::new(counts.unary::<_, Date32Type>(|days| days as i32)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_rescaled_exactly_or_not_at_all() {
        assert_eq!(rescaled(-1, 1_000, 1_000_000), Some(-1_000));
        assert_eq!(rescaled(5_000, 1_000_000, 1_000), Some(5));
        assert_eq!(rescaled(5_001, 1_000_000, 1_000), None);
        assert_eq!(rescaled(i64::MAX, 1, 1_000), None);
    }

    #[test]
    fn only_the_utc_at_the_end_of_a_text_goes() {
        let mut cells = Cells::new("a".to_owned());
        for (row, text) in ["2020-05-22Z", "ZZ", "", "Z", "x"].iter().enumerate() {
            cells.set_text(row, text.as_bytes());
        }
        cells.drop_utc();
        assert_eq!((&cells.data[..], &cells.ends[..]), (&b"2020-05-22Zx"[..], &[10, 11, 11, 11, 12][..]));
    }
}
