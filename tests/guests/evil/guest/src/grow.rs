//! Takes memory until there is none.

use crate::*;

pub fn run(_: &mut Call<'_>) -> Result<Outcome, Failure> {
    let mut hoard = Vec::new();
    loop {
        hoard.push(std::hint::black_box(vec![1u8; 1 << 20]));
    }
}
