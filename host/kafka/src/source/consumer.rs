//! The consumer, and what others need to know of it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sluicegate_connector::Error;
use sluicegate_model::Position;

use super::SourceOptions;
use crate::client::members::members;
use crate::client::{Handle, Kind, Settings};
use crate::{Connection, Identity};

/// The consumer group of a source, shared with the sink: a writer of the same cluster decides together with the
/// offsets of this group and is fenced by its generations.
#[derive(Clone)]
pub struct SourceGroup {
    pub(crate) consumer: Arc<Handle>,
    pub(crate) name: Arc<str>,
    pub(crate) topics: super::Topics,
    pub(crate) session_timeout: Duration,
    identity: Identity,
    connect_timeout: Duration,
    cluster: Arc<Mutex<Option<Arc<str>>>>,
}

impl SourceGroup {
    /// The group of a source. Nothing is asked of a broker yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that librdkafka does not take.
    pub(super) fn new(
        connection: &Connection,
        options: &SourceOptions,
        identity: &Identity,
    ) -> Result<Self, Error> {
        let name = options.group.clone().unwrap_or_else(|| identity.pipeline.clone());
        let consumer = Handle::new(Kind::Consumer, &settings(connection, options, identity, &name)?)?;
        Ok(Self {
            consumer,
            name: name.into(),
            topics: options.topics.clone(),
            session_timeout: options.session_timeout.0,
            identity: identity.clone(),
            connect_timeout: connection.connect_timeout.0,
            cluster: Arc::default(),
        })
    }

    /// Looks whether the group's other members do the same to rows. Blocks.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where one does not, the brokers' where they do not say.
    pub(super) fn check_plan(&self) -> Result<(), Error> {
        self.identity.check_plan(&members(&self.consumer, &self.name, self.connect_timeout)?)
    }

    /// The id of the cluster. Blocks at the first call.
    ///
    /// # Errors
    /// Where no broker answers in time.
    pub(crate) fn cluster_id(&self) -> Result<Arc<str>, Error> {
        if let Some(id) = &*self.cluster.lock() {
            return Ok(Arc::clone(id));
        }
        let id: Arc<str> = self.consumer.cluster_id(self.connect_timeout)?.into();
        *self.cluster.lock() = Some(Arc::clone(&id));
        Ok(id)
    }
}

impl std::fmt::Debug for SourceGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SourceGroup({} at {})", self.name, self.consumer.brokers())
    }
}

/// What the source's consumer is set to.
fn settings(
    connection: &Connection,
    options: &SourceOptions,
    identity: &Identity,
    group: &str,
) -> Result<Settings, Error> {
    let mut settings = connection.settings()?;
    settings
        // Fetched ahead for each lane. Messages cost about 400 bytes of their own, so their number counts as well.
        .set("queued.min.messages", 16_384)
        .set("queued.max.messages.kbytes", 4_096)
        .set("fetch.queue.backoff.ms", 5)
        .set("fetch.message.max.bytes", 1 << 20)
        .set("fetch.max.bytes", 16 << 20)
        .set("check.crcs", true);
    options.librdkafka.apply(&mut settings)?;
    settings
        .set("group.id", group)
        .set("group.instance.id", &identity.instance)
        .set("client.id", identity.client_id())
        .set("group.protocol", "classic")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("enable.auto.commit", false)
        .set("enable.auto.offset.store", false)
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", true)
        .set("session.timeout.ms", options.session_timeout.0.as_millis())
        .set("heartbeat.interval.ms", (options.session_timeout.0.as_millis() / 4).clamp(100, 3_000))
        .set("max.poll.interval.ms", options.max_poll_interval.0.as_millis())
        .set("topic.metadata.refresh.interval.ms", options.refresh.0.as_millis())
        .set("metadata.max.age.ms", options.refresh.0.as_millis().saturating_mul(3));
    Ok(settings)
}

/// The position before an offset of a lane. `source` is `CLUSTER/TOPIC-ID`, so that a position is never used on a
/// topic that was made anew under the same name.
pub fn position(source: &Arc<str>, offset: i64) -> Position {
    let mut at = serde_json::Map::new();
    at.insert("offset".to_owned(), offset.into());
    Position { v: 1, source: source.to_string(), at }
}

#[cfg(test)]
mod tests {
    use sluicegate_format::FormatOptions;

    use super::*;

    fn format() -> FormatOptions {
        serde_json::from_str("\"json\"").unwrap()
    }

    #[test]
    fn what_carries_the_guarantee_is_set_last() {
        let options = SourceOptions::new(["t"], format());
        let identity = Identity::new("orders", "host-1");
        let settings = settings(&Connection::plain("b:1"), &options, &identity, "orders").unwrap();
        assert_eq!(settings.get("auto.offset.reset"), Some("error"));
        assert_eq!(settings.get("isolation.level"), Some("read_committed"));
        assert_eq!(settings.get("group.instance.id"), Some("host-1"));
        assert_eq!(settings.get("group.protocol"), Some("classic"));
    }

    #[test]
    fn a_guarded_setting_of_the_source_is_refused() {
        let mut options = SourceOptions::new(["t"], format());
        options.librdkafka = serde_json::from_str(r#"{"group.id": "other"}"#).unwrap();
        let error =
            SourceGroup::new(&Connection::plain("b:1"), &options, &Identity::new("p", "i")).unwrap_err();
        assert!(error.to_string().contains("use `group` of the source"), "{error}");
    }

    #[test]
    fn a_misspelt_setting_is_refused_by_name() {
        let mut options = SourceOptions::new(["t"], format());
        options.librdkafka = serde_json::from_str(r#"{"fetch.min.byte": 1}"#).unwrap();
        let error =
            SourceGroup::new(&Connection::plain("b:1"), &options, &Identity::new("p", "i")).unwrap_err();
        assert!(error.to_string().contains("`fetch.min.byte`"), "{error}");
    }
}
