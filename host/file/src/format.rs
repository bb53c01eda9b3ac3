//! The forms that a file may have.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde_json::Value;
use sluicegate_format::FormatOptions;

use crate::columns::ColumnsOptions;

/// The form of a file: lines of messages in any format, or columns.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a pipeline has two at most")]
pub enum FileFormat {
    /// A message a line, or a record of `csv`.
    Messages(FormatOptions),
    /// Apache Parquet.
    Parquet(ColumnsOptions),
    /// Arrow IPC.
    Arrow(ColumnsOptions),
}

impl FileFormat {
    /// The name, as it is configured.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Messages(format) => format.name(),
            Self::Parquet(_) => PARQUET,
            Self::Arrow(_) => ARROW,
        }
    }

    /// What the names of files of this form end with, by custom.
    pub fn suffix(&self) -> &'static str {
        match self {
            Self::Messages(FormatOptions::Delimited(_)) => "csv",
            Self::Messages(_) => "ndjson",
            Self::Parquet(_) => PARQUET,
            Self::Arrow(_) => ARROW,
        }
    }

    /// Whether a file is written whole, and can be read only then.
    pub fn is_columns(&self) -> bool {
        !matches!(self, Self::Messages(_))
    }
}

const PARQUET: &str = "parquet";
const ARROW: &str = "arrow";

impl<'de> Deserialize<'de> for FileFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let (name, options) = match &value {
            Value::String(name) => (name.as_str(), None),
            Value::Object(map) if map.len() == 1 => match map.iter().next() {
                Some((name, options)) => (name.as_str(), Some(options.clone())),
                None => ("", None),
            },
            _ => ("", None),
        };
        let columns = || match options {
            Some(options) if !options.is_null() => serde_json::from_value(options).map_err(de::Error::custom),
            _ => Ok(ColumnsOptions::default()),
        };
        match name {
            PARQUET => columns().map(Self::Parquet),
            ARROW => columns().map(Self::Arrow),
            _ => serde_json::from_value(value).map(Self::Messages).map_err(de::Error::custom),
        }
    }
}

impl JsonSchema for FileFormat {
    fn schema_name() -> Cow<'static, str> {
        "FileFormat".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = FormatOptions::names().iter().copied().chain([PARQUET, ARROW]).collect();
        let mut forms = vec![json_schema!({ "type": "string", "enum": names })];
        let messages = FormatOptions::json_schema(generator);
        let with_options = messages.get("oneOf").and_then(Value::as_array).into_iter().flatten().skip(1);
        forms.extend(with_options.filter_map(|form| Schema::try_from(form.clone()).ok()));
        for name in [PARQUET, ARROW] {
            let options = generator.subschema_for::<ColumnsOptions>();
            forms.push(json_schema!({
                "type": "object",
                "properties": { name: options },
                "required": [name],
                "additionalProperties": false,
            }));
        }
        json_schema!({
            "description": "The form of the files: the name of a format of messages (one a line), `parquet` or \
                            `arrow`; or one name with its options.",
            "oneOf": forms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_a_name_or_one_name_with_options() {
        let parse = |text: &str| serde_json::from_str::<FileFormat>(text);
        assert_eq!(parse("\"parquet\"").unwrap().name(), "parquet");
        assert_eq!(parse("\"csv\"").unwrap().suffix(), "csv");
        assert!(matches!(parse(r#"{"arrow": {"kind_column": "op"}}"#).unwrap(), FileFormat::Arrow(_)));
        assert!(
            parse(r#"{"parquet": {"kind_colum": "op"}}"#).unwrap_err().to_string().contains("kind_colum")
        );
        assert!(parse("\"orc\"").unwrap_err().to_string().contains("ogg-json"));
    }
}
