//! Tables that were looked at, and how rows are written to them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use sluicegate_model::{ChangeBatch, TableName};

use super::plan::Plan;
use crate::table::TableRef;

/// Plans by output. Shared by all workers and the writer; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tables(Arc<RwLock<HashMap<TableName, Vec<Arc<Plan>>>>>);

/// Plans of one output that are kept: a table whose schema changes back and forth does not fill the memory.
const KEPT: usize = 16;

impl Tables {
    /// The plan for a batch, where it was made already.
    pub fn plan(&self, batch: &ChangeBatch) -> Option<Arc<Plan>> {
        self.0.read().get(batch.table())?.iter().find(|plan| plan.is_for(batch)).cloned()
    }

    /// Notes that a table got columns: plans that were made before, and rows that were encoded by them, leave those as
    /// they are.
    pub fn has_grown(&self, table: &TableRef) {
        let plans = self.0.read();
        plans.values().flatten().filter(|plan| plan.table == *table).for_each(|plan| plan.table_has_grown());
    }

    /// Forgets all plans: tables may have been changed.
    pub fn forget(&self) {
        self.0.write().clear();
    }

    /// Keeps a plan.
    pub fn keep(&self, plan: Arc<Plan>) {
        let mut plans = self.0.write();
        let of_output = plans.entry(plan.output.clone()).or_default();
        if of_output.len() >= KEPT {
            of_output.remove(0);
        }
        of_output.push(plan);
    }
}
