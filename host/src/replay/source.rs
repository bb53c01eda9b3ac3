//! Letters as a source of rows.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{Chunk, Error, Event, LaneStart, Payload, Source, StartAt};
use sluicegate_format::Decode;
use sluicegate_model::{DeadLetter, Decoded, Incarnation, Lane, Position, RawRecord};
use tokio::sync::mpsc;

use super::Tools;
use super::done::{Done, LANE, Progress};
use super::places::LetterStore;
use super::plan::Plan;
use super::rows::rows_of;

/// Letters that are read ahead.
const AHEAD: usize = 16;

/// What a letter costs in memory beside its bytes, about.
const OVERHEAD: usize = 1_024;

/// The letters of a plan, in its order, one lane: what is sent again of it is one set, decided with the rows. Each
/// letter is a chunk of its own, whose rows carry the lane and number of the row that they were.
pub struct LetterSource {
    plan: Arc<Plan>,
    tools: Tools,
    lane: Lane,
    assigned: bool,
    started: Option<Started>,
}

struct Started {
    incarnation: Incarnation,
    /// What is done, with all that was given.
    progress: Progress,
    position: Position,
    /// Units that are still to be given, in order.
    left: VecDeque<usize>,
    letters: Option<mpsc::Receiver<Result<DeadLetter, Error>>>,
    finished: bool,
}

impl LetterSource {
    /// A source of what a plan sends again.
    pub fn new(plan: Arc<Plan>, tools: Tools) -> Self {
        Self { plan, tools, lane: Lane::from(LANE), assigned: false, started: None }
    }

    /// Reads the letters of units on a thread of its own, until nobody takes them any more.
    fn read(&self, units: Vec<usize>) -> Result<mpsc::Receiver<Result<DeadLetter, Error>>, Error> {
        let (give, letters) = mpsc::channel(AHEAD);
        let (plan, tools) = (Arc::clone(&self.plan), self.tools.clone());
        let thread = std::thread::Builder::new().name("dead-letters".to_owned());
        let spawned = thread.spawn(move || {
            let mut store = match LetterStore::open(&tools.places) {
                Ok(store) => store,
                Err(error) => return drop(give.blocking_send(Err(error))),
            };
            for unit in units {
                let letter = fetch(&mut store, &plan, plan.units[unit].bytes, &tools);
                let failed = letter.is_err();
                if give.blocking_send(letter).is_err() || failed {
                    return;
                }
            }
        });
        spawned.map_err(|error| Error::fatal("a thread cannot be started").caused_by(error))?;
        Ok(letters)
    }

    /// The chunk of the next unit.
    fn give(&mut self, letter: DeadLetter) -> Option<Event> {
        let started = self.started.as_mut()?;
        let unit = &self.plan.units[started.left.pop_front()?];
        self.plan.copies(unit).for_each(|(place, at)| started.progress.finish(place, at));
        let to = started.progress.position();
        let from = std::mem::replace(&mut started.position, to.clone());
        let RawRecord { key, value, headers } = &letter.raw;
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let bytes = length(key)
            + length(value)
            + headers.iter().map(|(name, value)| name.len() + length(value)).sum::<usize>()
            + OVERHEAD;
        Some(Event::Rows(Box::new(Chunk {
            lane: self.lane.clone(),
            incarnation: started.incarnation,
            from,
            to,
            records: 1,
            bytes,
            in_transaction: false,
            payload: Box::new(Again { letter, decode: Arc::clone(&self.tools.decode) }),
        })))
    }
}

/// A letter from its place, opened.
pub(super) fn fetch(
    store: &mut LetterStore,
    plan: &Plan,
    (place, at): (usize, u64),
    tools: &Tools,
) -> Result<DeadLetter, Error> {
    // Partitions may have been added since the plan was made.
    let known = &plan.places[place];
    let found = store.places().iter().position(|now| now.name == known.name && now.source == known.source);
    let place = found.ok_or_else(|| Error::fatal(format!("the dead letters in {} are gone", known.name)))?;
    let mut letter = store.get(place, at)?;
    if let Some(opener) = &tools.opener {
        opener
            .open(&mut letter)
            .map_err(|why| Error::fatal(format!("dead letter {}: {why}", letter.id())))?;
    }
    Ok(letter)
}

#[async_trait]
impl Source for LetterSource {
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        if !self.assigned {
            self.assigned = true;
            return Ok(Event::Assigned(vec![self.lane.clone()]));
        }
        let Some(started) = self.started.as_mut().filter(|started| !started.finished) else {
            return std::future::pending().await;
        };
        if started.left.is_empty() {
            started.finished = true;
            return Ok(Event::Finished(self.lane.clone()));
        }
        if room == 0 {
            return std::future::pending().await;
        }
        if started.letters.is_none() {
            let units = started.left.iter().copied().collect();
            let letters = self.read(units)?;
            if let Some(started) = &mut self.started {
                started.letters = Some(letters);
            }
        }
        let Some(letters) = self.started.as_mut().and_then(|started| started.letters.as_mut()) else {
            return std::future::pending().await;
        };
        let next = letters.recv().await;
        let failed = |source: &mut Self, error: Error| {
            if let Some(started) = &mut source.started {
                started.letters = None;
            }
            Err(error)
        };
        match next {
            Some(Ok(letter)) => match self.give(letter) {
                Some(event) => Ok(event),
                None => Err(Error::fatal("a dead letter came that nobody asked for")),
            },
            Some(Err(error)) => failed(self, error),
            None => failed(self, Error::transient("reading the dead letters broke off")),
        }
    }

    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error> {
        let Some(start) = lanes.iter().find(|start| start.lane == self.lane) else { return Ok(()) };
        let done = match &start.at {
            StartAt::Position(position) => Done::from_position(position)?,
            StartAt::Beginning | StartAt::Configured => Done::default(),
        };
        let progress = Progress::new(done, &self.plan.places);
        let open = |unit: &usize| {
            let unit = &self.plan.units[*unit];
            self.plan.copies(unit).any(|(place, at)| !progress.is_done(place, at))
        };
        let left: VecDeque<usize> = (0..self.plan.units.len()).filter(open).collect();
        self.started = Some(Started {
            incarnation: start.incarnation,
            position: progress.position(),
            progress,
            left,
            letters: None,
            finished: false,
        });
        Ok(())
    }

    async fn release(&mut self, _: &[Lane]) -> Result<(), Error> {
        self.started = None;
        Ok(())
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        self.started.iter().map(|started| (self.lane.clone(), started.left.len() as u64)).collect()
    }

    async fn close(&mut self) -> Result<(), Error> {
        self.started = None;
        Ok(())
    }
}

/// A letter that is sent again.
struct Again {
    letter: DeadLetter,
    decode: Arc<dyn Decode>,
}

impl Payload for Again {
    fn decode(&self) -> Result<Decoded, Error> {
        Ok(rows_of(self.decode.as_ref(), &self.letter))
    }

    fn raw(&self, _: u64) -> Option<RawRecord> {
        Some(self.letter.raw.clone())
    }

    fn position_of(&self, _: u64) -> Position {
        self.letter.position.clone()
    }

    fn lane_of(&self, _: u64) -> Option<Lane> {
        Some(self.letter.lane.clone())
    }
}
