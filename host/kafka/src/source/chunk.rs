//! A run of messages of a lane.

use std::sync::Arc;

use sluicegate_connector::{Chunk, Error, Payload};
use sluicegate_format::{Decode, LaneInfo, Record};
use sluicegate_model::{Decoded, Incarnation, Lane, Position, RawRecord};

use super::consumer::position;
use crate::client::{MessageBatch, Partition};

/// What a message costs in memory beside its key and value: librdkafka's own structures.
pub const OVERHEAD: usize = 384;

/// What the chunks of a lane have in common.
pub struct LaneFacts {
    /// The lane.
    pub lane: Lane,
    /// The partition that it is.
    pub partition: Partition,
    /// What its positions name as their source.
    pub source: Arc<str>,
    /// What reads its messages.
    pub decode: Arc<dyn Decode>,
}

struct Messages {
    facts: Arc<LaneFacts>,
    batch: MessageBatch,
}

/// Messages as an event for the engine.
pub fn of_messages(
    facts: &Arc<LaneFacts>,
    incarnation: Incarnation,
    from: i64,
    to: i64,
    batch: MessageBatch,
) -> Box<Chunk> {
    let bytes = batch.iter().map(|message| message.size() + OVERHEAD).sum();
    Box::new(Chunk {
        lane: facts.lane.clone(),
        incarnation,
        from: position(&facts.source, from),
        to: position(&facts.source, to),
        records: batch.len(),
        bytes,
        in_transaction: false,
        payload: Box::new(Messages { facts: Arc::clone(facts), batch }),
    })
}

/// A move of the position over what is no message: markers and aborted messages of transactions, or nothing.
pub fn of_nothing(facts: &Arc<LaneFacts>, incarnation: Incarnation, from: i64, to: i64) -> Box<Chunk> {
    Box::new(Chunk {
        lane: facts.lane.clone(),
        incarnation,
        from: position(&facts.source, from),
        to: position(&facts.source, to),
        records: 0,
        bytes: 0,
        in_transaction: false,
        payload: Box::new(Nothing(Arc::clone(facts))),
    })
}

impl Messages {
    /// The place of a message by its offset.
    fn place_of(&self, ordinal: u64) -> Option<usize> {
        let (mut low, mut high) = (0, self.batch.len());
        while low < high {
            let middle = low.midpoint(high);
            match (self.batch.get(middle).offset() as u64).cmp(&ordinal) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

impl Payload for Messages {
    fn decode(&self) -> Result<Decoded, Error> {
        let mut headers = self.batch.headers().iter().peekable();
        let records: Vec<Record<'_>> = self
            .batch
            .iter()
            .enumerate()
            .map(|(place, message)| Record {
                ordinal: message.offset() as u64,
                key: message.key(),
                value: message.value(),
                timestamp_us: message.timestamp_ms().map(|millis| millis.saturating_mul(1_000)),
                headers: match headers.next_if(|(at, _)| *at == place) {
                    Some((_, headers)) => headers,
                    None => &[],
                },
            })
            .collect();
        let Partition { topic, number } = &self.facts.partition;
        let lane = LaneInfo { lane: &self.facts.lane, topic, partition: *number };
        Ok(self.facts.decode.decode(&lane, &records))
    }

    fn raw(&self, ordinal: u64) -> Option<RawRecord> {
        let place = self.place_of(ordinal)?;
        let message = self.batch.get(place);
        let headers = self.batch.headers();
        let headers =
            headers.binary_search_by_key(&place, |(at, _)| *at).map(|found| headers[found].1.clone());
        Some(RawRecord {
            key: message.key().map(<[u8]>::to_vec),
            value: message.value().map(<[u8]>::to_vec),
            headers: headers.unwrap_or_default(),
        })
    }

    fn position_of(&self, ordinal: u64) -> Position {
        position(&self.facts.source, ordinal as i64)
    }
}

struct Nothing(Arc<LaneFacts>);

impl Payload for Nothing {
    fn decode(&self) -> Result<Decoded, Error> {
        Ok(Decoded::default())
    }

    fn raw(&self, _: u64) -> Option<RawRecord> {
        None
    }

    fn position_of(&self, ordinal: u64) -> Position {
        position(&self.0.source, ordinal as i64)
    }
}
