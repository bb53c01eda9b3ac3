//! `sluicegate schema`

use clap::Args;

use super::exit::Failure;

/// The command line of `schema`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The schema of a file with cases for `sluicegate test`.
    #[arg(long)]
    cases: bool,
}

/// The end of the help of `schema`.
pub(super) const LONG: &str = "\
An editor that is told of it completes and checks pipeline files. It covers what the built-in transforms take under \
`with:`; what a guest of your own takes `sluicegate inspect` shows.

Example:
  sluicegate schema > sluicegate.schema.json
  # and as the first line of a pipeline file, for editors with the YAML language server:
  # yaml-language-server: $schema=sluicegate.schema.json";

/// Prints the JSON Schema of a pipeline file, or of a cases file.
pub(super) fn print(arguments: &Arguments) -> Result<(), Failure> {
    let schema = if arguments.cases { crate::cases::schema() } else { crate::config::schema() };
    let schema = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::failed(format!("the schema cannot be written: {error}")))?;
    println!("{schema}");
    Ok(())
}
