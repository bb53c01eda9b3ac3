//! What may be set about `maxwell-json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::decode::MaxwellDecoder;
use super::encode::MaxwellEncoder;
use crate::build::ZeroDates;
use crate::options::{DeclaredTypes, Direction, Format, TimeZone};
use crate::{Decode, Encode, FormatError};

/// Maxwell's JSON: a message is one row of one table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxwellOptions {
    /// Reading: the columns of the primary key, by table. Default: what the message says in `primary_key_columns`, else
    /// what the key of the Kafka message says.
    #[serde(default)]
    pub primary_key: Option<BTreeMap<String, Vec<String>>>,
    /// Reading: the time zone in which columns that `schema` makes timestamps are written. Default: UTC.
    #[serde(default)]
    pub time_zone: Option<TimeZone>,
    /// Reading: what becomes of a date that no calendar has, as `0000-00-00`, in a column that `schema` makes a date.
    /// Default: error.
    #[serde(default, deserialize_with = "ZeroDates::option")]
    pub zero_dates: Option<ZeroDates>,
    /// Reading: exact types, by table and column, best as MySQL writes them: a message does not say them. A row with
    /// a value that does not fit is rejected. A column that is not named here is text, with its numbers digit for
    /// digit.
    #[serde(default)]
    pub schema: Option<DeclaredTypes>,
}

pub(super) const NAME: &str = "maxwell-json";

impl Format for MaxwellOptions {
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        Ok(Arc::new(MaxwellDecoder::new(self)))
    }

    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        let of_reading = [
            ("primary_key", self.primary_key.is_some()),
            ("time_zone", self.time_zone.is_some()),
            ("zero_dates", self.zero_dates.is_some()),
            ("schema", self.schema.is_some()),
        ];
        Direction::Writing.refuse(NAME, &of_reading)?;
        Ok(Arc::new(MaxwellEncoder))
    }

    fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.schema.as_ref()
    }
}
