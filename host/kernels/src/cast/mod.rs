//! From one type to another.
pub(crate) mod temporal;
pub(crate) mod text;
use arrow_schema::DataType;
use sluicegate_model::Column;

use crate::{Checked, KernelError, Options};

/// Casts.
pub fn cast(input: &Column, to: &DataType, options: Options<'_>) -> Result<Checked, KernelError> {
    let _ = options;
    if input.data_type() == to {
        return Ok(Checked::whole(input.clone()));
    }
    Err(KernelError::UnsupportedCast { from: input.data_type().clone(), to: to.clone() })
}
