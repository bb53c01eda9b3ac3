//! Tables that were looked at, and how rows are written to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluicegate_tables::Plans;

use super::plan::Plan;

/// What was found out about the server and its tables. Shared by all workers and the writer; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// How rows are written.
    pub plans: Plans<Plan>,
    /// Bytes of a statement, at most; 0: not known yet.
    longest: Arc<AtomicUsize>,
}

impl Tables {
    /// Bytes of a statement, at most.
    pub fn longest_statement(&self) -> usize {
        match self.longest.load(Ordering::Relaxed) {
            0 => usize::MAX,
            longest => longest,
        }
    }

    /// Notes what the server takes.
    pub fn set_longest_statement(&self, longest: usize) {
        self.longest.store(longest, Ordering::Relaxed);
    }
}
