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
use super::{Output, metrics, signals};
use crate::config::{Config, RunOptions, RunUntil};

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
}

const LONG: &str = "\
SIGTERM and SIGINT drain: what was read is committed, then the process ends. A second one ends it at once; what was not \
committed is read again by the next start. The exit code is 0 at the end, 1 where a pipeline failed, 2 where its file \
must be changed, 3 where too many rows went to the dead letters.

With --output json an object is printed for each pipeline that ends: `pipeline`, `end`, `read`, `written`, \
`dead_letters`, `epochs`, `seconds`.

Examples:
  sluicegate run orders.yaml
  sluicegate run pipelines/ --metrics 127.0.0.1:9464
  sluicegate run orders.yaml --until end
  sluicegate run shop.yaml --resnapshot=shop.orders";

pub(super) async fn run(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let level = signals::stop_level().map_err(|error| Failure::failed(format!("signals: {error}")))?;
    if let Some(address) = arguments.metrics {
        metrics::serve(address).await?;
    }
    let configs = load_all(&arguments.path)?;
    let Arguments { until, takeover, resnapshot, .. } = arguments;
    let options = RunOptions { until, takeover, resnapshot };
    let mut running = JoinSet::new();
    for config in configs {
        let pipeline = config.assemble(&options)?;
        running.spawn(run_one(pipeline, level.clone(), output, config.writes_to_stdout()));
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

fn load_all(path: &Path) -> Result<Vec<Config>, Failure> {
    if !path.is_dir() {
        return Ok(vec![Config::load(path)?]);
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
    files.iter().map(|file| Config::load(file).map_err(Failure::from)).collect()
}

async fn run_one(
    pipeline: Pipeline,
    level: watch::Receiver<StopLevel>,
    output: Output,
    rows_on_stdout: bool,
) -> Result<(), Failure> {
    let name = pipeline.name.clone();
    let counters = Arc::clone(&pipeline.counters);
    let started = Instant::now();
    info!(pipeline = name, "starting");
    let progress = tokio::spawn(say_progress(name.clone(), Arc::clone(&counters)));
    let ended = pipeline.run(level).await;
    progress.abort();
    let end = ended.map_err(|stop| Failure::from(stop).of(&name))?;
    let summary = summary(&name, end, counters.counts(), started.elapsed(), output);
    if rows_on_stdout {
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
fn summary(name: &str, end: End, counts: Counts, time: Duration, output: Output) -> String {
    let end = match end {
        End::SourceEnd => "read to the end",
        End::Drained => "stopped, all that was read is committed",
        End::Aborted => "stopped, what was on its way is read again by the next start",
    };
    match output {
        Output::Json => json!({
            "pipeline": name, "end": end, "read": counts.read, "written": counts.written,
            "dead_letters": counts.dead, "epochs": counts.epochs, "seconds": time.as_secs_f64(),
        })
        .to_string(),
        Output::Text => format!(
            "{name}: {end}: {} records read, {} rows written, {} dead letters, {} epochs in {:.1} s",
            counts.read,
            counts.written,
            counts.dead,
            counts.epochs,
            time.as_secs_f64()
        ),
    }
}
