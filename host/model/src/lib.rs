//! Rows and their changes: the data model, without I/O.
