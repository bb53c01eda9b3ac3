//! SQL's three-valued logic. A missing cell is as unknown as NULL.

use arrow_array::{Array, BooleanArray};

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
    Ok(call.answers(|row| known(input, row).map(|value| !value)))
}

/// One input of the value `decisive` decides a row, whatever the others are.
fn decided_by(call: &Call<'_>, decisive: bool) -> Result<Checked, KernelError> {
    call.no_options()?;
    let inputs: Vec<&BooleanArray> =
        (0..call.inputs.len()).map(|input| call.boolean(input)).collect::<Result<_, _>>()?;
    Ok(call.answers(|row| {
        let mut unknown = false;
        for input in &inputs {
            match known(input, row) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(!decisive) }
    }))
}

fn known(input: &BooleanArray, row: usize) -> Option<bool> {
    input.is_valid(row).then(|| input.value(row))
}
