//! Types that the user declares for columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow_schema::DataType;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use sluicegate_model::data_type;

use crate::MysqlType;

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
            columns: columns.iter().map(|(name, kind)| (name.clone(), kind.data_type.clone())).collect(),
            primary_key: primary_key.unwrap_or_default().to_vec(),
        };
        declared.into_iter().flatten().map(table).collect()
    }
}

/// A type by its name, as [`data_type::parse`] takes it, or as MySQL writes it: `int unsigned`, `set('a','b')`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// The type.
    pub data_type: DataType,
    /// What MySQL calls it, where it is none of our names.
    pub source: Option<(MysqlType, String)>,
}

impl From<DataType> for TypeName {
    fn from(data_type: DataType) -> Self {
        Self { data_type, source: None }
    }
}

impl<'de> Deserialize<'de> for TypeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        data_type::parse(&name).map(Self::from).or_else(|error| match MysqlType::parse(&name) {
            MysqlType::Other | MysqlType::Decimal { digits: None } => Err(de::Error::custom(error)),
            known => Ok(Self { data_type: known.data_type(), source: Some((known, name)) }),
        })
    }
}

impl JsonSchema for TypeName {
    fn schema_name() -> Cow<'static, str> {
        "TypeName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The name of a type, or a type as MySQL writes it.",
            "examples": ["int64", "decimal(18,2)", "datetime", "timestamp", "date", "text", "bytes", "int unsigned", "set('a','b')"],
        })
    }
}
