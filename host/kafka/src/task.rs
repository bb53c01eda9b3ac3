//! Blocking work beside an async caller that may be cancelled.

use sluicegate_connector::Error;
use tokio::task::JoinHandle;

use crate::error::broken_task;

/// Work on a thread that may block. It goes on when whoever waits for it is cancelled, and can be waited for again.
pub struct Task<T>(JoinHandle<Result<T, Error>>);

impl<T: Send + 'static> Task<T> {
    /// Begins work.
    pub fn spawn(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Self {
        Self(tokio::task::spawn_blocking(work))
    }

    /// Waits for its end. Not to be called again after it gave something.
    ///
    /// # Errors
    /// The work's own.
    pub async fn wait(&mut self) -> Result<T, Error> {
        (&mut self.0).await.map_err(broken_task)?
    }

    /// Whether waiting would not wait.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// Does blocking work and waits for it.
///
/// # Errors
/// The work's own.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    Task::spawn(work).wait().await
}
