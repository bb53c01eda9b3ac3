//! `sluicegate schema`

use super::exit::Failure;

/// Prints the JSON Schema of a pipeline file.
pub(super) fn print() -> Result<(), Failure> {
    let schema = serde_json::to_string_pretty(&crate::config::schema())
        .map_err(|error| Failure::failed(format!("the schema cannot be written: {error}")))?;
    println!("{schema}");
    Ok(())
}
