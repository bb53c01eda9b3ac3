//! Where rows go that cannot be handled.

use async_trait::async_trait;
use sluicegate_model::DeadLetter;

use crate::Error;

/// A place for dead letters outside the sink's transaction.
///
/// A letter may come twice, after a crash between this and the commit; its [`DeadLetter::id`] is then the same.
#[async_trait]
pub trait DeadLetters: Send {
    /// Stores letters; they are durable when it returns. The epoch that passes their rows commits after that. A
    /// letter that this place can never hold (too large for the topic) is given back, and goes to a file.
    ///
    /// # Errors
    /// The epoch is then not committed: a row is never passed before its letter is safe.
    async fn put(&mut self, letters: Vec<DeadLetter>) -> Result<Vec<DeadLetter>, Error>;
}
