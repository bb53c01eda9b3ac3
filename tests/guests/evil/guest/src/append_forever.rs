//! Makes a column in pieces and never stops: the memory is the host's.

use crate::*;

pub fn run(_: &mut Call<'_>) -> Result<Outcome, Failure> {
    let mut builders = Vec::new();
    let piece = cells(Values::Uint8s(vec![7; 1 << 20]));
    loop {
        let builder = ColumnBuilder::new("uint8");
        for _ in 0..16 {
            builder.append(1 << 20, &piece)?;
        }
        builders.push(builder);
    }
}
