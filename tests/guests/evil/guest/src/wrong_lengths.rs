//! Fewer values than rows.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let output = Output::new(call.input);
    let few = Column::of("int32", call.input.len() + 8, &cells(Values::Int32s(vec![7; 4])))?;
    output.put("few", &few, Alignment::Input);
    one(output)
}
