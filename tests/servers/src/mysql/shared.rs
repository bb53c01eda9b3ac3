//! The servers that the tests of a run share.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::client::MySqlClient;
use super::options::{Flavour, MySqlOptions};
use super::server::MySql;
use crate::error::ServerError;
use crate::kafka::unique_name;
use crate::process::ProcessId;
use crate::run::Run;

/// The run's server of a flavour. Any number of tests use it at once, so it cannot be stopped or paused.
#[derive(Clone, Debug)]
pub struct SharedMySql {
    flavour: Flavour,
    notice: Notice,
    log: PathBuf,
}

/// What the process that started the server leaves for the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Notice {
    port: u16,
    process: ProcessId,
}

/// A database for one test, on a server that others use too. It stays there: the server goes with the run.
pub struct Database {
    name: String,
    port: u16,
    client: MySqlClient,
}

impl SharedMySql {
    /// The shared server of a run, started where it does not run. [`MySql::shared`] is this for the present run.
    ///
    /// # Errors
    /// As [`MySql::start`].
    pub fn of(run: &Run, flavour: Flavour) -> Result<Self, ServerError> {
        // Locks of files are held by open files, but one process should not wait on itself in odd ways.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock();

        let directory = run.directory()?.join(format!("shared-{}", flavour.slug()));
        fs::create_dir_all(&directory).map_err(ServerError::io(format!("making {}", directory.display())))?;
        let lock_path = directory.join("lock");
        let lock = File::create(&lock_path).map_err(ServerError::io(lock_path.display().to_string()))?;
        lock.lock().map_err(ServerError::io(format!("locking {}", lock_path.display())))?;

        let notice_path = directory.join("notice.json");
        let log = directory.join("server.log");
        if let Some(notice) = read_notice(&notice_path) {
            return Ok(Self { flavour, notice, log });
        }
        let server = MySql::start_in(directory, run.owner(), false, MySqlOptions::new(flavour))?;
        let notice = Notice { port: server.port(), process: server.process_id() };
        // Written under the lock, so nobody reads half of it.
        let text = serde_json::to_string(&notice).map_err(|e| ServerError::Io {
            what: "writing the shared server's notice".to_owned(),
            source: e.into(),
        })?;
        fs::write(&notice_path, text).map_err(ServerError::io(notice_path.display().to_string()))?;
        Ok(Self { flavour, notice, log })
    }

    /// Which server it is.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.notice.port
    }

    /// The server's process.
    pub fn process_id(&self) -> ProcessId {
        self.notice.process
    }

    /// The server's log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// A new database for one test.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn database(&self, purpose: &str) -> Result<Database, ServerError> {
        let name = unique_name(purpose).replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let mut client = MySqlClient::connect(self.port(), "")?;
        client.execute(&format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4"))?;
        client.execute(&format!("USE `{name}`"))?;
        Ok(Database { name, port: self.port(), client })
    }
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A connection that has it as its database.
    pub fn client(&mut self) -> &mut MySqlClient {
        &mut self.client
    }
}

/// The notice of a server that still runs.
fn read_notice(path: &Path) -> Option<Notice> {
    let notice: Notice = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    notice.process.is_alive().then_some(notice)
}
