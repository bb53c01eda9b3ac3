//! Batches to messages.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, types::TimestampMicrosecondType};
use sluicegate_connector::{Encoded, Encoder, Error, Reject};
use sluicegate_format::{Encode, Messages};
use sluicegate_model::{ChangeBatch, Lane, Origin, TableName, meta};

use super::headers::{HeaderRules, Headers};
use super::key::{Keys, NoKey, Places, keys, places};
use super::options::{SinkOptions, Timestamp};
use super::template::Template;
use crate::topics::{self, DEFAULT_MAX_BYTES, Topics};

/// What a batch of one message costs beside it: the batch's header and the record's own numbers.
pub const FRAMING: usize = 61 + 40;

/// Messages of one topic, ready to be sent.
pub struct Body {
    /// The topic.
    pub topic: Arc<str>,
    /// Values, in order.
    pub messages: Messages,
    /// Keys.
    pub keys: Keys,
    /// Partitions.
    pub places: Places,
    /// Headers, where there are any.
    pub headers: Option<Headers>,
    /// Times in milliseconds since 1970, where they are given.
    pub timestamps: Option<Vec<Option<i64>>>,
    /// Where the messages came from.
    pub source: BodySource,
}

/// Where the messages of a body came from: kept until they are delivered.
pub struct BodySource {
    /// The rows of the batch.
    pub origin: Origin,
    /// The row of each message.
    pub rows: Vec<u32>,
    /// The output.
    pub table: TableName,
}

impl BodySource {
    /// The lane, record and part of a message.
    pub fn of(&self, place: usize) -> (Lane, u64, Option<u32>) {
        let row = self.rows[place] as usize;
        (self.origin.lane.clone(), self.origin.ordinals[row], self.origin.part(row))
    }
}

/// Turns batches into messages. Shared by all workers.
pub struct KafkaEncoder {
    options: SinkOptions,
    format: Arc<dyn Encode>,
    topic: Template,
    headers: HeaderRules,
    topics: Topics,
}

impl KafkaEncoder {
    /// An encoder; `topics` tells what topics take.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn new(options: &SinkOptions, topics: &Topics) -> Result<Self, Error> {
        let format = options.encoder()?;
        let topic = Template::parse("topic", &options.topic)?;
        if topic.is_of_row() {
            let what = format!("`topic` of the sink differs from row to row: {:?}", options.topic);
            return Err(Error::configuration(what).help("use {table}, {lane}, {topic} or {partition}"));
        }
        let headers = HeaderRules::new(&options.headers, options.forward_headers)?;
        Ok(Self { options: options.clone(), format, topic, headers, topics: topics.clone() })
    }

    /// The topic of a batch.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a name that no topic can have.
    pub fn topic_of(&self, batch: &ChangeBatch) -> Result<Arc<str>, Error> {
        let mut name = Vec::new();
        self.topic.write(batch, 0, &mut name);
        let name = String::from_utf8_lossy(&name);
        topics::check_name(&name).map_err(|why| {
            Error::configuration(why)
                .table(batch.table())
                .help("name the output's table otherwise in a step, or set `topic` of the sink")
        })?;
        Ok(name.as_ref().into())
    }

    /// Bytes that a message to a topic may have.
    fn limit(&self, topic: &str) -> usize {
        match self.options.max_message_bytes {
            Some(limit) => limit.0 as usize,
            None => self.topics.get(topic).map_or(DEFAULT_MAX_BYTES, |facts| facts.max_bytes),
        }
    }

    fn timestamps(&self, batch: &ChangeBatch, messages: &Messages) -> Option<Vec<Option<i64>>> {
        if self.options.timestamp == Timestamp::None {
            return None;
        }
        let times = batch.meta().get(meta::EVENT_TIME)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        let time = |row: usize| times.is_valid(row).then(|| times.value(row).div_euclid(1_000));
        Some(messages.messages.iter().map(|message| time(message.row as usize)).collect())
    }
}

impl Encoder for KafkaEncoder {
    fn encode(&self, batch: &ChangeBatch) -> Result<Encoded, Error> {
        let topic = self.topic_of(batch)?;
        let mut messages = Messages::default();
        let rejects = self.format.encode(batch, &mut messages).map_err(|error| {
            Error::configuration("the output cannot be written").table(batch.table()).caused_by(error)
        })?;
        let mut rejects: Vec<Reject> =
            rejects.into_iter().map(|reject| Reject { row: reject.row, reason: reject.reason }).collect();
        let parts = self.format.parts(batch);
        let (mut message_keys, lacking) = keys(&self.options.key, parts.key, batch, &messages.messages)?;
        let mut headers = self.headers.write(parts.headers, batch, &messages.messages);

        let mut refused: Vec<Reject> =
            lacking.into_iter().map(|NoKey { row, reason }| Reject { row, reason }).collect();
        refused.extend(self.too_large(&topic, &messages, &message_keys, headers.as_ref()));
        if !refused.is_empty() {
            // A message leaves with its whole unit: both halves of a pair, and the deletion of an old key.
            let units: Vec<_> = refused.iter().map(|reject| batch.unit_of(reject.row as usize)).collect();
            messages
                .messages
                .retain(|message| !units.iter().any(|unit| unit.contains(&(message.row as usize))));
            message_keys = keys(&self.options.key, parts.key, batch, &messages.messages)?.0;
            headers = self.headers.write(parts.headers, batch, &messages.messages);
            refused.dedup_by_key(|reject| batch.unit_of(reject.row as usize));
            rejects.append(&mut refused);
        }
        let bytes = messages.bytes.len() + message_keys.bytes() + headers.as_ref().map_or(0, Headers::bytes);
        let body = Body {
            topic,
            places: places(&self.options.partitioner, batch, &messages.messages)?,
            timestamps: self.timestamps(batch, &messages),
            source: BodySource {
                origin: batch.origin().clone(),
                rows: messages.messages.iter().map(|message| message.row).collect(),
                table: batch.table().clone(),
            },
            messages,
            keys: message_keys,
            headers,
        };
        Ok(Encoded { rows: body.source.rows.len(), bytes, body: Box::new(body), rejects })
    }
}

impl KafkaEncoder {
    fn too_large(
        &self,
        topic: &str,
        messages: &Messages,
        keys: &Keys,
        headers: Option<&Headers>,
    ) -> Vec<Reject> {
        let limit = self.limit(topic);
        let mut rejects = Vec::new();
        for (place, message) in messages.messages.iter().enumerate() {
            let value = message.value.as_ref().map_or(0, std::ops::Range::len);
            let key = keys.get(place).map_or(0, <[u8]>::len);
            let size = value + key + headers.map_or(0, |headers| headers.size_of(place)) + FRAMING;
            if size > limit {
                let reason = format!("the message has {size} bytes, topic {topic} takes {limit}");
                rejects.push(Reject { row: message.row, reason });
            }
        }
        rejects
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, BinaryArray};
    use arrow_schema::{DataType, Field, Schema};
    use sluicegate_format::FormatOptions;
    use sluicegate_model::{Column, Meta};

    use super::super::options::Key;
    use super::*;

    #[test]
    fn a_raw_row_brings_its_own_key() {
        let bytes = |values: Vec<Option<&[u8]>>| Arc::new(BinaryArray::from(values)) as ArrayRef;
        let fields = ["key", "value"].map(|name| Field::new(name, DataType::Binary, true));
        let columns = vec![
            Column::new(bytes(vec![Some(b"k\xff"), None])),
            Column::new(bytes(vec![Some(b"v"), Some(b"w")])),
        ];
        let origin = Origin { lane: "src/0".into(), ordinals: vec![1, 2].into(), parts: None };
        let mut meta = Meta::new();
        meta.set(meta::KEY, bytes(vec![Some(b"source"); 2]));
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let kinds = vec![0, 0].into();
        let batch =
            ChangeBatch::new("out".into(), schema, columns, kinds, origin, Arc::from([]), meta).unwrap();
        let keys = |key: Key| {
            let format: FormatOptions = serde_json::from_str("\"raw\"").unwrap();
            let options = SinkOptions { key, ..SinkOptions::new(format) };
            let encoded = KafkaEncoder::new(&options, &Topics::default()).unwrap().encode(&batch).unwrap();
            let body = encoded.body.downcast::<Body>().ok().unwrap();
            [0, 1].map(|place| body.keys.get(place).map(<[u8]>::to_vec))
        };
        assert_eq!(keys(Key::PrimaryKey), [Some(b"k\xff".to_vec()), None]);
        assert_eq!(keys(Key::Source), [Some(b"k\xff".to_vec()), None]);
        assert_eq!(keys(Key::None), [None, None]);
        assert_eq!(keys(Key::Columns(vec!["value".to_owned()])), [Some(b"v".to_vec()), Some(b"w".to_vec())]);
    }
}
