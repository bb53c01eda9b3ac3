//! Events as they come, read ahead by a task of their own: whoever takes them may stop waiting at any time, and a
//! connection is not begun anew for that.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::StreamExt as _;
use mysql_async::BinlogStream;
use mysql_async::binlog::events::Event;
use sluicegate_connector::Error;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::dump::Request;
use super::refused;
use crate::Connection;
use crate::binlog::event::header::{HEADER_LEN, Header};
use crate::binlog::event::kind;

/// Bytes of events that wait to be taken. One larger event waits alone.
const AHEAD_BYTES: u32 = 8 << 20;

/// Events that wait to be taken, at most.
const AHEAD: usize = 4096;

/// What an event costs beside its bytes.
const OVERHEAD: usize = 64;

/// An event that was read ahead.
pub struct Sent {
    /// As the server sent it, with its checksum.
    pub event: Bytes,
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
            let header = sent.event.get(..HEADER_LEN).and_then(|bytes| Header::parse(bytes).ok());
            if let Some(header) = header.filter(|header| kinds.contains(&header.kind)) {
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

/// The task ended without a word: the client library gave up on bytes that are no events.
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
    let mut stream = request.open(connection).await?;
    let silence = request.heartbeat * 3 + connection.connect_timeout.0;
    let mut framing = Framing::default();
    loop {
        let Ok(event) = tokio::time::timeout(silence, next(&mut stream, connection)).await else {
            let what = format!("{} has said nothing for {} s", connection.address(), silence.as_secs());
            return Err(Error::transient(what));
        };
        let Some(event) = framing.raw(&event?)? else { continue };
        let size = u32::try_from(event.len() + OVERHEAD).unwrap_or(u32::MAX).min(AHEAD_BYTES);
        let Ok(permit) = Arc::clone(&room).acquire_many_owned(size).await else { return Ok(()) };
        if out.send(Ok(Sent { event, _room: permit })).await.is_err() {
            return Ok(());
        }
    }
}

async fn next(stream: &mut BinlogStream, connection: &Connection) -> Result<Event, Error> {
    let what = format!("the binlog of {} broke off", connection.address());
    match stream.next().await {
        Some(Ok(event)) => Ok(event),
        Some(Err(error)) => Err(refused::sort(error, &what)),
        None => Err(Error::transient(what)),
    }
}

/// Events of the client library as the server sent them: it takes checksums off, and adds what is inside of a compressed
/// transaction, which is read here anyway.
#[derive(Debug, Default)]
struct Framing {
    in_payload: bool,
}

impl Framing {
    fn raw(&mut self, event: &Event) -> Result<Option<Bytes>, Error> {
        let header = event.header();
        let event_kind = header.event_type_raw();
        if self.in_payload {
            // What is inside has no place in the log. What the server makes up has none either.
            let made_up = matches!(
                event_kind,
                kind::ROTATE | kind::FORMAT_DESCRIPTION | kind::HEARTBEAT | kind::HEARTBEAT_V2
            );
            if header.log_pos() == 0 && !made_up {
                return Ok(None);
            }
        }
        self.in_payload = event_kind == kind::TRANSACTION_PAYLOAD;
        let length = header.event_size() as usize;
        let mut raw = BytesMut::with_capacity(length);
        raw.put_u32_le(header.timestamp());
        raw.put_u8(event_kind);
        raw.put_u32_le(header.server_id());
        raw.put_u32_le(header.event_size());
        raw.put_u32_le(header.log_pos());
        raw.put_u16_le(header.flags_raw());
        debug_assert_eq!(raw.len(), HEADER_LEN);
        raw.put_slice(event.data());
        let checksum = event.checksum().unwrap_or_default();
        match length.checked_sub(raw.len()) {
            Some(0) => {}
            Some(4) => raw.put_slice(&checksum),
            // A format description: the number of the kind of checksum stands before it.
            Some(5) => {
                let algorithm = event.footer().get_checksum_alg().ok().flatten();
                raw.put_u8(algorithm.map_or(0, |algorithm| algorithm as u8));
                raw.put_slice(&checksum);
            }
            _ => return Err(broken()),
        }
        Ok(Some(raw.freeze()))
    }
}
