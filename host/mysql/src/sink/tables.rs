//! Tables that were looked at, and how rows are written to them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;
use sluicegate_model::{ChangeBatch, TableName};

use super::plan::Plan;

/// Plans by output. Shared by all workers and the writer; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    plans: Arc<RwLock<HashMap<TableName, Vec<Arc<Plan>>>>>,
    /// Bytes of a statement, at most; 0: not known yet.
    longest: Arc<AtomicUsize>,
}

/// Plans of one output that are kept: a table whose schema changes back and forth does not fill the memory.
const KEPT: usize = 64;

impl Tables {
    /// The plan for a batch, where it was made already.
    pub fn plan(&self, batch: &ChangeBatch) -> Option<Arc<Plan>> {
        self.plans.read().get(batch.table())?.iter().find(|plan| plan.is_for(batch)).cloned()
    }

    /// Keeps a plan.
    pub fn keep(&self, plan: Arc<Plan>) {
        let mut plans = self.plans.write();
        let of_output = plans.entry(plan.output.clone()).or_default();
        if of_output.len() >= KEPT {
            of_output.remove(0);
        }
        of_output.push(plan);
    }

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
