//! What reading and writing each format costs: the bench of the package that does it, as a section.

#[path = "../../host/format/benches/formats/measure.rs"]
mod measure;

use crate::Fallible;
use crate::messages;
use crate::table::Section;

/// Measures all formats.
///
/// # Errors
/// Where a format does not read or write the messages.
pub fn measure(rounds: usize) -> Fallible<Vec<Section>> {
    let updates: Vec<Vec<u8>> =
        (0..measure::MESSAGES).filter_map(|number| messages::update(number).value).collect();
    let mut section = Section::new("Formats", measure::about(rounds, &updates), &measure::HEAD);
    for row in measure::measure(&updates, rounds, &[])? {
        section.row(row);
    }
    Ok(vec![section])
}
