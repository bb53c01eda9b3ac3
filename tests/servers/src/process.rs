//! A process, named so that a reused pid is not mistaken for it.

use std::io;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

/// A pid with the start time of its process, in clock ticks since boot (proc(5), field 22 of `stat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pid: u32,
    started: u64,
}

/// What is used of `/proc/PID/stat`.
struct Stat {
    state: char,
    parent: u32,
    started: u64,
}

impl ProcessId {
    /// This process.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn current() -> io::Result<Self> {
        Self::of(std::process::id())
            .ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "/proc/self/stat cannot be read"))
    }

    /// The process that has this pid now. `None`: there is none, or it is a zombie.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = Stat::read(pid)?;
        stat.runs().then_some(ProcessId { pid, started: stat.started })
    }

    /// The pid.
    pub fn pid(self) -> u32 {
        self.pid
    }

    /// The start time, in clock ticks since boot.
    pub fn started(self) -> u64 {
        self.started
    }

    /// Whether the process is still there. A zombie is not; a stopped process is.
    pub fn is_alive(self) -> bool {
        Stat::read(self.pid).is_some_and(|stat| stat.runs() && stat.started == self.started)
    }

    /// Sends a signal, to this process and no successor under its pid.
    ///
    /// # Errors
    /// When the process is gone, or is not ours to signal.
    pub fn signal(self, signal: Signal) -> io::Result<()> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, format!("process {} is gone", self.pid));
        if !self.is_alive() {
            return Err(gone());
        }
        let pid = Pid::from_raw(self.pid as i32).ok_or_else(gone)?;
        Ok(kill_process(pid, signal)?)
    }

    /// The nearest ancestor whose command name (proc(5), `comm`: at most 15 bytes) is this.
    pub fn ancestor_named(self, name: &str) -> Option<Self> {
        let mut pid = Stat::read(self.pid)?.parent;
        while pid > 1 {
            let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
            if comm.trim_end() == name {
                return Self::of(pid);
            }
            pid = Stat::read(pid)?.parent;
        }
        None
    }
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the command name in parentheses and may hold spaces and parentheses itself.
        let (_, rest) = text.rsplit_once(") ")?;
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?.parse().ok()?;
        Some(Stat { state, parent, started })
    }

    fn runs(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_alive_until_it_ends() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let id = ProcessId::of(child.id()).unwrap();
        assert!(id.is_alive());
        id.signal(Signal::STOP).unwrap();
        assert!(id.is_alive(), "a stopped process is alive");
        id.signal(Signal::KILL).unwrap();
        child.wait().unwrap();
        assert!(!id.is_alive());
        assert_eq!(id.signal(Signal::KILL).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_zombie_is_not_alive() {
        let mut child = Command::new("true").spawn().unwrap();
        let pid = child.id();
        while ProcessId::of(pid).is_some() {
            std::thread::yield_now();
        }
        // Not waited for yet: the pid is still taken.
        assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());
        child.wait().unwrap();
    }

    #[test]
    fn another_start_time_is_another_process() {
        let me = ProcessId::current().unwrap();
        let other = ProcessId { started: me.started + 1, ..me };
        assert!(me.is_alive());
        assert!(!other.is_alive());
        assert!(other.signal(Signal::KILL).is_err(), "or this test would have ended here");
    }

    #[test]
    fn an_ancestor_is_found_by_name() {
        let me = ProcessId::current().unwrap();
        let parent = Stat::read(me.pid()).unwrap().parent;
        let name = std::fs::read_to_string(format!("/proc/{parent}/comm")).unwrap();
        assert_eq!(me.ancestor_named(name.trim_end()).map(ProcessId::pid), Some(parent));
        assert_eq!(me.ancestor_named("no such name"), None);
    }
}
