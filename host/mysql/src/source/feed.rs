//! Events as they come, read ahead by a task of their own: whoever takes them may stop waiting at any time, and a
//! connection is not begun anew for that.

use std::sync::Arc;

use sluicegate_connector::Error;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::dump::{Events, RawEvent, Request};
use super::refused;
use crate::Connection;
use crate::binlog::event::Header;

/// Bytes of events that wait to be taken. One larger event waits alone.
const AHEAD_BYTES: u32 = 8 << 20;

/// Events that wait to be taken, at most.
const AHEAD: usize = 4096;

/// What an event costs beside its bytes.
const OVERHEAD: usize = 64;

/// An event that was read ahead.
pub struct Sent {
    /// As the server sent it.
    pub event: RawEvent,
    _room: OwnedSemaphorePermit,
}

/// A log as it comes.
pub struct Feed {
    events: mpsc::Receiver<Result<Sent, Error>>,
    task: JoinHandle<()>,
}

impl Feed {
    /// Begins to read. Errors come where events do.
    pub fn begin(connection: Connection, request: Request) -> Self {
        let (out, events) = mpsc::channel(AHEAD);
        let task = tokio::spawn(async move {
            let Err(error) = pump(&connection, &request, &out).await else { return };
            // Nobody waits for it any more where this fails.
            let _ = out.send(Err(error)).await;
        });
        Self { events, task }
    }

    /// An event that is there already.
    ///
    /// # Errors
    /// After the last event, why there are no more.
    pub fn try_next(&mut self) -> Result<Option<Sent>, Error> {
        match self.events.try_recv() {
            Ok(sent) => sent.map(Some),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(broken()),
        }
    }

    /// Waits for an event. Safe to cancel.
    ///
    /// # Errors
    /// As [`Feed::try_next`].
    pub async fn next(&mut self) -> Result<Sent, Error> {
        match self.events.recv().await {
            Some(sent) => sent,
            None => Err(broken()),
        }
    }

    /// Waits for an event of some kinds, and gives its header. All before it are passed over.
    ///
    /// # Errors
    /// As [`Feed::try_next`].
    pub async fn next_of(&mut self, kinds: &[u8]) -> Result<Header, Error> {
        loop {
            let sent = self.next().await?;
            if let Some(header) = sent.event.header().filter(|header| kinds.contains(&header.kind)) {
                return Ok(header);
            }
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task ended without a word: a library gave up on bytes that make no sense.
fn broken() -> Error {
    Error::fatal("what the server sends is no binlog")
        .help("see the server's error log, and what stands between it and this process")
}

/// Reads until it cannot go on.
async fn pump(
    connection: &Connection,
    request: &Request,
    out: &mpsc::Sender<Result<Sent, Error>>,
) -> Result<(), Error> {
    let room = Arc::new(Semaphore::new(AHEAD_BYTES as usize));
    let mut events = request.open(connection).await?;
    loop {
        let event = next(&mut events, connection).await?;
        let size = u32::try_from(event.memory() + OVERHEAD).unwrap_or(u32::MAX).min(AHEAD_BYTES);
        let Ok(permit) = Arc::clone(&room).acquire_many_owned(size).await else { return Ok(()) };
        if out.send(Ok(Sent { event, _room: permit })).await.is_err() {
            return Ok(());
        }
    }
}

async fn next(events: &mut Events, connection: &Connection) -> Result<RawEvent, Error> {
    let what = || format!("the binlog of {} broke off", connection.address());
    match events.next().await {
        Ok(Some(event)) => Ok(event),
        Ok(None) => Err(Error::transient(what())),
        Err(error) => Err(refused::sort(error, &what())),
    }
}
