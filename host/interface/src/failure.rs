//! Failures that a guest is told of, and may hand on as its own.

use sluicegate_kernels::{Blame, KernelError};
use sluicegate_keys::KeyError;

/// What the host does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The pipeline stops: the configuration or the table cannot be handled.
    Stop,
    /// The batch is taken apart until the rows that cause it are found.
    Reject,
    /// The batch is tried again later.
    Retry,
}

/// A failure as `transform.wit` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the host does about it.
    pub kind: FailureKind,
    /// For the person who must act.
    pub message: String,
    /// For programs: "code", "column", "row".
    pub properties: Vec<(String, String)>,
}

impl Failure {
    /// A failure without properties.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), properties: Vec::new() }
    }

    /// The configuration or the table cannot be handled.
    pub fn stop(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Stop, message)
    }

    /// Some row cannot be handled.
    pub fn reject(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Reject, message)
    }

    /// A column that a guest described and that is none. Its cells come from rows: without the row that spoils them
    /// the batch may pass.
    pub fn no_column(why: impl std::fmt::Display) -> Self {
        Self::reject(format!("the guest made a column that is none: {why}"))
    }

    /// Why a kernel did not work on a column, whose name is said where it is known.
    pub fn of_kernel(error: &KernelError, column: Option<&str>) -> Self {
        let mut failure = match error.blame() {
            Blame::Setup => Self::stop(error.to_string()),
            Blame::Rows => Self::reject(error.to_string()),
        };
        let mut property = |name: &str, value: String| failure.properties.push((name.to_owned(), value));
        if let Some(row) = error.row() {
            property("row", row.to_string());
        }
        if let Some(column) = column {
            property("column", column.to_owned());
        }
        failure
    }
}

impl From<&KeyError> for Failure {
    fn from(error: &KeyError) -> Self {
        let kind = if error.is_transient() {
            FailureKind::Retry
        } else if error.is_data() {
            FailureKind::Reject
        } else {
            FailureKind::Stop
        };
        Self::new(kind, error.to_string())
    }
}
