//! The command line: one file a verb.
//!
//! | file | verb or task |
//! |---|---|
//! | `run.rs` | `run`: runs pipelines |
//! | `validate.rs` | `validate`: structure, guests, steps; `--online`: systems too |
//! | `test/` | `test`: cases written beside a pipeline |
//! | `preview/` | `preview`: rows before and after each step, nothing committed |
//! | `inspect/` | `inspect`: what a guest is |
//! | `new/` | `new transform`, `new pipeline`: skeletons that work |
//! | `positions.rs` | `positions show`, `set`, `reset`: what is committed |
//! | `dead_letters/` | `dead-letters list`, `show`, `replay`: rows put aside, and again |
//! | `schema.rs` | `schema`: the JSON Schema of a pipeline file |
//! | `demo/` | `demo`: the main job on an embedded broker |
//! | `completions.rs` | `completions`: what a shell completes |
//! | `reference.rs` | the reference of all verbs, for people |
//! | `allocator.rs` | memory that was freed goes back to the system |
//! | `exit.rs` | exit codes, and errors as a person sees them |
//! | `logging.rs` | logs as text or JSON, rate-limited |
//! | `bars.rs` | how far a pipeline has come, on a terminal |
//! | `metrics.rs` | Prometheus text over HTTP |
//! | `signals.rs` | SIGTERM drains, a second one aborts |
//! | `terminal.rs` | how wide standard output is, and whether it takes colours |
//! | `table/` | tables on a terminal |

mod allocator;
mod bars;
mod completions;
mod dead_letters;
mod demo;
mod exit;
mod inspect;
mod logging;
mod metrics;
mod new;
mod positions;
mod preview;
mod reference;
mod run;
mod schema;
mod signals;
mod table;
mod terminal;
mod test;
mod validate;

use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

pub use self::reference::reference_markdown;

use self::exit::Failure;

/// A gateway for change rows: from Kafka, binlogs, tables or files through WebAssembly transforms to tables, Kafka or
/// files, exactly once.
#[derive(Debug, Parser)]
#[command(name = "sluicegate", version, max_term_width = 100, after_long_help = LONG)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

const LONG: &str = "\
Examples:
  sluicegate demo                                 see it run, with an embedded broker
  sluicegate new pipeline orders                  a pipeline file to begin with
  sluicegate validate orders/orders.yaml          what is wrong with it, with line and remedy
  sluicegate preview orders/orders.yaml           what each step makes of the newest rows
  sluicegate run orders/orders.yaml               run it";

/// Options that every verb takes.
#[derive(Debug, Args)]
struct Global {
    /// How results and errors are printed.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// How logs are written to standard error.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_enum, default_value_t = Output::Text)]
    #[arg(env = "SLUICEGATE_LOG_FORMAT", hide_env_values = true)]
    log_format: Output,
    /// What is logged: a level (error, warn, info, debug, trace), or levels by module.
    #[arg(long, global = true, help_heading = EVERYWHERE, default_value = "info", value_name = "LEVEL")]
    #[arg(env = "SLUICEGATE_LOG", hide_env_values = true)]
    log: String,
}

/// The heading of options that every verb takes.
const EVERYWHERE: &str = "Options of every verb";

/// Text for people or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    // Without words of their own: the help of every verb would be longer by them.
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a pipeline, or all pipelines of a directory.
    Run(run::Arguments),
    /// Check a pipeline file: structure, guests, schemas through all steps; with --online the systems too.
    Validate(validate::Arguments),
    /// Test pipelines with cases written beside them: rows in, rows and rejects out.
    Test(test::Arguments),
    /// Show rows before and after each step, from the live source. Nothing is committed.
    ///
    /// The newest records of the source are read beside whatever else reads them: no consumer group is joined.
    Preview(preview::Arguments),
    /// Show or move what is committed.
    #[command(subcommand)]
    Positions(positions::Verb),
    /// Look at the rows that were put aside, and send them again.
    #[command(subcommand)]
    DeadLetters(dead_letters::Verb),
    /// Make a skeleton that works.
    #[command(subcommand)]
    New(new::Verb),
    /// Show what a guest is: its configuration, interface, imports, size, and the sum that pins it.
    Inspect(inspect::Arguments),
    /// Print the JSON Schema of a pipeline file, or of a cases file.
    #[command(after_long_help = schema::LONG)]
    Schema(schema::Arguments),
    /// Run the main job on sample data and an embedded broker.
    Demo(demo::Arguments),
    /// Print the script that completes commands in a shell.
    Completions(completions::Arguments),
}

/// All verbs with their arguments, for references and tests.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    allocator::set_bounds();
    completions::answer();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::of_command_line(&error, wanted_output()),
    };
    if let Err(failure) = logging::start(&cli.global) {
        return failure.report(cli.global.output);
    }
    let output = cli.global.output;
    let ended = match cli.verb {
        Verb::Run(arguments) => blocking_on(run::run(arguments, output)),
        Verb::Validate(arguments) => blocking_on(validate::validate(arguments, output)),
        Verb::Test(arguments) => test::test(&arguments, output),
        Verb::Preview(arguments) => blocking_on(preview::preview(arguments, output)),
        Verb::Positions(verb) => blocking_on(positions::positions(verb, output)),
        Verb::DeadLetters(verb) => blocking_on(dead_letters::dead_letters(verb, output)),
        Verb::New(verb) => new::new(verb, output),
        Verb::Inspect(arguments) => inspect::inspect(&arguments, output),
        Verb::Schema(arguments) => schema::print(&arguments),
        Verb::Demo(arguments) => blocking_on(demo::demo(arguments, output)),
        Verb::Completions(arguments) => completions::completions(&arguments, output),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(output),
    }
}

/// The output that a command line asks for which cannot be read as a whole.
fn wanted_output() -> Output {
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--output") {
            Some("") => words.next().unwrap_or_default(),
            Some(rest) => rest.strip_prefix('=').unwrap_or_default().to_owned(),
            None => continue,
        };
        if value == "json" {
            return Output::Json;
        }
    }
    Output::Text
}

fn blocking_on(task: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("threads cannot be started: {error}")))?;
    let ended = runtime.block_on(task);
    // A system that does not answer must not keep the process: what it holds ends with its connection.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ended
}
