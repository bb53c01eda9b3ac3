//! Tests of pipelines: cases written in YAML beside a pipeline, with rows in and what must become of them.
//!
//! | module | holds |
//! |---|---|
//! | `discover` | which files hold cases |
//! | `schema` | what a cases file may say, and its JSON Schema |
//! | `file` | a cases file that was read |
//! | `read`, `read_rows` | from text to that, with the places of mistakes |
//! | `literal` | a cell as it is written |
//! | `columns`, `infer` | from literals to columns |
//! | `found` | from batches to literals |
//! | `opened` | sealed cells, opened |
//! | `input` | a case's rows or messages as batches |
//! | `run` | a case put through the steps |
//! | `twice` | whether a step answers the same when it is asked again |
//! | `compare`, `align` | what differs from what is expected |
//! | `expectation` | what was found, as an expectation |
//! | `yaml`, `update` | an expectation written into its file |
//! | `suite` | the cases of one file with their pipeline |

mod align;
mod columns;
mod compare;
mod discover;
mod expectation;
mod file;
mod found;
mod infer;
mod input;
mod literal;
mod opened;
mod read;
mod read_rows;
mod run;
mod schema;
mod suite;
mod twice;
mod update;
mod yaml;

pub(crate) use compare::{Difference, RowsDifference, Side, SideRow};
pub(crate) use discover::cases_files;
pub use schema::schema;
pub(crate) use suite::{CaseResult, Suite, Verdict};
