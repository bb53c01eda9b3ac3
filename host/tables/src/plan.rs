//! How the rows of a schema are written, made once.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{Field, SchemaRef};
use parking_lot::RwLock;
use sluicegate_model::{ChangeBatch, TableName};

use crate::name::TableRef;

/// What a plan is for.
#[derive(Clone, Debug)]
pub struct Target {
    /// The table.
    pub table: TableRef,
    /// The output, for people and dead letters.
    pub output: TableName,
    /// The schema of the rows.
    pub schema: SchemaRef,
    /// The key that the rows bring.
    pub primary_key: Arc<[String]>,
}

impl Target {
    /// The target of batches like this one.
    pub fn new(table: &TableRef, batch: &ChangeBatch) -> Self {
        Self {
            table: table.clone(),
            output: batch.table().clone(),
            schema: Arc::clone(batch.schema()),
            primary_key: Arc::clone(batch.primary_key()),
        }
    }

    /// Whether it was made for such a batch.
    pub fn is_for(&self, batch: &ChangeBatch) -> bool {
        let same_schema = Arc::ptr_eq(&self.schema, batch.schema()) || self.schema == *batch.schema();
        same_schema && self.primary_key == *batch.primary_key()
    }
}

/// How the rows of a schema are written to a table.
pub trait Plan {
    /// What it is for.
    fn target(&self) -> &Target;
}

/// Plans by output. Shared by all workers and the writer; cheap to clone.
#[derive(Debug)]
pub struct Plans<P>(Arc<RwLock<ByOutput<P>>>);

type ByOutput<P> = HashMap<TableName, Vec<Arc<P>>>;

/// Plans of one output that are kept: a table whose schema changes back and forth does not fill the memory.
const KEPT: usize = 64;

impl<P> Clone for Plans<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P> Default for Plans<P> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<P: Plan> Plans<P> {
    /// The plan for a batch, where it was made already.
    pub fn plan(&self, batch: &ChangeBatch) -> Option<Arc<P>> {
        self.0.read().get(batch.table())?.iter().find(|plan| plan.target().is_for(batch)).cloned()
    }

    /// Keeps a plan.
    pub fn keep(&self, plan: Arc<P>) {
        let mut plans = self.0.write();
        let of_output = plans.entry(plan.target().output.clone()).or_default();
        if of_output.len() >= KEPT {
            of_output.remove(0);
        }
        of_output.push(plan);
    }

    /// Forgets all of them: tables may have been changed.
    pub fn forget(&self) {
        self.0.write().clear();
    }

    /// Looks at all plans of a table.
    pub fn of_table(&self, table: &TableRef, look: impl FnMut(&Arc<P>)) {
        self.0.read().values().flatten().filter(|plan| plan.target().table == *table).for_each(look);
    }
}

/// Columns of the rows that a table does not have; `has` tells which it has.
pub fn missing_columns(batch: &ChangeBatch, has: impl Fn(&str) -> bool) -> Vec<&Field> {
    batch.schema().fields().iter().filter(|field| !has(field.name())).map(AsRef::as_ref).collect()
}
