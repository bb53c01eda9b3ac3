//! A server: started, watched, stopped.

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::client::MySqlClient;
use super::installation::Installation;
use super::options::{Flavour, MySqlOptions};
use super::shared::SharedMySql;
use crate::error::ServerError;
use crate::ports::free_ports;
use crate::process::ProcessId;
use crate::run::Run;
use crate::server_process::ServerProcess;

/// How long a server may take to shut down in order.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// The user of tests, who may do everything, and the password.
pub(super) const USER: &str = "test";

/// A real MySQL or MariaDB, for one test.
///
/// Dropped, it is killed and its data removed; the log stays (the drop says where when the test panicked).
#[derive(Debug)]
pub struct MySql {
    process: ServerProcess,
    options: MySqlOptions,
    port: u16,
    directory: PathBuf,
    owner: ProcessId,
    /// False for the run's shared server, which goes with the run.
    owned: bool,
}

impl MySql {
    /// Starts a server of its own for the caller and waits until it serves (2 to 8 s).
    ///
    /// # Errors
    /// When the server cannot be fetched or started; the end of its log is in the error.
    pub fn start(options: MySqlOptions) -> Result<Self, ServerError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let me = ProcessId::current().map_err(ServerError::io("this process"))?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{}-{number}", options.flavour.slug(), me.pid());
        Self::start_in(Run::current()?.directory()?.join(name), me, true, options)
    }

    /// The server of a flavour that all tests of this run share. The first who asks starts it; it ends with the run.
    /// [`SharedMySql::database`] gives a test a place of its own there.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn shared(flavour: Flavour) -> Result<SharedMySql, ServerError> {
        SharedMySql::of(&Run::current()?, flavour)
    }

    /// Starts a server with its files in `directory`, to end with `owner`.
    pub(super) fn start_in(
        directory: PathBuf,
        owner: ProcessId,
        owned: bool,
        options: MySqlOptions,
    ) -> Result<Self, ServerError> {
        let data = directory.join("data");
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data).map_err(ServerError::io(format!("making {}", data.display())))?;
        let installation = Installation::find(options.flavour)?;
        installation.initialise(&data, user())?;
        let users = directory.join("init.sql");
        fs::write(&users, init_statements()).map_err(ServerError::io(users.display().to_string()))?;
        // A port that was free may be taken before the server binds it.
        let mut tries = 0;
        loop {
            let port = free_ports(1)?[0];
            let process = launch(&installation, &options, &directory, port, owner)?;
            let options = options.clone();
            let mut server = Self { process, options, port, directory: directory.clone(), owner, owned };
            tries += 1;
            match server.await_ready() {
                Ok(()) => return Ok(server),
                Err(ServerError::EndedEarly { tail, .. }) if tail.contains("in use") && tries < 3 => {}
                Err(error) => {
                    let _ = server.process.kill();
                    return Err(error);
                }
            }
        }
    }

    /// Which server it is.
    pub fn flavour(&self) -> Flavour {
        self.options.flavour
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process.
    pub fn process_id(&self) -> ProcessId {
        self.process.id()
    }

    /// The pid.
    pub fn pid(&self) -> u32 {
        self.process.id().pid()
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    /// The server's data.
    pub fn data_directory(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// A connection as the user of tests, who may do everything.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn client(&self) -> Result<MySqlClient, ServerError> {
        MySqlClient::connect(self.port, "")
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
    /// When the server is gone.
    pub fn pause(&self) -> Result<(), ServerError> {
        self.process.id().signal(Signal::STOP).map_err(ServerError::io("pausing the server"))
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn resume(&self) -> Result<(), ServerError> {
        self.process.id().signal(Signal::CONT).map_err(ServerError::io("resuming the server"))
    }

    /// Sets an option of the server, or sets it anew, for its next start.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.options.settings.insert(key.into(), value.into());
    }

    /// Starts a killed or stopped server on the same port and data, and waits until it serves.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_again(&mut self) -> Result<(), ServerError> {
        self.process.kill()?;
        let installation = Installation::find(self.options.flavour)?;
        self.process = launch(&installation, &self.options, &self.directory, self.port, self.owner)?;
        self.await_ready()
    }

    fn await_ready(&mut self) -> Result<(), ServerError> {
        let (log, limit, server) = (self.log(), self.options.start_limit, self.options.flavour.name());
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.ended() {
                let tail = end_of(&log);
                return Err(ServerError::EndedEarly { server, status, log, tail });
            }
            if greets(self.port) {
                return Ok(());
            }
            if start.elapsed() > limit {
                return Err(ServerError::TimedOut { server, what: "greet a client".to_owned(), limit, log });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for MySql {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The log of {} at port {}: {}", self.flavour(), self.port, self.log().display());
        }
        if self.owned {
            // A failure leaves the server to its watch.
            let _ = self.process.kill();
            let _ = fs::remove_dir_all(self.data_directory());
        }
    }
}

/// The user that the server runs as.
fn user() -> &'static str {
    if rustix::process::geteuid().is_root() { "root" } else { "" }
}

/// Run at each start: the user of tests.
fn init_statements() -> String {
    let grant = |host: &str| {
        format!(
            "CREATE USER IF NOT EXISTS '{USER}'@'{host}' IDENTIFIED BY '{USER}';\n\
             GRANT ALL ON *.* TO '{USER}'@'{host}' WITH GRANT OPTION;\n"
        )
    };
    format!("{}CREATE DATABASE IF NOT EXISTS test;\n", grant("%"))
}

fn launch(
    installation: &Installation,
    options: &MySqlOptions,
    directory: &Path,
    port: u16,
    owner: ProcessId,
) -> Result<ServerProcess, ServerError> {
    let log_path = directory.join("server.log");
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log_path)
        .map_err(ServerError::io(format!("opening {}", log_path.display())))?;
    let data = directory.join("data");
    let mut command = options.within.clone();
    command.extend(installation.server());
    // A relative name is one in the data directory, and goes with it; it is short, as a socket's must be.
    command.extend([
        format!("--datadir={}", data.display()),
        format!("--port={port}"),
        "--socket=sock".to_owned(),
        format!("--pid-file={}", data.join("pid").display()),
        format!("--tmpdir={}", data.display()),
        format!("--init-file={}", directory.join("init.sql").display()),
    ]);
    if !user().is_empty() {
        command.push(format!("--user={}", user()));
    }
    command.extend(options.settings.iter().map(|(key, value)| format!("--{key}={value}")));
    ServerProcess::spawn(&command, log, owner, &data)
}

/// Whether a server at a port sends its greeting: protocol version 10, and not an error.
fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut start = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(2))).is_ok()
        && stream.read_exact(&mut start).is_ok()
        && start[4] == 10
}

/// The last lines of a log.
fn end_of(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
