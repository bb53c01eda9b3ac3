//! The built-in split: one batch into many by key.
