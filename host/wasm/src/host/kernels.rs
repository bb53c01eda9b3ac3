//! `kernels`: the host's own work on columns.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use sluicegate_interface::{Failure, check, size};
use sluicegate_kernels::{HashAlgorithm, KernelError};
use sluicegate_model::Column;
use wasmtime::component::Resource;

use super::Answer;
use super::slices::{Length, Made};
use crate::bindings::sluicegate::transform::columns::Checked;
use crate::bindings::sluicegate::transform::kernels::Host;
use crate::bindings::sluicegate::transform::types::Reject;
use crate::handles::ColumnHandle;
use crate::state::State;

/// Functions that may put an option's text in the place of each cell or character.
const EXPANDING: [&str; 4] = ["encode", "redact", "regex-replace", "replace"];
/// Functions that take a regular expression.
const REGEX: [&str; 2] = ["matches", "regex-replace"];
/// Longest cell that a regular expression is put to, in bytes: one that is slow by design takes seconds for it, and
/// nothing can stop it within a cell.
const REGEX_CELL: u64 = 256 << 10;

impl From<sluicegate_kernels::Checked> for Made {
    fn from(made: sluicegate_kernels::Checked) -> Self {
        let failed = made.failed.into_iter().map(|failed| (failed.row, failed.reason)).collect();
        Self { column: made.column, failed }
    }
}

/// The first cell that is too long for a regular expression.
fn too_long(column: &Column) -> Option<usize> {
    let texts = column.values().as_string_opt::<i32>()?;
    if texts.value_data().len() as u64 <= REGEX_CELL {
        return None;
    }
    (0..texts.len()).find(|row| texts.value_length(*row) as u64 > REGEX_CELL)
}

impl State {
    fn checked(&mut self, made: Result<Made, KernelError>, column: Option<&str>) -> Answer<Checked> {
        let made = match made {
            Ok(made) => made,
            Err(error) => return Ok(Err(Failure::of_kernel(&error, column).into())),
        };
        let failed = made.failed.into_iter().map(|(row, reason)| Reject { row, reason }).collect();
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
        let of = self.handles.get(&input)?.clone();
        self.room_for(size::worked(of.column.values()))?;
        // What is null or fails takes the room of a cell of the new type.
        self.room_for(size::of_null(&to).saturating_mul(of.column.len() as u64))?;
        let made =
            self.in_slices(std::slice::from_ref(&of.column), Length::of_options(&options), |slice| {
                sluicegate_kernels::cast(&slice[0], &to, &options).map(Into::into)
            })?;
        let name = of.field.as_ref().map(|field| field.name().clone());
        self.checked(made, name.as_deref())
    }

    fn take(&mut self, input: Resource<ColumnHandle>, rows: Vec<u32>) -> Answer<Resource<ColumnHandle>> {
        let of = self.handles.get(&input)?.clone();
        let column = &of.column;
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
        match of.take(&rows) {
            // The same cells: they keep what their field said of them.
            Ok(taken) => self.handles.add(taken).map(Ok),
            Err(error) => Ok(Err(Failure::of_kernel(&error, None).into())),
        }
    }

    fn hash(
        &mut self,
        inputs: Vec<Resource<ColumnHandle>>,
        algorithm: String,
    ) -> Answer<Resource<ColumnHandle>> {
        let inputs = self.inputs(&inputs)?;
        let algorithm = match algorithm.parse::<HashAlgorithm>() {
            Ok(algorithm) => algorithm,
            Err(error) => return Ok(Err(Failure::of_kernel(&error, None).into())),
        };
        let made = self.in_slices(&inputs, Length::of_options(&[]), |slices| {
            let slices: Vec<&Column> = slices.iter().collect();
            let column = sluicegate_kernels::hash(&slices, algorithm)?;
            Ok(Made { column, failed: Vec::new() })
        })?;
        match made {
            Ok(made) => self.made(made.column).map(Ok),
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
        let longest = options.iter().map(|(_, value)| value.len() as u64).max().unwrap_or(0);
        self.room_for(longest.saturating_mul(inputs.len() as u64))?;
        if EXPANDING.contains(&&*function) {
            let text = inputs.iter().map(|column| size::whole(column.values())).fold(0, u64::saturating_add);
            self.room_for(text.saturating_mul(longest))?;
        }
        let mut length = Length::of_options(&options);
        if REGEX.contains(&&*function) {
            if let Some(row) = inputs.iter().find_map(too_long) {
                let why = format!(
                    "the text of row {row} is longer than the {REGEX_CELL} bytes that a regular expression is put to"
                );
                return Ok(Err(Failure::reject(why).into()));
            }
            length = Length::of_regex();
        }
        let made = self.in_slices(&inputs, length, |slices| {
            let slices: Vec<&Column> = slices.iter().collect();
            sluicegate_kernels::compute(&function, &slices, &options).map(Into::into)
        })?;
        self.checked(made, None)
    }

    fn functions(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(sluicegate_kernels::functions().iter().map(|name| (*name).to_owned()).collect())
    }
}
