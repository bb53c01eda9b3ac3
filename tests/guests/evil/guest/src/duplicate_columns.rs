//! Two fields of one name.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let output = Output::new(call.input);
    let fields = call.input.fields();
    output.rename(&fields[0].name, &fields[1].name);
    one(output)
}
