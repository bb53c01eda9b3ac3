//! What may be set about `canal-json`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::decode::CanalDecoder;
use super::encode::CanalEncoder;
use crate::build::ZeroDates;
use crate::options::{DeclaredTypes, Direction, Format, TimeZone};
use crate::{Decode, Encode, FormatError};

/// Alibaba Canal's flat JSON, which TiCDC writes too: a message is any number of rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanalOptions {
    /// The time zone in which columns of the type `timestamp` are written: that of the session of Canal's server.
    /// Default: UTC.
    #[serde(default)]
    pub time_zone: Option<TimeZone>,
    /// Reading: what becomes of a date that no calendar has, as `0000-00-00`. Default: error.
    #[serde(default, deserialize_with = "ZeroDates::option")]
    pub zero_dates: Option<ZeroDates>,
    /// Reading: exact types, by table and column. They win over those of the message. A row with a value that does
    /// not fit is rejected.
    #[serde(default)]
    pub schema: Option<DeclaredTypes>,
}

pub(super) const NAME: &str = "canal-json";

impl Format for CanalOptions {
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        Ok(Arc::new(CanalDecoder::new(self)))
    }

    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        let of_reading = [("zero_dates", self.zero_dates.is_some()), ("schema", self.schema.is_some())];
        Direction::Writing.refuse(NAME, &of_reading)?;
        Ok(Arc::new(CanalEncoder::new(self)))
    }

    fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.schema.as_ref()
    }
}
