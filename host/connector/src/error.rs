//! Errors of systems, in the words of the person who must act.

use std::fmt;
use std::time::Duration;

use sluicegate_model::{Lane, Position, TableName};

/// What the engine does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It may pass by itself: a broker away, a deadlock, a time-out. The open epoch is aborted, the lanes are
    /// rewound, and it is tried again with backoff, for ever unless configured otherwise.
    Transient,
    /// Another process has taken what this one held. The lanes are taken again, or left to it.
    Fenced,
    /// Nobody knows whether it happened: the answer was lost. The lanes are taken again, and what is found there
    /// is the truth.
    Unknown,
    /// A person must change the configuration. The pipeline stops; exit code 2.
    Configuration,
    /// The pipeline cannot go on: data or a system need a person. The pipeline stops; exit code 1.
    Fatal,
}

/// Where an error happened, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The lane.
    pub lane: Option<Lane>,
    /// The point in the lane.
    pub position: Option<Box<Position>>,
    /// The table, or destination.
    pub table: Option<TableName>,
    /// The column.
    pub column: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.lane.as_ref().map(|lane| format!("lane {lane}")));
        parts.extend(self.position.as_ref().map(|position| format!("at {position}")));
        parts.extend(self.table.as_ref().map(|table| format!("table {table}")));
        parts.extend(self.column.as_ref().map(|column| format!("column {column}")));
        f.write_str(&parts.join(", "))
    }
}

/// An error of a system: what failed, where, and what to do. Built up in the place where all of it is known.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    class: Class,
    what: String,
    help: Option<String>,
    place: Place,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of a class; `what` is a sentence without a full stop.
    pub fn new(class: Class, what: impl Into<String>) -> Self {
        let what = what.into();
        Self(Box::new(Inner {
            class,
            what,
            help: None,
            place: Place::default(),
            retry_after: None,
            source: None,
        }))
    }

    /// [`Class::Transient`].
    pub fn transient(what: impl Into<String>) -> Self {
        Self::new(Class::Transient, what)
    }

    /// [`Class::Fenced`].
    pub fn fenced(what: impl Into<String>) -> Self {
        Self::new(Class::Fenced, what)
    }

    /// [`Class::Unknown`].
    pub fn unknown(what: impl Into<String>) -> Self {
        Self::new(Class::Unknown, what)
    }

    /// [`Class::Configuration`].
    pub fn configuration(what: impl Into<String>) -> Self {
        Self::new(Class::Configuration, what)
    }

    /// [`Class::Fatal`].
    pub fn fatal(what: impl Into<String>) -> Self {
        Self::new(Class::Fatal, what)
    }

    /// What the person who reads it can do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The lane.
    #[must_use]
    pub fn lane(mut self, lane: &Lane) -> Self {
        self.0.place.lane = Some(lane.clone());
        self
    }

    /// The point in the lane.
    #[must_use]
    pub fn position(mut self, position: &Position) -> Self {
        self.0.place.position = Some(Box::new(position.clone()));
        self
    }

    /// The table, or destination.
    #[must_use]
    pub fn table(mut self, table: &TableName) -> Self {
        self.0.place.table = Some(table.clone());
        self
    }

    /// The column.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.0.place.column = Some(column.into());
        self
    }

    /// How long to wait before the next try, where the system said so.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// The error beneath.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What the engine does about it.
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// What failed, in one sentence.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// What to do, where that is known.
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Where it happened.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// How long to wait before the next try, where the system said so.
    pub fn pause(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

/// One line: what failed, where, why, what to do.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        if self.0.place != Place::default() {
            write!(f, " ({})", self.0.place)?;
        }
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        match &self.0.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_where_why_and_what_to_do() {
        let error = Error::fatal("the offset is gone")
            .lane(&Lane::from("orders/3"))
            .caused_by(std::io::Error::other("out of range"))
            .help("choose with `sluicegate positions set`");
        let line = "the offset is gone (lane orders/3): out of range; choose with `sluicegate positions set`";
        assert_eq!(error.to_string(), line);
    }
}
