//! The body of a load of one batch.

use std::sync::Arc;

use sluicegate_connector::Error;
use sluicegate_model::ChangeBatch;

use super::options::SinkOptions;
use super::plan::Plan;
use super::rows::encode;
use super::stage::batches;
use super::window::Window;
use crate::client::{Format, Payload};
use crate::table::Table;

/// Makes bodies of single batches, as a worker and the writer together do. For measuring and trying out: a sink makes a
/// body of all that waits.
#[derive(Debug)]
pub struct BodyMaker(Arc<Plan>);

impl BodyMaker {
    /// One for batches like this, into a table, in a form.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where the rows do not fit into the table.
    pub fn new(
        table: &Table,
        batch: &ChangeBatch,
        options: &SinkOptions,
        format: Format,
    ) -> Result<Self, Error> {
        let plan = Plan::new(table, batch, options, format);
        plan.map(Self).map_err(|misfits| Error::configuration(misfits.join("; ")))
    }

    /// The body of a batch.
    ///
    /// # Errors
    /// Where a row does not fit, or the rows need several loads.
    pub fn body(&self, batch: &ChangeBatch) -> Result<Payload, Error> {
        let (rows, rejects) = encode(&self.0, batch)?;
        if let Some(reject) = rejects.first() {
            return Err(Error::fatal(reject.reason.clone()));
        }
        let mut window = Window::default();
        let left = window.add(&Arc::new(rows), 0);
        let tables = window.empty();
        match (left, tables.first().map(|table| (table, batches(table)))) {
            (None, Some((table, loads))) if loads.len() == 1 => {
                loads[0].body(table, &loads[0].entries).map_err(Error::fatal)
            }
            _ => Err(Error::fatal("the rows need several loads")),
        }
    }
}
