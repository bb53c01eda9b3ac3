//! The lease of a pipeline in a record of its own, beside its positions.
//!
//! All processes of a pipeline write the record under one transactional id. Whoever takes the lease initialises the id,
//! so that nobody else writes from then on, and looks again: a record is put in the place of the one that was seen, or
//! not at all. The holder keeps the id, and renews without another look: where somebody has initialised it since, the
//! broker refuses the transaction.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use sluicegate_connector::{Class, Error, Holder, Lease};

use super::record::{LeaseRecord, Subject, to_bytes};
use super::{PositionsOptions, Store};
use crate::Identity;
use crate::client::{Handle, Settings};
use crate::producer::Producer;
use crate::task::blocking;

/// How long a transaction of the lease may stay open: others of its partition wait for it.
const TRANSACTION: Duration = Duration::from_secs(10);
/// How long its commit is waited for. A holder that is not sure of its lease for longer gives the lanes up.
const COMMIT: Duration = Duration::from_secs(5);

/// The lease of a pipeline whose positions a Kafka keeps.
pub struct KafkaLease {
    place: Place,
    process: String,
    /// Taken for the time of a question, which blocks.
    open: Arc<Mutex<Option<Open>>>,
}

/// Where the record is.
#[derive(Clone)]
struct Place {
    handle: Arc<Handle>,
    settings: Settings,
    options: PositionsOptions,
    identity: Identity,
}

/// The topic, and the id where it is ours.
struct Open {
    store: Store,
    writer: Option<Producer>,
}

impl KafkaLease {
    /// Of a pipeline, for an instance. Nothing is asked of a broker yet.
    pub fn new(
        handle: &Arc<Handle>,
        settings: &Settings,
        options: &PositionsOptions,
        identity: &Identity,
    ) -> Self {
        let place = Place {
            handle: Arc::clone(handle),
            settings: settings.clone(),
            options: options.clone(),
            identity: identity.clone(),
        };
        Self { place, process: format!("{:032x}", rand::random::<u128>()), open: Arc::default() }
    }

    /// Asks something of the topic, which is opened first. Where that fails it is opened anew by the next question.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Open) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (place, open) = (self.place.clone(), Arc::clone(&self.open));
        blocking(move || {
            let mut kept = open.lock();
            let mut open = match kept.take() {
                Some(open) => open,
                None => Open::new(&place)?,
            };
            let answer = question(&mut open)?;
            *kept = Some(open);
            Ok(answer)
        })
        .await
    }
}

impl Open {
    fn new(place: &Place) -> Result<Self, Error> {
        let Place { handle, settings, options, identity } = place;
        let store = Store::open(handle, settings, options, identity, None, TRANSACTION)?;
        Ok(Self { store, writer: None })
    }

    fn look(&self) -> Result<Option<Holder>, Error> {
        let mut reader = self.store.reader.lock();
        reader.catch_up()?;
        Ok(reader.lease().map(LeaseRecord::holder))
    }

    fn put(&mut self, seen: Option<&Holder>, next: &Holder) -> Result<bool, Error> {
        let writer = if let Some(writer) = self.writer.take() {
            writer
        } else {
            // The first look keeps whoever is late from refusing a holder that lives.
            if self.look()?.as_ref() != seen {
                return Ok(false);
            }
            let writer = self.store.take_over(&self.store.transactional_id("lease"))?;
            if self.look()?.as_ref() != seen {
                return Ok(false);
            }
            writer
        };
        match self.write(&writer, next) {
            Ok(()) => {
                self.writer = Some(writer);
                Ok(true)
            }
            Err(error) if error.class() == Class::Fenced => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write(&self, writer: &Producer, next: &Holder) -> Result<(), Error> {
        writer.begin()?;
        self.store.put(writer, &Subject::Lease, Some(&to_bytes(&LeaseRecord::of(next))))?;
        writer.commit(COMMIT)
    }
}

#[async_trait]
impl Lease for KafkaLease {
    fn process(&self) -> &str {
        &self.process
    }

    fn instance(&self) -> &str {
        &self.place.identity.instance
    }

    async fn look(&mut self) -> Result<Option<Holder>, Error> {
        self.ask(|open| open.look()).await
    }

    async fn put(&mut self, seen: Option<&Holder>, next: &Holder) -> Result<bool, Error> {
        let (seen, next) = (seen.cloned(), next.clone());
        self.ask(move |open| open.put(seen.as_ref(), &next)).await
    }
}
