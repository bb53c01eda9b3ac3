//! Messages on their way out.

use std::ops::Range;

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

    /// Takes all messages away and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
    }
}
