//! Messages without a value to deletes.
