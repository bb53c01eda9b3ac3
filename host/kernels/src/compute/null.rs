//! Asking about states, and choosing between cells.

use arrow_array::{Array, BooleanArray, Datum, Scalar};
use arrow_buffer::BooleanBuffer;
use arrow_select::zip::zip;
use sluicegate_model::{Cell, Column};

use super::call::{Call, Operand};
use crate::{Checked, KernelError};

/// Whether the source said NULL; unknown of a cell about which it said nothing.
pub(super) fn is_null(call: &Call<'_>) -> Result<Checked, KernelError> {
    call.no_options()?;
    let input = call.only()?;
    Ok(call.answers(|row| match input.cell(row) {
        Cell::Value => Some(false),
        Cell::Null => Some(true),
        Cell::Missing => None,
    }))
}

/// Whether the source said nothing.
pub(super) fn is_missing(call: &Call<'_>) -> Result<Checked, KernelError> {
    call.no_options()?;
    let input = call.only()?;
    Ok(call.answers(|row| Some(input.is_missing(row))))
}

/// The first cell of a row that is not NULL. A missing one is the answer too: what it holds may be a value.
pub(super) fn coalesce(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["value"])?;
    let first = call.inputs[0].data_type();
    for (input, column) in call.inputs.iter().enumerate() {
        call.same_type(input, column.data_type(), first)?;
    }
    let mut rest = call.operand_after(call.inputs.len(), &given)?;
    for &column in call.inputs.iter().rev() {
        let chosen = match rest {
            None => column.clone(),
            Some(rest) => {
                let taken = BooleanBuffer::collect_bool(column.len(), |row| column.cell(row) != Cell::Null);
                choose(call, &taken, column, &rest)?
            }
        };
        rest = Some(Operand::rows(chosen));
    }
    // There is at least one input, so there is a result.
    Ok(Checked::whole(rest.map_or_else(|| call.inputs[0].clone(), |rest| rest.column().clone())))
}

/// The second input where the first is true, else the third, or the constant.
pub(super) fn if_else(call: &Call<'_>) -> Result<Checked, KernelError> {
    let expected = "a condition and two columns, or one and option value";
    let given = call.given(&["value"])?;
    call.counted(2..=3, expected)?;
    let condition = call.boolean(0)?;
    let yes = call.inputs[1];
    let Some(no) = call.operand_after(2, &given)? else {
        call.counted(3..=3, expected)?;
        return Ok(Checked::whole(yes.clone()));
    };
    call.same_type(2, no.column().data_type(), yes.data_type())?;
    let taken =
        BooleanBuffer::collect_bool(call.rows(), |row| condition.is_valid(row) && condition.value(row));
    Ok(Checked::whole(choose(call, &taken, yes, &no)?))
}

/// Cells of `yes` where `taken`, else of `no`, each with its state.
fn choose(call: &Call<'_>, taken: &BooleanBuffer, yes: &Column, no: &Operand) -> Result<Column, KernelError> {
    let mask = BooleanArray::new(taken.clone(), None);
    let other = no.column().values();
    let scalar;
    let other: &dyn Datum = if no.is_constant() {
        scalar = Scalar::new(other);
        &scalar
    } else {
        other
    };
    let values =
        zip(&mask, yes.values(), other).map_err(|error| KernelError::arrow(call.function, &error))?;
    let presence = (yes.presence().is_some() || no.presence().is_some()).then(|| {
        BooleanBuffer::collect_bool(call.rows(), |row| {
            if taken.value(row) { !yes.is_missing(row) } else { !no.column().is_missing(no.row(row)) }
        })
    });
    Ok(Column::with_presence(values, presence))
}
