//! `sluicegate new`: skeletons that work.
//!
//! | file | verb or task |
//! |---|---|
//! | `transform.rs` | `new transform NAME`: a project that tests and builds at once |
//! | `templates/` | the files that are written |

mod transform;

use clap::Subcommand;

use super::Output;
use super::exit::Failure;

/// What is made.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a Rust project for a transform of your own: it tests and builds at once.
    Transform(transform::Arguments),
}

/// Makes what was asked for.
pub(super) fn new(verb: Verb, output: Output) -> Result<(), Failure> {
    match verb {
        Verb::Transform(arguments) => transform::transform(&arguments, output),
    }
}
