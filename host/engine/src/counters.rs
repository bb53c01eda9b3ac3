//! What a pipeline has done, for people and metrics.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sluicegate_connector::Copying;

/// Counts of one pipeline, shared with whoever shows them. Rows of an aborted epoch are not counted as written.
#[derive(Debug, Default)]
pub struct Counters {
    read: AtomicU64,
    read_bytes: AtomicU64,
    written: AtomicU64,
    written_bytes: AtomicU64,
    dead: AtomicU64,
    epochs: AtomicU64,
    aborted: AtomicU64,
    stalled: AtomicBool,
    first_rows: OnceLock<Instant>,
    copying: Mutex<Option<(Copying, Option<Duration>)>>,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records of the source whose positions are committed.
    pub read: u64,
    /// Their bytes.
    pub read_bytes: u64,
    /// Rows committed to the sink.
    pub written: u64,
    /// Their bytes, as the sink got them.
    pub written_bytes: u64,
    /// Dead letters committed.
    pub dead: u64,
    /// Epochs committed.
    pub epochs: u64,
    /// Epochs aborted.
    pub aborted: u64,
    /// Whether the pipeline waits for a system that is away.
    pub stalled: bool,
}

impl Counters {
    /// The counts now.
    pub fn counts(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            read: get(&self.read),
            read_bytes: get(&self.read_bytes),
            written: get(&self.written),
            written_bytes: get(&self.written_bytes),
            dead: get(&self.dead),
            epochs: get(&self.epochs),
            aborted: get(&self.aborted),
            stalled: self.stalled.load(Ordering::Relaxed),
        }
    }

    /// When the first rows came from the source.
    pub fn first_rows(&self) -> Option<Instant> {
        self.first_rows.get().copied()
    }

    /// How far the source has come with rows that are there already, and how long the rest takes; `None` where it reads no
    /// such rows.
    pub fn copying(&self) -> Option<(Copying, Option<Duration>)> {
        *self.copying.lock()
    }

    pub(crate) fn set_copying(&self, copying: Copying, left: Option<Duration>) {
        *self.copying.lock() = Some((copying, left));
    }

    /// Notes that rows came; whether they are the first.
    pub(crate) fn rows_came(&self, now: Instant) -> bool {
        self.first_rows.set(now).is_ok()
    }

    pub(crate) fn committed(&self, epoch: &Counts) {
        let add = |counter: &AtomicU64, amount| counter.fetch_add(amount, Ordering::Relaxed);
        add(&self.read, epoch.read);
        add(&self.read_bytes, epoch.read_bytes);
        add(&self.written, epoch.written);
        add(&self.written_bytes, epoch.written_bytes);
        add(&self.dead, epoch.dead);
        add(&self.epochs, 1);
    }

    pub(crate) fn aborted(&self) {
        self.aborted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_stalled(&self, stalled: bool) -> bool {
        self.stalled.swap(stalled, Ordering::Relaxed) != stalled
    }
}
