//! Writing to topics.
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | what a sink is told |
//! | [`template`] | text with placeholders about a row |
//! | [`encoder`] | batches to messages |
//! | [`key`] | keys and partitions of messages |
//! | [`headers`] | headers of messages |
//! | [`writer`] | a transactional context |
//! | [`decision`] | making an epoch durable |
//! | [`delivery`] | what was not delivered, and what that means |

mod decision;
mod delivery;
mod encoder;
mod headers;
mod key;
pub mod options;
mod template;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sluicegate_connector::{Encoder, Error, Lease, Sink, Writer};
use sluicegate_model::ChangeBatch;

pub use encoder::KafkaEncoder;
pub use options::{Compression, Key, Partitioner, SinkOptions, Timestamp};
pub use writer::KafkaWriter;

use crate::client::{Handle, Kind, Settings};
use crate::dead_letters::{DeadLetterOptions, LetterTopic};
use crate::positions::{KafkaLease, Store};
use crate::task::blocking;
use crate::topics::Topics;
use crate::{Connection, Identity, SourceGroup};
use decision::Fence;
use writer::Shared;

/// Topics of a cluster that rows are written to.
pub struct KafkaSink {
    handle: Arc<Handle>,
    settings: Settings,
    connect_timeout: Duration,
    options: SinkOptions,
    identity: Identity,
    source: Option<SourceGroup>,
    letters: Option<Arc<LetterTopic>>,
    topics: Topics,
    encoder: Arc<KafkaEncoder>,
    shared: Option<Shared>,
}

impl KafkaSink {
    /// A sink. `source` is the group of the source, where that is Kafka: where both are on one cluster, decisions are
    /// made with the group's offsets. Nothing is asked of a broker yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together or that librdkafka does not
    /// take.
    pub fn new(
        connection: &Connection,
        options: SinkOptions,
        identity: &Identity,
        source: Option<SourceGroup>,
    ) -> Result<Self, Error> {
        if identity.pipeline.is_empty() || identity.instance.is_empty() {
            return Err(Error::configuration("a pipeline and its instance need names"));
        }
        if options.transaction_timeout.0 < Duration::from_secs(1) {
            return Err(Error::configuration("`transaction_timeout` of the sink is below one second"));
        }
        let settings = connection.settings()?;
        let mut checked = settings.clone();
        options.librdkafka.apply(&mut checked)?;
        let handle = Handle::new(Kind::Producer, &checked)?;
        let topics = Topics::default();
        let encoder = Arc::new(KafkaEncoder::new(&options, &topics)?);
        Ok(Self {
            handle,
            settings,
            connect_timeout: connection.connect_timeout.0,
            options,
            identity: identity.clone(),
            source,
            letters: None,
            topics,
            encoder,
            shared: None,
        })
    }

    /// Decides dead letters together with the rows: they go to a topic of the sink's own cluster.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a name that no topic can have.
    pub fn with_dead_letters(mut self, options: &DeadLetterOptions) -> Result<Self, Error> {
        self.letters = Some(Arc::new(LetterTopic::new(options)?));
        Ok(self)
    }

    /// Finds the cluster, and what fences this process there. Once.
    async fn connect(&mut self) -> Result<Shared, Error> {
        if let Some(shared) = &self.shared {
            return Ok(shared.clone());
        }
        let (handle, settings, limit) =
            (Arc::clone(&self.handle), self.settings.clone(), self.connect_timeout);
        let (options, identity, source) = (self.options.clone(), self.identity.clone(), self.source.clone());
        let (topics, letters) = (self.topics.clone(), self.letters.clone());
        let shared = blocking(move || {
            let cluster = handle.cluster_id(limit)?;
            let fence = match &source {
                Some(source) if *source.cluster_id()? == *cluster => Fence::Group(source.clone()),
                _ => Fence::Claims,
            };
            let timeout = options.transaction_timeout.0;
            let store = Store::open(&handle, &settings, &options.positions, &identity, source, timeout)?;
            if let Some(letters) = &letters {
                topics.learn(&handle, [letters.name()], letters.create().as_ref())?;
            }
            Ok(Shared { options, topics, store, fence, letters })
        })
        .await?;
        self.shared = Some(shared.clone());
        Ok(shared)
    }
}

#[async_trait]
impl Sink for KafkaSink {
    fn encoder(&self) -> Arc<dyn Encoder> {
        Arc::clone(&self.encoder) as Arc<dyn Encoder>
    }

    async fn prepare(&mut self, outputs: &[ChangeBatch]) -> Result<(), Error> {
        self.connect().await?;
        let mut names = Vec::new();
        for output in outputs {
            // Also tells of a key or a type that does not do.
            self.encoder.encode(output)?;
            names.push(self.encoder.topic_of(output)?);
        }
        let (topics, handle) = (self.topics.clone(), Arc::clone(&self.handle));
        let create = self.options.create_topics.clone();
        blocking(move || topics.learn(&handle, names, create.as_ref())).await
    }

    async fn open(&mut self) -> Result<Box<dyn Writer>, Error> {
        Ok(Box::new(KafkaWriter::new(self.connect().await?)))
    }

    fn lease(&self) -> Option<Box<dyn Lease>> {
        // Of a source that is Kafka, the group says who has which lanes.
        if self.source.is_some() {
            return None;
        }
        let Self { handle, settings, options, identity, .. } = self;
        Some(Box::new(KafkaLease::new(handle, settings, &options.positions, identity)))
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A batch for tests.

    use std::sync::Arc;

    use arrow_array::StringArray;
    use arrow_schema::{DataType, Field, Schema};
    use sluicegate_model::{ChangeBatch, Column, Meta, Origin};

    /// Two rows of `shop.orders` from partition 3 of `src`: an insert and an update.
    pub fn batch() -> ChangeBatch {
        ChangeBatch::new(
            "shop.orders".into(),
            Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, true)])),
            vec![Column::new(Arc::new(StringArray::from(vec!["a", "b"])))],
            vec![0, 2].into(),
            Origin { lane: "src/3".into(), ordinals: vec![10, 11].into(), parts: None },
            Arc::from(["id".to_owned()]),
            Meta::new(),
        )
        .unwrap()
    }
}
