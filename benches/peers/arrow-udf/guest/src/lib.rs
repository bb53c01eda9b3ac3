//! All but the first character of a text becomes `*`.

use std::fmt::Write;

use arrow_udf::function;

#[function("mask(string) -> string")]
fn mask(name: &str, output: &mut impl Write) {
    let kept = name.char_indices().nth(1).map_or(name.len(), |(place, _)| place);
    let (kept, hidden) = name.split_at(kept);
    output.write_str(kept).expect("room for a text");
    for _ in hidden.chars() {
        output.write_char('*').expect("room for a text");
    }
}
