//! The host's own kernels.

use sluicegate_interface::{self as interface, check};
use sluicegate_kernels::{HashAlgorithm, KernelError};

use super::column::{Checked, Column};
use super::types::{Failure, Reject};

fn checked(
    made: Result<sluicegate_kernels::Checked, KernelError>,
    column: Option<&str>,
) -> Result<Checked, Failure> {
    let made = made.map_err(|error| interface::Failure::of_kernel(&error, column))?;
    let failed = made.failed.into_iter().map(|failed| Reject { row: failed.row, reason: failed.reason });
    Ok(Checked { column: Column::new(made.column), failed: failed.collect() })
}

fn failure_of(error: KernelError) -> Failure {
    interface::Failure::of_kernel(&error, None).into()
}

fn columns<'a>(inputs: &[&'a Column]) -> Vec<&'a sluicegate_model::Column> {
    inputs.iter().map(|input| &input.of_host().column).collect()
}

/// As `kernels.cast`.
pub fn cast(input: &Column, to: &str, options: &[(String, String)]) -> Result<Checked, Failure> {
    let to = check::data_type(to).map_err(Failure::stop)?;
    let input = input.of_host();
    let name = input.field.as_ref().map(|field| field.name().as_str());
    checked(sluicegate_kernels::cast(&input.column, &to, options), name)
}

/// As `kernels.take`.
pub fn take(input: &Column, rows: &[u32]) -> Result<Column, Failure> {
    let of = input.of_host();
    let column = &of.column;
    if let Some(row) = rows.iter().find(|row| **row as usize >= column.len()) {
        return Err(Failure::stop(format!("take of row {row} of a column of {} rows", column.len())));
    }
    of.take(rows).map(Column::new).map_err(failure_of)
}

/// As `kernels.hash`.
pub fn hash(inputs: &[&Column], algorithm: &str) -> Result<Column, Failure> {
    let algorithm: HashAlgorithm = algorithm.parse().map_err(failure_of)?;
    sluicegate_kernels::hash(&columns(inputs), algorithm).map(Column::new).map_err(failure_of)
}

/// As `kernels.compute`.
pub fn compute(function: &str, inputs: &[&Column], options: &[(String, String)]) -> Result<Checked, Failure> {
    checked(sluicegate_kernels::compute(function, &columns(inputs), options), None)
}

/// As `kernels.functions`.
pub fn functions() -> Vec<String> {
    sluicegate_kernels::functions().iter().map(|name| (*name).to_owned()).collect()
}
