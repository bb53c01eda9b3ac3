//! Dates, times, durations.
pub(crate) mod civil;
pub(crate) mod write;
