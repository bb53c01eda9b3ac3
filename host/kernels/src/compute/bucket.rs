//! Buckets of keys.

use std::sync::Arc;

use arrow_array::types::UInt64Type;
use sluicegate_model::Column;

use super::call::Call;
use crate::canonical::KeyEncoder;
use crate::cast::{Why, primitive_array};
use crate::{Checked, HashAlgorithm, KernelError};

/// The hash of a key modulo a number of buckets. With murmur2 and one text column it is Kafka's partition.
pub(super) fn hash_bucket(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["buckets", "algorithm"])?;
    let what = "a number of buckets, 1 or more";
    let written = given.required("buckets", what)?;
    let buckets: u64 = given.number("buckets", what)?.unwrap_or(0);
    if buckets == 0 {
        return Err(KernelError::bad_option("buckets", written, what));
    }
    let algorithm: HashAlgorithm = given.text("algorithm").unwrap_or("murmur2").parse()?;
    let encoder = KeyEncoder::new(call.function, call.inputs)?;
    let data_type = arrow_schema::DataType::UInt64;
    let (array, failing) = primitive_array::<UInt64Type>(encoder.rows(), None, &data_type, |row| {
        if encoder.missing(row).is_some() {
            return Err(Why::Malformed);
        }
        let mut key = Vec::new();
        encoder.write(row, &mut key);
        Ok(algorithm.of(&key) % buckets)
    });
    let failed = failing.told(|row, _| {
        let input = encoder.missing(row).unwrap_or_default();
        format!("the cell of input {input} is missing: the source gave a partial image")
    });
    Ok(Checked { column: Column::new(Arc::new(array)), failed })
}
