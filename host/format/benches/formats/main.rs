//! `cargo bench -p sluicegate-format` prints the table of formats that docs/performance.md shows; with names of formats
//! behind `--`, their rows alone.

mod measure;
mod updates;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let updates: Vec<Vec<u8>> =
        (0..measure::MESSAGES).map(|number| updates::update(number).1.into_bytes()).collect();
    println!("{}\n", measure::about(100, &updates));
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let table = measure::measure(&updates, 100, &names)?;
    for row in std::iter::once(measure::HEAD.map(str::to_owned)).chain(table) {
        println!("{}", row.map(|cell| format!("{cell:>13}")).join(" "));
    }
    Ok(())
}
