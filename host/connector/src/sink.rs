//! Where rows go.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_model::{ChangeBatch, DeadLetter, Lane, Position, TableName};

use crate::{Epoch, Error, Lease, Reject};

/// A system that rows are written to.
#[async_trait]
pub trait Sink: Send {
    /// What turns batches into the sink's own form. Shared by all workers.
    fn encoder(&self) -> Arc<dyn Encoder>;

    /// Gets ready for outputs: `outputs` are batches of no rows that show the destinations and their schemas, as far
    /// as they are known before the first row. Makes topics or tables where it was told to, and says all that does
    /// not fit at once.
    ///
    /// # Errors
    /// [`crate::Class::Configuration`] for what a person must change.
    async fn prepare(&mut self, outputs: &[ChangeBatch]) -> Result<(), Error>;

    /// Opens a writer: one transactional context. Nobody is fenced yet.
    ///
    /// # Errors
    /// The system's.
    async fn open(&mut self) -> Result<Box<dyn Writer>, Error>;

    /// The lease by which one of several processes reads a source that does not divide its lanes itself; `None` where the
    /// system keeps none.
    fn lease(&self) -> Option<Box<dyn Lease>> {
        None
    }
}

/// Turns batches into the form in which a sink takes them. CPU work, on worker threads.
pub trait Encoder: Send + Sync {
    /// Encodes a batch. A row that the sink can never hold (too large, a value its type lacks) is a reject and is
    /// not in the body.
    ///
    /// # Errors
    /// Where the whole batch cannot be written: a key column that does not exist, a type that the sink lacks.
    fn encode(&self, batch: &ChangeBatch) -> Result<Encoded, Error>;

    /// The removal of all rows that a table of the source gave, to be written in its place among the rows; `None` where
    /// the sink cannot do that, or must not, because its target has rows of other tables too.
    ///
    /// # Errors
    /// The system's.
    fn truncate(&self, table: &TableName) -> Result<Option<Encoded>, Error> {
        let _ = table;
        Ok(None)
    }
}

/// A batch in a sink's own form.
pub struct Encoded {
    /// For the writer of the same sink, which knows what it is.
    pub body: Box<dyn Any + Send>,
    /// Rows in the body.
    pub rows: usize,
    /// Bytes in the body.
    pub bytes: usize,
    /// Rows of the batch that are not in the body.
    pub rejects: Vec<Reject>,
}

/// Where a lane goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum StartAt {
    /// After what was decided last.
    Position(Position),
    /// At the lane's beginning: it is new in a pipeline that has run before.
    Beginning,
    /// Where the source's `start:` says: the pipeline has never run.
    Configured,
}

/// A lane that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The lane.
    pub lane: Lane,
    /// Where it goes on.
    pub at: StartAt,
    /// The note of the last decided epoch.
    pub note: Option<serde_json::Value>,
    /// The last record that a part of the sink holds already, where other parts hold less: records up to it come again,
    /// and those parts drop them. `None` where all hold the same.
    pub ahead: Option<u64>,
}

/// A row that the system refused when it was written or committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkReject {
    /// Its lane.
    pub lane: Lane,
    /// Its record, as in [`sluicegate_model::Origin`].
    pub ordinal: u64,
    /// Its part of the record.
    pub part: Option<u32>,
    /// Its destination.
    pub output: TableName,
    /// The system's words.
    pub reason: String,
}

/// Why a write or a commit did not happen.
#[derive(Debug)]
pub enum WriteError {
    /// The system refused rows. The epoch is aborted and the lanes are rewound; on the way back these rows go to
    /// the dead letters instead.
    Rejected(Vec<SinkReject>),
    /// Anything else.
    Error(Error),
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// One transactional context of a sink: a Kafka producer, a MySQL connection. One task owns it.
///
/// The calls of a lane's life: `take`, then any number of epochs (`write`, .. `write`, `commit` or `abort`). A
/// writer serves many lanes, and one epoch moves many.
#[async_trait]
pub trait Writer: Send {
    /// Takes lanes: refuses whoever held them before (from the moment this returns nothing of theirs can become
    /// durable), then reads where they go on. Called for lanes that were just assigned, and again for lanes whose
    /// epoch ended in any way but a commit or an acknowledged abort. No epoch is open.
    ///
    /// # Errors
    /// [`crate::Class::Transient`] is tried again after a pause. [`crate::Class::Fenced`]: somebody else took a lane meanwhile; tried
    /// again after a longer one.
    async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error>;

    /// Hands rows to the open epoch; the first call opens it. When it returns the memory is the writer's own or the
    /// system's; the rows are accepted, not durable.
    ///
    /// # Errors
    /// After any error the engine aborts.
    async fn write(&mut self, encoded: Encoded) -> Result<(), WriteError>;

    /// Whether [`Writer::write_dead_letters`] puts them into the open epoch itself. Where not, the engine makes them
    /// durable elsewhere before it commits.
    fn joins_dead_letters(&self) -> bool {
        false
    }

    /// Hands dead letters to the open epoch: they become durable with it. A letter that the system cannot hold (too
    /// large for the topic) is given back, and the engine puts it into a file.
    ///
    /// # Errors
    /// As [`Writer::write`].
    async fn write_dead_letters(&mut self, letters: Vec<DeadLetter>) -> Result<Vec<DeadLetter>, WriteError> {
        Ok(letters)
    }

    /// Decides: everything written since the last decision, and the positions of `epoch`, become durable together.
    ///
    /// The writer first fetches whatever it is fenced by (the group's metadata, for Kafka), then asks
    /// [`Epoch::stale_lane`], then sends with what it fetched. In another order a lane could move between the check
    /// and the fetch, and the fetch would vouch for an owner that is not us.
    ///
    /// # Errors
    /// Nothing of the epoch is durable, except under [`crate::Class::Unknown`], where nobody knows. A stale lane is
    /// [`crate::Class::Fenced`]. The engine then calls [`Writer::abort`].
    async fn commit(&mut self, epoch: &Epoch) -> Result<(), WriteError>;

    /// Ends the open epoch without a trace. `Ok` is the system's acknowledgement: then, and only then, the engine
    /// goes on from the positions that it remembers. After an error the lanes are taken again.
    ///
    /// # Errors
    /// Whenever the system did not acknowledge.
    async fn abort(&mut self) -> Result<(), Error>;

    /// Large state that moves with the positions (schema history, finished chunks), as it was decided last.
    ///
    /// # Errors
    /// The system's.
    async fn state(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error>;

    /// Replaces a state; it becomes durable with the open epoch.
    ///
    /// # Errors
    /// As [`Writer::write`].
    async fn write_state(&mut self, key: &str, bytes: Vec<u8>) -> Result<(), WriteError>;

    /// Closes connections. No epoch is open.
    async fn close(&mut self);
}
