//! Types that the user declares for columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow_schema::DataType;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use sluicegate_model::data_type;

/// Table, then column, then type.
pub type DeclaredTypes = BTreeMap<String, BTreeMap<String, TypeName>>;

/// A type by its name, as [`data_type::parse`] takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName(pub DataType);

impl<'de> Deserialize<'de> for TypeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        data_type::parse(&name).map(Self).map_err(de::Error::custom)
    }
}

impl JsonSchema for TypeName {
    fn schema_name() -> Cow<'static, str> {
        "TypeName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The name of a type.",
            "examples": ["int64", "decimal(18,2)", "datetime", "timestamp", "date", "text", "bytes"],
        })
    }
}
