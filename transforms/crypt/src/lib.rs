//! The built-in crypt: seal and open columns.
