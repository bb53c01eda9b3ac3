//! Messages on their way out.

use std::ops::Range;

use sluicegate_model::ChangeBatch;

use crate::EncodeReject;

/// Messages, their values in one buffer, a range each. May be used again for the next batch after
/// [`Messages::clear`], which keeps the memory.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// The values, one after the other.
    pub bytes: Vec<u8>,
    /// The messages, in order.
    pub messages: Vec<Message>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The row of the batch that it stands for; for a pair its `+U`. A `-U` is named only where the pair changed
    /// its key and the old key is deleted by a message of its own, right before that of the `+U`.
    pub row: u32,
    /// Where in [`Messages::bytes`] the value is; `None` is a tombstone.
    pub value: Option<Range<usize>>,
}

impl Messages {
    /// The value of a message; `None` is a tombstone.
    pub fn value(&self, message: &Message) -> Option<&[u8]> {
        message.value.clone().map(|range| &self.bytes[range])
    }

    /// Has the messages of each unit of a batch, a row or a pair, written in order. Of a unit that fails nothing is
    /// left, and it is among the rejects, a pair by its new half.
    pub(crate) fn write_units(
        &mut self,
        batch: &ChangeBatch,
        mut write: impl FnMut(Range<usize>, &mut Self) -> Result<(), String>,
    ) -> Vec<EncodeReject> {
        let mut rejects = Vec::new();
        self.messages.reserve(batch.len());
        let mut row = 0;
        while row < batch.len() {
            let unit = batch.unit_of(row);
            row = unit.end;
            let (bytes, messages) = (self.bytes.len(), self.messages.len());
            if let Err(reason) = write(unit, self) {
                self.bytes.truncate(bytes);
                self.messages.truncate(messages);
                rejects.push(EncodeReject { row: (row - 1) as u32, reason });
            }
        }
        rejects
    }

    /// The same where each unit is one message, whose value is written.
    pub(crate) fn write_values(
        &mut self,
        batch: &ChangeBatch,
        mut write: impl FnMut(Range<usize>, &mut Vec<u8>) -> Result<(), String>,
    ) -> Vec<EncodeReject> {
        self.write_units(batch, |unit, out| {
            let (row, start) = (unit.end - 1, out.bytes.len());
            write(unit, &mut out.bytes)?;
            out.end_value(row, start);
            Ok(())
        })
    }

    /// Adds the message of a row: its value was appended from `start` on.
    pub(crate) fn end_value(&mut self, row: usize, start: usize) {
        self.messages.push(Message { row: row as u32, value: Some(start..self.bytes.len()) });
    }

    /// Adds a message without a value.
    pub(crate) fn tombstone(&mut self, row: usize) {
        self.messages.push(Message { row: row as u32, value: None });
    }

    /// Takes all messages away and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
    }
}
