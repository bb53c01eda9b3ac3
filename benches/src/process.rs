//! CPU time and memory of a process.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Fallible;

/// What a process took from its start to its end.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// CPU time of all of its threads, in the program and in the kernel.
    pub cpu: Duration,
    /// The most memory that was resident at one time, in bytes: the kernel's own high-water mark.
    pub peak_rss: u64,
    /// From start to end.
    pub wall: Duration,
}

/// A process that was started, whose streams go into files.
pub struct Running {
    pid: libc::pid_t,
    started: Instant,
    what: String,
    streams: std::path::PathBuf,
}

/// What a process said and took.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What it took.
    pub usage: Usage,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// How often the memory of a process is looked at.
const LOOK: Duration = Duration::from_millis(5);

impl Running {
    /// Starts a process. `directory` takes what it prints.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(command: &mut Command, directory: &Path) -> Fallible<Self> {
        let file = |name: &str| File::create(directory.join(name));
        command.stdin(Stdio::null()).stdout(file("stdout")?).stderr(file("stderr")?);
        let what = command.get_program().to_string_lossy().into_owned();
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("{what} cannot be started: {error}"))?;
        let pid = libc::pid_t::try_from(child.id())?;
        Ok(Self { pid, started, what, streams: directory.to_owned() })
    }

    /// When it was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Where it did not end well; with what it wrote to standard error.
    pub fn wait(self) -> Fallible<Ended> {
        let mut peak_rss = 0;
        let (status, cpu) = loop {
            // The mark of the program alone: that which `wait4` gives begins with the size of whoever started it.
            peak_rss = high_water(self.pid).unwrap_or(peak_rss);
            match reaped(self.pid)? {
                Some(ended) => break ended,
                None => std::thread::sleep(LOOK),
            }
        };
        let wall = self.started.elapsed();
        let read = |name: &str| std::fs::read_to_string(self.streams.join(name)).unwrap_or_default();
        if status != 0 {
            return Err(format!("{} ended with {status:#x}:\n{}", self.what, read("stderr")).into());
        }
        Ok(Ended { usage: Usage { cpu, peak_rss, wall }, stdout: read("stdout"), stderr: read("stderr") })
    }
}

/// The status and CPU time of a child that has ended.
fn reaped(pid: libc::pid_t) -> Fallible<Option<(i32, Duration)>> {
    let mut status = 0;
    // SAFETY: all bytes zero is a value of this plain C structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are of live variables. The child is ours and is waited for here alone: `Child` was dropped
    // without waiting, which leaves it as it is.
    match unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG, &raw mut usage) } {
        0 => Ok(None),
        -1 => Err(std::io::Error::last_os_error().into()),
        _ => Ok(Some((status, time(usage.ru_utime) + time(usage.ru_stime)))),
    }
}

fn time(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec.unsigned_abs()) + Duration::from_micros(time.tv_usec.unsigned_abs())
}

/// The kernel's high-water mark of resident memory, in bytes.
fn high_water(pid: libc::pid_t) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

/// CPU time of the calling thread: what a busy machine does beside it does not count.
pub fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// CPU time of this process, without its children.
pub fn process_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_measured() {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; echo done"]);
        let ended = Running::start(&mut command, directory.path()).unwrap().wait().unwrap();
        assert_eq!(ended.stdout, "done\n");
        assert!(ended.usage.cpu > Duration::ZERO && ended.usage.cpu <= ended.usage.wall * 2);
        assert!((100 << 10..100 << 20).contains(&ended.usage.peak_rss));
    }

    #[test]
    fn a_failure_shows_what_was_said() {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such topic >&2; exit 1"]);
        let failed = Running::start(&mut command, directory.path()).unwrap().wait().unwrap_err();
        assert!(failed.to_string().contains("no such topic"), "{failed}");
    }
}
