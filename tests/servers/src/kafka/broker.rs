//! A broker: started, watched, stopped.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Signal;

use super::client::KafkaClient;
use super::configuration::{Ports, cluster_id, properties};
use super::installation::jars;
use super::options::KafkaOptions;
use super::readiness;
use super::shared::SharedKafka;
use crate::error::ServerError;
use crate::ports::free_ports;
use crate::process::ProcessId;
use crate::run::Run;
use crate::server_process::ServerProcess;

/// How long a broker may take to shut down in order.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// A real Apache Kafka of one node (broker and controller), for one test.
///
/// Dropped, it is killed and its data removed; the log stays (the drop says where when the test panicked).
#[derive(Debug)]
pub struct Kafka {
    process: ServerProcess,
    options: KafkaOptions,
    ports: Ports,
    cluster_id: String,
    client: KafkaClient,
    directory: PathBuf,
    owner: ProcessId,
    /// False for the run's shared broker, which goes with the run.
    owned: bool,
}

impl Kafka {
    /// Starts a broker of its own for the caller and waits until it serves, coordinators included (4 to 6 s).
    ///
    /// # Errors
    /// When Kafka cannot be fetched or started; the end of its log is in the error.
    pub fn start(options: KafkaOptions) -> Result<Self, ServerError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let me = ProcessId::current().map_err(ServerError::io("this process"))?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = Run::current()?.directory()?.join(format!("kafka-{}-{number}", me.pid()));
        Self::start_in(directory, me, true, options)
    }

    /// The broker that all tests of this run share. The first who asks starts it; it ends with the run.
    ///
    /// Name topics and groups with [`unique_name`](super::unique_name): other tests are there too.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn shared() -> Result<SharedKafka, ServerError> {
        SharedKafka::of(&Run::current()?)
    }

    /// Starts a broker with its files in `directory`, to end with `owner`.
    pub(super) fn start_in(
        directory: PathBuf,
        owner: ProcessId,
        owned: bool,
        options: KafkaOptions,
    ) -> Result<Self, ServerError> {
        // A port that was free may be taken before the broker binds it.
        for _ in 0..2 {
            let attempt = Self::start_once(directory.clone(), owner, owned, options.clone());
            match attempt {
                Err(ServerError::EndedEarly { tail, .. }) if tail.contains("Address already in use") => {}
                other => return other,
            }
        }
        Self::start_once(directory, owner, owned, options)
    }

    fn start_once(
        directory: PathBuf,
        owner: ProcessId,
        owned: bool,
        options: KafkaOptions,
    ) -> Result<Self, ServerError> {
        let ports = Ports::new(&free_ports(Ports::COUNT)?);
        let data = directory.join("data");
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data).map_err(ServerError::io(format!("making {}", data.display())))?;
        let file = directory.join("server.properties");
        fs::write(&file, properties(&options, &ports, &data))
            .map_err(ServerError::io(format!("writing {}", file.display())))?;
        let cluster_id = cluster_id();
        let jars = jars()?;
        format_storage(&jars, &file, &cluster_id, &options)?;
        let process = launch(&jars, &directory, owner, &options)?;
        let client = KafkaClient::new(format!("127.0.0.1:{}", ports.plain));
        let mut kafka = Kafka { process, options, ports, cluster_id, client, directory, owner, owned };
        if let Err(error) = kafka.await_ready() {
            let _ = kafka.process.kill();
            return Err(error);
        }
        Ok(kafka)
    }

    /// `host:port` of the listener without security.
    pub fn brokers(&self) -> &str {
        self.client.brokers()
    }

    /// `host:port` of the SASL listener that [`KafkaOptions::sasl_plain`] adds.
    pub fn sasl_brokers(&self) -> String {
        format!("127.0.0.1:{}", self.ports.sasl)
    }

    /// `host:port` of the TLS listener (with SASL on wish) that [`KafkaOptions::tls`] adds.
    pub fn tls_brokers(&self) -> String {
        format!("127.0.0.1:{}", self.ports.tls)
    }

    /// The cluster's id.
    pub fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    /// A client of this broker, for making topics, writing and reading.
    pub fn client(&self) -> &KafkaClient {
        &self.client
    }

    /// The process.
    pub fn process_id(&self) -> ProcessId {
        self.process.id()
    }

    /// The pid.
    pub fn pid(&self) -> u32 {
        self.process.id().pid()
    }

    /// The broker's data.
    pub fn data_directory(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The broker's log.
    pub fn log(&self) -> PathBuf {
        self.directory.join("kafka.log")
    }

    /// Makes a topic: [`KafkaClient::create_topic`].
    ///
    /// # Errors
    /// When the broker refuses.
    pub fn create_topic(
        &self,
        name: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> Result<(), ServerError> {
        self.client.create_topic(name, partitions, configs)
    }

    /// SIGKILL. The data stays: [`start_again`](Self::start_again) goes on from it.
    ///
    /// # Errors
    /// As [`ServerProcess::kill`].
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.process.kill()
    }

    /// An orderly shutdown. The data stays.
    ///
    /// # Errors
    /// As [`ServerProcess::kill`].
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.stop(STOP_GRACE)
    }

    /// SIGSTOP: connections stay open, nothing answers.
    ///
    /// # Errors
    /// When the broker is gone.
    pub fn pause(&self) -> Result<(), ServerError> {
        self.process.id().signal(Signal::STOP).map_err(ServerError::io("pausing Kafka"))
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// When the broker is gone.
    pub fn resume(&self) -> Result<(), ServerError> {
        self.process.id().signal(Signal::CONT).map_err(ServerError::io("resuming Kafka"))
    }

    /// Starts a killed or stopped broker on the same ports and data, and waits until it serves. After a kill that
    /// takes 5 s more than after a stop: the controller waits for the old incarnation's session to end.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_again(&mut self) -> Result<(), ServerError> {
        self.process.kill()?;
        self.process = launch(&jars()?, &self.directory, self.owner, &self.options)?;
        self.await_ready()
    }

    /// An orderly shutdown and a start on the same ports and data.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        self.start_again()
    }

    fn await_ready(&mut self) -> Result<(), ServerError> {
        let (log, limit) = (self.log(), self.options.start_limit);
        readiness::wait(&mut self.process, self.client.brokers(), &self.cluster_id, limit, &log)
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The log of Kafka at {}: {}", self.brokers(), self.log().display());
        }
        if self.owned {
            // A failure leaves the broker to its watch.
            let _ = self.process.kill();
            let _ = fs::remove_dir_all(self.data_directory());
        }
    }
}

/// Gives the data directory its identity.
fn format_storage(
    jars: &Path,
    file: &Path,
    cluster_id: &str,
    options: &KafkaOptions,
) -> Result<(), ServerError> {
    let user = options.scram.as_ref();
    let user = user.map(|(name, password)| format!("SCRAM-SHA-512=[name={name},password={password}]"));
    let output = Command::new("java")
        .args([
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        ])
        .args(["-cp", &class_path(jars), "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c"])
        .arg(file)
        .args(user.iter().flat_map(|user| ["--add-scram", user]))
        .stdin(Stdio::null())
        .output()
        .map_err(ServerError::io("running java, which `scripts/setup test` installs"))?;
    if output.status.success() {
        return Ok(());
    }
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(ServerError::EndedEarly {
        server: "Kafka's storage tool",
        status: output.status.to_string(),
        log: file.to_path_buf(),
        tail: said,
    })
}

fn launch(
    jars: &Path,
    directory: &Path,
    owner: ProcessId,
    options: &KafkaOptions,
) -> Result<ServerProcess, ServerError> {
    let log_path = directory.join("kafka.log");
    let log: File = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log_path)
        .map_err(ServerError::io(format!("opening {}", log_path.display())))?;
    let mut command = vec!["java".to_owned(), format!("-Xmx{}m", options.heap_mib)];
    // What the libraries unpack goes with the broker, also where it is killed.
    command.push(format!("-Djava.io.tmpdir={}", directory.display()));
    let flags = [
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.net.preferIPv4Stack=true",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.log.kafka=info",
        "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.coordinator=info",
        "-cp",
    ];
    command.extend(flags.map(str::to_owned));
    command.extend([class_path(jars), "kafka.Kafka".to_owned()]);
    command.push(directory.join("server.properties").display().to_string());
    ServerProcess::spawn(&command, log, owner, &directory.join("data"))
}

fn class_path(jars: &Path) -> String {
    jars.join("*").display().to_string()
}
