//! Standard input.

use std::io::Read;
use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{Chunk, Error, Event, LaneStart, Source, StartAt};
use sluicegate_model::{Incarnation, Lane};
use tokio::sync::mpsc;
use tracing::warn;

use super::discover::Found;
use super::options::{STANDARD, SourceOptions};
use super::payload::TextRows;
use super::position::TextPoint;
use super::text::Records;

/// Bytes that are read at once.
const BLOCK: usize = 256 << 10;

/// Blocks that wait to be cut.
const WAITING: usize = 4;

/// Standard input: one lane, `-`. It cannot be read twice, so a run begins with what comes, and one whose sink fails ends:
/// whoever feeds it does so again, and rows that were written already come twice.
pub struct StdinSource {
    records: Records,
    lane: Lane,
    /// Tells this stream from those of other runs.
    source: Arc<str>,
    blocks: Option<mpsc::Receiver<std::io::Result<Vec<u8>>>>,
    incarnation: Option<Incarnation>,
    buffer: Vec<u8>,
    /// Where the buffer begins: the point that was given last.
    at: TextPoint,
    ended: bool,
    said: bool,
    assigned: bool,
    limit: usize,
}

impl StdinSource {
    /// A source. Nothing is read yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn new(options: &SourceOptions) -> Result<Self, Error> {
        options.check()?;
        let lane = Lane::from(STANDARD);
        let found = Found { lane: lane.clone(), path: "stdin".into() };
        let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
        Ok(Self {
            records: Records::new(options, &found)?,
            lane,
            source: format!("stdin {} {now}", std::process::id()).into(),
            blocks: None,
            incarnation: None,
            buffer: Vec::new(),
            at: TextPoint::default(),
            ended: false,
            said: false,
            assigned: false,
            limit: (options.max_record.0 as usize).saturating_mul(8),
        })
    }

    /// Reads on a thread of its own: a read of a terminal may last for ever, and nobody waits for it at the end.
    fn begin(&mut self) -> Result<(), Error> {
        let (give, take) = mpsc::channel(WAITING);
        let reader = std::thread::Builder::new().name("stdin".to_owned());
        let read = move || {
            let mut input = std::io::stdin().lock();
            loop {
                let mut block = vec![0; BLOCK];
                let read = match input.read(&mut block) {
                    Ok(0) => return,
                    Ok(read) => {
                        block.truncate(read);
                        Ok(block)
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let failed = read.is_err();
                if give.blocking_send(read).is_err() || failed {
                    return;
                }
            }
        };
        reader.spawn(read).map_err(|error| {
            Error::fatal("a thread that reads standard input cannot be started").caused_by(error)
        })?;
        self.blocks = Some(take);
        Ok(())
    }

    /// The records that are there, as an event.
    fn cut(&mut self) -> Result<Option<Event>, Error> {
        let Some(incarnation) = self.incarnation else { return Ok(None) };
        let cut = self.records.cut(&self.buffer, self.at, self.ended)?;
        if cut.bytes == 0 {
            if self.buffer.len() > self.limit {
                let what = format!("line {} has more than {} bytes", self.at.lines + 1, self.limit);
                return Err(Error::fatal(what)
                    .lane(&self.lane)
                    .help("raise `max_record` where it is a line"));
            }
            return Ok(None);
        }
        let rest = self.buffer.split_off(cut.bytes);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let from = self.at;
        self.at = TextPoint {
            offset: from.offset + cut.bytes as u64,
            lines: from.lines + u64::from(cut.lines),
            unterminated: cut.unterminated,
        };
        Ok(Some(Event::Rows(Box::new(Chunk {
            lane: self.lane.clone(),
            incarnation,
            from: from.to_position(&self.source),
            to: self.at.to_position(&self.source),
            records: cut.spans.len(),
            bytes: bytes.len(),
            in_transaction: false,
            payload: Box::new(TextRows {
                facts: Arc::clone(&self.records.facts),
                decode: self.records.decode.clone(),
                source: Arc::clone(&self.source),
                at: from,
                spans: cut.spans,
                bytes,
            }),
        }))))
    }
}

#[async_trait]
impl Source for StdinSource {
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        if !self.assigned {
            self.assigned = true;
            warn!(
                "standard input is read at least once: it cannot be read again, and no position of it is kept"
            );
            return Ok(Event::Assigned(vec![self.lane.clone()]));
        }
        loop {
            if self.incarnation.is_none() || room == 0 || self.said {
                std::future::pending::<()>().await;
            }
            if self.blocks.is_none() && !self.ended {
                self.begin()?;
            }
            if !self.ended
                && let Some(blocks) = &mut self.blocks
            {
                match blocks.recv().await {
                    Some(Ok(block)) => self.buffer.extend_from_slice(&block),
                    Some(Err(error)) => {
                        return Err(Error::fatal("standard input cannot be read").caused_by(error));
                    }
                    None => self.ended = true,
                }
                // What is there already comes along.
                while self.buffer.len() < room.min(4 << 20)
                    && let Ok(Ok(block)) = blocks.try_recv()
                {
                    self.buffer.extend_from_slice(&block);
                }
            }
            if let Some(event) = self.cut()? {
                return Ok(event);
            }
            if self.ended {
                self.said = true;
                return Ok(Event::Finished(self.lane.clone()));
            }
        }
    }

    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error> {
        for start in lanes.iter().filter(|start| start.lane == self.lane) {
            let here = self.at.to_position(&self.source);
            let again = match &start.at {
                // Another run's: this is another stream.
                StartAt::Position(position) if position.source != *self.source => self.at.offset > 0,
                StartAt::Position(position) => *position != here,
                StartAt::Beginning | StartAt::Configured => self.at.offset > 0,
            };
            if again {
                return Err(Error::fatal(
                    "standard input cannot be read again, and the sink has not kept all of it",
                )
                .lane(&self.lane)
                .help("feed it again once the cause is mended: rows that were written already come twice"));
            }
            self.incarnation = Some(start.incarnation);
            self.said = false;
        }
        Ok(())
    }

    async fn release(&mut self, _: &[Lane]) -> Result<(), Error> {
        self.incarnation = None;
        Ok(())
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        Vec::new()
    }

    async fn close(&mut self) -> Result<(), Error> {
        self.blocks = None;
        Ok(())
    }
}

impl std::fmt::Debug for StdinSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StdinSource(line {})", self.at.lines)
    }
}
