//! `sluicegate new transform NAME`

use std::path::PathBuf;

use clap::Args;

use super::super::Output;
use super::super::exit::Failure;

/// The command line of `new transform`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Name of the transform: lower-case letters, digits and hyphens, a letter first.
    name: String,
    /// Directory in which the project's own is made.
    #[arg(long, default_value = ".")]
    directory: PathBuf,
}

/// Makes the project.
pub(super) fn transform(arguments: &Arguments, _: Output) -> Result<(), Failure> {
    let place = arguments.directory.join(&arguments.name);
    Err(Failure::failed(format!("{} was not made: this verb is not finished", place.display())))
}
