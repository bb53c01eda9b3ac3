//! Functions by name.
use sluicegate_model::Column;

use crate::{Checked, KernelError, Options};

/// Computes.
pub fn compute(function: &str, inputs: &[&Column], options: Options<'_>) -> Result<Checked, KernelError> {
    let _ = (inputs, options);
    Err(KernelError::UnknownFunction { name: function.to_owned(), nearest: None })
}

/// Names that `compute` knows.
pub fn functions() -> &'static [&'static str] {
    &[]
}
