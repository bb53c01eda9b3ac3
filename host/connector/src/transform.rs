//! A step between source and sink.

use std::time::Duration;

use sluicegate_model::ChangeBatch;
use thiserror::Error;

/// A row that a step refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Its number in the batch that came in.
    pub row: u32,
    /// Why, for the person who reads the dead letters.
    pub reason: String,
}

/// What a step made of a batch, checked: every output is a valid batch, pairs are whole or settled, and a rejected
/// row (or the other half of its pair) is in no output.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// In the order in which they are to be written. None: the rows were dropped on purpose.
    pub outputs: Vec<ChangeBatch>,
    /// Rows for the dead letters.
    pub rejects: Vec<Reject>,
}

/// Why a step gave no outcome. It says what the engine does.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransformError {
    /// The configuration or the table cannot be handled: the pipeline stops.
    #[error("{0}")]
    Stop(String),
    /// Some row cannot be handled: the batch is taken apart until it is found.
    #[error("{0}")]
    Reject(String),
    /// Something outside is away: the batch is tried again later.
    #[error("{message}")]
    Retry {
        /// What is away.
        message: String,
        /// How long to wait, where the step knows.
        after: Option<Duration>,
    },
    /// The guest trapped, ran over a limit or answered nonsense. The instance is gone; the batch is tried again
    /// whole on a new one, then taken apart.
    #[error("{0}")]
    Trap(String),
}

/// One instance of a step, owned by one worker. It keeps no state between batches: the same batch gives the same
/// outcome, whatever came before.
pub trait Transform: Send {
    /// Transforms a batch. One of no rows asks for the outputs' tables and schemas.
    ///
    /// # Errors
    /// See [`TransformError`].
    fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError>;
}

/// A configured step, from which each worker gets an instance of its own.
pub trait TransformFactory: Send + Sync {
    /// The step's name as configured, for metrics, logs and dead letters.
    fn name(&self) -> &str;

    /// A new instance.
    ///
    /// # Errors
    /// [`TransformError::Stop`] where the step cannot be made: a bad `with:` block, for one.
    fn instance(&self) -> Result<Box<dyn Transform>, TransformError>;
}
