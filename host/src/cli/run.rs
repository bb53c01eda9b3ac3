//! `sluicegate run`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use sluicegate_engine::{Counters, Counts, End, Pipeline, StopLevel};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::info;

use super::exit::Failure;
use super::{Output, bars, metrics, signals};
use crate::config::{Config, Days, RunOptions, RunUntil, Today};

/// How often a running pipeline says how far it is.
const PROGRESS: Duration = Duration::from_secs(30);

/// The command line of `run`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(super) struct Arguments {
    /// A pipeline file, or a directory of them (`*.yaml`, `*.yml`, `*.json`).
    path: PathBuf,
    /// Stop when all is read and committed: `end` is the source's end as it is now; or a time, as in
    /// 2026-01-31T12:00:00Z.
    #[arg(long, value_name = "end|TIME")]
    until: Option<RunUntil>,
    /// Serve metrics at this address, as in 127.0.0.1:9464.
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// Start beside processes of the pipeline that have other steps: for a change that is rolled out process by
    /// process.
    #[arg(long)]
    takeover: bool,
    /// Read the rows of tables of a MySQL or MariaDB again, beside their changes: of all, or of those that are named, as in
    /// --resnapshot=shop.orders,shop.items. Once: the next start goes on from there.
    #[arg(long, value_name = "TABLE", num_args = 0.., value_delimiter = ',', require_equals = true)]
    resnapshot: Option<Vec<String>>,
    /// The day from which dates of the files (`$[yyyy-MM-dd-1]`) are counted, as in 2026-11-01, or the first and the last of
    /// several that are run one after another: 2026-11-01..2026-11-30. Default: today.
    ///
    /// A time may follow a single day: 2026-11-01T08:00. Clocks are those of `time_zone` of the file.
    #[arg(long, value_name = "DATE|FIRST..LAST")]
    date: Option<Days>,
}

const LONG: &str = "\
SIGTERM and SIGINT drain: what was read is committed, then the process ends. A second one ends it at once; what was not \
committed is read again by the next start. The exit code is 0 at the end, 1 where a pipeline failed, 2 where its file \
must be changed, 3 where too many rows went to the dead letters.

With --output json an object is printed for each pipeline that ends: `pipeline`, `end`, `read`, `written`, \
`dead_letters`, `epochs`, `seconds`; and `date`, where --date was given.

Examples:
  sluicegate run orders.yaml
  sluicegate run pipelines/ --metrics 127.0.0.1:9464
  sluicegate run orders.yaml --until end
  sluicegate run shop.yaml --resnapshot=shop.orders
  sluicegate run daily.yaml --until end --date 2026-11-01..2026-11-30";

pub(super) async fn run(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let level = signals::stop_level().map_err(|error| Failure::failed(format!("signals: {error}")))?;
    if let Some(address) = arguments.metrics {
        metrics::serve(address).await?;
    }
    let Arguments { path, until, takeover, resnapshot, date, .. } = arguments;
    let options = RunOptions { until, takeover, resnapshot };
    let Some(days) = date else {
        return run_all(&path, &options, None, &level, output).await;
    };
    for day in days.each() {
        if *level.borrow() != StopLevel::Run {
            info!(%day, "stopped: this day and those after it were not run");
            return Ok(());
        }
        let is_one_of_many = matches!(days, Days::Range(..));
        let day = Day { today: day, is_one_of_many };
        run_all(&path, &options, Some(day), &level, output).await?;
    }
    Ok(())
}

/// A day that was named.
#[derive(Clone, Copy)]
struct Day {
    today: Today,
    is_one_of_many: bool,
}

/// Runs pipelines to their ends.
async fn run_all(
    path: &Path,
    options: &RunOptions,
    day: Option<Day>,
    level: &watch::Receiver<StopLevel>,
    output: Output,
) -> Result<(), Failure> {
    let mut pipelines = Vec::new();
    for config in load_all(path, day.map(|day| day.today).unwrap_or_default())? {
        let pipeline = config.assemble(options)?;
        if day.is_some_and(|day| day.is_one_of_many) {
            check_for_many_days(&config, &pipeline)?;
        }
        pipelines.push((pipeline, config.writes_to_stdout()));
    }
    let mut running = JoinSet::new();
    for (pipeline, rows_on_stdout) in pipelines {
        let run = Run { day: day.map(|day| day.today), output, rows_on_stdout };
        running.spawn(run_one(pipeline, level.clone(), run));
    }
    let mut failures = Vec::new();
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => failures.push(failure),
            Err(error) => failures.push(Failure::failed(format!("a defect of Sluicegate: {error}"))),
        }
    }
    Failure::join(failures)
}

/// Refuses days one after another where each would be the same, or the first would never end.
fn check_for_many_days(config: &Config, pipeline: &Pipeline) -> Result<(), Failure> {
    if !config.has_dates() {
        return Err(Failure::usage(format!(
            "pipeline {}: no value of it is a date (`$[yyyy-MM-dd-1]`): every day of `--date` would be the same",
            config.name()
        )));
    }
    if !pipeline.bounded {
        return Err(Failure::usage(format!(
            "pipeline {}: its first day would never end, and the others would not be run; add `--until end`",
            config.name()
        )));
    }
    Ok(())
}

fn load_all(path: &Path, today: Today) -> Result<Vec<Config>, Failure> {
    if !path.is_dir() {
        return Ok(vec![Config::load_as_of(path, today)?]);
    }
    let unreadable = |error| Failure::usage(format!("{}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let is_pipeline =
            file.extension().is_some_and(|kind| ["yaml", "yml", "json"].iter().any(|known| kind == *known));
        if is_pipeline && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!(
            "{} holds no pipeline file (*.yaml, *.yml, *.json)",
            path.display()
        )));
    }
    files.iter().map(|file| Config::load_as_of(file, today).map_err(Failure::from)).collect()
}

/// How a run is told of.
#[derive(Clone, Copy)]
struct Run {
    /// The day that was named.
    day: Option<Today>,
    output: Output,
    rows_on_stdout: bool,
}

async fn run_one(pipeline: Pipeline, level: watch::Receiver<StopLevel>, run: Run) -> Result<(), Failure> {
    let name = pipeline.name.clone();
    let counters = Arc::clone(&pipeline.counters);
    let started = Instant::now();
    info!(pipeline = name, "starting");
    let progress = tokio::spawn(say_progress(name.clone(), Arc::clone(&counters)));
    let bar = tokio::spawn(bars::show(name.clone(), Arc::clone(&counters)));
    let ended = pipeline.run(level).await;
    progress.abort();
    bar.abort();
    // What it was drawing ends before the last word.
    let _ = bar.await;
    let end = ended.map_err(|stop| {
        let about = run.day.map(|day| format!("{name} ({day})"));
        Failure::from(stop).of(about.as_ref().unwrap_or(&name))
    })?;
    let summary = summary(&name, end, counters.counts(), started.elapsed(), run);
    if run.rows_on_stdout {
        eprintln!("{summary}");
    } else {
        println!("{summary}");
    }
    Ok(())
}

async fn say_progress(name: String, counters: Arc<Counters>) {
    let mut last = Counts::default();
    loop {
        tokio::time::sleep(PROGRESS).await;
        let now = counters.counts();
        let rate = (now.read - last.read) / PROGRESS.as_secs();
        info!(
            pipeline = name,
            read = now.read,
            written = now.written,
            dead_letters = now.dead,
            rows_per_second = rate,
            "running"
        );
        last = now;
    }
}

/// The last word of a pipeline: on standard output, unless its rows go there.
fn summary(name: &str, end: End, counts: Counts, time: Duration, run: Run) -> String {
    let end = match end {
        End::SourceEnd => "read to the end",
        End::Drained => "stopped, all that was read is committed",
        End::Aborted => "stopped, what was on its way is read again by the next start",
    };
    match run.output {
        Output::Json => {
            let mut summary = json!({
                "pipeline": name, "end": end, "read": counts.read, "written": counts.written,
                "dead_letters": counts.dead, "epochs": counts.epochs, "seconds": time.as_secs_f64(),
            });
            if let Some(day) = run.day {
                summary["date"] = json!(day.to_string());
            }
            summary.to_string()
        }
        Output::Text => format!(
            "{name}{}: {end}: {} records read, {} rows written, {} dead letters, {} epochs in {:.1} s",
            run.day.map(|day| format!(" ({day})")).unwrap_or_default(),
            counts.read,
            counts.written,
            counts.dead,
            counts.epochs,
            time.as_secs_f64()
        ),
    }
}
