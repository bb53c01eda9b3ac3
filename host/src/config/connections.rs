//! Systems, and blocks that name one or describe it in place.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sluicegate_kafka::Connection as Kafka;
use sluicegate_mysql::Connection as MySql;
use sluicegate_starrocks::Connection as StarRocks;

/// A system and how it is reached.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ConnectionEntry")]
pub(super) enum ConnectionEntry {
    /// A Kafka cluster.
    Kafka(Kafka),
    /// A MySQL or MariaDB.
    #[serde(rename = "mysql")]
    MySql(MySql),
    /// A StarRocks cluster.
    #[serde(rename = "starrocks")]
    StarRocks(StarRocks),
}

impl ConnectionEntry {
    /// The kind of system, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Kafka(_) => Kafka::KIND,
            Self::MySql(_) => MySql::KIND,
            Self::StarRocks(_) => StarRocks::KIND,
        }
    }
}

/// A kind of connection.
pub(super) trait Reach: JsonSchema + DeserializeOwned + Clone {
    /// What is reached, for people.
    const KIND: &'static str;
    /// How schemas of blocks on it are called.
    const NAME: &'static str;
    /// The key without which it is none.
    const ADDRESS: &'static str;
    /// The keys of a connection that is written in place.
    const IN_PLACE: &'static [&'static str];

    /// The connection of an entry, if it is of this kind.
    fn of(entry: &ConnectionEntry) -> Option<&Self>;
}

impl Reach for Kafka {
    const KIND: &'static str = "a Kafka cluster";
    const NAME: &'static str = "Kafka";
    const ADDRESS: &'static str = "brokers";
    /// `librdkafka:` then is that of the connection and of the block.
    const IN_PLACE: &'static [&'static str] = &["brokers", "security", "connect_timeout", LIBRDKAFKA];

    fn of(entry: &ConnectionEntry) -> Option<&Self> {
        match entry {
            ConnectionEntry::Kafka(connection) => Some(connection),
            ConnectionEntry::MySql(_) | ConnectionEntry::StarRocks(_) => None,
        }
    }
}

impl Reach for MySql {
    const KIND: &'static str = "a MySQL or MariaDB";
    const NAME: &'static str = "MySql";
    const ADDRESS: &'static str = "url";
    const IN_PLACE: &'static [&'static str] =
        &["url", "user", "password", "tls", "connect_timeout", "statement_timeout", "keep_alive"];

    fn of(entry: &ConnectionEntry) -> Option<&Self> {
        match entry {
            ConnectionEntry::MySql(connection) => Some(connection),
            ConnectionEntry::Kafka(_) | ConnectionEntry::StarRocks(_) => None,
        }
    }
}

impl Reach for StarRocks {
    const KIND: &'static str = "a StarRocks cluster";
    const NAME: &'static str = "StarRocks";
    const ADDRESS: &'static str = "fe";
    const IN_PLACE: &'static [&'static str] =
        &["fe", "sql", "database", "user", "password", "backends", "connect_timeout", "request_timeout"];

    fn of(entry: &ConnectionEntry) -> Option<&Self> {
        match entry {
            ConnectionEntry::StarRocks(connection) => Some(connection),
            ConnectionEntry::Kafka(_) | ConnectionEntry::MySql(_) => None,
        }
    }
}

/// A block of options on a system.
pub(super) struct On<C, O> {
    /// The name under `connections:`; `None` where the connection is written in the block.
    pub(super) name: Option<String>,
    pub(super) connection: C,
    pub(super) options: O,
}

/// A block of options on a Kafka cluster.
pub(super) type OnKafka<O> = On<Kafka, O>;

/// A block of options on a MySQL or MariaDB.
pub(super) type OnMySql<O> = On<MySql, O>;

/// A block of options on a StarRocks cluster.
pub(super) type OnStarRocks<O> = On<StarRocks, O>;

/// The key that names a connection.
pub(super) const CONNECTION: &str = "connection";

/// The key of settings of librdkafka.
pub(super) const LIBRDKAFKA: &str = "librdkafka";

impl<C: Reach, O: JsonSchema> JsonSchema for On<C, O> {
    fn schema_name() -> Cow<'static, str> {
        let options = O::schema_name();
        // Options that are named after their system already are not named so twice.
        format!("{}{}", C::NAME, options.strip_prefix(C::NAME).unwrap_or(&options)).into()
    }

    /// The options, and the connection by name or in place.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut block = O::json_schema(generator);
        let mut connection = C::json_schema(generator);
        let mut properties = serde_json::Map::new();
        let description = format!(
            "The name of a connection. Its keys may stand here instead: `{}` and the others.",
            C::ADDRESS
        );
        properties.insert(CONNECTION.to_owned(), json!({ "description": description, "type": "string" }));
        for schema in [&mut connection, &mut block] {
            if let Some(Value::Object(own)) = schema.remove("properties") {
                properties.extend(own);
            }
        }
        block.insert("properties".to_owned(), Value::Object(properties));
        block.insert("oneOf".to_owned(), json!([{ "required": [CONNECTION] }, { "required": [C::ADDRESS] }]));
        block
    }
}
