//! The time of an operation.
