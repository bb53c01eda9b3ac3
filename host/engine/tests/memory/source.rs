use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::Int64Array;
use arrow_schema::{DataType, Field, Schema};
use async_trait::async_trait;
use sluicegate_connector::{Chunk, Error, Event, LaneStart, Payload, Source, StartAt};
use sluicegate_model::{
    ChangeBatch, Column, Decoded, Incarnation, Item, Lane, Meta, Origin, Position, RawRecord,
};

use super::{Dice, ordinal, position};

/// Rows of one transaction.
pub const TRANSACTION: u64 = 50;

/// Gives rows 0 .. count of each lane, and takes lanes away when the dice say so.
pub struct MemorySource {
    lanes: BTreeMap<Lane, u64>,
    reading: BTreeMap<Lane, (u64, Incarnation, bool)>,
    events: VecDeque<Event>,
    /// Wanted back, until they are released.
    revoked: Vec<Vec<Lane>>,
    dice: Dice,
    rebalance_once_in: u64,
    pub released: usize,
}

impl MemorySource {
    pub fn new(lanes: &BTreeMap<Lane, u64>, seed: u64, rebalance_once_in: u64) -> Self {
        Self {
            lanes: lanes.clone(),
            reading: BTreeMap::new(),
            events: VecDeque::from([Event::Assigned(lanes.keys().cloned().collect())]),
            revoked: Vec::new(),
            dice: Dice::new(seed),
            rebalance_once_in,
            released: 0,
        }
    }

    fn rebalance(&mut self) -> Option<Event> {
        let held: Vec<Lane> = self.reading.keys().cloned().collect();
        if held.is_empty() || !self.dice.once_in(self.rebalance_once_in) {
            return None;
        }
        let lane = held[self.dice.below(held.len() as u64) as usize].clone();
        self.reading.remove(&lane);
        self.revoked.push(vec![lane.clone()]);
        Some(match self.dice.below(3) {
            0 => Event::Lost(vec![lane]),
            1 => Event::Revoked { lanes: vec![lane], deadline: Instant::now() },
            _ => Event::Revoked { lanes: vec![lane], deadline: Instant::now() + Duration::from_secs(5) },
        })
    }
}

#[async_trait]
impl Source for MemorySource {
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        tokio::task::yield_now().await;
        if let Some(event) = self.events.pop_front() {
            return Ok(event);
        }
        if let Some(event) = self.rebalance() {
            return Ok(event);
        }
        let unfinished: Vec<Lane> = self
            .reading
            .iter()
            .filter(|(_, (_, _, finished))| !finished)
            .map(|(lane, _)| lane.clone())
            .collect();
        if room == 0 || unfinished.is_empty() {
            std::future::pending::<()>().await;
        }
        if self.dice.once_in(200) {
            return Err(Error::transient("the memory is away"));
        }
        let lane = unfinished[self.dice.below(unfinished.len() as u64) as usize].clone();
        let count = self.lanes[&lane];
        let (next, incarnation, finished) = self.reading.get_mut(&lane).expect("it is read");
        if *next == count {
            *finished = true;
            return Ok(Event::Finished(lane));
        }
        let end = count.min(*next + 1 + self.dice.below(40));
        let chunk = Chunk {
            lane: lane.clone(),
            incarnation: *incarnation,
            from: position(*next),
            to: position(end),
            records: (end - *next) as usize,
            bytes: (end - *next) as usize * 100,
            in_transaction: end < count && !end.is_multiple_of(TRANSACTION),
            payload: Box::new(Rows { lane, first: *next, end }),
        };
        *next = end;
        Ok(Event::Rows(Box::new(chunk)))
    }

    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error> {
        for LaneStart { lane, at, incarnation, .. } in lanes {
            let next = match at {
                StartAt::Position(position) => ordinal(position),
                StartAt::Beginning | StartAt::Configured => 0,
            };
            self.reading.insert(lane.clone(), (next, *incarnation, false));
        }
        Ok(())
    }

    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        let place = self.revoked.iter().position(|wanted| wanted == lanes);
        self.revoked.remove(place.expect("released once, all lanes of one revocation together"));
        self.released += 1;
        // Nobody else wants them: they come back.
        self.events.push_back(Event::Assigned(lanes.to_vec()));
        Ok(())
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        Vec::new()
    }

    async fn close(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

struct Rows {
    lane: Lane,
    first: u64,
    end: u64,
}

impl Payload for Rows {
    fn decode(&self) -> Result<Decoded, Error> {
        let ids: Vec<u64> = (self.first..self.end).collect();
        let values = Int64Array::from_iter_values(ids.iter().map(|id| *id as i64));
        let batch = ChangeBatch::new(
            "rows".into(),
            Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)])),
            vec![Column::new(Arc::new(values))],
            vec![0; ids.len()].into(),
            Origin { lane: self.lane.clone(), ordinals: ids.into(), parts: None },
            Arc::from(["id".to_owned()]),
            Meta::new(),
        );
        Ok(Decoded { items: vec![Item::Rows(batch.expect("a batch"))], rejects: Vec::new() })
    }

    fn raw(&self, ordinal: u64) -> Option<RawRecord> {
        Some(RawRecord { value: Some(ordinal.to_string().into_bytes()), ..RawRecord::default() })
    }

    fn position_of(&self, ordinal: u64) -> Position {
        position(ordinal)
    }
}
