//! Messages to change batches and back.
