//! What can go wrong with a test server.

use std::path::PathBuf;
use std::time::Duration;

use rdkafka::error::KafkaError;

/// Why a test server could not be started, stopped or used.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A file or a process of the server could not be handled.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, with the path or program.
        what: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A program ended before it was looked at.
    #[error("starting {program}: it ended at once, {status}")]
    EndedAtOnce {
        /// What was started.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// The server's program could not be fetched.
    #[error(
        "{what} is not installed and could not be fetched; run `scripts/setup test` and see what it says\n{output}"
    )]
    NotInstalled {
        /// The server.
        what: &'static str,
        /// The last lines of the fetching command.
        output: String,
    },
    /// The server ended while it was starting.
    #[error("{server} ended while starting ({status}); the end of {}:\n{tail}", log.display())]
    EndedEarly {
        /// The server.
        server: &'static str,
        /// Its exit status.
        status: String,
        /// Its whole log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The server did not answer in time.
    #[error("{server} did not {what} within {limit:?}; its log is {}", log.display())]
    TimedOut {
        /// The server.
        server: &'static str,
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
        /// Its log.
        log: PathBuf,
    },
    /// A request to Kafka failed.
    #[error("Kafka, {what}: {source}")]
    Kafka {
        /// What was asked.
        what: String,
        /// The client library's error.
        source: KafkaError,
    },
    /// A question to MySQL or MariaDB failed.
    #[error("{what}: {source}")]
    MySql {
        /// What was asked.
        what: String,
        /// The client library's error.
        source: mysql_async::Error,
    },
    /// The end of its log was asked of a server that writes none.
    #[error("the server has no binlog")]
    NoLog,
    /// A transaction was still open below the end of a topic.
    #[error(
        "topic {topic}, partition {partition}: a transaction is still open at offset {stable} (end {end}) after {limit:?}"
    )]
    OpenTransaction {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The last stable offset: where the oldest open transaction starts.
        stable: i64,
        /// The end that was to be reached.
        end: i64,
        /// How long was waited.
        limit: Duration,
    },
    /// A reader got no further for a long time.
    #[error(
        "topic {topic}: nothing was read for {limit:?}, and the ends of {left} partitions were not reached"
    )]
    ReaderStuck {
        /// The topic.
        topic: String,
        /// Partitions not read to their ends.
        left: usize,
        /// How long was waited for the next message.
        limit: Duration,
    },
}

impl ServerError {
    /// For `map_err` on file and process calls.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| ServerError::Io { what, source }
    }

    /// For `map_err` on calls of the Kafka client.
    pub(crate) fn kafka(what: impl Into<String>) -> impl FnOnce(KafkaError) -> Self {
        let what = what.into();
        move |source| ServerError::Kafka { what, source }
    }

    /// For `map_err` on calls of the MySQL client.
    pub(crate) fn mysql(what: impl Into<String>) -> impl FnOnce(mysql_async::Error) -> Self {
        let what = what.into();
        move |source| ServerError::MySql { what, source }
    }
}
