//! Kafka through three steps to Kafka: the real process, against a copy of the same bytes.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};
use sluicegate_test_servers::{Kafka, KafkaOptions};

use crate::copy::TOPICS;
use crate::messages;
use crate::process::{Ended, Running, Usage};
use crate::table::{Section, median, thousands};
use crate::{Fallible, Options};

/// Partitions of each topic.
const PARTITIONS: i32 = 4;

/// Messages of the small runs, which tell what a start costs.
const FEW: u64 = 400;

/// How often the time to the first row is measured.
const STARTS: usize = 7;

const COMPRESSION: &str = "lz4";

/// Measures pipeline and copy.
///
/// # Errors
/// Where one of them fails, or does not write each message once.
pub fn measure(options: &Options) -> Fallible<Vec<Section>> {
    let (count, rounds) = (options.messages, options.rounds);
    let program = options.program.clone().map_or_else(build, Ok)?;
    let bench = Bench::new(program, count)?;
    // Makes what every later run finds: compiled guests and the topic of positions.
    bench.ours("warm", "few", FEW)?;
    let mut copies = Measured::default();
    let mut ours = Measured::default();
    for round in 0..rounds.max(1) {
        let check = round == 0;
        copies.few.push(bench.copy(&format!("copy-few-{round}"), "few", FEW, check)?);
        copies.all.push(bench.copy(&format!("copy-{round}"), "all", count, check)?);
        ours.few.push(bench.ours_checked(&format!("few-{round}"), "few", FEW, check)?);
        ours.all.push(bench.ours_checked(&format!("all-{round}"), "all", count, check)?);
        eprintln!(
            "round {}: copy {:.2} s, sluicegate {:.2} s of CPU time",
            round + 1,
            copies.all[round].cpu.as_secs_f64(),
            ours.all[round].cpu.as_secs_f64(),
        );
    }
    let mut firsts = Vec::new();
    for start in 0..STARTS {
        firsts.push(bench.first_row(&format!("first-{start}"))?.as_secs_f64() * 1_000.0);
    }
    Ok(vec![section(count, &copies, &ours, &firsts, bench.bytes)])
}

/// What the runs of one of the two took.
#[derive(Default)]
struct Measured {
    few: Vec<Usage>,
    all: Vec<Usage>,
}

impl Measured {
    /// The median of what each round gives.
    fn median(&self, figure: impl Fn(&Usage, &Usage) -> f64) -> f64 {
        median(self.all.iter().zip(&self.few).map(|(all, few)| figure(all, few)).collect())
    }
}

fn section(count: u64, copies: &Measured, ours: &Measured, firsts: &[f64], bytes: u64) -> Section {
    let (rows, seconds) = (count as f64, |time: Duration| time.as_secs_f64());
    let started = |all: &Usage, _: &Usage| rows / all.cpu.as_secs_f64();
    let steady = |all: &Usage, few: &Usage| (rows - FEW as f64) / (seconds(all.cpu) - seconds(few.cpu));
    let rss = |all: &Usage, _: &Usage| all.peak_rss as f64 / f64::from(1 << 20);
    let wall = |all: &Usage, few: &Usage| (rows - FEW as f64) / (seconds(all.wall) - seconds(few.wall));
    let about = format!(
        "{} OGG JSON updates of {} bytes with the row before and after, {COMPRESSION}, from a topic of {PARTITIONS} \
         partitions to three, {} rounds in turns, medians. sluicegate is `sluicegate run --until end` with its defaults: \
         schema-map (2 renames, 1 drop, 2 casts), crypt (XAES-256-GCM of a column), split (1 -> 3 by murmur2), JSON \
         out, one transaction of rows and positions an epoch. copy is librdkafka with the same bytes to three topics, \
         nothing done to a message, idempotent and not transactional. Rows per CPU second: messages by the CPU time of \
         the whole process; steady: without what a run of {FEW} messages takes.",
        thousands(rows),
        bytes / count.max(1),
        ours.all.len(),
    );
    let head = ["", "copy", "sluicegate", "ratio"];
    let mut section = Section::new("Kafka through three steps to Kafka", about, &head);
    let mut line = |name: &str, figure: &dyn Fn(&Usage, &Usage) -> f64, unit: &dyn Fn(f64) -> String| {
        let (copy, own) = (copies.median(figure), ours.median(figure));
        section.row([name.to_owned(), unit(copy), unit(own), format!("{:.2}", own / copy)]);
    };
    line("rows per CPU second, steady", &steady, &thousands);
    line("rows per CPU second, with the start", &started, &thousands);
    line("CPU us a row, steady", &|all, few| 1e6 / steady(all, few), &|us| format!("{us:.2}"));
    line("peak resident memory, MiB", &rss, &|mib| format!("{mib:.0}"));
    line("rows a second by the clock, on a machine shared with the broker", &wall, &thousands);
    section.row([
        format!(
            "first row, ms: from the start of the process until a read_committed reader has it, {STARTS} starts"
        ),
        String::new(),
        format!("{:.0}", median(firsts.to_vec())),
        String::new(),
    ]);
    section
}

/// A broker with messages, and the program.
struct Bench {
    kafka: Kafka,
    program: PathBuf,
    directory: tempfile::TempDir,
    /// Bytes of all messages.
    bytes: u64,
}

impl Bench {
    fn new(program: PathBuf, count: u64) -> Fallible<Self> {
        let directory = tempfile::tempdir()?;
        let kafka = Kafka::start(KafkaOptions::default().heap_mib(1_024))?;
        let mut bytes = 0;
        for (topic, count) in [("few", FEW), ("all", count)] {
            kafka.create_topic(topic, PARTITIONS, &[("compression.type", COMPRESSION)])?;
            let messages = (0..count).map(messages::update).inspect(|message| {
                bytes += if topic == "all" { message.value.as_ref().map_or(0, Vec::len) as u64 } else { 0 };
            });
            kafka.client().produce(topic, messages)?;
        }
        Ok(Self { kafka, program, directory, bytes })
    }

    /// Makes the topics of a run.
    fn outputs(&self, name: &str) -> Fallible<Vec<String>> {
        let topics: Vec<String> = (0..TOPICS).map(|number| format!("{name}-{number}")).collect();
        for topic in &topics {
            self.kafka.create_topic(topic, PARTITIONS, &[])?;
        }
        Ok(topics)
    }

    /// Counts what a run has written, where that is to be checked, and removes it.
    fn settle(&self, topics: &[String], expected: u64, check: bool) -> Fallible<()> {
        let mut written = 0;
        for topic in topics {
            if check {
                self.kafka.client().for_each_committed(topic, |_| written += 1)?;
            }
            self.kafka.client().delete_topic(topic)?;
        }
        if check && written != expected {
            return Err(format!("{written} messages were written where {expected} were read").into());
        }
        Ok(())
    }

    fn copy(&self, name: &str, from: &str, count: u64, check: bool) -> Fallible<Usage> {
        let topics = self.outputs(name)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["copy", "--brokers", self.kafka.brokers(), "--from", from, "--to", name]);
        command.args(["--count", &count.to_string(), "--compression", COMPRESSION]);
        let ended = Running::start(&mut command, self.directory.path())?.wait()?;
        self.settle(&topics, count, check)?;
        Ok(ended.usage)
    }

    fn ours(&self, name: &str, from: &str, count: u64) -> Fallible<Usage> {
        self.ours_checked(name, from, count, true)
    }

    fn ours_checked(&self, name: &str, from: &str, count: u64, check: bool) -> Fallible<Usage> {
        let topics = self.outputs(name)?;
        let ended = self.start(name, from)?.wait()?;
        expect(&ended, count)?;
        self.settle(&topics, count, check)?;
        Ok(ended.usage)
    }

    /// Starts a pipeline that has never run.
    fn start(&self, name: &str, from: &str) -> Fallible<Running> {
        let file = self.directory.path().join(format!("{name}.yaml"));
        std::fs::write(&file, configuration(self.kafka.brokers(), name, from))?;
        let mut command = Command::new(&self.program);
        command.arg("run").arg(&file).args(["--until", "end", "--output", "json"]);
        command.env("XDG_CACHE_HOME", self.directory.path().join("cache"));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("SLUICEGATE_")) {
                command.env_remove(name);
            }
        }
        Running::start(&mut command, self.directory.path())
    }

    /// From the start of a process until a reader has its first row.
    fn first_row(&self, name: &str) -> Fallible<Duration> {
        let topics = self.outputs(name)?;
        let reader = reader(self.kafka.brokers(), &topics)?;
        let running = self.start(name, "few")?;
        let started = running.started();
        let waited = loop {
            if let Some(message) = reader.poll(Duration::from_millis(1)) {
                message?;
                break started.elapsed();
            }
            if started.elapsed() > Duration::from_mins(1) {
                break started.elapsed();
            }
        };
        expect(&running.wait()?, FEW)?;
        drop(reader);
        self.settle(&topics, FEW, false)?;
        Ok(waited)
    }
}

/// The program, of the profile that the harness itself is of. Cargo knows whether there is anything to build.
fn build() -> Fallible<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "sluicegate"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if cfg!(debug_assertions) {
        eprintln!("The harness is no release build: its figures say nothing.");
    } else {
        command.arg("--release");
    }
    if !command.status()?.success() {
        return Err("sluicegate could not be built".into());
    }
    Ok(std::env::current_exe()?.with_file_name("sluicegate"))
}

/// Whether a run says that it wrote everything.
fn expect(ended: &Ended, count: u64) -> Fallible<()> {
    let said: serde_json::Value = serde_json::from_str(&ended.stdout)
        .map_err(|error| format!("sluicegate said no JSON: {error}: {:?}", ended.stdout))?;
    if said["read"] == count && said["dead_letters"] == 0 {
        return Ok(());
    }
    Err(format!("sluicegate was to read {count} messages: {said}").into())
}

fn configuration(brokers: &str, name: &str, from: &str) -> String {
    let mut file = String::new();
    // Never fails on a `String`.
    let _ = write!(
        file,
        r#"pipeline: {name}
instance: bench
connections:
  main: {{ kafka: {{ brokers: "{brokers}" }} }}
source:
  kafka: {{ connection: main, topics: [{from}], format: ogg-json, start: earliest }}
steps:
  - use: schema-map
    with:
      tables:
        - match: '{table}'
          to: ods.orders
          rename: {{ ORDER_ID: id, CUSTOMER_ID: customer_id }}
          drop: [NOTE]
          cast: {{ id: int64, AMOUNT: "decimal(18,2)" }}
  - use: crypt
    keys: {{ card: [seal] }}
    with: {{ seal: {{ PHONE: {{ key: card }} }} }}
  - use: split
    with: {{ by: [id], into: {TOPICS}, hash: murmur2, to: "{name}-{{n}}" }}
sink:
  kafka: {{ connection: main, topic: "{{table}}", format: json, compression: {COMPRESSION} }}
keys:
  card: {{ algorithm: xaes-256-gcm, versions: {{ v1: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= }} }}
"#,
        table = messages::TABLE.replace('.', r"\."),
    );
    file
}

/// A reader that waits at the end of topics.
fn reader(brokers: &str, topics: &[String]) -> Fallible<BaseConsumer> {
    let reader: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "sluicegate-bench-reader")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("fetch.wait.max.ms", "20")
        .create()?;
    let mut list = TopicPartitionList::new();
    for topic in topics {
        for partition in 0..PARTITIONS {
            list.add_partition_offset(topic, partition, Offset::Beginning)?;
        }
    }
    reader.assign(&list)?;
    // Until its connections stand: that is no time of the pipeline's.
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(500) {
        if let Some(message) = reader.poll(Duration::from_millis(20)) {
            message?;
        }
    }
    Ok(reader)
}
