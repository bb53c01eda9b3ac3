//! What a source is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_format::{Decode, Encryption, FormatOptions, limited};
pub use sluicegate_model::Moment;
use sluicegate_model::units::{ByteSize, TimeSpan};

use crate::connection::Librdkafka;

/// Reading from topics. Messages of aborted and of open transactions are never read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceOptions {
    /// Names of topics. A name that begins with `^` is a regular expression over all topics; topics that are made
    /// later and match are picked up.
    pub topics: Topics,
    /// The form of the messages.
    pub format: FormatOptions,
    /// How messages are opened that were encrypted whole, before their format is read.
    #[serde(default)]
    pub decrypt: Option<Encryption>,
    /// Bytes of a message's value, as it stands in the topic. A larger one goes to the dead letters unread. Default:
    /// 1GiB, the most that any format reads.
    #[serde(default = "max_record")]
    pub max_record: ByteSize,
    /// Where a pipeline that has never run begins. One that has run goes on where it was.
    #[serde(default)]
    pub start: Start,
    /// What to do when messages that were not read yet have been deleted.
    #[serde(default)]
    pub on_purged: OnPurged,
    /// The consumer group. Default: the name of the pipeline.
    pub group: Option<String>,
    /// How long a process may be silent before its lanes are given to others. Default: 10s.
    #[serde(default = "session_timeout")]
    pub session_timeout: TimeSpan,
    /// How long a process may stall before its lanes are given to others; a third of it is the time in which lanes
    /// that are wanted back must be drained. Default: 5m.
    #[serde(default = "max_poll_interval")]
    pub max_poll_interval: TimeSpan,
    /// How often new partitions and topics are looked for. Default: 30s.
    #[serde(default = "refresh")]
    pub refresh: TimeSpan,
    /// Any other setting of librdkafka's consumer. Settings that carry the guarantee are refused.
    #[serde(default)]
    pub librdkafka: Librdkafka,
}

fn max_record() -> ByteSize {
    ByteSize(1 << 30)
}

fn session_timeout() -> TimeSpan {
    TimeSpan(Duration::from_secs(10))
}

fn max_poll_interval() -> TimeSpan {
    TimeSpan(Duration::from_mins(5))
}

fn refresh() -> TimeSpan {
    TimeSpan(Duration::from_secs(30))
}

impl SourceOptions {
    /// Options with everything but topics and format at its default.
    pub fn new(topics: impl IntoIterator<Item = impl Into<String>>, format: FormatOptions) -> Self {
        Self {
            topics: Topics::Many(topics.into_iter().map(Into::into).collect()),
            format,
            decrypt: None,
            max_record: max_record(),
            start: Start::default(),
            on_purged: OnPurged::default(),
            group: None,
            session_timeout: session_timeout(),
            max_poll_interval: max_poll_interval(),
            refresh: refresh(),
            librdkafka: Librdkafka::default(),
        }
    }

    /// What reads the messages.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a format or a key that does not do.
    pub fn decoder(&self) -> Result<Arc<dyn Decode>, Error> {
        let decode = self
            .format
            .opening_decoder(self.decrypt.as_ref())
            .map_err(|error| Error::configuration("the format of the source does not do").caused_by(error))?;
        Ok(limited(decode, usize::try_from(self.max_record.0).unwrap_or(usize::MAX)))
    }
}

/// Names of topics, or expressions over them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Topics {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Topics {
    /// All of them, as they were written.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(topic) => std::slice::from_ref(topic),
            Self::Many(topics) => topics,
        }
    }

    /// Those that are names and no expressions.
    pub fn names(&self) -> Vec<String> {
        self.all().iter().filter(|topic| !topic.starts_with('^')).cloned().collect()
    }
}

/// Where a pipeline begins that has never run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Where the consumer group stands: for a pipeline that takes the place of another consumer. Stops where the
    /// group stands nowhere.
    #[default]
    Committed,
    /// At the first message that is still there.
    Earliest,
    /// After the last message that was there at the start.
    Latest,
    /// At the first message of this time or later.
    Timestamp(Moment),
    /// At these offsets, by lane: `{ "orders/0": 4711 }`. A lane that is not named begins at its first message.
    Offsets(BTreeMap<String, i64>),
}

/// What to do when messages were deleted before they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnPurged {
    /// Stop, and let a person choose.
    #[default]
    Stop,
    /// Go on with the first message that is still there, with a warning that says how many are lost. Looked at when
    /// a lane is taken.
    Earliest,
}

/// Where a run stops.
#[derive(Clone, Debug, PartialEq)]
pub enum Until {
    /// At the end of each lane as it was when the lane was first started.
    End,
    /// At the first message of this time or later.
    Time(Moment),
    /// At these offsets, by lane: the first message that is not read. A lane that is not named: at its end.
    Offsets(BTreeMap<String, i64>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(start: &str) -> SourceOptions {
        serde_json::from_str(&format!(r#"{{"topics": ["t"], "format": "json", "start": {start}}}"#)).unwrap()
    }

    #[test]
    fn a_start_is_a_word_or_a_map() {
        assert_eq!(options("\"earliest\"").start, Start::Earliest);
        assert_eq!(options("{\"timestamp\": 17}").start, Start::Timestamp(Moment(17)));
        let text = "{\"timestamp\": \"1970-01-01T01:00:01+01:00\"}";
        assert_eq!(options(text).start, Start::Timestamp(Moment(1_000)));
        let offsets = BTreeMap::from([("t/0".to_owned(), 5)]);
        assert_eq!(options("{\"offsets\": {\"t/0\": 5}}").start, Start::Offsets(offsets));
    }

    #[test]
    fn one_topic_needs_no_list() {
        let options: SourceOptions =
            serde_json::from_str(r#"{"topics": "^ogg[.].*", "format": "json"}"#).unwrap();
        assert_eq!(options.topics.all(), ["^ogg[.].*"]);
        assert!(options.topics.names().is_empty());
    }
}
