//! `sluicegate demo`: the main job on an embedded broker.
//!
//! Everything is real but the broker, which is librdkafka's own test cluster inside this process: the messages, the
//! pipeline file, the transforms and the code that runs them. The files stay, to be looked at and changed.

mod broker;
mod messages;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use sluicegate_engine::{Counters, Pipeline, StopLevel};
use tokio::sync::watch;

use self::broker::Embedded;
use self::report::Progress;
use super::Output;
use super::exit::Failure;
use super::preview::Trace;
use crate::config::{Config, RunOptions, RunUntil};

/// The pipeline that the demo runs, as it stands in `examples/`.
const PIPELINE: &str = include_str!("../../../../examples/pipelines/orders.yaml");
const TOPIC: &str = "ogg.shop.orders";
const PARTITIONS: i32 = 4;
const OUTPUTS: [&str; 3] = ["orders-0", "orders-1", "orders-2"];
const DEAD: &str = "orders.dead";

/// The command line of `demo`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(super) struct Arguments {
    /// Messages to send through.
    #[arg(long, default_value_t = 60_000)]
    messages: u64,
    /// Where the demo's files go.
    #[arg(long, default_value = "sluicegate-demo")]
    directory: PathBuf,
}

const LONG: &str = "\
Everything is real but the broker, which is a test cluster inside this process: the messages, the pipeline file, the \
transforms and the code that runs them. The files stay, to be looked at and changed.

Example:
  sluicegate demo --messages 1000";

pub(super) async fn demo(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let broker = Embedded::start(&[
        (TOPIC, PARTITIONS),
        (OUTPUTS[0], 1),
        (OUTPUTS[1], 1),
        (OUTPUTS[2], 1),
        (DEAD, 1),
    ])?;
    let text = lay_out(&arguments.directory, &broker.brokers())?;
    let config = Config::parse(&text, &arguments.directory.join("orders.yaml"))?;
    report::introduce(&arguments.directory, &broker.brokers(), output);

    let messages: Vec<messages::Message> = messages::orders(arguments.messages).collect();
    broker.produce(TOPIC, &messages).await?;
    preview(&config, output).await?;

    let pipeline = config.assemble(&RunOptions { until: Some(RunUntil::End), ..RunOptions::default() })?;
    let counters = Arc::clone(&pipeline.counters);
    let seconds = run(pipeline, &counters, arguments.messages, output).await?;

    let outputs: Vec<(&str, u64)> = OUTPUTS
        .iter()
        .map(|topic| broker.rows(topic).map(|rows| (*topic, rows)))
        .collect::<Result<_, _>>()?;
    let letters = broker.letters(DEAD)?;
    report::summarize(&counters.counts(), seconds, &outputs, &letters, output);
    Ok(())
}

/// Writes the demo's files and gives the pipeline's text, with the broker's address in it.
fn lay_out(directory: &Path, brokers: &str) -> Result<String, Failure> {
    let unwritable = |error| Failure::usage(format!("--directory {}: {error}", directory.display()));
    let guests = directory.join("guests");
    std::fs::create_dir_all(&guests).map_err(unwritable)?;
    for (example, file) in [("mask-name", "mask_name.wasm"), ("fragile", "fragile.wasm")] {
        let guest = sluicegate_transforms::example(example)
            .ok_or_else(|| Failure::failed(format!("the example guest {example} was not built in")))?;
        std::fs::write(guests.join(file), guest.wasm).map_err(unwritable)?;
    }
    // A key for a demonstration: it protects nothing that is secret.
    std::fs::write(directory.join("phones.key"), "c2x1aWNlZ2F0ZSBkZW1vIGtleSwgbm90IHNlY3JldCE=")
        .map_err(unwritable)?;
    let text = PIPELINE.replace("${BROKERS}", brokers);
    std::fs::write(directory.join("orders.yaml"), &text).map_err(unwritable)?;
    Ok(text)
}

/// Shows what each step makes of the first rows.
async fn preview(config: &Config, output: Output) -> Result<(), Failure> {
    let mut trace = Trace::new(config.name(), &config.chain_factories()?);
    let sample = config.sample(4).await?;
    let ended = sample.into_iter().try_for_each(|(lane, decoded)| trace.pass(&lane, decoded));
    trace.print(output, false);
    ended
}

/// Runs the pipeline to the end of the source, with live counts. Gives the seconds from the first row to the end.
async fn run(
    pipeline: Pipeline,
    counters: &Arc<Counters>,
    messages: u64,
    output: Output,
) -> Result<f64, Failure> {
    let (_level, receiver) = watch::channel(StopLevel::Run);
    let started = Instant::now();
    let progress = Progress::start(messages, output);
    let mut running = tokio::spawn(pipeline.run(receiver));
    let ended = loop {
        tokio::select! {
            ended = &mut running => break ended,
            () = tokio::time::sleep(Duration::from_millis(100)) => progress.show(&counters.counts()),
        }
    };
    progress.end(&counters.counts());
    ended.map_err(|error| Failure::failed(format!("a defect of Sluicegate: {error}")))??;
    // The test cluster lets a new group wait for three seconds: that is not counted.
    Ok(counters.first_rows().unwrap_or(started).elapsed().as_secs_f64())
}
