//! One large column as each of a thousand fields of a struct: it lies in memory once and is to be read a thousand
//! times.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let column = Column::of("uint64", 1 << 20, &cells(Values::Uint64s(vec![7; 1 << 20])))?;
    let fields: Vec<String> = (0..1_000).map(|place| format!("f{place}:uint64")).collect();
    let children = vec![&column; 1_000];
    let made =
        Column::of_children(&format!("struct({})", fields.join(",")), 1 << 20, &cells(Values::Nothing), &children)?;
    let output = Output::new(call.input);
    output.put("wide", &made, Alignment::Output);
    one(output)
}
