//! Failures, rejects and descriptions.

use std::fmt;

use sluicegate_interface as interface;
pub use sluicegate_interface::FailureKind;

/// A name and a value.
pub type Property = (String, String);

/// Why a transform cannot go on.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the host does about it.
    pub kind: FailureKind,
    /// For the person who must act.
    pub message: String,
    /// For programs: "code", "column", "retry-after-ms".
    pub properties: Vec<Property>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<interface::Failure> for Failure {
    fn from(failure: interface::Failure) -> Self {
        let interface::Failure { kind, message, properties } = failure;
        Self { kind, message, properties }
    }
}

/// A row that cannot be handled.
#[derive(Clone, Debug)]
pub struct Reject {
    /// Its number in the input.
    pub row: u32,
    /// Why.
    pub reason: String,
}

/// What a guest says that it is.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// JSON Schema of its configuration.
    pub config_schema: String,
    /// What the host should know before the first row.
    pub properties: Vec<Property>,
}
