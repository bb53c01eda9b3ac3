//! A broker with messages, and runs of both programs.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use chrono::DateTime;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};
use sluicegate_test_servers::{Kafka, KafkaOptions};

use crate::copy::TOPICS;
use crate::process::{Ended, Running, Usage};
use crate::{Fallible, messages};

/// Partitions of each topic.
pub const PARTITIONS: i32 = 4;

/// Messages of the small runs, which tell what a start costs.
pub const FEW: u64 = 400;

/// How all of them compress.
pub const COMPRESSION: &str = "lz4";

/// The line of the log that says that rows have come from the source.
const CAME: &str = "the first rows came";

/// How long a start took.
#[derive(Clone, Copy, Debug)]
pub struct FirstRow {
    /// Until the first row had come from the source: the time of that line in the log.
    pub read: Duration,
    /// Until a `read_committed` reader had the first row.
    pub visible: Duration,
}

/// A broker with messages, and the program.
pub struct Bench {
    kafka: Kafka,
    program: PathBuf,
    directory: tempfile::TempDir,
    /// Bytes of all messages.
    pub bytes: u64,
}

impl Bench {
    /// Starts the broker and writes `count` messages.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn new(program: PathBuf, count: u64) -> Fallible<Self> {
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

    /// A run of the copy, likewise.
    ///
    /// # Errors
    /// As [`Bench::ours`].
    pub fn copy(&self, name: &str, from: &str, count: u64, check: bool) -> Fallible<Usage> {
        let topics = self.outputs(name)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["copy", "--brokers", self.kafka.brokers(), "--from", from, "--to", name]);
        command.args(["--count", &count.to_string(), "--compression", COMPRESSION]);
        let ended = Running::start(&mut command, self.directory.path())?.wait()?;
        self.settle(&topics, count, check)?;
        Ok(ended.usage)
    }

    /// A run of Sluicegate; `check`: all that it wrote is counted.
    ///
    /// # Errors
    /// Where it fails, or does not write each message once.
    pub fn ours(&self, name: &str, from: &str, count: u64, check: bool) -> Fallible<Usage> {
        let topics = self.outputs(name)?;
        let ended = self.start(name, from)?.wait()?;
        expect(&ended, count)?;
        self.settle(&topics, count, check)?;
        Ok(ended.usage)
    }

    /// Starts a pipeline that has never run.
    fn start(&self, name: &str, from: &str) -> Fallible<Running> {
        self.start_as(name, &configuration(self.kafka.brokers(), name, from))
    }

    /// Runs a pipeline that reads from this broker to its end, where it has to have read `count` messages.
    ///
    /// # Errors
    /// Where it fails, or puts messages aside.
    pub fn run(&self, name: &str, configuration: &str, count: u64) -> Fallible<Usage> {
        let ended = self.start_as(name, configuration)?.wait()?;
        expect(&ended, count)?;
        Ok(ended.usage)
    }

    /// Runs a pipeline to its end that writes `count` messages to a topic of its name, and removes that; `check`: they are
    /// counted.
    ///
    /// # Errors
    /// Where it fails, or does not write each message once.
    pub fn to_topic(&self, name: &str, configuration: &str, count: u64, check: bool) -> Fallible<Usage> {
        self.kafka.create_topic(name, PARTITIONS, &[])?;
        let ended = self.start_as(name, configuration)?.wait()?;
        let said: serde_json::Value = serde_json::from_str(&ended.stdout)?;
        if said["written"] != count || said["dead_letters"] != 0 {
            return Err(format!("sluicegate was to write {count} messages: {said}").into());
        }
        self.settle(&[name.to_owned()], count, check)?;
        Ok(ended.usage)
    }

    /// The broker's address.
    pub fn brokers(&self) -> &str {
        self.kafka.brokers()
    }

    fn start_as(&self, name: &str, configuration: &str) -> Fallible<Running> {
        let file = self.directory.path().join(format!("{name}.yaml"));
        std::fs::write(&file, configuration)?;
        let mut command = Command::new(&self.program);
        command.arg("run").arg(&file).args(["--until", "end", "--output", "json", "--log-format", "json"]);
        command.env("XDG_CACHE_HOME", self.directory.path().join("cache"));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("SLUICEGATE_")) {
                command.env_remove(name);
            }
        }
        Running::start(&mut command, self.directory.path())
    }

    /// How long starts take of a pipeline that has run before.
    ///
    /// # Errors
    /// Where a run fails.
    pub fn starts(&self, count: usize) -> Fallible<Vec<FirstRow>> {
        let topics = self.outputs("start")?;
        self.start("start", "few")?.wait()?;
        (0..count).map(|_| self.first_row(&topics)).collect()
    }

    fn first_row(&self, topics: &[String]) -> Fallible<FirstRow> {
        self.kafka.client().produce("few", (0..FEW).map(messages::update))?;
        let reader = reader(self.kafka.brokers(), topics)?;
        let clock = SystemTime::now();
        let running = self.start("start", "few")?;
        let started = running.started();
        let visible = loop {
            if let Some(message) = reader.poll(Duration::from_millis(1)) {
                message?;
                break started.elapsed();
            }
            if started.elapsed() > Duration::from_mins(1) {
                return Err("no row came within a minute".into());
            }
        };
        let ended = running.wait()?;
        expect(&ended, FEW)?;
        let said = ended.stderr.lines().filter_map(|line| serde_json::from_str(line).ok());
        let mut came = said.filter(|line: &serde_json::Value| line["fields"]["message"] == CAME);
        let came = came.find_map(|line| DateTime::parse_from_rfc3339(line["timestamp"].as_str()?).ok());
        let came = came.ok_or("the log does not say when the first rows came")?;
        let read = SystemTime::from(came).duration_since(clock)?;
        Ok(FirstRow { read, visible })
    }
}

/// The program, of the profile that the harness itself is of. Cargo knows whether there is anything to build.
///
/// # Errors
/// Where it cannot be built.
pub fn build() -> Fallible<PathBuf> {
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
            list.add_partition_offset(topic, partition, Offset::End)?;
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
