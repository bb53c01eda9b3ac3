//! A dead letter as a line of JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use sluicegate_model::dead_letter::Reason;
use sluicegate_model::{DeadLetter, Lane, Position, RawRecord, TableName};

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// As [`DeadLetter::id`]: the same for the same row, so that a repeat after a crash shows.
    pub id: String,
    /// The pipeline.
    pub pipeline: String,
    /// The lane that the row came from.
    pub lane: Lane,
    /// Where in the lane.
    pub position: Position,
    /// The record's number in its lane.
    pub ordinal: u64,
    /// Which row of the record, where it holds several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// The destination, where the row got that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<TableName>,
    /// The step that refused it.
    pub step: String,
    /// Why.
    pub reason: String,
    /// When it was put here, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The key, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Blob>,
    /// The message; absent for a tombstone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Blob>,
    /// Headers in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
}

/// A header of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Blob>,
}

/// Bytes in JSON: base64, which is what counts, and their text beside it for whoever looks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    #[serde(with = "base64_text")]
    base64: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Blob {
    fn new(bytes: Vec<u8>, readable: bool) -> Self {
        let text = readable.then(|| std::str::from_utf8(&bytes).ok().map(str::to_owned)).flatten();
        Self { base64: bytes, text }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.base64
    }

    /// The bytes as text, where they were written as such.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// The length only: the bytes may be what must not reach a log.
impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.base64.len())
    }
}

impl Letter {
    /// A line for a letter. `readable` says whether texts stand beside the base64: in a pipeline that seals its
    /// letters there is no text to read.
    pub(crate) fn new(letter: DeadLetter, at: DateTime<Utc>, readable: bool) -> Self {
        let id = letter.id();
        let blob = |bytes| Blob::new(bytes, readable);
        let RawRecord { key, value, headers } = letter.raw;
        Self {
            id,
            pipeline: letter.pipeline,
            lane: letter.lane,
            position: letter.position,
            ordinal: letter.ordinal,
            part: letter.part,
            output: letter.output,
            step: letter.why.step,
            reason: letter.why.reason,
            at: Some(at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            key: key.map(blob),
            value: value.map(blob),
            headers: headers
                .into_iter()
                .map(|(name, value)| Header { name, value: value.map(blob) })
                .collect(),
        }
    }

    /// The letter again, as the engine made it.
    pub fn into_dead_letter(self) -> DeadLetter {
        let bytes = |blob: Blob| blob.base64;
        DeadLetter {
            pipeline: self.pipeline,
            lane: self.lane,
            position: self.position,
            ordinal: self.ordinal,
            part: self.part,
            output: self.output,
            why: Reason { step: self.step, reason: self.reason },
            raw: RawRecord {
                key: self.key.map(bytes),
                value: self.value.map(bytes),
                headers: self
                    .headers
                    .into_iter()
                    .map(|header| (header.name, header.value.map(bytes)))
                    .collect(),
            },
        }
    }
}

mod base64_text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::{Engine, STANDARD};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        // The decoder's own words quote a byte of the text, which may be a secret.
        STANDARD.decode(String::deserialize(deserializer)?).map_err(|_| de::Error::custom("no valid base64"))
    }
}
