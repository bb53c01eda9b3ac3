//! A small disk of a server's own, which can be full, and have room again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::ServerError;
use crate::process::ProcessId;

/// The file that takes room on it from the beginning.
const BALLAST: &str = "ballast";

/// Mounts a disk of `$1` MiB at `$2` with a ballast of `$3` MiB on it, and becomes what follows.
const MOUNT: &str = r#"mount -t tmpfs -o size="$1m" tmpfs "$2" && head -c "$3M" /dev/zero >"$2/ballast" && shift 3 && exec "$@""#;

/// A tmpfs that the server alone sees, in a mount namespace of its own (`unshare(1)`): it goes with the server's
/// process, and a user who is not root may have one where the system lets users have namespaces.
#[derive(Clone, Debug)]
pub(super) struct SmallDisk {
    /// MiB that the server can write; as many again once there is room.
    pub(super) size: u32,
}

impl SmallDisk {
    /// Whether a process may have one here.
    pub(super) fn is_possible() -> bool {
        let probe = std::env::temp_dir();
        let mut command = Self { size: 1 }.command(&probe);
        command.push("true".to_owned());
        let run = Command::new(&command[0])
            .args(&command[1..])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        run.is_ok_and(|status| status.success())
    }

    /// Where it is mounted, in a server's folder.
    pub(super) fn directory(server: &Path) -> PathBuf {
        server.join("disk")
    }

    /// The start of a command that then has the disk at `directory`.
    pub(super) fn command(&self, directory: &Path) -> Vec<String> {
        let mut command = vec!["unshare".to_owned()];
        if !rustix::process::geteuid().is_root() {
            command.extend(["--user", "--map-current-user", "--keep-caps"].map(str::to_owned));
        }
        command.extend(["--mount", "sh", "-c", MOUNT, "mount"].map(str::to_owned));
        command.extend([(2 * self.size).to_string(), directory.display().to_string(), self.size.to_string()]);
        command
    }

    /// Takes the ballast off the disk that a process has at `directory`.
    pub(super) fn make_room(process: ProcessId, directory: &Path) -> Result<(), ServerError> {
        // What the process sees there: proc(5), `root`.
        let ballast = format!("/proc/{}/root{}/{BALLAST}", process.pid(), directory.display());
        fs::remove_file(&ballast).map_err(ServerError::io(format!("removing {ballast}")))
    }
}
