//! Dates and times.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowTimestampType, Date32Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::{DataType, TimeUnit};
use sluicegate_model::Column;

use super::call::Call;
use super::written_date;
use crate::cast::temporal::moment::Moment;
use crate::cast::temporal::zone::{Ambiguous, Zone};
use crate::cast::{Failing, Rounding, Why, excerpt, primitive_array};
use crate::variable::VariableBuilder;
use crate::{Checked, KernelError};
use sluicegate_model::calendar::{Date, SECONDS_OF_DAY};

#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
}

impl Unit {
    pub const NAMES: [(&str, Self); 7] = [
        ("year", Self::Year),
        ("quarter", Self::Quarter),
        ("month", Self::Month),
        ("week", Self::Week),
        ("day", Self::Day),
        ("hour", Self::Hour),
        ("minute", Self::Minute),
    ];

    /// The first day of the unit that a day is in.
    pub fn start_of(self, days: i64) -> i64 {
        let date = Date::of(days);
        match self {
            Self::Year => Date { month: 1, day: 1, ..date }.days(),
            Self::Quarter => Date { month: (date.month - 1) / 3 * 3 + 1, day: 1, ..date }.days(),
            Self::Month => Date { day: 1, ..date }.days(),
            // 1970-01-01 was a Thursday, three days after a Monday.
            Self::Week => days - (days + 3).rem_euclid(7),
            Self::Day | Self::Hour | Self::Minute => days,
        }
    }

    /// The start of the unit on a wall clock.
    fn truncate(self, local: Moment) -> Moment {
        let seconds = match self {
            Self::Hour => local.seconds - local.seconds.rem_euclid(3600),
            Self::Minute => local.seconds - local.seconds.rem_euclid(60),
            _ => self.start_of(local.seconds.div_euclid(SECONDS_OF_DAY)) * SECONDS_OF_DAY,
        };
        Moment { seconds, nanos: 0 }
    }
}

/// The start of the year, month, day ... that a time is in; of an instant, in `time-zone`; of text, on the clock that
/// it shows.
pub(super) fn date_trunc(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["unit", "time-zone"])?;
    let names = crate::options::one_of(Unit::NAMES.iter().map(|(name, _)| name));
    given.required("unit", &names)?;
    let unit = given.choice("unit", &Unit::NAMES)?.unwrap_or(Unit::Day);
    let zone = given.text("time-zone").map(|name| Zone::named(name, Ambiguous::Earliest)).transpose()?;
    let input = call.only()?;
    let (values, failing): (ArrayRef, Failing) = match input.data_type() {
        DataType::Date32 => {
            let dates = input.values().as_primitive::<Date32Type>();
            let (array, failing) = primitive_array::<Date32Type>(
                input.len(),
                input.values().nulls(),
                &DataType::Date32,
                |row| i32::try_from(unit.start_of(dates.value(row).into())).map_err(|_| Why::OutOfRange),
            );
            (Arc::new(array), failing)
        }
        DataType::Timestamp(TimeUnit::Second, _) => timestamps::<TimestampSecondType>(input, unit, zone),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            timestamps::<TimestampMillisecondType>(input, unit, zone)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            timestamps::<TimestampMicrosecondType>(input, unit, zone)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            timestamps::<TimestampNanosecondType>(input, unit, zone)
        }
        DataType::Utf8 => text(call, call.text(0)?, unit)?,
        _ => return Err(call.wrong_type(0, "date32, a timestamp or text")),
    };
    let told = |row, why: Why| match why {
        Why::Malformed => format!("{} is no date", excerpt(input, row)),
        why => format!("{} {}", excerpt(input, row), why.phrase(input.data_type())),
    };
    let failed = failing.told(told);
    Ok(Checked::of(input, values, failed))
}

fn text(call: &Call<'_>, text: &StringArray, unit: Unit) -> Result<(ArrayRef, Failing), KernelError> {
    let mut failing = Failing::default();
    let mut cells = VariableBuilder::new(call.function, text.len(), super::text::used_bytes(text));
    for row in 0..text.len() {
        if text.is_valid(row) && written_date::truncate(text.value(row), unit, cells.buffer()).is_none() {
            failing.push(row, Why::Malformed);
        }
        cells.end()?;
    }
    let nulls = failing.validity(call.inputs[0]);
    Ok((cells.into_text(nulls)?, failing))
}

fn timestamps<T: ArrowTimestampType>(input: &Column, unit: Unit, zone: Option<Zone>) -> (ArrayRef, Failing) {
    let values = input.values().as_primitive::<T>();
    // A timestamp without a zone is what the wall clock shows already.
    let zoned = matches!(input.data_type(), DataType::Timestamp(_, Some(_)));
    let zone = zone.filter(|_| zoned).unwrap_or(Zone::UTC);
    let (array, failing) =
        primitive_array::<T>(input.len(), input.values().nulls(), input.data_type(), |row| {
            let local = zone.local(Moment::of(values.value(row), T::UNIT))?;
            zone.instant(unit.truncate(local))?.count(T::UNIT, Rounding::Exact)
        });
    (Arc::new(array), failing)
}
