//! A point in time, or a length of it, whatever unit a column counts in.

use arrow_schema::TimeUnit;

use crate::cast::failing::Why;
use crate::cast::number::Rounding;
use sluicegate_model::calendar::per_second;

/// Seconds, and nanoseconds after them. Minus half a second is -1 and 500,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub seconds: i64,
    /// Below 1,000,000,000.
    pub nanos: u32,
}

const NANOS: u32 = 1_000_000_000;

impl Moment {
    /// From a count of a unit.
    pub fn of(value: i64, unit: TimeUnit) -> Self {
        let parts = per_second(unit);
        let nanos = value.rem_euclid(parts) * (i64::from(NANOS) / parts);
        Self { seconds: value.div_euclid(parts), nanos: nanos as u32 }
    }

    /// As a count of a unit.
    pub fn count(self, unit: TimeUnit, rounding: Rounding) -> Result<i64, Why> {
        let parts = per_second(unit);
        let nanos_of_part = NANOS / parts as u32;
        let (mut part, lost) = (i64::from(self.nanos / nanos_of_part), self.nanos % nanos_of_part);
        if lost > 0 {
            part += match rounding {
                Rounding::Exact => return Err(Why::Inexact),
                // Times round on the line, not away from zero: a later one never comes out earlier.
                Rounding::HalfUp => i64::from(lost >= nanos_of_part - lost),
                Rounding::Down => 0,
            };
        }
        // In 128 bits: the earliest count of a unit has seconds that do not fit alone.
        let count = i128::from(self.seconds) * i128::from(parts) + i128::from(part);
        i64::try_from(count).map_err(|_| Why::OutOfRange)
    }

    /// Later by some seconds.
    pub fn plus(self, seconds: i64) -> Result<Self, Why> {
        let seconds = self.seconds.checked_add(seconds).ok_or(Why::OutOfRange)?;
        Ok(Self { seconds, ..self })
    }

    /// The length of time in the other direction.
    pub fn negated(self) -> Self {
        match self.nanos {
            0 => Self { seconds: -self.seconds, nanos: 0 },
            nanos => Self { seconds: -self.seconds - 1, nanos: NANOS - nanos },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNITS: [TimeUnit; 4] =
        [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];

    proptest! {
        #[test]
        fn counts_go_both_ways(value in any::<i64>()) {
            for unit in UNITS {
                prop_assert_eq!(Moment::of(value, unit).count(unit, Rounding::Exact), Ok(value));
            }
        }
    }

    #[test]
    fn a_coarser_unit_loses_only_when_allowed() {
        let moment = Moment::of(-1_500, TimeUnit::Microsecond);
        assert_eq!(moment.count(TimeUnit::Millisecond, Rounding::Exact), Err(Why::Inexact));
        assert_eq!(moment.count(TimeUnit::Millisecond, Rounding::HalfUp), Ok(-1));
        assert_eq!(moment.count(TimeUnit::Millisecond, Rounding::Down), Ok(-2));
        assert_eq!(
            Moment::of(i64::MAX, TimeUnit::Second).count(TimeUnit::Nanosecond, Rounding::Exact),
            Err(Why::OutOfRange)
        );
    }
}
