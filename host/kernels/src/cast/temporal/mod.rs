//! Dates, timestamps, times of day, durations.
//!
//! A timestamp with a zone in its type is an instant, whatever the zone; one without is what a clock on a wall
//! shows. `time-zone` says where that wall is; without it, it is in UTC.

pub(crate) mod moment;
mod pattern;
mod read;
pub(crate) mod write;
pub(crate) mod zone;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowTimestampType, Date32Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Int8Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, StringArray};
use arrow_schema::{DataType, TimeUnit};
use sluicegate_model::Column;

use self::moment::Moment;
pub(crate) use self::pattern::Pattern;
use self::zone::Zone;
use super::CastOptions;
use super::failing::{Failing, Why, primitives};
use crate::variable::VariableBuilder;
use crate::{Checked, KernelError};
use sluicegate_model::calendar::SECONDS_OF_DAY;

/// Reads what a column counts, whatever integer it counts with.
pub(crate) type Counts<'a> = Box<dyn Fn(usize) -> i64 + 'a>;

/// The counts of a column of timestamps or durations, and their unit; `None` for every other type.
pub(crate) fn counts(array: &dyn Array) -> Option<(Counts<'_>, TimeUnit)> {
    fn cells<T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array) -> Counts<'_> {
        let array = array.as_primitive::<T>();
        Box::new(|row| array.value(row))
    }
    let unit = match array.data_type() {
        DataType::Timestamp(unit, _) | DataType::Duration(unit) => *unit,
        DataType::Time64(TimeUnit::Microsecond) => TimeUnit::Microsecond,
        _ => return None,
    };
    let cells = match (array.data_type(), unit) {
        (DataType::Timestamp(_, _), TimeUnit::Second) => cells::<TimestampSecondType>(array),
        (DataType::Timestamp(_, _), TimeUnit::Millisecond) => cells::<TimestampMillisecondType>(array),
        (DataType::Timestamp(_, _), TimeUnit::Microsecond) => cells::<TimestampMicrosecondType>(array),
        (DataType::Timestamp(_, _), TimeUnit::Nanosecond) => cells::<TimestampNanosecondType>(array),
        (DataType::Duration(_), TimeUnit::Second) => cells::<DurationSecondType>(array),
        (DataType::Duration(_), TimeUnit::Millisecond) => cells::<DurationMillisecondType>(array),
        (DataType::Duration(_), TimeUnit::Microsecond) => cells::<DurationMicrosecondType>(array),
        (DataType::Duration(_), TimeUnit::Nanosecond) => cells::<DurationNanosecondType>(array),
        _ => cells::<Time64MicrosecondType>(array),
    };
    Some((cells, unit))
}

fn integers(array: &dyn Array) -> Option<Box<dyn Fn(usize) -> i128 + '_>> {
    macro_rules! integers {
        ($($type:ident => $arrow:ty),*) => {
            match array.data_type() {
                $(DataType::$type => {
                    let array = array.as_primitive::<$arrow>();
                    Some(Box::new(move |row| array.value(row).into()))
                })*
                _ => None,
            }
        };
    }
    integers!(
        Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
        UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
    )
}

/// The moment of a date's midnight.
fn midnight(days: i32) -> Moment {
    Moment { seconds: i64::from(days) * SECONDS_OF_DAY, nanos: 0 }
}

/// A moment and whether it is an instant or what a clock shows.
enum Time {
    Instant(Moment),
    Local(Moment),
}

type Times<'a> = Box<dyn Fn(usize) -> Result<Time, Why> + 'a>;

/// Reads every cell that can mean a point in time. `None` for types that cannot.
fn times<'a>(input: &'a Column, options: &'a CastOptions) -> Result<Option<Times<'a>>, KernelError> {
    let values = input.values().as_ref();
    Ok(match values.data_type() {
        DataType::Utf8 => {
            let text: &StringArray = values.as_string();
            Some(Box::new(move |row| {
                let text = text.value(row);
                let stamp = match &options.format {
                    Some(pattern) => pattern.read(text),
                    None => read::stamp(text),
                };
                let stamp = stamp.ok_or(Why::Malformed)?;
                Ok(match stamp.offset {
                    None => Time::Local(stamp.local),
                    Some(offset) => Time::Instant(stamp.local.plus(-i64::from(offset))?),
                })
            }))
        }
        DataType::Date32 => {
            let dates = values.as_primitive::<Date32Type>();
            Some(Box::new(move |row| Ok(Time::Local(midnight(dates.value(row))))))
        }
        DataType::Timestamp(_, zone) => {
            let zoned = zone.is_some();
            let Some((counts, unit)) = counts(values) else { return Ok(None) };
            Some(Box::new(move |row| {
                let moment = Moment::of(counts(row), unit);
                Ok(if zoned { Time::Instant(moment) } else { Time::Local(moment) })
            }))
        }
        _ => {
            let Some(integers) = integers(values) else { return Ok(None) };
            let unit = options.unit()?;
            Some(Box::new(move |row| {
                let count = i64::try_from(integers(row)).map_err(|_| Why::OutOfRange)?;
                Ok(Time::Instant(Moment::of(count, unit)))
            }))
        }
    })
}

/// What a clock shows at a time. `given` is the zone that the user named, if any.
fn local(time: Time, given: Option<&Zone>, input: &DataType) -> Result<Moment, Why> {
    match (time, given) {
        (Time::Local(local), _) => Ok(local),
        (Time::Instant(instant), Some(zone)) => zone.local(instant),
        // The offset that a text says would be dropped in silence; a type without one is in UTC.
        (Time::Instant(_), None) if *input == DataType::Utf8 => Err(Why::Offset),
        (Time::Instant(instant), None) => Ok(instant),
    }
}

/// Dates, timestamps, times and durations out of whatever can mean one. `None` where there is no such cast.
pub(super) fn to_temporal(
    input: &Column,
    to: &DataType,
    options: &CastOptions,
) -> Result<Option<Checked>, KernelError> {
    match to {
        DataType::Timestamp(TimeUnit::Second, _) => to_timestamp::<TimestampSecondType>(input, to, options),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            to_timestamp::<TimestampMillisecondType>(input, to, options)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            to_timestamp::<TimestampMicrosecondType>(input, to, options)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            to_timestamp::<TimestampNanosecondType>(input, to, options)
        }
        DataType::Date32 => to_date(input, to, options),
        DataType::Time64(TimeUnit::Microsecond) => {
            Ok(to_length::<Time64MicrosecondType>(input, to, TimeUnit::Microsecond, options, |count| {
                (0..SECONDS_OF_DAY * 1_000_000).contains(&count)
            }))
        }
        &DataType::Duration(unit) => Ok(match unit {
            TimeUnit::Second => to_length::<DurationSecondType>(input, to, unit, options, |_| true),
            TimeUnit::Millisecond => to_length::<DurationMillisecondType>(input, to, unit, options, |_| true),
            TimeUnit::Microsecond => to_length::<DurationMicrosecondType>(input, to, unit, options, |_| true),
            TimeUnit::Nanosecond => to_length::<DurationNanosecondType>(input, to, unit, options, |_| true),
        }),
        _ => Ok(None),
    }
}

fn to_timestamp<T: ArrowTimestampType>(
    input: &Column,
    to: &DataType,
    options: &CastOptions,
) -> Result<Option<Checked>, KernelError> {
    let Some(times) = times(input, options)? else { return Ok(None) };
    let zone = options.zone.unwrap_or(Zone::UTC);
    let zoned = matches!(to, DataType::Timestamp(_, Some(_)));
    Ok(Some(primitives::<T>(input, to, |row| {
        let moment = match times(row)? {
            Time::Instant(instant) if zoned => instant,
            Time::Local(local) if zoned => zone.instant(local)?,
            time => local(time, options.zone.as_ref(), input.data_type())?,
        };
        moment.count(T::UNIT, options.rounding)
    })))
}

fn to_date(input: &Column, to: &DataType, options: &CastOptions) -> Result<Option<Checked>, KernelError> {
    // A count of days would be as good as one of seconds: an integer is no date.
    if integers(input.values().as_ref()).is_some() {
        return Ok(None);
    }
    let Some(times) = times(input, options)? else { return Ok(None) };
    Ok(Some(primitives::<Date32Type>(input, to, |row| {
        let local = local(times(row)?, options.zone.as_ref(), input.data_type())?;
        let at_midnight = local.seconds.rem_euclid(SECONDS_OF_DAY) == 0 && local.nanos == 0;
        if !at_midnight && options.rounding != super::number::Rounding::Down {
            return Err(Why::TimeOfDay);
        }
        i32::try_from(local.seconds.div_euclid(SECONDS_OF_DAY)).map_err(|_| Why::OutOfRange)
    })))
}

/// Durations and times of day.
fn to_length<T: ArrowPrimitiveType<Native = i64>>(
    input: &Column,
    to: &DataType,
    unit: TimeUnit,
    options: &CastOptions,
    allowed: impl Fn(i64) -> bool,
) -> Option<Checked> {
    let values = input.values();
    let within = |count: i64| if allowed(count) { Ok(count) } else { Err(Why::OutOfRange) };
    if let Some(text) = values.as_string_opt::<i32>() {
        return Some(primitives::<T>(input, to, |row| {
            let length = read::duration(text.value(row)).ok_or(Why::Malformed)?;
            within(length.count(unit, options.rounding)?)
        }));
    }
    if !matches!(values.data_type(), DataType::Duration(_) | DataType::Time64(_)) {
        return None;
    }
    let (counts, from) = counts(values.as_ref())?;
    Some(primitives::<T>(input, to, |row| {
        within(Moment::of(counts(row), from).count(unit, options.rounding)?)
    }))
}

/// Timestamps as a count of `unit` since 1970 in UTC. `None` where the input is none.
pub(super) fn to_epoch<T: ArrowPrimitiveType>(
    input: &Column,
    to: &DataType,
    options: &CastOptions,
) -> Result<Option<Checked>, KernelError>
where
    T::Native: TryFrom<i64>,
{
    let DataType::Timestamp(_, zone) = input.data_type() else { return Ok(None) };
    let Some((counts, from)) = counts(input.values().as_ref()) else { return Ok(None) };
    let (unit, zoned) = (options.unit()?, zone.is_some());
    let wall = options.zone.unwrap_or(Zone::UTC);
    Ok(Some(primitives::<T>(input, to, |row| {
        let moment = Moment::of(counts(row), from);
        let instant = if zoned { moment } else { wall.instant(moment)? };
        let count = instant.count(unit, options.rounding)?;
        count.try_into().map_err(|_| Why::OutOfRange)
    })))
}

/// Dates and timestamps as text in the user's pattern, or with the offset of the user's zone. `None` for other
/// types, and where the user gave neither: then the text is the plain one.
pub(super) fn to_text(input: &Column, options: &CastOptions) -> Result<Option<Checked>, KernelError> {
    let values = input.values();
    if options.format.is_none() && options.zone.is_none() || *values.data_type() == DataType::Utf8 {
        return Ok(None);
    }
    if !matches!(values.data_type(), DataType::Date32 | DataType::Timestamp(_, _)) {
        return Ok(None);
    }
    let Some(times) = times(input, options)? else { return Ok(None) };
    let zone = options.zone.unwrap_or(Zone::UTC);
    let zoned = matches!(values.data_type(), DataType::Timestamp(_, Some(_)));
    if let (Some(pattern), false) = (&options.format, zoned) {
        pattern.check_local()?;
    }
    let write_cell = |row: usize, out: &mut Vec<u8>| match (times(row)?, &options.format) {
        (Time::Local(local), Some(pattern)) => pattern.write_local(local, out),
        (Time::Instant(instant), Some(pattern)) => pattern.write_instant(instant, &zone, out),
        (Time::Local(local), None) => {
            if *values.data_type() == DataType::Date32 {
                write::date(local.seconds.div_euclid(SECONDS_OF_DAY), out);
            } else {
                write::moment(local, out);
            }
            Ok(())
        }
        (Time::Instant(instant), None) => {
            let shown = zone.local(instant)?;
            write::moment(shown, out);
            write::offset(shown.seconds - instant.seconds, out);
            Ok(())
        }
    };
    let mut failing = Failing::default();
    let mut cells = VariableBuilder::new("cast", input.len(), input.len() * 26);
    for row in 0..input.len() {
        if values.is_valid(row) {
            let start = cells.buffer().len();
            if let Err(why) = write_cell(row, cells.buffer()) {
                cells.buffer().truncate(start);
                failing.push(row, why);
            }
        }
        cells.end()?;
    }
    let array = cells.into_text(failing.validity(input))?;
    Ok(Some(Checked::of(input, array, failing.reasons(input, &DataType::Utf8))))
}
