//! The lanes that this process holds, and reading them in turns.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_connector::{Error, Event};
use sluicegate_model::{Incarnation, Lane};

use super::chunk::{self, LaneFacts, OVERHEAD};
use crate::client::{Handle, MessageBatch, MessageQueue};
use crate::error::Native;

/// Messages that are taken from a queue at once, at most.
const MOST: usize = 8_192;

/// A lane that the group gave to this process.
pub struct HeldLane {
    /// What its chunks have in common.
    pub facts: Arc<LaneFacts>,
    /// Its messages, from the moment it is first started.
    pub queue: Option<MessageQueue>,
    /// The life that its rows belong to; `None` until it is started, and when it is wanted back.
    pub incarnation: Option<Incarnation>,
    /// The offset after what was given last.
    pub next: i64,
    /// Where the run stops in this lane.
    pub end: Option<i64>,
    /// Nothing is left to be read before the end.
    pub finished: bool,
    /// Taken from the queue, not given yet: there was no room.
    kept: Option<MessageBatch>,
    /// Bytes of a message, on average, for guessing how many fit.
    average: usize,
}

impl HeldLane {
    /// A lane that stands still.
    pub fn new(facts: LaneFacts) -> Self {
        Self {
            facts: Arc::new(facts),
            queue: None,
            incarnation: None,
            next: 0,
            end: None,
            finished: false,
            kept: None,
            average: OVERHEAD + 256,
        }
    }

    /// Begins a life at an offset. What was read in an earlier one is gone.
    pub fn begin(&mut self, incarnation: Incarnation, offset: i64) {
        self.incarnation = Some(incarnation);
        self.next = offset;
        self.kept = None;
        self.finished = false;
    }

    /// Gives no more rows.
    pub fn stop(&mut self) {
        self.incarnation = None;
        self.kept = None;
    }

    /// What comes next: rows, or the end of the lane.
    fn next_event(&mut self, room: usize) -> Result<Option<Event>, Error> {
        let (Some(incarnation), false) = (self.incarnation, self.finished) else { return Ok(None) };
        if self.end.is_some_and(|end| self.next >= end) {
            self.finished = true;
            self.kept = None;
            return Ok(Some(Event::Finished(self.facts.lane.clone())));
        }
        let mut batch = match (self.kept.take(), &self.queue) {
            (Some(kept), _) => kept,
            (None, Some(queue)) => queue.take((room / self.average).clamp(1, MOST), Duration::ZERO),
            (None, None) => return Ok(None),
        };
        // librdkafka may give messages again that it gave in the moment in which the group paused the lane.
        let again =
            batch.iter().take_while(|message| message.is_message() && message.offset() < self.next).count();
        batch.drop_first(again);
        if batch.is_empty() {
            return Ok(None);
        }
        // Messages come first; the end of the partition or an error may stand between or behind them.
        let count = batch.iter().position(|message| !message.is_message()).unwrap_or(batch.len());
        if count == 0 {
            return self.no_message(incarnation, batch, room);
        }
        let past_end = self.end.and_then(|end| (0..count).find(|place| batch.get(*place).offset() >= end));
        let count = past_end.unwrap_or(count);
        if count == 0 {
            // Everything before the end was markers, or deleted by compaction.
            let end = self.end.unwrap_or(self.next);
            return Ok(Some(self.skip_to(incarnation, end)));
        }
        let count = fitting(&batch, count, room);
        let rest = batch.split_off(count);
        self.kept = (!rest.is_empty()).then_some(rest);
        let (from, to) = (self.next, batch.get(count - 1).offset() + 1);
        self.next = to;
        let chunk = chunk::of_messages(&self.facts, incarnation, from, to, batch);
        self.average = (self.average * 3 + chunk.bytes / chunk.records) / 4;
        Ok(Some(Event::Rows(chunk)))
    }

    /// The first entry of the batch is no message.
    fn no_message(
        &mut self,
        incarnation: Incarnation,
        mut batch: MessageBatch,
        room: usize,
    ) -> Result<Option<Event>, Error> {
        let first = batch.get(0);
        let (is_end, offset, error) = (first.is_end(), first.offset(), first.error());
        batch.drop_first(1);
        self.kept = (!batch.is_empty()).then_some(batch);
        match error {
            // Past markers the end lies behind the last message: the position follows it.
            Some(_) if is_end && offset > self.next => Ok(Some(self.skip_to(incarnation, offset))),
            Some(error) if !is_end => Err(self.unreadable(error)),
            // Something may stand behind it.
            _ => self.next_event(room),
        }
    }

    fn skip_to(&mut self, incarnation: Incarnation, offset: i64) -> Event {
        let from = std::mem::replace(&mut self.next, offset);
        Event::Rows(chunk::of_nothing(&self.facts, incarnation, from, offset))
    }

    /// The error of a lane that cannot be read on.
    fn unreadable(&self, error: Native) -> Error {
        use rdkafka_sys::types::RDKafkaErrorCode as Code;
        let lane = &self.facts.lane;
        let here = super::consumer::position(&self.facts.source, self.next);
        match error.code {
            Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::NoOffset => {
                purged("messages that were not read yet are gone from the topic", lane)
                    .position(&here)
                    .caused_by(error)
            }
            _ if error.is_denied() => {
                error.during("the topic may not be read").lane(lane).help("grant Read on the topic")
            }
            _ if error.is_unknown_topic() => {
                Error::fatal("the topic is gone").lane(lane).position(&here).caused_by(error)
            }
            // librdkafka would go on behind it: then a message would be missing.
            _ => Error::fatal("a message cannot be read").lane(lane).position(&here).caused_by(error),
        }
    }

    /// How far the lane is behind its end, as far as the last answer of the broker tells.
    fn lag(&self, consumer: &Handle) -> Option<u64> {
        self.incarnation?;
        let topic = crate::client::c_text(&self.facts.partition.topic).ok()?;
        let (mut low, mut high) = (0, 0);
        // SAFETY: the client is alive; the call looks at what librdkafka remembers and does not wait.
        let code = unsafe {
            rdkafka_sys::rd_kafka_get_watermark_offsets(
                consumer.as_ptr(),
                topic.as_ptr(),
                self.facts.partition.number,
                &raw mut low,
                &raw mut high,
            )
        };
        Native::check(code).ok()?;
        (high >= 0).then(|| (high - self.next).max(0) as u64)
    }
}

/// How many of the first `count` messages fit; one always does.
fn fitting(batch: &MessageBatch, count: usize, room: usize) -> usize {
    let mut bytes = 0;
    for place in 0..count {
        bytes += batch.get(place).size() + OVERHEAD;
        if bytes > room {
            return place.max(1);
        }
    }
    count
}

/// The error of a lane whose next messages are gone, with the choices that there are.
pub fn purged(what: &str, lane: &Lane) -> Error {
    Error::fatal(what).lane(lane).help(
        "choose: `sluicegate positions set` moves the lane to another offset, or `on_purged: earliest` of the source \
         goes on with the first message that is left when it is started again",
    )
}

/// All lanes of this process.
#[derive(Default)]
pub struct Lanes {
    held: HashMap<Lane, HeldLane>,
    /// In the order in which they are looked at.
    ring: Vec<Lane>,
    turn: usize,
}

impl Lanes {
    /// Adds a lane.
    pub fn insert(&mut self, lane: HeldLane) {
        let name = lane.facts.lane.clone();
        if self.held.insert(name.clone(), lane).is_none() {
            self.ring.push(name);
        }
    }

    /// Takes a lane out.
    pub fn remove(&mut self, lane: &Lane) -> Option<HeldLane> {
        self.ring.retain(|name| name != lane);
        self.held.remove(lane)
    }

    /// A lane.
    pub fn get(&self, lane: &Lane) -> Option<&HeldLane> {
        self.held.get(lane)
    }

    /// A lane, to be changed.
    pub fn get_mut(&mut self, lane: &Lane) -> Option<&mut HeldLane> {
        self.held.get_mut(lane)
    }

    /// All lanes, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &HeldLane> {
        self.held.values()
    }

    /// The next rows of the lane whose turn it is, or of the next that has any.
    ///
    /// # Errors
    /// A lane's, where it cannot be read on.
    pub fn next_event(&mut self, room: usize) -> Result<Option<Event>, Error> {
        for step in 0..self.ring.len() {
            let place = (self.turn + step) % self.ring.len();
            let Some(lane) = self.held.get_mut(&self.ring[place]) else { continue };
            if let Some(event) = lane.next_event(room)? {
                self.turn = place + 1;
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// How far each lane is behind.
    pub fn lag(&self, consumer: &Handle) -> Vec<(Lane, u64)> {
        self.held.values().filter_map(|lane| Some((lane.facts.lane.clone(), lane.lag(consumer)?))).collect()
    }
}
