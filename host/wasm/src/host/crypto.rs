//! `crypto`: keys are named, never seen, and used only as the step was granted.

use sluicegate_interface::{self as interface, grants, size};
use sluicegate_keys::{KeyError, Use};
use sluicegate_model::Column;
use wasmtime::component::Resource;

use super::Answer;
use crate::bindings::sluicegate::transform::columns::Checked;
use crate::bindings::sluicegate::transform::crypto::Host;
use crate::bindings::sluicegate::transform::types::{Failure, Reject};
use crate::handles::ColumnHandle;
use crate::state::State;

impl State {
    /// # Errors
    /// Where the step was not granted the key for this use: the pipeline stops, and the message says what to write.
    fn granted(&self, key: &str, wanted: Use) -> Result<(), Failure> {
        let step = &*self.step;
        grants::check(&step.name, &step.grants, &step.keys, key, wanted).map_err(Into::into)
    }

    fn sealed(&mut self, made: Result<Column, KeyError>) -> Answer<Resource<ColumnHandle>> {
        match made {
            Ok(column) => self.made(column).map(Ok),
            Err(error) => Ok(Err(interface::Failure::from(&error).into())),
        }
    }

    /// A column and those that its cells are bound to. What is bound is read once a row, so its size is no matter;
    /// that of the result is in proportion to the input.
    fn operands(
        &mut self,
        input: &Resource<ColumnHandle>,
        bound_to: &[Resource<ColumnHandle>],
    ) -> wasmtime::Result<(Column, Vec<Column>)> {
        let input = self.handles.get(input)?.column.clone();
        let bound_to = self.columns(bound_to)?;
        self.room_for(size::worked(input.values()))?;
        Ok((input, bound_to))
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
        let (input, bound_to) = self.operands(&input, &bound_to)?;
        let made = self.step.keys.seal(&input, &key, &context, &bound_to);
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
        let (input, bound_to) = self.operands(&input, &bound_to)?;
        match self.step.keys.open(&input, &key, &context, &bound_to) {
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
        let (input, _) = self.operands(&input, &[])?;
        let made = self.step.keys.mac(&input, &key);
        self.sealed(made)
    }

    fn digest(&mut self, input: Resource<ColumnHandle>) -> Answer<Resource<ColumnHandle>> {
        let (input, _) = self.operands(&input, &[])?;
        self.sealed(sluicegate_keys::digest(&input))
    }
}
