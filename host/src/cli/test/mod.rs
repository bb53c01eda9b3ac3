//! `sluicegate test`
//!
//! | file | holds |
//! |---|---|
//! | `text.rs` | results for people |
//! | `json.rs` | results for programs |

mod json;
mod text;

use std::path::{Path, PathBuf};

use clap::Args;

use super::Output;
use super::exit::Failure;
use super::terminal::Terminal;
use crate::cases::{CaseResult, Suite, Verdict, cases_files};
use crate::config::Today;

/// The command line of `test`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(super) struct Arguments {
    /// Pipeline files, cases files, or directories with either.
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Run only the cases with this in their names.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Change the expectations of cases that fail to what came out. Look at the difference before you commit it.
    #[arg(long)]
    update: bool,
    /// Ask each step again: on the same instance, on a fresh one, and with the rows one by one. It must answer the same.
    #[arg(long)]
    twice: bool,
    /// The day from which dates of the pipeline files (`$[yyyy-MM-dd-1]`) are counted, as in 2026-11-01. Default: today.
    #[arg(long, value_name = "DATE")]
    date: Option<Today>,
}

const LONG: &str = "\
Cases stand in NAME.test.yaml or below NAME.tests/ beside the pipeline NAME.yaml: rows or messages in, and the rows and \
rejects that must come out. They go through the real steps; no system is connected. `sluicegate schema --cases` prints the \
JSON Schema of a cases file.

Exit codes: 0 all passed, 4 something differs, 2 a file is wrong.

Examples:
  sluicegate test orders.yaml
  sluicegate test pipelines/ --filter phone
  sluicegate test orders.yaml --update
  sluicegate test orders.yaml --twice --output json";

/// What became of the cases of all files.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    /// Cases in the files.
    cases: usize,
    /// Those that were run.
    run: usize,
    failed: usize,
    updated: usize,
}

impl Totals {
    fn add(&mut self, suite: &Suite, results: &[CaseResult]) {
        let count = |is: fn(&Verdict) -> bool| results.iter().filter(|result| is(&result.verdict)).count();
        self.cases += suite.len();
        self.run += results.len();
        self.failed += count(|verdict| matches!(verdict, Verdict::Failed(_)));
        self.updated += count(|verdict| matches!(verdict, Verdict::Updated));
    }
}

pub(super) fn test(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let suites = suites(&arguments.paths, arguments.date.unwrap_or_default())?;
    let mut totals = Totals::default();
    let mut files = Vec::new();
    for suite in &suites {
        let mut results = suite.run(arguments.filter.as_deref(), arguments.twice);
        if arguments.update {
            suite.update(&mut results).map_err(Failure::usage)?;
        }
        totals.add(suite, &results);
        match output {
            Output::Text => print!("{}", text::file(suite, &results, &Terminal::of_stdout())),
            Output::Json => files.push(json::file(suite, &results)),
        }
    }
    match output {
        Output::Text => println!("{}", text::summary(&totals)),
        Output::Json => println!("{}", json::report(&totals, files)),
    }
    if totals.run == 0 {
        let filter = arguments.filter.as_deref().unwrap_or_default();
        return Err(Failure::usage(format!("no case has `{filter}` in its name")));
    }
    if totals.failed > 0 { Err(Failure::different()) } else { Ok(()) }
}

/// All files are read before the first case is run, so that a mistake in one is not lost among results.
fn suites(paths: &[PathBuf], today: Today) -> Result<Vec<Suite>, Failure> {
    let (mut files, mut failures) = (Vec::<PathBuf>::new(), Vec::new());
    for path in paths {
        match cases_files(path) {
            Ok(found) => {
                let new = found.into_iter().filter(|file| !files.iter().any(|known| is_same(known, file)));
                files.extend(new.collect::<Vec<_>>());
            }
            Err(none) => failures.push(Failure::usage(none.0)),
        }
    }
    let mut suites = Vec::new();
    for file in &files {
        match Suite::load(file, today) {
            Ok(suite) => suites.push(suite),
            Err(errors) => failures.push(errors.into()),
        }
    }
    Failure::join(failures)?;
    Ok(suites)
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
