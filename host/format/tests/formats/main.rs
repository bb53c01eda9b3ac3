//! The formats, tried on messages.
//!
//! | module | tries |
//! |---|---|
//! | `book` | the examples of `docs/formats.md` |
//! | `canal`, `debezium`, `delimited`, `json`, `maxwell`, `ogg`, `raw` | a format each, on the messages that its own pages show |
//! | `debezium_modes` | every mode of Debezium's connectors |
//! | `cases` | messages of other projects' tests |
//! | `matrix` | what each format holds, and every format into every other |
//! | `faults`, `mutations` | bad messages |
//! | `encryption` | messages that are encrypted whole |
//! | `limit` | messages up to a size |
//! | `options` | what may be set |
//! | `properties` | what holds for all rows |

mod book;
mod canal;
mod cases;
mod debezium;
mod debezium_modes;
mod delimited;
mod encryption;
mod faults;
mod json;
mod limit;
mod matrix;
mod maxwell;
mod mutations;
mod ogg;
mod options;
mod properties;
mod raw;
mod samples;
mod support;
