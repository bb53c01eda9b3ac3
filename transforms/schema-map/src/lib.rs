//! The built-in schema-map: tables, fields and types.
