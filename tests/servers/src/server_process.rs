//! A server's process, tied to the life of another.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::error::ServerError;
use crate::process::ProcessId;

/// Starts a server so that it ends with its owner: see the file's own words.
const WATCH: &str = include_str!("watch.sh");

/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(20);

/// A running server.
///
/// The operating system has no "kill my children when I am killed" for a process of several threads: Linux ties
/// `PR_SET_PDEATHSIG` to the thread that spawned. So a small shell stays beside each server and kills it, and removes
/// its data, when the owner is gone for whatever reason.
///
/// Dropping the value leaves the server running: its owner's end, or [`kill`](Self::kill), stops it.
#[derive(Debug)]
pub struct ServerProcess {
    id: ProcessId,
    /// There where this process started the server: it has to collect the exit status.
    child: Option<Child>,
}

impl ServerProcess {
    /// Starts `command` (a program and its arguments) with its output appended to `log`.
    ///
    /// It runs in a process group of its own: Ctrl-C in a terminal and a test runner that kills a test's group reach
    /// the owner, not the server, which then ends in the one way described above.
    ///
    /// # Errors
    /// When the program cannot be started, or ends at once.
    pub fn spawn(command: &[String], log: File, owner: ProcessId, data: &Path) -> Result<Self, ServerError> {
        let program = command.first().cloned().unwrap_or_default();
        let errors = log.try_clone().map_err(ServerError::io("the server's log"))?;
        let mut child = Command::new("sh")
            .args(["-c", WATCH, "watch", &owner.pid().to_string(), &owner.started().to_string()])
            .arg(data)
            .args(command)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(ServerError::io(format!("starting {program}")))?;
        if let Some(id) = ProcessId::of(child.id()) {
            return Ok(ServerProcess { id, child: Some(child) });
        }
        let status = child.wait().map_err(ServerError::io(format!("starting {program}")))?;
        Err(ServerError::EndedAtOnce { program, status })
    }

    /// A server that another process started.
    pub fn adopt(id: ProcessId) -> Self {
        ServerProcess { id, child: None }
    }

    /// The server's process.
    pub fn id(&self) -> ProcessId {
        self.id
    }

    /// `None` while it runs; its exit status in words afterwards.
    pub fn ended(&mut self) -> Option<String> {
        match &mut self.child {
            Some(child) => child.try_wait().ok().flatten().map(|status| status.to_string()),
            None => (!self.id.is_alive()).then(|| "exit status unknown".to_owned()),
        }
    }

    /// Waits for the end. `false`: it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> bool {
        let start = Instant::now();
        while self.ended().is_none() {
            if start.elapsed() > limit {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        true
    }

    /// SIGKILL, also to a stopped server, and waits until it is gone. Nothing happens where it is already gone.
    ///
    /// # Errors
    /// When the signal is refused, or the process does not vanish within 10 s.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        if self.ended().is_some() {
            return Ok(());
        }
        match self.id.signal(Signal::KILL) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(ServerError::io(format!("killing process {}", self.id.pid()))(e));
            }
            _ => {}
        }
        if self.wait(Duration::from_secs(10)) {
            return Ok(());
        }
        let stuck = std::io::Error::new(std::io::ErrorKind::TimedOut, "it is still there 10 s after SIGKILL");
        Err(ServerError::io(format!("killing process {}", self.id.pid()))(stuck))
    }

    /// SIGTERM; SIGKILL when it still runs after `grace`.
    ///
    /// # Errors
    /// As [`kill`](Self::kill).
    pub fn stop(&mut self, grace: Duration) -> Result<(), ServerError> {
        if self.ended().is_none() && self.id.signal(Signal::TERM).is_ok() && self.wait(grace) {
            return Ok(());
        }
        self.kill()
    }
}
