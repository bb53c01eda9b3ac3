//! A regular expression that is in thousands of states at once, over megabytes of text.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let mut state = 12_345u64;
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state & 1 == 0 { 'a' } else { 'b' }
    };
    let long: String = (0..4 << 20).map(letter).collect();
    let length: usize = call.with["cell"].as_u64().unwrap_or(10_000) as usize;
    let offsets: Vec<u32> = (0..=long.len() / length).map(|row| (row * length) as u32).collect();
    let text = Column::of("utf8", offsets.len() as u32 - 1, &texts(&offsets, long.as_bytes()))?;
    let pattern = call.with["pattern"].as_str().unwrap_or("a(?:[ab]{900}){10}c");
    drop(kernels::compute("matches", &[&text], &[("pattern".to_owned(), pattern.to_owned())])?);
    Ok(unchanged(call.input))
}
