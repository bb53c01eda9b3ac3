//! Why rows were refused.

use super::Shard;
use crate::client::failure::{DUPLICATE, FOREIGN_KEY};
use crate::sink::window::{ABSENT, TableWindow};

/// Why one row was not written.
pub(super) enum Refusal {
    /// There is no row of its key.
    Absent,
    /// The server's words.
    Data { code: u16, message: String },
}

/// Whether a row may pass when others have.
pub(super) fn may_pass_later(code: u16) -> bool {
    DUPLICATE.contains(&code) || FOREIGN_KEY.contains(&code)
}

/// The server's words, with its code.
pub(super) fn words(code: u16, message: &str) -> String {
    format!("{message} (error {code})")
}

impl Shard {
    /// Notes a row as one that cannot be written.
    pub(super) fn refuse(&mut self, table: &TableWindow, entry: usize, failure: &Refusal) {
        let reason = match failure {
            Refusal::Absent => ABSENT.to_owned(),
            Refusal::Data { code, message } => words(*code, message),
        };
        self.rejects.push(table.refuse(&table.entries[entry], reason));
    }
}
