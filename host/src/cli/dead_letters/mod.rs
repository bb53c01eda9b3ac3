//! `sluicegate dead-letters`
//!
//! | file | task |
//! |---|---|
//! | `list.rs` | the letters that wait, or how many of them for which reason |
//! | `show.rs` | one letter, whole |
//! | `replay.rs` | letters sent again |
//! | `columns.rs` | columns of text |

mod columns;
mod list;
mod replay;
mod show;

use clap::{Args, Subcommand};
use sluicegate_connector::Error;

use super::Output;
use super::exit::Failure;
use crate::replay::{Filter, Since};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the rows that were put aside: where each came from, which step refused it, and why.
    #[command(after_long_help = list::LONG)]
    List(list::Arguments),
    /// Show one of them whole: where and why, its headers, its bytes, and its rows as the format reads them now.
    #[command(after_long_help = show::LONG)]
    Show(show::Arguments),
    /// Send them again, each once: through the steps and into the sink, as the pipeline file is now.
    ///
    /// A row whose key was changed later is kept back: it would overwrite what is newer. What fails again becomes a
    /// dead letter again.
    #[command(after_long_help = replay::LONG)]
    Replay(replay::Arguments),
}

/// Which letters are meant.
#[derive(Debug, Args)]
struct Chosen {
    /// Only letters of this step: `decode`, a step's name, `encode`, `write`.
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
    /// Only letters on their way to this destination.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Only letters whose reason holds this text, in whatever case.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only letters put aside at this time or later, as in 2026-01-31T08:00:00Z, or so long ago, as in 2h.
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
}

impl Chosen {
    fn filter(&self) -> Filter {
        Filter {
            step: self.step.clone(),
            table: self.table.clone(),
            reason: self.reason.clone(),
            since: self.since,
        }
    }
}

pub(super) async fn dead_letters(verb: Verb, output: Output) -> Result<(), Failure> {
    match verb {
        Verb::List(arguments) => list::list(arguments, output).await,
        Verb::Show(arguments) => show::show(arguments, output).await,
        Verb::Replay(arguments) => replay::replay(arguments, output).await,
    }
}

/// Work that blocks, on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Failure::failed(format!("a defect of Sluicegate: {error}")))?;
    done.map_err(Failure::from)
}

/// A moment, to the second.
fn moment(when: Option<chrono::DateTime<chrono::Utc>>) -> String {
    when.map_or_else(|| "-".to_owned(), |when| when.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}
