//! Dead letters in a topic.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::{DeadLetters, Error};
use sluicegate_model::DeadLetter;

use crate::Connection;
use crate::client::Settings;
use crate::producer::{Outgoing, Producer};
use crate::task::blocking;
use crate::topics::{self, CreateTopics, DEFAULT_MAX_BYTES, Topics};

/// Dead letters in a topic: each the message as it came, with its key and headers, and headers that say where it came
/// from and why it is here: `sluicegate-id` (the same for the same row), `-pipeline`, `-lane`, `-position`, `-step`,
/// `-reason` and `-output`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadLetterOptions {
    /// The topic.
    pub topic: String,
    /// Makes the topic where it is missing.
    pub create_topics: Option<CreateTopics>,
}

/// The topic that letters go to.
pub struct LetterTopic(DeadLetterOptions);

/// What a letter costs beside its key, value and headers.
const FRAMING: usize = 128;

impl LetterTopic {
    /// By its options.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a name that no topic can have.
    pub fn new(options: &DeadLetterOptions) -> Result<Self, Error> {
        topics::check_name(&options.topic).map_err(Error::configuration)?;
        Ok(Self(options.clone()))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.topic
    }

    /// How it is made where it is missing.
    pub fn create(&self) -> Option<CreateTopics> {
        self.0.create_topics.clone()
    }

    /// Sends letters; those that are too large for the topic come back. May block.
    ///
    /// # Errors
    /// librdkafka's.
    pub fn send_all(
        &self,
        producer: &Producer,
        letters: Vec<DeadLetter>,
        topics: &Topics,
    ) -> Result<Vec<DeadLetter>, Error> {
        let limit = topics.get(self.name()).map_or(DEFAULT_MAX_BYTES, |facts| facts.max_bytes);
        let mut left = Vec::new();
        for letter in letters {
            let about = about(&letter);
            let mut headers: Vec<(&str, Option<&[u8]>)> =
                about.iter().map(|(name, value)| (*name, Some(value.as_bytes()))).collect();
            headers.extend(letter.raw.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref())));
            let of_headers: usize =
                headers.iter().map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len) + 4).sum();
            let key = letter.raw.key.as_deref();
            let value = letter.raw.value.as_deref();
            let size = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + of_headers + FRAMING;
            // A name with a zero byte is none that librdkafka can write.
            if size > limit || headers.iter().any(|(name, _)| name.contains('\0')) {
                left.push(letter);
                continue;
            }
            let (topic, headers) = (self.name(), &headers[..]);
            producer.send(&Outgoing {
                topic,
                partition: None,
                key,
                value,
                headers,
                timestamp_ms: None,
                mark: 0,
            })?;
        }
        Ok(left)
    }
}

/// What a letter's headers say about it. [`crate::letters::letter_of`] reads them again.
pub(crate) fn about(letter: &DeadLetter) -> Vec<(&'static str, String)> {
    let position = serde_json::to_string(&letter.position).unwrap_or_default();
    let mut about = vec![
        ("sluicegate-id", letter.id()),
        ("sluicegate-pipeline", letter.pipeline.clone()),
        ("sluicegate-lane", letter.lane.to_string()),
        ("sluicegate-position", position),
        ("sluicegate-step", letter.why.step.clone()),
        ("sluicegate-reason", letter.why.reason.clone()),
    ];
    about.extend(letter.output.as_ref().map(|output| ("sluicegate-output", output.to_string())));
    about
}

/// Dead letters in a topic of any cluster, apart from the sink's decisions.
pub struct KafkaDeadLetters {
    producer: Arc<Producer>,
    topic: Arc<LetterTopic>,
    topics: Topics,
    connect_timeout: Duration,
    connected: bool,
}

impl KafkaDeadLetters {
    /// By a connection. Nothing is asked of a broker yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that librdkafka does not take.
    pub fn new(connection: &Connection, options: &DeadLetterOptions) -> Result<Self, Error> {
        let mut settings: Settings = connection.settings()?;
        settings
            .set("linger.ms", 2)
            .set("partitioner", "murmur2_random")
            .set("message.max.bytes", 1_000_000_000);
        Ok(Self {
            producer: Arc::new(Producer::idempotent(&settings)?),
            topic: Arc::new(LetterTopic::new(options)?),
            topics: Topics::default(),
            connect_timeout: connection.connect_timeout.0,
            connected: false,
        })
    }

    /// Looks whether the cluster answers and the topic is there.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a topic that is missing.
    pub async fn prepare(&mut self) -> Result<(), Error> {
        if self.connected {
            return Ok(());
        }
        let (producer, topic, topics) =
            (Arc::clone(&self.producer), Arc::clone(&self.topic), self.topics.clone());
        let limit = self.connect_timeout;
        blocking(move || {
            producer.handle().cluster_id(limit)?;
            topics.learn(producer.handle(), [topic.name()], topic.create().as_ref())
        })
        .await?;
        self.connected = true;
        Ok(())
    }
}

#[async_trait]
impl DeadLetters for KafkaDeadLetters {
    async fn put(&mut self, letters: Vec<DeadLetter>) -> Result<Vec<DeadLetter>, Error> {
        self.prepare().await?;
        let (producer, topic, topics) =
            (Arc::clone(&self.producer), Arc::clone(&self.topic), self.topics.clone());
        blocking(move || {
            drop(producer.undelivered());
            let left = topic.send_all(&producer, letters, &topics)?;
            producer.flush(Duration::from_mins(1))?;
            match producer.undelivered().into_iter().next() {
                None => Ok(left),
                Some(failed) => {
                    topics.forget(&failed.topic);
                    Err(failed
                        .error
                        .during(format!("a dead letter was not stored in topic {}", failed.topic)))
                }
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use sluicegate_model::dead_letter::Reason;
    use sluicegate_model::{Position, RawRecord};

    use super::*;

    #[test]
    fn headers_say_where_and_why() {
        let letter = DeadLetter {
            pipeline: "orders".into(),
            lane: "t/0".into(),
            position: Position { v: 1, source: "c/t".into(), at: serde_json::Map::new() },
            ordinal: 7,
            part: Some(1),
            output: Some("ods.orders".into()),
            why: Reason { step: "decode".into(), reason: "no JSON".into() },
            raw: RawRecord::default(),
        };
        let about = about(&letter);
        assert_eq!(about[0], ("sluicegate-id", "orders/t/0/7.1/ods.orders".to_owned()));
        assert!(about.contains(&("sluicegate-reason", "no JSON".to_owned())));
        assert!(about.contains(&("sluicegate-output", "ods.orders".to_owned())));
    }
}
