//! The host's own keys, as the test grants them.

use sluicegate_interface::{self as interface, grants};
use sluicegate_keys::{KeyError, Use};

use super::column::{Checked, Column};
use super::session::{self, StepKeys};
use super::types::{Failure, Reject};

/// The name of the step under test, as the host's messages have it.
const STEP: &str = "under test";

fn granted(key: &str, wanted: Use) -> Result<StepKeys, Failure> {
    let keys = session::keys();
    grants::check(STEP, &keys.grants, &keys.ring, key, wanted)?;
    Ok(keys)
}

fn failure_of(error: KeyError) -> Failure {
    interface::Failure::from(&error).into()
}

fn columns(inputs: &[&Column]) -> Vec<sluicegate_model::Column> {
    inputs.iter().map(|input| input.of_host().column.clone()).collect()
}

/// As `crypto.seal`.
pub fn seal(input: &Column, key: &str, context: &str, bound_to: &[&Column]) -> Result<Column, Failure> {
    let keys = granted(key, Use::Seal)?;
    let sealed = keys.ring.seal(&input.of_host().column, key, context, &columns(bound_to));
    sealed.map(Column::new).map_err(failure_of)
}

/// As `crypto.open`.
pub fn open(input: &Column, key: &str, context: &str, bound_to: &[&Column]) -> Result<Checked, Failure> {
    let keys = granted(key, Use::Open)?;
    let opened = keys.ring.open(&input.of_host().column, key, context, &columns(bound_to));
    let opened = opened.map_err(failure_of)?;
    let failed = opened.failed.into_iter().map(|(row, reason)| Reject { row, reason });
    Ok(Checked { column: Column::new(opened.column), failed: failed.collect() })
}

/// As `crypto.mac`.
pub fn mac(input: &Column, key: &str) -> Result<Column, Failure> {
    let keys = granted(key, Use::Mac)?;
    keys.ring.mac(&input.of_host().column, key).map(Column::new).map_err(failure_of)
}

/// As `crypto.digest`.
pub fn digest(input: &Column) -> Result<Column, Failure> {
    sluicegate_keys::digest(&input.of_host().column).map(Column::new).map_err(failure_of)
}
