use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{
    DeadLetters, Encoded, Encoder, Epoch, Error, Sink, SinkReject, StartAt, Taken, WriteError, Writer,
};
use sluicegate_model::{ChangeBatch, DeadLetter, Lane};

use super::{Dice, Shared, ordinal, position};

/// How often things go wrong: once in so many times, 0 for never.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    pub prepare: u64,
    pub open: u64,
    pub write: u64,
    pub commit: u64,
    pub abort: u64,
    pub take: u64,
    /// Each row with an ordinal divisible by this is refused at commit.
    pub refuse_every: u64,
}

pub struct MemorySink {
    pub store: Shared,
    pub faults: Faults,
    pub dice: Dice,
}

#[async_trait]
impl Sink for MemorySink {
    fn encoder(&self) -> Arc<dyn Encoder> {
        Arc::new(Ids)
    }

    async fn prepare(&mut self, _outputs: &[ChangeBatch]) -> Result<(), Error> {
        if self.dice.once_in(self.faults.prepare) {
            return Err(Error::transient("prepare: not now"));
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<Box<dyn Writer>, Error> {
        if self.dice.once_in(self.faults.open) {
            return Err(Error::transient("open: not now"));
        }
        Ok(Box::new(MemoryWriter {
            store: Arc::clone(&self.store),
            faults: self.faults,
            dice: self.dice.clone(),
            rows: Vec::new(),
            broken: false,
        }))
    }
}

struct Ids;

impl Encoder for Ids {
    fn encode(&self, batch: &ChangeBatch) -> Result<Encoded, Error> {
        let lane = &batch.origin().lane;
        let ids: Vec<(Lane, u64)> = batch.origin().ordinals.iter().map(|id| (lane.clone(), *id)).collect();
        Ok(Encoded { rows: ids.len(), bytes: ids.len() * 8, body: Box::new(ids), rejects: Vec::new() })
    }
}

struct MemoryWriter {
    store: Shared,
    faults: Faults,
    dice: Dice,
    rows: Vec<(Lane, u64)>,
    /// After an answer that was not a commit or an acknowledged abort, lanes must be taken again.
    broken: bool,
}

#[async_trait]
impl Writer for MemoryWriter {
    async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error> {
        assert!(self.rows.is_empty(), "no epoch is open when lanes are taken");
        if self.dice.once_in(self.faults.take) {
            return Err(Error::transient("take: not now"));
        }
        self.broken = false;
        let store = self.store.lock();
        let taken = lanes.iter().map(|lane| Taken {
            lane: lane.clone(),
            at: store
                .positions
                .get(lane)
                .map_or(StartAt::Configured, |next| StartAt::Position(position(*next))),
            note: store.notes.get(lane).cloned(),
            ahead: None,
        });
        Ok(taken.collect())
    }

    async fn write(&mut self, encoded: Encoded) -> Result<(), WriteError> {
        assert!(!self.broken, "a broken writer is not written to");
        tokio::task::yield_now().await;
        if self.dice.once_in(self.faults.write) {
            return Err(Error::transient("write: not now").into());
        }
        self.rows.extend(*encoded.body.downcast::<Vec<(Lane, u64)>>().expect("our own encoder's"));
        Ok(())
    }

    async fn commit(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        assert!(!self.broken, "a broken writer does not commit");
        tokio::task::yield_now().await;
        if let Some(lane) = epoch.stale_lane() {
            return Err(Error::fenced("a lane has moved").lane(lane).into());
        }
        let known = |row: &(Lane, u64)| epoch.lanes.iter().any(|span| span.lane == row.0);
        assert!(self.rows.iter().all(known), "every row belongs to a lane of its epoch");
        let refused = |row: &&(Lane, u64)| {
            self.faults.refuse_every > 0 && row.1.is_multiple_of(self.faults.refuse_every)
        };
        let rejects: Vec<SinkReject> = self
            .rows
            .iter()
            .filter(refused)
            .map(|(lane, ordinal)| SinkReject {
                lane: lane.clone(),
                ordinal: *ordinal,
                part: None,
                output: "rows".into(),
                reason: "too odd".to_owned(),
            })
            .collect();
        if !rejects.is_empty() {
            return Err(WriteError::Rejected(rejects));
        }
        if self.dice.once_in(self.faults.commit) {
            let durable = match self.dice.below(3) {
                0 => return Err(Error::transient("commit: not now").into()),
                1 => true,
                _ => false,
            };
            if durable {
                self.decide(epoch);
            }
            self.broken = true;
            return Err(Error::unknown("commit: the answer was lost").into());
        }
        self.decide(epoch);
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), Error> {
        self.rows.clear();
        if self.dice.once_in(self.faults.abort) {
            self.broken = true;
            return Err(Error::transient("abort: no answer"));
        }
        Ok(())
    }

    async fn state(&mut self, _key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    async fn write_state(&mut self, _key: &str, _bytes: Vec<u8>) -> Result<(), WriteError> {
        Ok(())
    }

    async fn close(&mut self) {}
}

impl MemoryWriter {
    fn decide(&mut self, epoch: &Epoch) {
        let mut store = self.store.lock();
        store.commits += 1;
        store.rows.append(&mut self.rows);
        for span in &epoch.lanes {
            let decided = store.positions.get(&span.lane).copied().unwrap_or(0);
            assert_eq!(ordinal(&span.from), decided, "an epoch goes on where the last one ended");
            store.positions.insert(span.lane.clone(), ordinal(&span.to));
            store.ends.push((span.lane.clone(), ordinal(&span.to)));
            if let Some(note) = &span.note {
                store.notes.insert(span.lane.clone(), note.clone());
            }
            if span.released {
                store.released.push(span.lane.clone());
            }
        }
    }
}

/// Dead letters in the same store, outside of its transactions.
pub struct MemoryLetters(pub Shared);

#[async_trait]
impl DeadLetters for MemoryLetters {
    async fn put(&mut self, letters: Vec<DeadLetter>) -> Result<Vec<DeadLetter>, Error> {
        self.0.lock().letters.extend(letters);
        Ok(Vec::new())
    }
}
