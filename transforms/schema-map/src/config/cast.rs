//! The type of a column, written as its name or as a block.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::Scalar;

/// What a column becomes.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CastBlock")]
struct Block {
    /// The type: `int64`, `decimal(18,2)`, `timestamp`, `text`.
    r#type: String,
    /// What happens to a cell that does not fit.
    #[serde(default, deserialize_with = "written")]
    on_bad: Option<OnBad>,
    /// The value that takes the place of a cell that does not fit.
    default: Option<Scalar>,
    /// The zone of times without one: `Asia/Shanghai`.
    time_zone: Option<String>,
    /// How dates and times are written: `%d/%m/%Y`.
    format: Option<String>,
    /// What becomes of digits that the type has no room for: `half-up` or `down`. Left out: the cell does not fit.
    round: Option<String>,
    /// What an integer counts when it becomes a timestamp, or the other way round: `s`, `ms`, `us`, `ns`.
    unit: Option<String>,
    /// Which instant a local time means that came twice: `refuse`, `earliest`, `latest`.
    ambiguous: Option<String>,
    /// How bytes stand in text: `utf8`, `base64`, `hex`.
    encoding: Option<String>,
}

/// `on_bad: null` without quotes is YAML's null, and means the word.
fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OnBad>, D::Error> {
    Option::deserialize(deserializer).map(|written| Some(written.unwrap_or(OnBad::Null)))
}

/// What happens to a cell that does not fit its type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBad {
    /// The row goes to the dead letters.
    #[default]
    Reject,
    /// The cell becomes NULL.
    Null,
    /// The cell becomes the default.
    Default,
}

/// The type of a column, and what happens to a cell that does not fit it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    /// The type's name.
    pub data_type: String,
    /// What happens to a cell that does not fit.
    pub on_bad: OnBad,
    /// The value for [`OnBad::Default`], always there then.
    pub default: Option<Scalar>,
    /// The zone of times without one.
    pub time_zone: Option<String>,
    /// Other options of the host's cast.
    pub options: Vec<(&'static str, String)>,
}

impl Cast {
    fn plain(data_type: &str) -> Self {
        let data_type = data_type.to_owned();
        Self { data_type, on_bad: OnBad::Reject, default: None, time_zone: None, options: Vec::new() }
    }

    fn of(block: Block) -> Result<Self, &'static str> {
        let on_bad = match (block.on_bad, &block.default) {
            (Some(OnBad::Default), None) => return Err("`on_bad: default` needs `default`"),
            (Some(OnBad::Reject | OnBad::Null), Some(_)) => {
                return Err("`default` is used with `on_bad: default` only");
            }
            (None, Some(_)) => OnBad::Default,
            (given, _) => given.unwrap_or_default(),
        };
        let options = [
            ("format", block.format),
            ("round", block.round),
            ("unit", block.unit),
            ("ambiguous", block.ambiguous),
            ("encoding", block.encoding),
        ];
        let options = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Ok(Self {
            options: options.collect(),
            data_type: block.r#type,
            on_bad,
            default: block.default,
            time_zone: block.time_zone,
        })
    }
}

impl<'de> Deserialize<'de> for Cast {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrBlock;

        impl<'de> Visitor<'de> for NameOrBlock {
            type Value = Cast;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a type, or a block with `type`")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Cast, E> {
                Ok(Cast::plain(name))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cast, A::Error> {
                let block = Block::deserialize(MapAccessDeserializer::new(map))?;
                Cast::of(block).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(NameOrBlock)
    }
}

impl JsonSchema for Cast {
    fn schema_name() -> Cow<'static, str> {
        "Cast".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let block = generator.subschema_for::<Block>();
        json_schema!({
            "description": "A type's name, or a block that also says what happens to a cell that does not fit.",
            "anyOf": [{ "type": "string" }, block],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast(text: &str) -> Result<Cast, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_is_enough() {
        assert_eq!(cast(r#""int64""#), Ok(Cast::plain("int64")));
    }

    #[test]
    fn a_default_implies_what_it_is_for() {
        assert_eq!(cast(r#"{"type": "int64", "default": 0}"#).unwrap().on_bad, OnBad::Default);
        assert_eq!(cast(r#"{"type": "int64"}"#).unwrap().on_bad, OnBad::Reject);
    }

    #[test]
    fn null_needs_no_quotes() {
        for text in [r#"{"type": "int64", "on_bad": null}"#, r#"{"type": "int64", "on_bad": "null"}"#] {
            assert_eq!(cast(text).unwrap().on_bad, OnBad::Null);
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        assert!(cast(r#"{"type": "int64", "on_bad": "default"}"#).unwrap_err().contains("needs `default`"));
        assert!(cast(r#"{"type": "int64", "on_bad": "null", "default": 0}"#).unwrap_err().contains("only"));
        assert!(
            cast(r#"{"type": "int64", "on_bda": "null"}"#).unwrap_err().contains("unknown field `on_bda`")
        );
        assert!(cast("7").unwrap_err().contains("the name of a type, or a block"));
    }
}
