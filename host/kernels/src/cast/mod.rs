//! From one type to another, exactly.
//!
//! A cast never changes a value in silence: what the new type cannot hold is a failed cell. NULL stays NULL,
//! missing stays missing, and neither fails. A cast to the same type gives the column itself.
//!
//! | from | to | what it takes |
//! |---|---|---|
//! | utf8 | integers | a sign, digits; `1.0` and `1e3` where they are whole; no spaces |
//! | utf8 | decimals | the same with a fraction, as long as it fits the scale |
//! | utf8 | floats | the nearest float; `NaN`, `Infinity`; a number too large fails |
//! | utf8 | boolean | `true`, `t`, `1`, `false`, `f`, `0`, in any case |
//! | utf8 | date32, timestamp | ISO 8601, also with a space or GoldenGate's colon before the time; or `format` |
//! | utf8 | duration, time64 | `-838:59:59.000000` |
//! | utf8, binary, fixed | each other | by `encoding` |
//! | integers, decimals | each other, floats, utf8 | exactly; decimals to the nearest float |
//! | floats | integers, decimals, floats, utf8 | whole ones to integers; by their shortest text to decimals |
//! | integers, decimals | boolean | 0 and 1 |
//! | boolean | integers, decimals, floats, utf8 | 0 and 1, `true` and `false` |
//! | integers | timestamp, and back | a count of `unit` since 1970 in UTC |
//! | date32, timestamp | each other, utf8 | through `time-zone` where one side has a zone |
//! | duration, time64 | each other, utf8 | |
//! | null | anything | all cells NULL |
//!
//! | option | values | meaning |
//! |---|---|---|
//! | `round` | `half-up`, `down` | digits that do not fit are rounded (halves away from zero; times to the later) or cut off; `down` also drops the time of day of a date. Without it they fail |
//! | `time-zone` | an IANA name, an offset | where a wall clock hangs: of text and timestamps without a zone. Without it: UTC |
//! | `ambiguous` | `refuse`, `earliest`, `latest` | which instant a local time means that came twice. Default `refuse` |
//! | `format` | a pattern of strftime | how dates and timestamps stand in text |
//! | `unit` | `s`, `ms`, `us`, `ns` | what an integer counts when it is a timestamp |
//! | `encoding` | `utf8`, `base64`, `hex` | how bytes stand in text. Default `utf8` |

mod binary;
mod boolean;
mod decimal;
mod failing;
mod integer;
mod number;
pub(crate) mod temporal;
pub(crate) mod text;

pub(crate) use binary::{Encoding, byte_cells};
pub(crate) use decimal::ExactNumbers;
pub(crate) use failing::{Failing, Why, excerpt, primitive_array};
pub(crate) use number::{Number, Rounding, fits, power, rescale};

use arrow_array::types::{
    Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::{DataType, TimeUnit};
use sluicegate_model::Column;

use self::temporal::Pattern;
use self::temporal::zone::{Ambiguous, Zone};
use crate::options::Given;
use crate::{Checked, KernelError, Options};

/// The options of a cast, read.
pub(crate) struct CastOptions {
    rounding: Rounding,
    /// The zone that was named, if one was.
    zone: Option<Zone>,
    format: Option<Pattern>,
    unit: Option<TimeUnit>,
    encoding: Encoding,
}

/// Values of `round`.
pub(crate) const ROUNDING: [(&str, Rounding); 2] = [("half-up", Rounding::HalfUp), ("down", Rounding::Down)];

const UNITS: [(&str, TimeUnit); 4] = [
    ("s", TimeUnit::Second),
    ("ms", TimeUnit::Millisecond),
    ("us", TimeUnit::Microsecond),
    ("ns", TimeUnit::Nanosecond),
];

impl CastOptions {
    fn read(options: Options<'_>) -> Result<Self, KernelError> {
        let known = ["round", "time-zone", "ambiguous", "format", "unit", "encoding"];
        let given = Given::new("cast", options, &known)?;
        let ambiguous = given.choice("ambiguous", &Ambiguous::NAMES)?.unwrap_or_default();
        Ok(Self {
            rounding: given.choice("round", &ROUNDING)?.unwrap_or_default(),
            zone: given.text("time-zone").map(|name| Zone::named(name, ambiguous)).transpose()?,
            format: given.text("format").map(Pattern::new).transpose()?,
            unit: given.choice("unit", &UNITS)?,
            encoding: given.choice("encoding", &Encoding::NAMES)?.unwrap_or_default(),
        })
    }

    /// What an integer counts: never guessed.
    fn unit(&self) -> Result<TimeUnit, KernelError> {
        self.unit.ok_or_else(|| {
            KernelError::bad_option(
                "unit",
                "",
                "a cast between an integer and a timestamp needs it: s, ms, us or ns",
            )
        })
    }
}

/// The cells of a column as another type, and those that it cannot hold. The module's page has the table of casts
/// and options.
///
/// # Errors
/// [`KernelError::UnsupportedCast`] between types that have nothing to do with one another,
/// [`KernelError::BadOption`] for an option that is not known or does not do.
pub fn cast(input: &Column, to: &DataType, options: Options<'_>) -> Result<Checked, KernelError> {
    let options = CastOptions::read(options)?;
    if input.data_type() == to {
        return Ok(Checked::whole(input.clone()));
    }
    if *input.data_type() == DataType::Null {
        let values = arrow_array::new_null_array(to, input.len());
        return Ok(Checked::of(input, values, Vec::new()));
    }
    let made = match to {
        DataType::Utf8 => to_utf8(input, &options)?,
        DataType::Binary | DataType::FixedSizeBinary(_) => {
            binary::between_bytes(input, to, options.encoding)?
        }
        DataType::Boolean => boolean::to_boolean(input),
        DataType::Float32 | DataType::Float64 => decimal::to_float(input, to),
        DataType::Decimal128(_, _) | DataType::Decimal256(_, _) => {
            decimal::to_decimal(input, to, options.rounding)
        }
        DataType::Date32 | DataType::Timestamp(_, _) | DataType::Time64(_) | DataType::Duration(_) => {
            temporal::to_temporal(input, to, &options)?
        }
        _ => to_integer(input, to, &options)?,
    };
    made.ok_or_else(|| KernelError::UnsupportedCast { from: input.data_type().clone(), to: to.clone() })
}

fn to_utf8(input: &Column, options: &CastOptions) -> Result<Option<Checked>, KernelError> {
    if let Some(made) = temporal::to_text(input, options)? {
        return Ok(Some(made));
    }
    match text::to_text(input)? {
        Some(made) => Ok(Some(made)),
        None => binary::between_bytes(input, &DataType::Utf8, options.encoding),
    }
}

fn to_integer(input: &Column, to: &DataType, options: &CastOptions) -> Result<Option<Checked>, KernelError> {
    if !matches!(input.data_type(), DataType::Timestamp(_, _)) {
        return Ok(integer::to_integer(input, to, options.rounding));
    }
    match to {
        DataType::Int8 => temporal::to_epoch::<Int8Type>(input, to, options),
        DataType::Int16 => temporal::to_epoch::<Int16Type>(input, to, options),
        DataType::Int32 => temporal::to_epoch::<Int32Type>(input, to, options),
        DataType::Int64 => temporal::to_epoch::<Int64Type>(input, to, options),
        DataType::UInt8 => temporal::to_epoch::<UInt8Type>(input, to, options),
        DataType::UInt16 => temporal::to_epoch::<UInt16Type>(input, to, options),
        DataType::UInt32 => temporal::to_epoch::<UInt32Type>(input, to, options),
        DataType::UInt64 => temporal::to_epoch::<UInt64Type>(input, to, options),
        _ => Ok(None),
    }
}
