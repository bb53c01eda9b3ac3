//! Topics that are written to: made where that is wanted, and what they take.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;

use crate::client::Handle;
use crate::client::admin::{self, NewTopic, Topic};

/// How topics are made that are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CreateTopics {
    /// Number of partitions. Default: the broker's.
    pub partitions: Option<i32>,
    /// Copies of each partition. Default: the broker's.
    pub replication: Option<i32>,
    /// Settings of the topic by Kafka's own names, such as `cleanup.policy`.
    pub config: BTreeMap<String, String>,
}

/// What a topic takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Number of partitions.
    pub partitions: i32,
    /// Bytes of a batch of messages, at most: so also of a message.
    pub max_bytes: usize,
}

/// What a broker takes where nothing else is known: Kafka's default.
pub const DEFAULT_MAX_BYTES: usize = 1_048_588;

/// Topics that were looked at. Cheap to clone: clones are the same table.
#[derive(Clone, Default)]
pub struct Topics(Arc<RwLock<HashMap<Arc<str>, Facts>>>);

impl Topics {
    /// What is known of a topic.
    pub fn get(&self, topic: &str) -> Option<Facts> {
        self.0.read().get(topic).copied()
    }

    /// The smallest limit of all topics that are known.
    pub fn smallest(&self) -> Option<usize> {
        self.0.read().values().map(|facts| facts.max_bytes).min()
    }

    /// The largest limit of all topics that are known; 0 where none is.
    pub fn largest(&self) -> usize {
        self.0.read().values().map(|facts| facts.max_bytes).max().unwrap_or(0)
    }

    /// Forgets a topic, so that it is looked at again.
    pub fn forget(&self, topic: &str) {
        self.0.write().remove(topic);
    }

    /// Looks at topics that are not known yet, and makes those that are missing where that is wanted. Blocks.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] that names every topic that is missing.
    pub fn learn(
        &self,
        handle: &Arc<Handle>,
        names: impl IntoIterator<Item = impl AsRef<str>>,
        create: Option<&CreateTopics>,
    ) -> Result<(), Error> {
        let mut wanted: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        wanted.retain(|name| self.get(name).is_none());
        wanted.sort();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut found = admin::describe_topics(handle, &wanted)?;
        let missing: Vec<String> =
            wanted.iter().filter(|name| !found.iter().any(|topic| topic.name == **name)).cloned().collect();
        match create {
            None if !missing.is_empty() => {
                let what = format!("there is no topic {} at {}", missing.join(", "), handle.brokers());
                return Err(Error::configuration(what)
                    .help("make it first, or let the sink make it with `create_topics: {}`"));
            }
            _ => {}
        }
        for name in missing {
            let create = create.cloned().unwrap_or_default();
            let CreateTopics { partitions, replication, config } = create;
            admin::create_topic(handle, &NewTopic { name: name.clone(), partitions, replication, config })?;
            tracing::info!(topic = name, "made a topic");
            found.push(await_topic(handle, &name)?);
        }
        // Whoever may write to a topic need not be allowed to read its settings.
        let limits = admin::topic_setting(handle, &wanted, "max.message.bytes").unwrap_or_default();
        let mut known = self.0.write();
        for topic in found {
            let max_bytes = limits.get(&topic.name).and_then(|limit| limit.parse().ok());
            let facts =
                Facts { partitions: topic.partitions, max_bytes: max_bytes.unwrap_or(DEFAULT_MAX_BYTES) };
            known.insert(topic.name.into(), facts);
        }
        Ok(())
    }
}

/// Waits until a topic that was just made is known everywhere. Blocks.
///
/// # Errors
/// [`sluicegate_connector::Class::Transient`] where it does not appear.
pub fn await_topic(handle: &Arc<Handle>, name: &str) -> Result<Topic, Error> {
    let give_up = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(topic) = admin::describe_topics(handle, &[name.to_owned()])?.pop() {
            return Ok(topic);
        }
        if Instant::now() > give_up {
            return Err(Error::transient(format!("topic {name} was made and does not appear")));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a name may be that of a topic.
///
/// # Errors
/// Why not.
pub fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name == "." || name == ".." {
        return Err(format!("{name:?} is no name of a topic"));
    }
    if let Some(c) = name.chars().find(|c| !allowed(*c)) {
        return Err(format!(
            "{name:?} is no name of a topic: it holds {c:?}, and only letters, digits, `.`, `_` and `-` may stand there"
        ));
    }
    if name.len() > 249 {
        return Err(format!("the name of a topic has 249 letters at most, {name:?} has {}", name.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(check_name("ods.orders-0_1").is_ok());
        for name in ["", "..", "a b", "a/b", "straße", &"x".repeat(250)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
