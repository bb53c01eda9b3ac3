//! SQL's three-valued logic. A missing cell is as unknown as NULL.

use std::sync::Arc;

use arrow_array::{Array, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use sluicegate_model::Column;

use super::call::Call;
use crate::{Checked, KernelError};

/// False where any input is, else unknown where any is, else true.
pub(super) fn and(call: &Call<'_>) -> Result<Checked, KernelError> {
    decided_by(call, false)
}

/// True where any input is, else unknown where any is, else false.
pub(super) fn or(call: &Call<'_>) -> Result<Checked, KernelError> {
    decided_by(call, true)
}

pub(super) fn not(call: &Call<'_>) -> Result<Checked, KernelError> {
    call.no_options()?;
    call.only()?;
    let input = call.boolean(0)?;
    Ok(answers(!input.values(), input.nulls().cloned()))
}

/// One input of the value `decisive` decides a row, whatever the others are. Whole words of bits at a time.
fn decided_by(call: &Call<'_>, decisive: bool) -> Result<Checked, KernelError> {
    call.no_options()?;
    // Rows that are decided, and rows in which every input is known to be of the other value.
    let mut decided = BooleanBuffer::new_unset(call.rows());
    let mut undisputed = BooleanBuffer::new_set(call.rows());
    for input in 0..call.inputs.len() {
        let (holds, fails) = known(call.boolean(input)?);
        let (for_it, against) = if decisive { (holds, fails) } else { (fails, holds) };
        decided = &decided | &for_it;
        undisputed = &undisputed & &against;
    }
    let known = NullBuffer::new(&decided | &undisputed);
    let values = if decisive { decided } else { undisputed };
    Ok(answers(values, Some(known).filter(|known| known.null_count() > 0)))
}

/// The rows known to be true, and those known to be false.
fn known(input: &BooleanArray) -> (BooleanBuffer, BooleanBuffer) {
    let values = input.values();
    match input.nulls() {
        None => (values.clone(), !values),
        Some(nulls) => (values & nulls.inner(), &!values & nulls.inner()),
    }
}

fn answers(values: BooleanBuffer, nulls: Option<NullBuffer>) -> Checked {
    Checked::whole(Column::new(Arc::new(BooleanArray::new(values, nulls))))
}
