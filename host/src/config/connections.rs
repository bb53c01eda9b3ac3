//! Systems, and blocks that name one or describe it in place.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Value, json};
use sluicegate_kafka::Connection;

/// A system and how it is reached.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ConnectionEntry")]
pub(super) enum ConnectionEntry {
    /// A Kafka cluster.
    Kafka(Connection),
}

/// A block of options on a Kafka cluster.
pub(super) struct OnKafka<O> {
    /// The name under `connections:`; `None` where the connection is written in the block.
    pub(super) name: Option<String>,
    pub(super) connection: Connection,
    pub(super) options: O,
}

/// The key that names a connection.
pub(super) const CONNECTION: &str = "connection";

/// The key of settings of librdkafka.
pub(super) const LIBRDKAFKA: &str = "librdkafka";

/// The keys of a connection that is written in place. `librdkafka:` then is that of the connection and of the block.
pub(super) const IN_PLACE: [&str; 4] = ["brokers", "security", "connect_timeout", LIBRDKAFKA];

impl<O: JsonSchema> JsonSchema for OnKafka<O> {
    fn schema_name() -> Cow<'static, str> {
        format!("Kafka{}", O::schema_name()).into()
    }

    /// The options, and the connection by name or in place.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut block = O::json_schema(generator);
        let mut connection = Connection::json_schema(generator);
        let mut properties = serde_json::Map::new();
        properties.insert(
            CONNECTION.to_owned(),
            json!({
                "description": "The name of a connection. Its keys may stand here instead: `brokers` and the others.",
                "type": "string",
            }),
        );
        for schema in [&mut connection, &mut block] {
            if let Some(Value::Object(own)) = schema.remove("properties") {
                properties.extend(own);
            }
        }
        block.insert("properties".to_owned(), Value::Object(properties));
        block.insert("oneOf".to_owned(), json!([{ "required": [CONNECTION] }, { "required": ["brokers"] }]));
        block
    }
}
