//! The envelope of an operation.
