//! The formats by name, with what may be set about each.

mod declared;
mod direction;
mod encoding;
mod time_zone;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use thiserror::Error;

pub use declared::{DeclaredTable, DeclaredTypes, TypeName};
pub use direction::Direction;
pub use encoding::Encoding;
pub use time_zone::TimeZone;

use crate::canal::CanalOptions;
use crate::debezium::DebeziumOptions;
use crate::delimited::DelimitedOptions;
use crate::json::JsonOptions;
use crate::maxwell::MaxwellOptions;
use crate::ogg::OggOptions;
use crate::raw::RawOptions;
use crate::{Decode, Encode, Encryption};

/// Why a configured format cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// An option of reading at a sink, or one of writing at a source.
    #[error("{format}: `{option}` is about {meant}, and here {format} is {here}: take it out")]
    OtherDirection {
        /// The format.
        format: &'static str,
        /// The option.
        option: &'static str,
        /// What it is about: `reading` or `writing`.
        meant: &'static str,
        /// What is done here: `read` or `written`.
        here: &'static str,
    },
    /// An option that needs another one.
    #[error("{format}: `{option}` needs `{needs}` to be set")]
    Needs {
        /// The format.
        format: &'static str,
        /// The option that is set.
        option: &'static str,
        /// The one that is not.
        needs: &'static str,
    },
    /// Encryption of whole messages with a key that cannot do it.
    #[error("`{option}`: {why}")]
    Encryption {
        /// The option: `decrypt` or `encrypt`.
        option: &'static str,
        /// What is wrong, and what to do.
        why: String,
    },
    /// An option with a value that it cannot have.
    #[error("{format}: `{option}` cannot be {value:?}: it is {wanted}")]
    Value {
        /// The format.
        format: &'static str,
        /// The option.
        option: &'static str,
        /// What it is set to.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
}

/// What the options of every format can do.
pub(crate) trait Format {
    /// The reader of the format.
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError>;
    /// The writer of the format.
    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError>;
    /// The types that are declared, by table and column.
    fn declared_types(&self) -> Option<&DeclaredTypes> {
        None
    }
    /// The primary key that is declared.
    fn declared_key(&self) -> Option<&[String]> {
        None
    }
    /// The tables whose schemas are known before their first row.
    fn declared(&self) -> Vec<DeclaredTable> {
        DeclaredTable::all(self.declared_types(), self.declared_key())
    }
}

/// Makes [`FormatOptions`] from the list of the formats: a name, other names for the same, a variant, its options.
macro_rules! formats {
    ($($name:literal $(| $other:literal)* => $variant:ident($options:ty)),+ $(,)?) => {
        /// A format by its name, alone or with options: `ogg-json`, or `{ ogg-json: { time_zone: Asia/Shanghai } }`.
        #[derive(Clone, Debug, PartialEq)]
        pub enum FormatOptions {
            $(#[doc = concat!("`", $name, "`.")] $variant($options),)+
        }

        /// All names, in the order in which help shows them.
        const NAMES: &[&str] = &[$($name $(, $other)*),+];

        impl FormatOptions {
            /// The name.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }

            fn format(&self) -> &dyn Format {
                match self {
                    $(Self::$variant(options) => options,)+
                }
            }

            fn by_name<E: de::Error>(name: &str) -> Result<Self, E> {
                match name {
                    $($name $(| $other)* => Ok(Self::$variant(<$options>::default())),)+
                    _ => Err(E::unknown_variant(name, NAMES)),
                }
            }

            fn with_options<'de, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<Self, A::Error> {
                match name {
                    $($name $(| $other)* => map.next_value().map(Self::$variant),)+
                    _ => Err(de::Error::unknown_variant(name, NAMES)),
                }
            }

            fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
                let form = |name: &str, options: Schema| {
                    json_schema!({
                        "type": "object",
                        "properties": { name: options },
                        "required": [name],
                        "additionalProperties": false,
                    })
                };
                vec![$(
                    form($name, generator.subschema_for::<$options>()),
                    $(form($other, generator.subschema_for::<$options>()),)*
                )+]
            }
        }
    };
}

formats! {
    "json" => Json(JsonOptions),
    "ogg-json" => OggJson(OggOptions),
    "canal-json" => CanalJson(CanalOptions),
    "maxwell-json" => MaxwellJson(MaxwellOptions),
    "debezium-json" => DebeziumJson(DebeziumOptions),
    "delimited" | "csv" => Delimited(DelimitedOptions),
    "raw" => Raw(RawOptions),
}

impl FormatOptions {
    /// Names of all formats.
    pub const fn names() -> &'static [&'static str] {
        NAMES
    }

    /// The reader of the format.
    ///
    /// # Errors
    /// [`FormatError`] where options do not fit together or are about writing.
    pub fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        self.format().decoder()
    }

    /// The writer of the format.
    ///
    /// # Errors
    /// [`FormatError`] where options do not fit together or are about reading.
    pub fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        self.format().encoder()
    }

    /// The reader of messages that may be encrypted.
    ///
    /// # Errors
    /// As [`FormatOptions::decoder`], and [`FormatError::Encryption`] for a key that does not do.
    pub fn opening_decoder(&self, decrypt: Option<&Encryption>) -> Result<Arc<dyn Decode>, FormatError> {
        let format = self.decoder()?;
        match decrypt {
            None => Ok(format),
            Some(encryption) => encryption.decoder(format),
        }
    }

    /// The writer of messages that may be encrypted.
    ///
    /// # Errors
    /// As [`FormatOptions::encoder`], and [`FormatError::Encryption`] for a key that does not do.
    pub fn sealing_encoder(&self, encrypt: Option<&Encryption>) -> Result<Arc<dyn Encode>, FormatError> {
        let format = self.encoder()?;
        match encrypt {
            None => Ok(format),
            Some(encryption) => encryption.encoder(format),
        }
    }

    /// The types that are declared, by table and column.
    pub fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.format().declared_types()
    }

    /// The primary key that is declared.
    pub fn declared_key(&self) -> Option<&[String]> {
        self.format().declared_key()
    }

    /// The tables whose schemas are declared, or are always the same: what is known of a source before its first row.
    pub fn declared(&self) -> Vec<DeclaredTable> {
        self.format().declared()
    }
}

impl<'de> Deserialize<'de> for FormatOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = FormatOptions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "the name of a format ({}), or one name with its options", NAMES.join(", "))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<FormatOptions, E> {
                FormatOptions::by_name(name)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FormatOptions, A::Error> {
                let Some(name) = map.next_key::<String>()? else {
                    return Err(de::Error::invalid_length(0, &self));
                };
                let options = FormatOptions::with_options(&name, &mut map)?;
                match map.next_key::<String>()? {
                    None => Ok(options),
                    Some(second) => Err(de::Error::custom(format_args!(
                        "one format is expected, {name:?} and {second:?} are given"
                    ))),
                }
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for FormatOptions {
    fn schema_name() -> Cow<'static, str> {
        "Format".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut forms = vec![json_schema!({ "type": "string", "enum": NAMES })];
        forms.extend(Self::schemas(generator));
        json_schema!({
            "description": "The form of the messages: the name of a format, or one name with its options.",
            "oneOf": forms,
        })
    }
}
