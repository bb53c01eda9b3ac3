//! Reading files.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`SourceOptions`]: what a source is told |
//! | `discover` | patterns to files, files to lanes |
//! | `identity` | whether a file is still the one that a position was made in |
//! | `position` | points in files |
//! | `input` | bytes of a file, decompressed |
//! | `split` | where lines and records end |
//! | `reader` | a file from a point on: what all forms have in common |
//! | `text` | lines and records |
//! | `columns` | Parquet and Arrow IPC |
//! | `letters` | [`LetterRecords`]: records of dead letters, as they were read |
//! | `payload` | records as the engine takes them |
//! | `stdin` | [`StdinSource`]: standard input |
//! | `terms` | positions by numbers that people give, and how far they are behind |

mod columns;
mod discover;
mod identity;
mod input;
mod letters;
mod options;
mod payload;
mod position;
mod reader;
mod split;
mod stdin;
mod terms;
mod text;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sluicegate_connector::{Chunk, Error, Event, LaneStart, Source, StartAt};
use sluicegate_model::{Decoded, Incarnation, Lane};
use tokio::task::JoinHandle;

pub use letters::LetterRecords;
pub use options::{Paths, SourceOptions, Start};
pub use sluicegate_format::options::Encoding;
pub use stdin::StdinSource;
pub use terms::FileTerms;

use discover::{Found, discover};
use reader::{Read, Reader, open};

/// Bytes of a chunk, at least, where there are so many: less is not worth a call.
const CHUNK_LEAST: usize = 64 << 10;

/// Files that stay open while they are followed.
const OPEN_FILES: usize = 256;

/// Files that match patterns: a lane each.
pub struct FileSource {
    options: SourceOptions,
    directory: PathBuf,
    /// Whether the run ends at the end of what is there at its start.
    bounded: bool,
    lanes: BTreeMap<Lane, LaneState>,
    /// Said before anything else.
    events: VecDeque<Event>,
    reading: Option<Reading>,
    /// When files are looked for next; `None`: not again.
    next_look: Option<Instant>,
    begun: bool,
    /// The lane that gave rows last: where files grow, the others come first.
    last: Option<Lane>,
}

struct LaneState {
    found: Found,
    incarnation: Option<Incarnation>,
    reader: Option<Box<dyn Reader>>,
    /// Where it is to be opened: it was just started, or a read failed.
    open_at: Option<StartAt>,
    /// Whether it had nothing more when it was looked at last.
    dry: bool,
    /// Whether nothing can come any more: it was whole.
    done: bool,
    /// Where it ends in this run, once known.
    end: Option<u64>,
}

/// A read that is under way on another thread.
struct Reading {
    lane: Lane,
    incarnation: Incarnation,
    task: JoinHandle<Ended>,
}

/// The reader, where the file could be opened, and what it gave.
type Ended = (Option<Box<dyn Reader>>, Result<Option<Read>, Error>);

impl FileSource {
    /// A source. Paths are relative to `directory`. Nothing is looked at yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn new(options: SourceOptions, directory: &Path) -> Result<Self, Error> {
        options.check()?;
        Ok(Self {
            bounded: !options.follow,
            options,
            directory: directory.to_owned(),
            lanes: BTreeMap::new(),
            events: VecDeque::new(),
            reading: None,
            next_look: None,
            begun: false,
            last: None,
        })
    }

    /// Ends the run at the end of the files as they are at its start, also where they are followed.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.bounded = true;
        self
    }

    /// Whether a run ends by itself.
    pub fn ends(&self) -> bool {
        self.bounded
    }

    /// The first records of the first files, `count` at most. Nothing is committed.
    ///
    /// # Errors
    /// Of files that cannot be read.
    pub async fn sample(
        options: SourceOptions,
        directory: PathBuf,
        count: usize,
    ) -> Result<Vec<(Lane, Decoded)>, Error> {
        crate::failure::blocking(move || terms::sample(&options, &directory, count)).await
    }

    /// Looks for files; new ones are new lanes.
    async fn look(&mut self) -> Result<Vec<Lane>, Error> {
        let (options, directory) = (self.options.clone(), self.directory.clone());
        let found = crate::failure::blocking(move || discover(options.paths.all(), &directory)).await?;
        if found.is_empty() && !self.options.follow {
            let what = format!("no file matches {}", self.options.paths.all().join(", "));
            return Err(Error::configuration(what).help(
                "check `paths`, which are relative to the pipeline file; `follow: true` waits for files to come",
            ));
        }
        let mut new = Vec::new();
        for found in found {
            if !self.lanes.contains_key(&found.lane) {
                new.push(found.lane.clone());
                let state = LaneState {
                    found,
                    incarnation: None,
                    reader: None,
                    open_at: None,
                    dry: false,
                    done: false,
                    end: None,
                };
                self.lanes.insert(state.found.lane.clone(), state);
            }
        }
        self.next_look = (self.options.follow && !self.bounded).then(|| Instant::now() + self.options.poll.0);
        Ok(new)
    }

    /// The lane to read from next: in the order of names; where files grow they take turns.
    fn next_lane(&self) -> Option<Lane> {
        let readable = |(_, state): &(&Lane, &LaneState)| {
            state.incarnation.is_some() && (state.reader.is_some() || state.open_at.is_some()) && !state.dry
        };
        let mut from_first = self.lanes.iter().filter(readable);
        if self.options.follow
            && let Some(last) = &self.last
        {
            let after =
                self.lanes.range((std::ops::Bound::Excluded(last.clone()), std::ops::Bound::Unbounded));
            if let Some((lane, _)) = after.clone().find(readable) {
                return Some(lane.clone());
            }
        }
        from_first.next().map(|(lane, _)| lane.clone())
    }

    fn begin_read(&mut self, lane: &Lane, room: usize) {
        let Some(state) = self.lanes.get_mut(lane) else { return };
        let Some(incarnation) = state.incarnation else { return };
        let (reader, at) = (state.reader.take(), state.open_at.clone());
        let (options, found, end) = (self.options.clone(), state.found.clone(), state.end);
        let ends_as_it_is = self.bounded && self.options.follow;
        let task = tokio::task::spawn_blocking(move || {
            let mut reader = match (reader, at) {
                (Some(reader), _) => reader,
                (None, at) => match open(&options, &found, &at.unwrap_or(StartAt::Beginning)) {
                    Ok(reader) => reader,
                    Err(error) => return (None, Err(error)),
                },
            };
            if ends_as_it_is {
                reader.stop_at(end.unwrap_or_else(|| reader.size_now()));
            }
            let read = reader.read(room.max(CHUNK_LEAST));
            (Some(reader), read)
        });
        self.last = Some(lane.clone());
        self.reading = Some(Reading { lane: lane.clone(), incarnation, task });
    }

    /// Waits for the read that is under way.
    async fn end_read(&mut self) -> Result<Option<Event>, Error> {
        let Some(reading) = &mut self.reading else { return Ok(None) };
        let ended = (&mut reading.task).await;
        let Some(Reading { lane, incarnation, .. }) = self.reading.take() else { return Ok(None) };
        let (reader, read) =
            ended.map_err(|broken| Error::fatal("reading a file broke off").lane(&lane).caused_by(broken))?;
        let crowded = self.lanes.len() > OPEN_FILES;
        let Some(state) = self.lanes.get_mut(&lane) else { return Ok(None) };
        // It was started anew meanwhile: what was read is read again.
        if state.incarnation != Some(incarnation) {
            return Ok(None);
        }
        if let Some(reader) = &reader {
            state.end = reader.end();
        }
        match &read {
            Ok(_) => (state.reader, state.open_at) = (reader, None),
            // What failed is not gone on with: it is opened again where it was.
            Err(_) => state.open_at = reader.map(|reader| reader.again()).or(state.open_at.take()),
        }
        let Some(Read { from, to, records, bytes, payload }) = read.map_err(|error| error.lane(&lane))?
        else {
            state.dry = true;
            state.done = self.bounded || state.reader.as_ref().is_some_and(|reader| !reader.grows());
            if state.done || crowded {
                // Few files stay open, however many there are.
                state.open_at = state.reader.take().map(|reader| reader.again());
            }
            return Ok(self.bounded.then_some(Event::Finished(lane)));
        };
        let in_transaction = false;
        let chunk = Chunk { lane, incarnation, from, to, records, bytes, in_transaction, payload };
        Ok(Some(Event::Rows(Box::new(chunk))))
    }

    /// Files may have grown, and new ones may be there.
    async fn look_again(&mut self) -> Result<Option<Event>, Error> {
        let new = self.look().await?;
        for state in self.lanes.values_mut() {
            state.dry = state.done;
        }
        Ok((!new.is_empty()).then_some(Event::Assigned(new)))
    }
}

#[async_trait]
impl Source for FileSource {
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        if !self.begun {
            let lanes = self.look().await?;
            self.begun = true;
            return Ok(Event::Assigned(lanes));
        }
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if self.reading.is_some() {
                if room == 0 {
                    // What is being read waits: there is no place for it.
                    std::future::pending::<()>().await;
                }
                if let Some(event) = self.end_read().await? {
                    return Ok(event);
                }
                continue;
            }
            let due = self.next_look.is_some_and(|at| at <= Instant::now());
            if due && let Some(event) = self.look_again().await? {
                return Ok(event);
            }
            if room > 0
                && let Some(lane) = self.next_lane()
            {
                self.begin_read(&lane, room);
                continue;
            }
            match self.next_look {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        }
    }

    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error> {
        if let Some(reading) =
            self.reading.take_if(|reading| lanes.iter().any(|one| one.lane == reading.lane))
        {
            // Its rows are dropped; the reader goes with them.
            let _ = reading.task.await;
        }
        for LaneStart { lane, at, incarnation, .. } in lanes {
            let Some(state) = self.lanes.get_mut(lane) else { continue };
            (state.reader, state.open_at) = (None, Some(at.clone()));
            state.incarnation = Some(*incarnation);
            (state.dry, state.done) = (false, false);
        }
        Ok(())
    }

    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        for lane in lanes {
            if let Some(state) = self.lanes.get_mut(lane) {
                state.reader = None;
                state.incarnation = None;
            }
        }
        Ok(())
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        let left =
            |(lane, state): (&Lane, &LaneState)| Some((lane.clone(), state.reader.as_ref()?.records_left()?));
        self.lanes.iter().filter_map(left).collect()
    }

    async fn close(&mut self) -> Result<(), Error> {
        if let Some(reading) = self.reading.take() {
            // A read that hangs, on a file system that is away, holds nobody up.
            let _ = tokio::time::timeout(Duration::from_secs(1), reading.task).await;
        }
        self.lanes.clear();
        Ok(())
    }
}

impl std::fmt::Debug for FileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileSource({:?}, {} lanes)", self.options.paths.all(), self.lanes.len())
    }
}
