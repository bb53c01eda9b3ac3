//! `sluicegate new`: skeletons that work.
//!
//! | file | verb or task |
//! |---|---|
//! | `pipeline.rs` | `new pipeline NAME`: a pipeline file that is valid at once |
//! | `transform.rs` | `new transform NAME`: a project that tests and builds at once |
//! | `project.rs` | the files of a new project, written all or not at all |
//! | `templates/` | the files that are written |

mod pipeline;
mod project;
mod transform;

use clap::Subcommand;

use super::Output;
use super::exit::Failure;

/// What is made.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a pipeline file to begin with: it is valid at once.
    Pipeline(pipeline::Arguments),
    /// Make a Rust project for a transform of your own: it tests and builds at once.
    Transform(transform::Arguments),
}

/// Makes what was asked for.
pub(super) fn new(verb: Verb, output: Output) -> Result<(), Failure> {
    match verb {
        Verb::Pipeline(arguments) => pipeline::pipeline(&arguments, output),
        Verb::Transform(arguments) => transform::transform(&arguments, output),
    }
}
