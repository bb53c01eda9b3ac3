//! Why a transform cannot go on, which says what the host does.

pub use crate::bindings::sluicegate::transform::types::{Failure, FailureKind};

impl Failure {
    /// The configuration or the table cannot be handled: the pipeline stops, and a person reads the message.
    pub fn stop(message: impl Into<String>) -> Self {
        Self::of(FailureKind::Stop, message)
    }

    /// Some row cannot be handled: the host takes the batch apart until it is found. Where the rows are known,
    /// [`Outcome::reject`](crate::Outcome::reject) names them and costs less.
    pub fn reject(message: impl Into<String>) -> Self {
        Self::of(FailureKind::Reject, message)
    }

    /// Something outside is away: the batch is tried again later.
    pub fn retry(message: impl Into<String>) -> Self {
        Self::of(FailureKind::Retry, message)
    }

    fn of(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), properties: Vec::new() }
    }

    /// Adds a property for programs to read: `code`, `column`, `retry-after-ms`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((name.into(), value.into()));
        self
    }

    /// Says which column it is about, in the message and as a property.
    #[must_use]
    pub fn in_column(mut self, column: &str) -> Self {
        self.message = format!("column {column}: {}", self.message);
        self.with("column", column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_named_for_people_and_programs() {
        let failure = Failure::reject("the cell is no number").in_column("amount").with("code", "cast");
        assert_eq!(failure.kind, FailureKind::Reject);
        assert_eq!(failure.message, "column amount: the cell is no number");
        assert_eq!(failure.properties.len(), 2);
    }
}
