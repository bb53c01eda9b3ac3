//! Buckets of keys.

use std::sync::Arc;

use arrow_array::UInt64Array;
use sluicegate_model::Column;

use super::call::Call;
use crate::canonical::KeyEncoder;
use crate::{Checked, Failed, HashAlgorithm, KernelError};

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
    let mut key = Vec::new();
    let mut failed = Vec::new();
    let mut bucket = |row: usize| {
        if let Some(input) = encoder.missing(row) {
            let reason = format!("the cell of input {input} is missing: the source gave a partial image");
            failed.push(Failed { row: row as u32, reason });
            return None;
        }
        key.clear();
        encoder.write(row, &mut key);
        Some(algorithm.of(&key) % buckets)
    };
    let hashes: UInt64Array = (0..encoder.rows()).map(&mut bucket).collect();
    Ok(Checked { column: Column::new(Arc::new(hashes)), failed })
}
