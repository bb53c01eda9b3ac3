//! What a sink is told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_format::{Encode, Encryption, FormatOptions};
use sluicegate_model::units::{ByteSize, TimeSpan};

use crate::connection::Librdkafka;
use crate::positions::PositionsOptions;
use crate::topics::CreateTopics;

/// Writing to topics.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SinkOptions {
    /// The topic of each output. May hold `{table}`, `{lane}`, and of the source `{topic}` and `{partition}`.
    /// Default: `{table}`, the output's destination.
    #[serde(default = "default_topic")]
    pub topic: String,
    /// The form of the messages.
    pub format: FormatOptions,
    /// How messages are encrypted whole, after their format is written.
    #[serde(default)]
    pub encrypt: Option<Encryption>,
    /// The key of each message.
    #[serde(default)]
    pub key: Key,
    /// The partition of each message.
    #[serde(default)]
    pub partitioner: Partitioner,
    /// Headers of each message: names and templates. A template may hold, beside those of `topic`, `{offset}`,
    /// `{ordinal}`, `{part}`, `{kind}` and `{origin}`, which is `LANE:ORDINAL` or `LANE:ORDINAL.PART`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Also sends the headers that a row has, from its source or from a step. With `format: raw` those of the column
    /// `headers` are sent in any case.
    #[serde(default)]
    pub forward_headers: bool,
    /// The time of each message.
    #[serde(default)]
    pub timestamp: Timestamp,
    /// How batches are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// Whether rows and positions are decided in transactions: exactly once. Without, each row is written at least
    /// once, and at once visible to every reader.
    #[serde(default = "yes")]
    pub transactions: bool,
    /// After how long the broker aborts the transaction of a dead process. An epoch is cut at a third of it.
    /// Default: 15s.
    #[serde(default = "transaction_timeout")]
    pub transaction_timeout: TimeSpan,
    /// Makes topics that are missing. `{}` makes them with the broker's defaults; without it a missing topic is an
    /// error.
    pub create_topics: Option<CreateTopics>,
    /// The size of a message above which it goes to the dead letters. Default: what its topic takes.
    pub max_message_bytes: Option<ByteSize>,
    /// Where positions are kept.
    #[serde(default)]
    pub positions: PositionsOptions,
    /// Any other setting of librdkafka's producer. Settings that carry the guarantee are refused.
    #[serde(default)]
    pub librdkafka: Librdkafka,
}

fn default_topic() -> String {
    "{table}".to_owned()
}

fn yes() -> bool {
    true
}

fn transaction_timeout() -> TimeSpan {
    TimeSpan(Duration::from_secs(15))
}

impl SinkOptions {
    /// Options with everything but the format at its default.
    pub fn new(format: FormatOptions) -> Self {
        Self {
            topic: default_topic(),
            format,
            encrypt: None,
            key: Key::default(),
            partitioner: Partitioner::default(),
            headers: BTreeMap::new(),
            forward_headers: false,
            timestamp: Timestamp::default(),
            compression: Compression::default(),
            transactions: true,
            transaction_timeout: transaction_timeout(),
            create_topics: None,
            max_message_bytes: None,
            positions: PositionsOptions::default(),
            librdkafka: Librdkafka::default(),
        }
    }

    /// What writes the messages.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a format or a key that does not do.
    pub fn encoder(&self) -> Result<Arc<dyn Encode>, Error> {
        self.format
            .sealing_encoder(self.encrypt.as_ref())
            .map_err(|error| Error::configuration("the format of the sink does not do").caused_by(error))
    }
}

/// The key of a message. The key of one column is its text (a number's digits, a text's own bytes), so that other
/// programs find the same partition; the key of several is, for each, its length as four bytes and its text. NULL is
/// a length of 2^32 - 1. A row whose key is not there (a partial image) goes to the dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// The primary key of the output; where it has none, the key that the row came with. With `format: raw` the
    /// column `key`.
    #[default]
    PrimaryKey,
    /// The key that the row came with, or that a step gave it. With `format: raw` the column `key`.
    Source,
    /// These columns, in this order.
    Columns(Vec<String>),
    /// None.
    None,
}

/// The partition of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Partitioner {
    /// By the key, as Java's clients do it: murmur2. Without a key any.
    #[default]
    Murmur2,
    /// By the text of a column, as if it were the key.
    Column(String),
    /// The partition that a step has set (`split` does); where it has not, by the key.
    Meta,
}

/// The time of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Timestamp {
    /// When it is written.
    #[default]
    None,
    /// When the change was made; when it is written, where the source does not say.
    EventTime,
}

/// How batches are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Not at all.
    None,
    /// The quickest.
    #[default]
    Lz4,
    /// Quick, and read everywhere.
    Snappy,
    /// The smallest at a moderate cost.
    Zstd,
    /// Slow.
    Gzip,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Snappy => "snappy",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_partitioners_are_words_or_maps() {
        let text = r#"{"format": "json", "key": {"columns": ["a", "b"]}, "partitioner": {"column": "c"}}"#;
        let options: SinkOptions = serde_json::from_str(text).unwrap();
        assert_eq!(options.key, Key::Columns(vec!["a".into(), "b".into()]));
        assert_eq!(options.partitioner, Partitioner::Column("c".into()));
        let options: SinkOptions = serde_json::from_str(r#"{"format": "json", "key": "source"}"#).unwrap();
        assert_eq!((options.key, options.partitioner), (Key::Source, Partitioner::Murmur2));
    }
}
