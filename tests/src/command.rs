//! The command under test.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sluicegate_test_servers::unique_name;

/// How long a command may take that should end by itself.
const LIMIT: Duration = Duration::from_mins(5);
/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(20);

/// The command, ready to start.
#[derive(Debug)]
pub struct Command {
    inner: std::process::Command,
    directory: PathBuf,
    name: String,
}

impl Command {
    pub(crate) fn new<'a>(
        directory: &Path,
        cache: &Path,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let arguments: Vec<&str> = arguments.into_iter().collect();
        let mut inner = std::process::Command::new(binary());
        inner
            .args(&arguments)
            .current_dir(directory)
            .env("XDG_CACHE_HOME", cache)
            .env_remove("RUST_BACKTRACE");
        inner.env_remove("SLUICEGATE_LOG").env_remove("SLUICEGATE_LOG_FORMAT").stdin(Stdio::null());
        let name = arguments.first().copied().unwrap_or("none").to_owned();
        Command { inner, directory: directory.to_owned(), name }
    }

    /// Adds a variable to the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.inner.env(name, value);
        self
    }

    /// Names the log: `NAME.log` in the test's folder. A later process of that name writes on in it.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(mut self) -> Running {
        let file = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let log = self.directory.join(format!("{}.log", self.name));
        let out = self.directory.join(format!("{}.out", unique_name(&self.name)));
        let errors: File = file(&log);
        let log_from = errors.metadata().map_or(0, |found| found.len());
        self.inner.stdout(file(&out)).stderr(errors);
        let child = self.inner.spawn().expect("the command starts");
        Running { child, ended: None, log, log_from: log_from as usize, out }
    }

    /// Starts it, and waits until it ends by itself.
    ///
    /// # Panics
    /// When it does not end within five minutes.
    pub fn finish(self) -> Finished {
        let mut running = self.start();
        running.wait(LIMIT)
    }
}

/// A process of the command. Dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    ended: Option<ExitStatus>,
    log: PathBuf,
    log_from: usize,
    out: PathBuf,
}

impl Running {
    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal. Nothing happens where the process has ended.
    ///
    /// # Panics
    /// When the signal is refused.
    pub fn signal(&mut self, signal: Signal) {
        // Not waited for yet, so the id is still this process's.
        if self.ended().is_none()
            && let Some(pid) = Pid::from_raw(self.child.id() as i32)
        {
            kill_process(pid, signal).expect("a signal to our own process");
        }
    }

    /// Its exit status, where it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("the state of our own process");
        }
        self.ended
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.wait(Duration::from_secs(30));
    }

    /// SIGTERM, and waits until it has ended.
    ///
    /// # Panics
    /// When it has not within a minute.
    pub fn terminate(&mut self) -> Finished {
        self.signal(Signal::TERM);
        self.wait(Duration::from_mins(1))
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> Finished {
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Finished { status, stdout: self.stdout(), stderr: self.stderr() };
            }
            assert!(start.elapsed() < limit, "it still runs after {limit:?}; its log:\n{}", self.stderr());
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for its end, and gives the bytes of memory that were resident at one time, at most.
    ///
    /// # Panics
    /// When it still runs after `limit`.
    pub fn peak_memory(&mut self, limit: Duration) -> u64 {
        let (start, mut peak) = (Instant::now(), 0);
        while self.ended().is_none() {
            let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
            let kib = line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok());
            peak = peak.max(kib.unwrap_or(0) << 10);
            assert!(start.elapsed() < limit, "it still runs after {limit:?}; its log:\n{}", self.stderr());
            std::thread::sleep(LOOK);
        }
        peak
    }

    /// Waits until its log holds a text.
    ///
    /// # Panics
    /// When it ends before, or nothing comes within a minute.
    pub fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        while !self.stderr().contains(text) {
            let ended = self.ended();
            let late = start.elapsed() > Duration::from_mins(1);
            assert!(ended.is_none() && !late, "{text:?} is not in its log ({ended:?}):\n{}", self.stderr());
            std::thread::sleep(LOOK);
        }
    }

    /// What it has written to standard output.
    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.out).unwrap_or_default()
    }

    /// What it has written to standard error: its log.
    pub fn stderr(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(bytes.get(self.log_from..).unwrap_or_default()).into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// What became of a process of the command.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Finished {
    /// The exit code; -1 where a signal ended it.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// Asserts the exit code, and that nothing in what it wrote is a defect's trace.
    ///
    /// # Panics
    /// Where that is not so.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code(), code, "the exit code; it said:\n{self}");
        for trace in ["panicked at", "RUST_BACKTRACE", "stack backtrace", "a defect of Sluicegate"] {
            assert!(!self.stderr.contains(trace), "{trace:?} reached a user:\n{self}");
        }
        self
    }

    /// Asserts that a text stands in what it said. Line breaks and indentation do not count: messages are wrapped.
    ///
    /// # Panics
    /// Where it does not.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.words().contains(&plain(text)), "{text:?} is not in\n{self}");
        self
    }

    /// All that it said, on one line.
    fn words(&self) -> String {
        plain(&format!("{}\n{}", self.stdout, self.stderr))
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n--- stdout\n{}\n--- stderr\n{}", self.status, self.stdout, self.stderr)
    }
}

/// A text without line breaks, and without the bars that a report puts before its lines.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !matches!(*word, "│" | "×" | "·" | "╰────"));
    words.collect::<Vec<_>>().join(" ")
}

/// The variable that names another command to test, a released one for example.
const BINARY: &str = "SLUICEGATE_BINARY";

/// The command under test: the one that `SLUICEGATE_BINARY` names, else the one that was built with these tests, which
/// cargo puts beside their folder.
///
/// # Panics
/// Where it is not there.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os(BINARY) {
        // Tests run in the folder of their package, the command in one of its own.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the checkout");
        let path = root.join(named);
        assert!(path.is_file(), "{BINARY} names {}, which is not there", path.display());
        return path;
    }
    let test = std::env::current_exe().expect("the path of this test");
    let found = test
        .ancestors()
        .skip(2)
        .map(|folder| folder.join("sluicegate-under-test"))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("sluicegate-under-test is not built beside {}", test.display()))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn wrapped_messages_are_one_line() {
        assert_eq!(plain("  × there is no\n  │ topic  x\n"), "there is no topic x");
    }
}
