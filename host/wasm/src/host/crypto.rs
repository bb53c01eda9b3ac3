//! `crypto`: keys are named, never seen, and used only as the step was granted.

use sluicegate_interface::{self as interface, grants, size};
use sluicegate_keys::{KeyError, Use};
use sluicegate_model::Column;
use wasmtime::component::Resource;

use super::Answer;
use super::slices::{Length, Made};
use crate::bindings::sluicegate::transform::columns::Checked;
use crate::bindings::sluicegate::transform::crypto::Host;
use crate::bindings::sluicegate::transform::types::{Failure, Reject};
use crate::handles::ColumnHandle;
use crate::state::State;

/// Longest context that cells are sealed under, in bytes: the name of a table and a column. It is authenticated with
/// every cell.
const CONTEXT: usize = 4 << 10;

/// The first is what is sealed or opened, the others are what its cells are bound to.
fn operand(columns: &[Column]) -> (&Column, &[Column]) {
    (&columns[0], &columns[1..])
}

fn whole(column: Column) -> Made {
    Made { column, failed: Vec::new() }
}

impl State {
    /// # Errors
    /// Where the step was not granted the key for this use: the pipeline stops, and the message says what to write.
    fn granted(&self, key: &str, wanted: Use) -> Result<(), Failure> {
        let step = &*self.step;
        grants::check(&step.name, &step.grants, &step.keys, key, wanted).map_err(Into::into)
    }

    fn sealed(&mut self, made: Result<Made, KeyError>) -> Answer<Resource<ColumnHandle>> {
        match made {
            Ok(made) => self.made(made.column).map(Ok),
            Err(error) => Ok(Err(interface::Failure::from(&error).into())),
        }
    }

    /// A column and those that its cells are bound to. What is bound is read once a row, so its size is no matter;
    /// that of the result is in proportion to the input.
    fn operands(
        &mut self,
        input: &Resource<ColumnHandle>,
        bound_to: &[Resource<ColumnHandle>],
        context: &str,
    ) -> wasmtime::Result<Vec<Column>> {
        if context.len() > CONTEXT {
            return Err(wasmtime::format_err!(
                "the guest gave a context of {} bytes to seal under, {CONTEXT} are allowed",
                context.len()
            ));
        }
        let mut columns = vec![self.handles.get(input)?.column.clone()];
        self.room_for(size::worked(columns[0].values()))?;
        columns.extend(self.columns(bound_to)?);
        Ok(columns)
    }
}

impl Host for State {
    fn seal(
        &mut self,
        input: Resource<ColumnHandle>,
        key: String,
        context: String,
        bound_to: Vec<Resource<ColumnHandle>>,
    ) -> Answer<Resource<ColumnHandle>> {
        if let Err(failure) = self.granted(&key, Use::Seal) {
            return Ok(Err(failure));
        }
        let columns = self.operands(&input, &bound_to, &context)?;
        let made = self.in_slices(&columns, Length::of_text(&context), |columns| {
            let (input, bound_to) = operand(columns);
            self.step.keys.seal(input, &key, &context, bound_to).map(whole)
        })?;
        self.sealed(made)
    }

    fn open(
        &mut self,
        input: Resource<ColumnHandle>,
        key: String,
        context: String,
        bound_to: Vec<Resource<ColumnHandle>>,
    ) -> Answer<Checked> {
        if let Err(failure) = self.granted(&key, Use::Open) {
            return Ok(Err(failure));
        }
        let columns = self.operands(&input, &bound_to, &context)?;
        let made = self.in_slices(&columns, Length::of_text(&context), |columns| {
            let (input, bound_to) = operand(columns);
            let opened = self.step.keys.open(input, &key, &context, bound_to)?;
            Ok(Made { column: opened.column, failed: opened.failed })
        })?;
        match made {
            Ok(opened) => {
                let failed = opened.failed.into_iter().map(|(row, reason)| Reject { row, reason }).collect();
                Ok(Ok(Checked { column: self.made(opened.column)?, failed }))
            }
            Err(error) => Ok(Err(interface::Failure::from(&error).into())),
        }
    }

    fn mac(&mut self, input: Resource<ColumnHandle>, key: String) -> Answer<Resource<ColumnHandle>> {
        if let Err(failure) = self.granted(&key, Use::Mac) {
            return Ok(Err(failure));
        }
        let columns = self.operands(&input, &[], "")?;
        let made = self.in_slices(&columns, Length::of_text(""), |columns| {
            self.step.keys.mac(&columns[0], &key).map(whole)
        })?;
        self.sealed(made)
    }

    fn digest(&mut self, input: Resource<ColumnHandle>) -> Answer<Resource<ColumnHandle>> {
        let columns = self.operands(&input, &[], "")?;
        let made = self.in_slices(&columns, Length::of_text(""), |columns| {
            sluicegate_keys::digest(&columns[0]).map(whole)
        })?;
        self.sealed(made)
    }
}
