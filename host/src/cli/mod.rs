//! The command line: one file a verb.
//!
//! | file | verb or task |
//! |---|---|
//! | `run.rs` | `run`: runs pipelines |
//! | `validate.rs` | `validate`: structure, guests, steps; `--online`: systems too |
//! | `preview.rs` | `preview`: rows before and after each step, nothing committed |
//! | `new/` | `new transform`, `new pipeline`: skeletons that work |
//! | `positions.rs` | `positions show`, `set`, `reset`: what is committed |
//! | `schema.rs` | `schema`: the JSON Schema of a pipeline file |
//! | `demo/` | `demo`: the main job on an embedded broker |
//! | `exit.rs` | exit codes, and errors as a person sees them |
//! | `logging.rs` | logs as text or JSON, rate-limited |
//! | `metrics.rs` | Prometheus text over HTTP |
//! | `signals.rs` | SIGTERM drains, a second one aborts |
//! | `table.rs` | batches as tables on a terminal |

mod demo;
mod exit;
mod logging;
mod metrics;
mod new;
mod positions;
mod preview;
mod run;
mod schema;
mod signals;
mod table;
mod validate;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::exit::Failure;

/// A gateway for change rows: Kafka through WebAssembly transforms to Kafka, exactly once.
#[derive(Debug, Parser)]
#[command(name = "sluicegate", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

/// Options that every verb takes.
#[derive(Debug, Args)]
struct Global {
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// How logs are written to standard error.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text, env = "SLUICEGATE_LOG_FORMAT")]
    log_format: Output,
    /// What is logged: a level (error, warn, info, debug, trace), or levels by module.
    #[arg(long, global = true, default_value = "info", env = "SLUICEGATE_LOG")]
    log: String,
}

/// Text for people or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a pipeline, or all pipelines of a directory.
    Run(run::Arguments),
    /// Check a pipeline file: structure, guests, steps; with --online, topics and brokers too.
    Validate(validate::Arguments),
    /// Show rows before and after each step, from the live source. Nothing is committed.
    Preview(preview::Arguments),
    /// Show or move what is committed.
    #[command(subcommand)]
    Positions(positions::Verb),
    /// Make a skeleton that works.
    #[command(subcommand)]
    New(new::Verb),
    /// Print the JSON Schema of a pipeline file.
    Schema,
    /// Run the main job on sample data and an embedded broker.
    Demo(demo::Arguments),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to standard output and mistakes to standard error.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if let Err(failure) = logging::start(&cli.global) {
        return failure.report(cli.global.output);
    }
    let output = cli.global.output;
    let ended = match cli.verb {
        Verb::Run(arguments) => blocking_on(run::run(arguments, output)),
        Verb::Validate(arguments) => blocking_on(validate::validate(arguments, output)),
        Verb::Preview(arguments) => blocking_on(preview::preview(arguments, output)),
        Verb::Positions(verb) => blocking_on(positions::positions(verb, output)),
        Verb::New(verb) => new::new(verb, output),
        Verb::Schema => schema::print(),
        Verb::Demo(arguments) => blocking_on(demo::demo(arguments, output)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(output),
    }
}

fn blocking_on(task: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("threads cannot be started: {error}")))?;
    let ended = runtime.block_on(task);
    // A system that does not answer must not keep the process: what it holds ends with its connection.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ended
}
