//! The benchmark harness: `make bench` prints the tables of `docs/performance.md`.
//!
//! | module | holds |
//! |---|---|
//! | [`transforms`] | each built-in through the WebAssembly host, against the same work done natively |
//! | [`native`] | that work |
//! | [`cost`] | what a batch and a row cost, through batches of many sizes |
//! | [`formats`] | reading and writing of each message format, against two readers of JSON |
//! | [`languages`] | one transform as a guest in each language |
//! | [`pipeline`] | Kafka through three steps to Kafka, as a process, against a copy of the same bytes |
//! | [`tables`] | Kafka into a table of MariaDB, as a process |
//! | [`starrocks`] | bodies of loads, against the writers of Arrow; Kafka into a table of a simulated StarRocks |
//! | [`routes`] | pipeline files from Kafka into a table |
//! | [`binlog`] | the binlog of MariaDB to Kafka, as a process |
//! | [`snapshot`] | the rows of a table of MariaDB, as a process, against `mysqldump` |
//! | [`runs`] | a broker, and runs of a process |
//! | [`copy`] | that copy |
//! | [`messages`] | the messages of both |
//! | [`process`] | CPU time and memory of a process |
//! | [`table`] | figures as text and as Markdown |
//! | [`machine`] | what the figures were measured on |
//!
//! Only ratios within one run are compared: what is compared takes turns, so that both meet the same machine. Time is
//! CPU time, of the thread or of the whole process.

mod binlog;
mod copy;
mod cost;
mod formats;
mod languages;
mod machine;
mod messages;
mod native;
mod pipeline;
mod process;
mod routes;
mod runs;
mod snapshot;
mod starrocks;
mod table;
mod tables;
mod transforms;

use std::error::Error;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use sluicegate_test_servers::KafkaClient;

use crate::table::Section;

/// What went wrong. The harness has one reader, so words do.
type Fallible<T> = Result<T, Box<dyn Error>>;

/// Measures Sluicegate. Without a command: everything.
#[derive(Debug, Parser)]
#[command(name = "sluicegate-bench")]
struct Cli {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    options: Options,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// Messages that go through the pipeline.
    #[arg(long, global = true, default_value_t = 1_000_000)]
    pub(crate) messages: u64,
    /// Rows of the table of `snapshot`.
    #[arg(long, global = true, default_value_t = 10_000_000)]
    pub(crate) rows: u64,
    /// How often pipeline and copy take turns. Medians count.
    #[arg(long, global = true, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// How often a step and its native form take turns.
    #[arg(long, global = true, default_value_t = 400)]
    batches: usize,
    /// The `sluicegate` to measure. Without it, one is built.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
    /// Also writes the tables into this Markdown file, between the lines `<!-- figures -->` and `<!-- end -->`.
    #[arg(long, global = true, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The built-ins against native work.
    Transforms,
    /// Reading and writing of each message format.
    Formats,
    /// What a row and what a batch cost in each built-in, natively, and under arrow-udf.
    Cost,
    /// One transform as a guest in Rust, C, Go, Python and JavaScript, as far as `scripts/guests` has built it. Not a
    /// part of everything: its table is that of docs/guests/languages.md.
    Languages,
    /// Kafka through three steps to Kafka, against a copy.
    Pipeline,
    /// Kafka into a table of MariaDB.
    Tables,
    /// Bodies of loads into StarRocks, and Kafka into a table of a simulated one. `--messages 17000000` are 10 GB.
    Starrocks,
    /// The binlog of MariaDB to Kafka.
    Binlog,
    /// The rows of a table of MariaDB, against `mysqldump`. Not a part of everything: it needs that program, and some GB of
    /// disk.
    Snapshot,
    /// The copy itself: a process of its own, so that its CPU time can be told.
    #[command(hide = true)]
    Copy(copy::Arguments),
    /// Fills a topic with the messages of the benchmark, for looking closer by hand.
    Fill {
        /// host:port
        #[arg(long)]
        brokers: String,
        /// The topic, which has to exist.
        #[arg(long)]
        topic: String,
    },
}

fn main() -> Fallible<()> {
    let Cli { what, options } = Cli::parse();
    match &what {
        Some(What::Copy(arguments)) => return copy::run(arguments),
        Some(What::Fill { brokers, topic }) => {
            let messages = (0..options.messages).map(messages::update);
            KafkaClient::new(brokers).produce(topic, messages)?;
            return Ok(());
        }
        _ => {}
    }
    let mut sections: Vec<Section> = Vec::new();
    if matches!(what, None | Some(What::Transforms)) {
        sections.extend(show(transforms::measure(options.batches)?));
    }
    if matches!(what, None | Some(What::Formats)) {
        sections.extend(show(formats::measure(options.batches / 4)?));
    }
    if matches!(what, None | Some(What::Cost)) {
        sections.extend(show(cost::measure()?));
    }
    if matches!(what, Some(What::Languages)) {
        sections.extend(show(languages::measure(options.batches)?));
    }
    if matches!(what, None | Some(What::Pipeline)) {
        sections.extend(show(pipeline::measure(&options)?));
    }
    if matches!(what, None | Some(What::Tables)) {
        sections.extend(show(tables::measure(&options)?));
    }
    if matches!(what, None | Some(What::Starrocks)) {
        sections.extend(show(vec![starrocks::bodies(options.rounds * 100)?]));
        sections.extend(show(vec![starrocks::pipeline(&options)?]));
    }
    if matches!(what, None | Some(What::Binlog)) {
        sections.extend(show(binlog::measure(&options)?));
    }
    if matches!(what, Some(What::Snapshot)) {
        sections.extend(show(snapshot::measure(&options)?));
    }
    let about = machine::about();
    println!("{about}");
    match options.markdown {
        Some(file) => table::write_into(&file, &sections, &about),
        None => Ok(()),
    }
}

/// Prints what is there already: the rest takes minutes.
fn show(sections: Vec<Section>) -> Vec<Section> {
    for section in &sections {
        println!("{section}\n");
    }
    sections
}
