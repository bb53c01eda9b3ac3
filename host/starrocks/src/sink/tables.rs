//! Tables that were looked at, and how rows are written to them.

use sluicegate_tables::{Plans, TableRef};

use super::plan::Plan;

/// What was found out about tables. Shared by all workers and the writer; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// How rows are written.
    pub plans: Plans<Plan>,
}

impl Tables {
    /// Notes that a table got columns: plans that were made before, and rows that were encoded by them, leave those as
    /// they are.
    pub fn has_grown(&self, table: &TableRef) {
        self.plans.of_table(table, |plan| plan.table_has_grown());
    }
}
