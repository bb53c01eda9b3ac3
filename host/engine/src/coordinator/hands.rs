//! The writer and the places for dead letters, as one thing that an operation takes and gives back.

use sluicegate_connector::{DeadLetters, Encoded, Epoch, Error, Taken, WriteError, Writer};
use sluicegate_model::{DeadLetter, Lane};

use crate::budget::Permit;

/// The rows of one chunk, to be handed to the open epoch.
pub(super) struct Handful {
    pub(super) parts: Vec<Encoded>,
    pub(super) letters: Vec<DeadLetter>,
    pub(super) permit: Permit,
}

/// Everything that is written with. One operation at a time has it.
pub(super) struct Hands {
    pub(super) writer: Box<dyn Writer>,
    pub(super) outside: Option<Box<dyn DeadLetters>>,
    pub(super) overflow: Option<Box<dyn DeadLetters>>,
    /// Letters of the open epoch that wait for its commit.
    held: Vec<DeadLetter>,
    /// The same, too large for the first place.
    oversized: Vec<DeadLetter>,
}

impl Hands {
    pub(super) fn new(
        writer: Box<dyn Writer>,
        outside: Option<Box<dyn DeadLetters>>,
        overflow: Option<Box<dyn DeadLetters>>,
    ) -> Self {
        Self { writer, outside, overflow, held: Vec::new(), oversized: Vec::new() }
    }

    pub(super) async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error> {
        self.writer.take(lanes).await
    }

    pub(super) async fn write(&mut self, handfuls: Vec<Handful>) -> Result<(), WriteError> {
        for Handful { parts, letters, permit } in handfuls {
            for part in parts {
                self.writer.write(part).await?;
            }
            if !letters.is_empty() && self.writer.joins_dead_letters() {
                self.oversized.extend(self.writer.write_dead_letters(letters).await?);
            } else {
                self.held.extend(letters);
            }
            drop(permit);
        }
        Ok(())
    }

    /// Dead letters first: a row is never passed before its letter is safe.
    pub(super) async fn commit(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        if !self.held.is_empty() {
            let letters = self.held.clone();
            let returned = match &mut self.outside {
                Some(place) => place.put(letters).await?,
                None => letters,
            };
            self.oversized.extend(returned);
            self.held.clear();
        }
        if !self.oversized.is_empty() {
            let Some(place) = &mut self.overflow else {
                return Err(Error::fatal("a dead letter fits no place")
                    .help("give `dead_letters:` a file for what is too large for its topic")
                    .into());
            };
            let left = place.put(self.oversized.clone()).await?;
            if let Some(letter) = left.first() {
                return Err(Error::fatal("a dead letter fits no place").lane(&letter.lane).into());
            }
            self.oversized.clear();
        }
        self.writer.commit(epoch).await
    }

    pub(super) async fn abort(&mut self) -> Result<(), Error> {
        self.held.clear();
        self.oversized.clear();
        self.writer.abort().await
    }
}
