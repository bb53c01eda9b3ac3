//! `kernels`: the host's own work on columns.

use sluicegate_interface::{ColumnRef, Failure, check, size};
use sluicegate_kernels::{HashAlgorithm, KernelError};
use sluicegate_model::Column;
use wasmtime::component::Resource;

use super::Answer;
use crate::bindings::sluicegate::transform::columns::Checked;
use crate::bindings::sluicegate::transform::kernels::Host;
use crate::bindings::sluicegate::transform::types::Reject;
use crate::handles::ColumnHandle;
use crate::state::State;

/// Functions that may put an option's text in the place of each character.
const EXPANDING: [&str; 2] = ["replace", "regex-replace"];

impl State {
    fn checked(
        &mut self,
        made: Result<sluicegate_kernels::Checked, KernelError>,
        column: Option<&str>,
    ) -> Answer<Checked> {
        let made = match made {
            Ok(made) => made,
            Err(error) => return Ok(Err(Failure::of_kernel(&error, column).into())),
        };
        let failed =
            made.failed.into_iter().map(|failed| Reject { row: failed.row, reason: failed.reason }).collect();
        Ok(Ok(Checked { column: self.made(made.column)?, failed }))
    }

    /// The inputs of a kernel. Their bytes count: what a kernel makes is in proportion to what it is given, and one
    /// column may be given a thousand times.
    fn inputs(&mut self, handles: &[Resource<ColumnHandle>]) -> wasmtime::Result<Vec<Column>> {
        let columns = self.columns(handles)?;
        let bytes = columns.iter().map(|column| size::worked(column.values())).fold(0, u64::saturating_add);
        self.room_for(bytes)?;
        Ok(columns)
    }
}

impl Host for State {
    fn cast(
        &mut self,
        input: Resource<ColumnHandle>,
        to: String,
        options: Vec<(String, String)>,
    ) -> Answer<Checked> {
        let to = match check::data_type(&to) {
            Ok(to) => to,
            Err(why) => return Ok(Err(Failure::stop(why).into())),
        };
        let of = self.handles.get(&input)?;
        self.room_for(size::worked(of.column.values()))?;
        let made = sluicegate_kernels::cast(&of.column, &to, &options);
        let name = of.field.as_ref().map(|field| field.name().clone());
        self.checked(made, name.as_deref())
    }

    fn take(&mut self, input: Resource<ColumnHandle>, rows: Vec<u32>) -> Answer<Resource<ColumnHandle>> {
        let ColumnRef { column, field } = self.handles.get(&input)?.clone();
        let most = self.limits().output_rows;
        if rows.len() as u64 > most {
            return Err(wasmtime::format_err!(
                "take of {} rows is over the limit of {most} (`limits.output_rows`)",
                rows.len()
            ));
        }
        if let Some(row) = rows.iter().find(|row| **row as usize >= column.len()) {
            let why = format!("take of row {row} of a column of {} rows", column.len());
            return Ok(Err(Failure::stop(why).into()));
        }
        self.charge(size::picked(column.values(), &rows))?;
        match sluicegate_kernels::take(&column, &rows) {
            // The same cells: they keep what their field said of them.
            Ok(column) => self.handles.add(ColumnRef { column, field }).map(Ok),
            Err(error) => Ok(Err(Failure::of_kernel(&error, None).into())),
        }
    }

    fn hash(
        &mut self,
        inputs: Vec<Resource<ColumnHandle>>,
        algorithm: String,
    ) -> Answer<Resource<ColumnHandle>> {
        let inputs = self.inputs(&inputs)?;
        let inputs: Vec<&Column> = inputs.iter().collect();
        let made = algorithm
            .parse::<HashAlgorithm>()
            .and_then(|algorithm| sluicegate_kernels::hash(&inputs, algorithm));
        match made {
            Ok(column) => self.made(column).map(Ok),
            Err(error) => Ok(Err(Failure::of_kernel(&error, None).into())),
        }
    }

    fn compute(
        &mut self,
        function: String,
        inputs: Vec<Resource<ColumnHandle>>,
        options: Vec<(String, String)>,
    ) -> Answer<Checked> {
        let inputs = self.inputs(&inputs)?;
        if EXPANDING.contains(&&*function) {
            let longest = options.iter().map(|(_, value)| value.len() as u64).max().unwrap_or(0);
            let text = inputs.iter().map(|column| size::whole(column.values())).fold(0, u64::saturating_add);
            self.room_for(text.saturating_mul(longest))?;
        }
        let inputs: Vec<&Column> = inputs.iter().collect();
        let made = sluicegate_kernels::compute(&function, &inputs, &options);
        self.checked(made, None)
    }

    fn functions(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(sluicegate_kernels::functions().iter().map(|name| (*name).to_owned()).collect())
    }
}
