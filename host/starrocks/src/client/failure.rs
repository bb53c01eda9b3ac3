//! Why a request did not do what it should, and what that means.

use std::time::Duration;

use sluicegate_connector::{Class, Error};
use thiserror::Error;

use super::{Answer, Reply};

/// Why a request did not do what it should. `what` was asked for, `why` is in the server's words where there are some.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// Nobody got the request.
    #[error("{what}: no front end can be reached: {why}")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// The last front end's reason.
        why: String,
    },
    /// The request was sent, and what came of it is not known.
    #[error("{what}: the answer was lost: {why}")]
    Lost {
        /// What was asked for.
        what: &'static str,
        /// How.
        why: String,
    },
    /// A redirect was not followed: nothing was sent to where it points.
    #[error("{what}: {why}")]
    Misdirected {
        /// What was asked for.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The user is not known, or may not do this.
    #[error("{what}: {why}")]
    Denied {
        /// What was asked for.
        what: &'static str,
        /// The server's words.
        why: String,
    },
    /// The server refuses rows: the transaction is rolled back.
    #[error("{what}: {why}")]
    Rows {
        /// What was asked for.
        what: &'static str,
        /// The server's words.
        why: String,
        /// Where its log of refused rows is.
        log: Option<String>,
    },
    /// The transaction is not there (any more).
    #[error("{what}: {why}")]
    Gone {
        /// What was asked for.
        what: &'static str,
        /// The server's words.
        why: String,
    },
    /// The server cannot do it now.
    #[error("{what}: {why}")]
    Busy {
        /// What was asked for.
        what: &'static str,
        /// The server's words.
        why: String,
        /// How long to wait.
        pause: Option<Duration>,
    },
    /// The server will never do it as it was asked: a table or column that there is not.
    #[error("{what}: {why}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The server's words.
        why: String,
    },
}

/// Words of a server that has taken in too much: it has to merge what it has first.
const TOO_MUCH: [&str; 3] = ["too many versions", "compaction score", "larger than limit"];

/// Words of a server that refuses rows.
const ROWS: [&str; 7] = [
    "too many filtered rows",
    "unrecognized json format",
    "illegal json started",
    "invalid utf-8",
    "no rows were imported",
    "body size",
    "json document",
];

/// Words of a server that does not know what is named.
const UNKNOWN_NAMES: [&str; 6] = [
    "unknown table",
    "unknown database",
    "does not exist",
    "no database selected",
    "mapping column is not in table",
    "primary key table",
];

/// Words of a server that has no such transaction.
const NO_TRANSACTION: [&str; 5] = [
    "has no node",
    "can't find the transaction",
    "no transaction found",
    "not exists",
    "current transaction is aborted",
];

impl Failure {
    /// What an answer that is not OK means, where the operation has nothing more to say about it.
    pub(super) fn of(what: &'static str, answer: &Answer) -> Self {
        let why = answer.words();
        let says = |parts: &[&str]| parts.iter().any(|part| answer.says(part));
        if says(&TOO_MUCH) {
            return Self::Busy { what, why, pause: Some(Duration::from_secs(10)) };
        }
        if says(&ROWS) {
            return Self::Rows { what, why, log: answer.error_url.clone() };
        }
        if matches!(answer.status.as_str(), "TXN_NOT_EXISTS" | "ABORTED") || says(&NO_TRANSACTION) {
            return Self::Gone { what, why };
        }
        if answer.status == "ANALYSIS_ERROR" || answer.status == "INVALID_ARGUMENT" || says(&UNKNOWN_NAMES) {
            return Self::Refused { what, why };
        }
        Self::Busy { what, why, pause: None }
    }

    /// An answer that is none of StarRocks'.
    pub(super) fn no_answer(what: &'static str, reply: &Reply, why: String) -> Self {
        Self::Lost { what, why: format!("{} answered as no StarRocks does: {why}", reply.from) }
    }

    /// Whether it may pass when the same is asked again, and did nothing that asking again would repeat.
    pub fn may_be_asked_again(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Lost { .. } | Self::Busy { .. })
    }

    /// As an error of the sink, in whose hands nothing is in doubt: what was begun is given up.
    pub fn into_error(self) -> Error {
        let line = self.to_string();
        match self {
            Self::Unreachable { .. } => Error::new(Class::Transient, line)
                .help("see whether the front ends run, and that `fe` of the connection has their HTTP port (8030)"),
            Self::Lost { .. } | Self::Gone { .. } | Self::Busy { pause: None, .. } => {
                Error::new(Class::Transient, line)
            }
            Self::Busy { pause: Some(pause), .. } => Error::new(Class::Transient, line).retry_after(pause).help(
                "the server merges versions slower than loads come: make epochs larger (`engine: { max_delay: .. }`), \
                 or write to fewer tablets at once",
            ),
            Self::Misdirected { .. } => Error::new(Class::Configuration, line),
            Self::Denied { .. } => Error::new(Class::Configuration, line)
                .help("see `user` and `password` of the connection, and what the user is granted: INSERT and SELECT on each table"),
            Self::Refused { .. } | Self::Rows { .. } => Error::new(Class::Fatal, line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: &str, message: &str) -> Answer {
        Answer { status: status.to_owned(), message: message.to_owned(), ..Answer::default() }
    }

    #[test]
    fn words_are_sorted() {
        let of = |status, message| Failure::of("load", &answer(status, message));
        assert!(matches!(of("INTERNAL_ERROR", "too many filtered rows"), Failure::Rows { .. }));
        assert!(matches!(of("TXN_NOT_EXISTS", "transaction with label x not exists"), Failure::Gone { .. }));
        assert!(matches!(of("ANALYSIS_ERROR", "unknown table \"d.t\""), Failure::Refused { .. }));
        let versions =
            "Failed to load data into tablet 1, because of too many versions, current/limit: 1000/1000.";
        assert!(matches!(of("INTERNAL_ERROR", versions), Failure::Busy { pause: Some(_), .. }));
        assert!(matches!(
            of("TXN_IN_PROCESSING", "Transaction is in processing"),
            Failure::Busy { pause: None, .. }
        ));
        assert_eq!(of("INTERNAL_ERROR", "disk is gone").into_error().class(), Class::Transient);
        let java = "class com.starrocks.common.StarRocksException: Database[d] does not exist.";
        assert_eq!(of("FAILED", java).to_string(), "load: Database[d] does not exist.");
    }
}
