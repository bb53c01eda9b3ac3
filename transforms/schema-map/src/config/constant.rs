//! A value written in the configuration, and its type.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Null, a boolean, a number or a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number without a fraction, by its digits.
    Integer(String),
    /// Any other number, by its digits.
    Float(String),
    /// A text.
    Text(String),
}

impl Scalar {
    /// The value as text, from which it is cast; none for null.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Boolean(true) => Some("true"),
            Self::Boolean(false) => Some("false"),
            Self::Integer(text) | Self::Float(text) | Self::Text(text) => Some(text),
        }
    }

    /// The type of a value whose type was not written; none for null.
    fn data_type(&self) -> Option<&'static str> {
        match self {
            Self::Null => None,
            Self::Boolean(_) => Some("boolean"),
            Self::Integer(_) => Some("int64"),
            Self::Float(_) => Some("float64"),
            Self::Text(_) => Some("utf8"),
        }
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, true, false, a number or a text")
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Integer(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Integer(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["null", "boolean", "number", "string"] })
    }
}

/// A column with the same value in every row.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The value. A text may hold placeholders, as the table's new name may.
    pub value: Scalar,
    /// The column's type.
    pub data_type: String,
}

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConstantBlock")]
struct Block {
    /// The value. In a text `{1}` or `{name}` is a group of the table's pattern, `{table}` the table's full name.
    value: Scalar,
    /// The type. Left out: `utf8`, `int64`, `float64` or `boolean`, as the value is.
    r#type: Option<String>,
}

impl Constant {
    fn of(value: Scalar, data_type: Option<String>) -> Result<Self, &'static str> {
        let data_type = data_type.or_else(|| value.data_type().map(str::to_owned));
        let data_type = data_type.ok_or("a column of null needs a `type`")?;
        Ok(Self { value, data_type })
    }
}

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueOrBlock;

        impl<'de> Visitor<'de> for ValueOrBlock {
            type Value = Constant;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value, or a block with `value`")
            }

            fn visit_unit<E: Error>(self) -> Result<Constant, E> {
                Constant::of(Scalar::Null, None).map_err(E::custom)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Constant, E> {
                ScalarVisitor.visit_bool(value).and_then(plain)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Constant, E> {
                ScalarVisitor.visit_i64(value).and_then(plain)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Constant, E> {
                ScalarVisitor.visit_u64(value).and_then(plain)
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Constant, E> {
                ScalarVisitor.visit_f64(value).and_then(plain)
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Constant, E> {
                ScalarVisitor.visit_str(value).and_then(plain)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Constant, A::Error> {
                let block = Block::deserialize(MapAccessDeserializer::new(map))?;
                Constant::of(block.value, block.r#type).map_err(A::Error::custom)
            }
        }

        fn plain<E: Error>(value: Scalar) -> Result<Constant, E> {
            Constant::of(value, None).map_err(E::custom)
        }

        deserializer.deserialize_any(ValueOrBlock)
    }
}

impl JsonSchema for Constant {
    fn schema_name() -> Cow<'static, str> {
        "Constant".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let block = generator.subschema_for::<Block>();
        json_schema!({
            "description": "A value, or a block of a value and its type.",
            "anyOf": [{ "type": ["boolean", "number", "string"] }, block],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(text: &str) -> Result<(Option<String>, String), String> {
        serde_json::from_str::<Constant>(text)
            .map(|constant| (constant.value.text().map(str::to_owned), constant.data_type))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_value_says_its_type() {
        let of = |text: &str, data_type: &str| Ok((Some(text.to_owned()), data_type.to_owned()));
        assert_eq!(constant("-7"), of("-7", "int64"));
        assert_eq!(constant("18446744073709551615"), of("18446744073709551615", "int64"));
        assert_eq!(constant("1.5"), of("1.5", "float64"));
        assert_eq!(constant("true"), of("true", "boolean"));
        assert_eq!(constant(r#""x""#), of("x", "utf8"));
        assert_eq!(constant(r#"{"value": "7", "type": "int32"}"#), of("7", "int32"));
    }

    #[test]
    fn null_needs_a_type() {
        assert_eq!(constant(r#"{"value": null, "type": "date"}"#), Ok((None, "date".to_owned())));
        assert!(constant("null").unwrap_err().contains("needs a `type`"));
        assert!(constant(r#"{"value": null}"#).unwrap_err().contains("needs a `type`"));
    }
}
