//! What a stretch of a lane became.

use crate::{ChangeBatch, ControlEvent};

/// Rows or an event, in the lane's order.
#[derive(Clone, Debug)]
pub enum Item {
    /// Rows of one table and schema. Within a stretch a lane's rows are gathered by table: the order is kept
    /// within a lane and a table.
    Rows(ChangeBatch),
    /// An event, after all rows before it in the lane and before all rows after it.
    Control(ControlEvent),
}

/// A row or record of a source that could not be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowReject {
    /// The record's number in its lane, as in [`crate::Origin`].
    pub ordinal: u64,
    /// Which row of a record that holds several, from 0; `None` where the whole record is meant.
    pub part: Option<u32>,
    /// Why, for the person who reads the dead letters.
    pub reason: String,
}

/// A stretch of a lane, decoded.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    /// Rows and events, in order.
    pub items: Vec<Item>,
    /// Records that are not among them.
    pub rejects: Vec<RowReject>,
}
