//! What stands in the topic of positions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluicegate_connector::{Error, Holder};
use sluicegate_model::{Lane, Position};

/// What is decided about a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneRecord {
    /// Version of this form.
    pub v: u32,
    /// Where the lane was read to; `None` where nothing of it was ever decided, or it was reset: then it begins
    /// where `start:` says.
    pub position: Option<Position>,
    /// The transactional id of the writer that holds it.
    pub holder: Option<String>,
    /// Whether the holder has given it up, so that a successor need not fence it.
    #[serde(default)]
    pub released: bool,
    /// Whether a lane without a position is one that came later, and is read from its beginning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_beginning: bool,
    /// The engine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<serde_json::Value>,
}

/// What a pipeline found when it ran for the first time: a partition that is not in it was added later, and is read
/// from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Founding {
    /// Version of this form.
    pub v: u32,
    /// Topics, with their number of partitions.
    pub topics: BTreeMap<String, i32>,
}

/// Which process runs a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// Version of this form.
    pub v: u32,
    /// The process, by a name that no other has.
    pub process: String,
    /// Its instance.
    pub instance: String,
    /// How often it was renewed.
    pub beat: u64,
    /// Whether the holder has given it up.
    #[serde(default)]
    pub released: bool,
}

impl LeaseRecord {
    /// As it is written.
    pub fn of(holder: &Holder) -> Self {
        let Holder { process, instance, beat, released } = holder.clone();
        Self { v: VERSION, process, instance, beat, released }
    }

    /// Who has it.
    pub fn holder(&self) -> Holder {
        let Self { process, instance, beat, released, .. } = self.clone();
        Holder { process, instance, beat, released }
    }
}

/// The version that is written.
pub const VERSION: u32 = 1;

/// What a record is about, within its pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A lane: [`LaneRecord`].
    Lane(Lane),
    /// The pipeline: [`Founding`].
    Founding,
    /// The process that runs it: [`LeaseRecord`].
    Lease,
    /// A state of the engine, by its key: any bytes.
    State(String),
}

impl Subject {
    /// The key of the record: a JSON array, so that no name can run into the next.
    pub fn key(&self, pipeline: &str) -> Vec<u8> {
        let key = match self {
            Self::Lane(lane) => serde_json::json!([pipeline, "lane", lane]),
            Self::Founding => serde_json::json!([pipeline, "founding"]),
            Self::Lease => serde_json::json!([pipeline, "lease"]),
            Self::State(name) => serde_json::json!([pipeline, "state", name]),
        };
        key.to_string().into_bytes()
    }

    /// What a key is about; `None` for another pipeline's, and for what a later version wrote.
    pub fn of_key(key: &[u8], pipeline: &str) -> Option<Self> {
        let parts: Vec<String> = serde_json::from_slice(key).ok()?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts[..] {
            [whose, "lane", lane] if whose == pipeline => Some(Self::Lane(lane.into())),
            [whose, "founding"] if whose == pipeline => Some(Self::Founding),
            [whose, "lease"] if whose == pipeline => Some(Self::Lease),
            [whose, "state", name] if whose == pipeline => Some(Self::State(name.to_owned())),
            _ => None,
        }
    }
}

impl LaneRecord {
    /// A record that was read.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] for one that a later version wrote, or that is none.
    pub fn parse(bytes: &[u8], lane: &Lane) -> Result<Self, Error> {
        let what = "the recorded position of the lane cannot be read";
        let record: Self =
            serde_json::from_slice(bytes).map_err(|error| Error::fatal(what).lane(lane).caused_by(error))?;
        if record.v > VERSION {
            return Err(Error::fatal(format!("{what}: a later version wrote it")).lane(lane));
        }
        Ok(record)
    }
}

/// A record as the bytes of its message.
pub fn to_bytes(record: &impl Serialize) -> Vec<u8> {
    // Maps with text keys and plain values: JSON holds all of it.
    serde_json::to_vec(record).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_go_both_ways_and_belong_to_one_pipeline(pipeline in ".{0,12}", other in ".{0,12}", name in ".{0,12}") {
            let subjects =
                [Subject::Lane(name.as_str().into()), Subject::Founding, Subject::Lease, Subject::State(name.clone())];
            for subject in subjects {
                let key = subject.key(&pipeline);
                prop_assert_eq!(Subject::of_key(&key, &pipeline), Some(subject));
                if other != pipeline {
                    prop_assert_eq!(Subject::of_key(&key, &other), None);
                }
            }
        }
    }

    #[test]
    fn a_record_of_a_later_version_is_refused() {
        let bytes = br#"{"v": 2, "position": null, "holder": null}"#;
        let error = LaneRecord::parse(bytes, &"t/0".into()).unwrap_err();
        assert!(error.to_string().contains("a later version wrote it"), "{error}");
    }
}
