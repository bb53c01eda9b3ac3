//! The broker that the tests of a run share.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::broker::Kafka;
use super::client::KafkaClient;
use super::options::KafkaOptions;
use crate::error::ServerError;
use crate::process::ProcessId;
use crate::run::Run;

/// A larger heap than a private broker's: many tests at once.
const HEAP_MIB: u32 = 1024;

/// The run's broker. Any number of tests use it at once, so it cannot be stopped or paused.
#[derive(Clone, Debug)]
pub struct SharedKafka {
    client: KafkaClient,
    notice: Notice,
    log: PathBuf,
}

/// What the process that started the broker leaves for the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Notice {
    brokers: String,
    cluster_id: String,
    process: ProcessId,
}

impl SharedKafka {
    /// The shared broker of a run, started where it does not run. [`Kafka::shared`] is this for the present run.
    ///
    /// # Errors
    /// As [`Kafka::start`].
    pub fn of(run: &Run) -> Result<Self, ServerError> {
        // Locks of files are held by open files, but one process should not wait on itself in odd ways.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock();

        let directory = run.directory()?.join("shared-kafka");
        fs::create_dir_all(&directory).map_err(ServerError::io(format!("making {}", directory.display())))?;
        let lock_path = directory.join("lock");
        let lock = File::create(&lock_path).map_err(ServerError::io(lock_path.display().to_string()))?;
        lock.lock().map_err(ServerError::io(format!("locking {}", lock_path.display())))?;

        let notice_path = directory.join("notice.json");
        if let Some(notice) = read_notice(&notice_path) {
            return Ok(Self::from_notice(notice, &directory));
        }
        let options = KafkaOptions::default().heap_mib(HEAP_MIB);
        let kafka = Kafka::start_in(directory.clone(), run.owner(), false, options)?;
        let notice = Notice {
            brokers: kafka.brokers().to_owned(),
            cluster_id: kafka.cluster_id().to_owned(),
            process: kafka.process_id(),
        };
        // Written under the lock, so nobody reads half of it.
        let text = serde_json::to_string(&notice).map_err(|e| ServerError::Io {
            what: "writing the shared broker's notice".to_owned(),
            source: e.into(),
        })?;
        fs::write(&notice_path, text).map_err(ServerError::io(notice_path.display().to_string()))?;
        Ok(Self::from_notice(notice, &directory))
    }

    fn from_notice(notice: Notice, directory: &Path) -> Self {
        let client = KafkaClient::new(notice.brokers.clone());
        SharedKafka { client, notice, log: directory.join("kafka.log") }
    }

    /// `host:port`.
    pub fn brokers(&self) -> &str {
        self.client.brokers()
    }

    /// The cluster's id.
    pub fn cluster_id(&self) -> &str {
        &self.notice.cluster_id
    }

    /// A client of this broker.
    pub fn client(&self) -> &KafkaClient {
        &self.client
    }

    /// The broker's process.
    pub fn process_id(&self) -> ProcessId {
        self.notice.process
    }

    /// The broker's log.
    pub fn log(&self) -> &Path {
        &self.log
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
}

impl Drop for SharedKafka {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The log of the shared Kafka at {}: {}", self.brokers(), self.log.display());
        }
    }
}

/// The notice of a broker that still runs.
fn read_notice(path: &Path) -> Option<Notice> {
    let notice: Notice = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    notice.process.is_alive().then_some(notice)
}
