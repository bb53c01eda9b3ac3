//! What a pipeline may set about how it runs.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_model::{ByteSize, TimeSpan};

/// How a pipeline runs. Every key has a default that suits most pipelines.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Threads that decode, transform and encode. Default: as many as there are processors.
    pub workers: Option<usize>,
    /// Bytes of messages that may be on their way from the source to an open transaction. Memory stays bounded by
    /// a small multiple of it, whatever the source does.
    pub memory: ByteSize,
    /// How long a row may wait for others before its epoch is committed.
    pub max_delay: TimeSpan,
    /// How old an epoch may grow under load before it is committed. Must be below a third of the sink's
    /// transaction time-out.
    pub max_epoch: TimeSpan,
    /// Bytes in one epoch, at most; then it is committed whatever its age.
    pub epoch_bytes: ByteSize,
    /// Keeps each transaction of the source in one epoch: the target never shows a part of it, however large it is. The
    /// sink's transaction stays open until the source's has come whole. For a `mysql` source, and a sink whose epoch is
    /// one transaction: `mysql` with one writer, `kafka` with transactions. Default: false, a large transaction is
    /// written in parts.
    pub whole_transactions: bool,
    /// Limits on speed.
    pub throttle: ThrottleOptions,
    /// What happens after an error that may pass by itself.
    pub retry: RetryOptions,
    /// How long a graceful stop waits for rows on their way; then they are aborted and read again by the next start.
    pub drain_timeout: TimeSpan,
    /// What to do when the source says that all rows of a table were removed.
    pub on_truncate: OnTruncate,
    /// What to do when the source sends a statement that changes a table. It is never run: targets follow the columns
    /// of the rows that come.
    pub on_ddl: OnDdl,
    /// What to do about a message that cannot be read.
    pub on_error: OnError,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: None,
            memory: ByteSize(32 << 20),
            max_delay: TimeSpan(Duration::from_millis(100)),
            max_epoch: TimeSpan(Duration::from_secs(1)),
            epoch_bytes: ByteSize(64 << 20),
            whole_transactions: false,
            throttle: ThrottleOptions::default(),
            retry: RetryOptions::default(),
            drain_timeout: TimeSpan(Duration::from_secs(25)),
            on_truncate: OnTruncate::Stop,
            on_ddl: OnDdl::Ignore,
            on_error: OnError::DeadLetter,
        }
    }
}

impl Options {
    /// Number of worker threads.
    pub fn worker_count(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(2, usize::from);
        self.workers.unwrap_or_else(all).max(1)
    }
}

/// Limits on how fast rows are read.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThrottleOptions {
    /// Records a second, on average.
    pub rows_per_second: Option<u64>,
    /// Bytes of messages a second, on average.
    pub bytes_per_second: Option<ByteSize>,
}

/// Pauses between tries.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetryOptions {
    /// The first pause; each further one is twice as long.
    pub first: TimeSpan,
    /// The longest pause.
    pub longest: TimeSpan,
    /// Stop when the same trouble has lasted this long. Default: never, a pipeline waits for its systems.
    pub give_up_after: Option<TimeSpan>,
}

impl Default for RetryOptions {
    fn default() -> Self {
        let seconds = |seconds| TimeSpan(Duration::from_secs(seconds));
        Self { first: TimeSpan(Duration::from_millis(200)), longest: seconds(30), give_up_after: None }
    }
}

/// What to do about a truncate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnTruncate {
    /// Stop the pipeline, with the position: a person decides.
    Stop,
    /// Pass it by, with a warning. Rows that were truncated in the source stay in the target.
    Ignore,
    /// Remove all rows of the target too, in order with the rows around it. Only with a sink that can, and where the
    /// target has rows of no other table.
    Apply,
}

/// What to do about a statement that changes a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDdl {
    /// Stop the pipeline, with the position: a person decides.
    Stop,
    /// Pass it by, with a warning that names the table.
    Ignore,
}

/// What to do about a message that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// Put it to the dead letters, until they are too many. Without `dead_letters` the pipeline stops.
    DeadLetter,
    /// Stop the pipeline at the first one, with the position.
    Stop,
}
