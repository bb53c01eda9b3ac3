//! What may be set about `ogg-json`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::decode::OggDecoder;
use super::encode::OggEncoder;
use crate::options::{DeclaredTypes, Direction, Format, TimeZone};
use crate::write::{Decimals, Timestamps};
use crate::{Decode, Encode, FormatError};

/// Oracle GoldenGate's JSON: a message is one operation, or several of a transaction one after the other.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OggOptions {
    /// The time zone in which `op_ts` is written: that of the source's database. Default: UTC.
    #[serde(default)]
    pub time_zone: Option<TimeZone>,
    /// Reading: whether names of columns that differ in the case of their letters are different columns. Where they
    /// are not, a column has the name that `schema` gives it, or else the one that came first. Default: true.
    #[serde(default)]
    pub case_sensitive: Option<bool>,
    /// Reading: exact types, by table and column. A row with a value that does not fit is rejected. A column that
    /// is not named here is text, with its numbers digit for digit.
    #[serde(default)]
    pub schema: Option<DeclaredTypes>,
    /// Writing: how decimals are written. Default: number.
    #[serde(default)]
    pub decimals: Option<Decimals>,
    /// Writing: how columns that hold dates with times are written. Default: iso.
    #[serde(default)]
    pub timestamps: Option<Timestamps>,
}

const NAME: &str = "ogg-json";

impl Format for OggOptions {
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        let of_writing = [("decimals", self.decimals.is_some()), ("timestamps", self.timestamps.is_some())];
        Direction::Reading.refuse(NAME, &of_writing)?;
        Ok(Arc::new(OggDecoder::new(self)))
    }

    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        let of_reading =
            [("schema", self.schema.is_some()), ("case_sensitive", self.case_sensitive.is_some())];
        Direction::Writing.refuse(NAME, &of_reading)?;
        Ok(Arc::new(OggEncoder::new(self)))
    }

    fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.schema.as_ref()
    }
}
