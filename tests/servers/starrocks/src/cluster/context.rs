//! What a back end holds of a transaction.

use bytes::Bytes;

use crate::load::Plan;

/// What a back end holds of a transaction that it is the coordinator of. It is lost when the back end stops.
#[derive(Clone, Debug)]
pub struct Context {
    /// The number of the transaction.
    pub id: i64,
    /// Its table.
    pub table: String,
    /// The headers of the first load, which those of the others have to equal, and what they mean.
    pub plan: Option<(Vec<(String, String)>, Plan)>,
    /// Bodies.
    pub loads: Vec<Bytes>,
    /// Their length in all.
    pub bytes: u64,
}
