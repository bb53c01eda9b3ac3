//! The position store: the writer of a sink that gets no rows, whose transactions hold positions and notes.
//!
//! Whatever refuses a stale writer there refuses it here: the generation of a consumer group, the term of a row, the
//! lock of a directory.

use sluicegate_connector::{Epoch, Error, Incarnations, LaneSpan, StartAt, Taken, WriteError, Writer};
use sluicegate_model::Lane;

use super::note::{Note, Work};

/// What came of a decision.
pub enum Decision {
    /// It is durable.
    Made,
    /// It is not plainly so: another may have the lanes, or the answer was lost. The lanes are to be taken again.
    NotPlainly(Error),
}

/// A lane that was taken.
pub struct HeldLane {
    /// Where it goes on, with the engine's note.
    pub taken: Taken,
    /// What was prepared for it, and may not be committed.
    pub work: Option<Work>,
}

/// Positions, and what was prepared beside them.
pub struct PositionStore {
    writer: Box<dyn Writer>,
    /// States that wait for the next decision: a transaction of the store is open no longer than it takes.
    states: Vec<(String, Vec<u8>)>,
}

impl PositionStore {
    /// The store of a writer.
    pub fn new(writer: Box<dyn Writer>) -> Self {
        Self { writer, states: Vec::new() }
    }

    /// Takes lanes: whoever had them is refused from now on.
    ///
    /// # Errors
    /// As [`Writer::take`].
    pub async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<HeldLane>, Error> {
        let held = |taken: Taken| {
            let note = Note::from_value(taken.note).map_err(|error| {
                Error::fatal("what the position store holds for the lane cannot be read")
                    .lane(&taken.lane)
                    .caused_by(error)
                    .help("another version wrote it: finish with that one, or set the position anew")
            })?;
            let taken = Taken { note: note.engine, ..taken };
            Ok(HeldLane { taken, work: note.work })
        };
        self.states.clear();
        self.writer.take(lanes).await?.into_iter().map(held).collect()
    }

    /// Moves lanes, all or none, with what was prepared for them. Lanes that have work left are not given up yet: that
    /// is for [`PositionStore::done`].
    pub async fn decide(&mut self, epoch: &Epoch, work: Option<&Work>) -> Decision {
        let mut noted = noted(epoch, work);
        for span in &mut noted.lanes {
            span.released &= work.is_none();
        }
        match self.commit(&noted).await {
            Ok(()) => Decision::Made,
            Err(error) => Decision::NotPlainly(error),
        }
    }

    /// Notes that the work of the last decision about these lanes is done.
    ///
    /// # Errors
    /// The store's; the work is found again by the next take.
    pub async fn done(&mut self, epoch: &Epoch) -> Result<(), Error> {
        let still = |span: &LaneSpan| LaneSpan { from: span.to.clone(), ..span.clone() };
        let epoch = Epoch { lanes: epoch.lanes.iter().map(still).collect(), ..epoch.clone() };
        self.commit(&noted(&epoch, None)).await
    }

    /// The same for lanes that were just taken, where each has a position.
    ///
    /// # Errors
    /// The store's.
    pub async fn done_before(&mut self, taken: &[&Taken]) -> Result<(), Error> {
        let incarnations = Incarnations::default();
        let span = |taken: &&Taken| {
            let StartAt::Position(position) = &taken.at else { return None };
            Some(LaneSpan {
                incarnation: incarnations.begin(&taken.lane),
                lane: taken.lane.clone(),
                from: position.clone(),
                to: position.clone(),
                released: false,
                note: taken.note.clone(),
            })
        };
        let lanes = taken.iter().filter_map(span).collect();
        self.done(&Epoch { number: 0, lanes, incarnations: incarnations.clone() }).await
    }

    async fn commit(&mut self, epoch: &Epoch) -> Result<(), Error> {
        let error = match self.write(epoch).await {
            Ok(()) => return Ok(()),
            Err(WriteError::Error(error)) => error,
            Err(WriteError::Rejected(_)) => Error::fatal("the position store refused rows that it never got"),
        };
        // An aborted transaction leaves nothing open; what is in doubt is told by the next take.
        if let Err(aborted) = self.writer.abort().await {
            tracing::debug!(%aborted, "the position store did not acknowledge an abort");
        }
        Err(error)
    }

    async fn write(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        for (key, bytes) in std::mem::take(&mut self.states) {
            self.writer.write_state(&key, bytes).await?;
        }
        self.writer.commit(epoch).await
    }

    /// A state, as it was decided last.
    ///
    /// # Errors
    /// The store's.
    pub async fn state(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.writer.state(key).await
    }

    /// Replaces a state with the next decision.
    pub fn write_state(&mut self, key: &str, bytes: Vec<u8>) {
        self.states.push((key.to_owned(), bytes));
    }

    /// Forgets what was to be decided.
    ///
    /// # Errors
    /// The store's.
    pub async fn abort(&mut self) -> Result<(), Error> {
        self.states.clear();
        self.writer.abort().await
    }

    /// Closes it.
    pub async fn close(&mut self) {
        self.writer.close().await;
    }
}

/// An epoch whose notes hold the engine's and the work.
fn noted(epoch: &Epoch, work: Option<&Work>) -> Epoch {
    let note = |span: &LaneSpan| Note { engine: span.note.clone(), work: work.cloned() }.to_value();
    let lanes = epoch.lanes.iter().map(|span| LaneSpan { note: note(span), ..span.clone() });
    Epoch { lanes: lanes.collect(), ..epoch.clone() }
}
