//! Images that are read straight into the columns of their table, where what they are images of is known in time.

use crate::scan::Fault;

/// The values of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Image {
    /// Not in the message, or null.
    #[default]
    None,
    /// In the cells of its row.
    Read,
    /// Passed; it begins here.
    At(usize),
}

/// Why a message was not read to its end.
pub(crate) enum Stop {
    /// It is bad.
    Bad(String),
    /// It has to be read again, images last.
    Again,
}

impl From<Fault> for Stop {
    #[cold]
    fn from(fault: Fault) -> Self {
        Self::Bad(fault.to_string())
    }
}
