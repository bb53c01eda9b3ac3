//! A time zone, kept as it was written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{self, Deserialize, Deserializer};
use sluicegate_format::options::TimeZone;

/// The name of a time zone that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimeZoneName(pub(super) String);

impl<'de> Deserialize<'de> for TimeZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse::<TimeZone>().map_err(de::Error::custom)?;
        Ok(Self(name))
    }
}

impl JsonSchema for TimeZoneName {
    fn schema_name() -> Cow<'static, str> {
        TimeZone::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        TimeZone::json_schema(generator)
    }
}
