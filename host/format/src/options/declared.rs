//! Types that the user declares for columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow_schema::DataType;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use sluicegate_model::data_type;

/// Table, then column, then type.
pub type DeclaredTypes = BTreeMap<String, BTreeMap<String, TypeName>>;

/// A table as far as its schema was declared: every batch of it has these columns, and may have more.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredTable {
    /// Its name.
    pub name: String,
    /// Names and types of the columns that were declared.
    pub columns: Vec<(String, DataType)>,
    /// The columns of the primary key, where the configuration says them and the messages do not.
    pub primary_key: Vec<String>,
}

impl DeclaredTable {
    /// The tables of a `schema:` block.
    pub(crate) fn all(declared: Option<&DeclaredTypes>, primary_key: Option<&[String]>) -> Vec<Self> {
        let table = |(name, columns): (&String, &BTreeMap<String, TypeName>)| Self {
            name: name.clone(),
            columns: columns.iter().map(|(name, kind)| (name.clone(), kind.0.clone())).collect(),
            primary_key: primary_key.unwrap_or_default().to_vec(),
        };
        declared.into_iter().flatten().map(table).collect()
    }
}

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
