//! Spins for ever.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let mut x = 1u64;
    while x != 0 {
        x = std::hint::black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(2) | 1);
    }
    Ok(unchanged(call.input))
}
