//! Values that are taken away.

use arrow_array::{UInt32Array, new_null_array};
use arrow_buffer::ScalarBuffer;
use arrow_schema::DataType;

use super::call::{Call, constant};
use crate::{Checked, KernelError};

/// One value in the place of every other, or NULL. What was NULL or missing before stays so.
pub(super) fn redact(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["value"])?;
    let input = call.only()?;
    let values = match given.text("value") {
        _ if *input.data_type() == DataType::Null => return Ok(Checked::whole(input.clone())),
        None => new_null_array(input.data_type(), input.len()),
        Some(value) => {
            let one = constant("value", value, input.data_type())?;
            let zeros = ScalarBuffer::from(vec![0_u32; input.len()]);
            let rows = UInt32Array::new(zeros, input.values().nulls().cloned());
            let taken = arrow_select::take::take(one.values(), &rows, None);
            taken.map_err(|error| KernelError::arrow(call.function, &error))?
        }
    };
    Ok(Checked::of(input, values, Vec::new()))
}
