//! Buckets of keys.

use std::sync::Arc;

use arrow_array::UInt64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use sluicegate_model::Column;

use super::call::Call;
use crate::canonical::KeyEncoder;
use crate::{Checked, Failed, HashAlgorithm, KernelError, hash};

/// Remainders by a number that is not 0. For a divisor and numbers of 32 bits, as murmur2 and crc32 give, without a
/// division, which would cost more than the hash of a short key. After D. Lemire, O. Kaser, N. Kurz, "Faster remainder
/// by direct computation", 2019.
#[derive(Clone, Copy, Debug)]
struct Modulo {
    divisor: u64,
    /// 2^64 / divisor, rounded up; 0 where the divisor is too large for it.
    inverse: u64,
}

impl Modulo {
    fn by(divisor: u64) -> Self {
        let small = divisor > 1 && u32::try_from(divisor).is_ok();
        Self { divisor, inverse: if small { u64::MAX / divisor + 1 } else { 0 } }
    }

    #[inline]
    fn of(self, number: u64) -> u64 {
        if self.inverse == 0 || number > u64::from(u32::MAX) {
            return number % self.divisor;
        }
        let fraction = self.inverse.wrapping_mul(number);
        ((u128::from(fraction) * u128::from(self.divisor)) >> 64) as u64
    }
}

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
    let modulo = Modulo::by(buckets);
    if !call.inputs.iter().any(|input| input.has_missing()) {
        let hashes = hash(call.inputs, algorithm)?;
        let buckets: UInt64Array = hashes.values().as_primitive::<UInt64Type>().unary(|hash| modulo.of(hash));
        return Ok(Checked { column: Column::new(Arc::new(buckets)), failed: Vec::new() });
    }
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
        Some(modulo.of(algorithm.of(&key)))
    };
    let hashes: UInt64Array = (0..encoder.rows()).map(&mut bucket).collect();
    Ok(Checked { column: Column::new(Arc::new(hashes)), failed })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Modulo;

    proptest! {
        #[test]
        fn it_is_the_remainder(number: u64, short: u32, divisor in 1u64.., small in 1u64..5000) {
            for divisor in [divisor, small, divisor >> 32 | 1] {
                let modulo = Modulo::by(divisor);
                for number in [number, u64::from(short), u64::from(short) / divisor * divisor, u64::from(u32::MAX)] {
                    prop_assert_eq!(modulo.of(number), number % divisor);
                    prop_assert_eq!(modulo.of(number.saturating_sub(1)), number.saturating_sub(1) % divisor);
                }
            }
        }
    }
}
