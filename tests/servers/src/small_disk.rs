//! A small disk, which can be full, and have room again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::error::ServerError;
use crate::process::ProcessId;
use crate::run::Run;
use crate::server_process::ServerProcess;

/// Mounts a disk of `$1` MiB at `$2` with a ballast of `$3` MiB on it, and keeps it.
const KEEP: &str = r#"mount -t tmpfs -o size="$1m" tmpfs "$2" &&
    head -c "$3M" /dev/zero >"$2/filling" && mv "$2/filling" "$2/ballast" && exec sleep infinity"#;

/// A tmpfs in a mount namespace of its own (`mount_namespaces(7)`), which a server is started in: the rest of the system
/// does not see it. A user who is not root may have one where the system lets users have namespaces.
///
/// It outlives servers, and goes with the value.
#[derive(Debug)]
pub struct SmallDisk {
    keeper: ServerProcess,
    directory: PathBuf,
}

impl SmallDisk {
    /// A disk on which so many MiB can be written, and as many again after [`make_room`](Self::make_room). `None`: no
    /// disk can be mounted here.
    ///
    /// # Errors
    /// When there is no `unshare` (util-linux), or no place for its folder.
    pub fn mount(mebibytes: u32) -> Result<Option<Self>, ServerError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let me = ProcessId::current().map_err(ServerError::io("this process"))?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = Run::current()?.directory()?.join(format!("disk-{}-{number}", me.pid()));
        let failed = |what: &str| ServerError::io(format!("{what} {}", directory.display()));
        fs::create_dir_all(&directory).map_err(failed("making"))?;
        let log = File::create(directory.with_extension("log")).map_err(failed("the log of"))?;
        let mut command = vec!["unshare".to_owned()];
        if !rustix::process::geteuid().is_root() {
            command.extend(["--user", "--map-current-user", "--keep-caps"].map(str::to_owned));
        }
        command.extend(["--mount", "sh", "-c", KEEP, "keep"].map(str::to_owned));
        command.extend([(2 * mebibytes).to_string(), directory.display().to_string(), mebibytes.to_string()]);
        let keeper = match ServerProcess::spawn(&command, log, me, &directory) {
            Err(ServerError::EndedAtOnce { .. }) => return Ok(None),
            spawned => spawned?,
        };
        let mut disk = Self { keeper, directory };
        let began = Instant::now();
        while !disk.ballast().exists() {
            if disk.keeper.ended().is_some() || began.elapsed() > Duration::from_secs(20) {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(disk))
    }

    /// Where a server that has it sees it.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The start of a command that then sees it.
    pub(crate) fn command(&self) -> Vec<String> {
        let namespace = |kind: &str| format!("/proc/{}/ns/{kind}", self.keeper.id().pid());
        let mut command = vec!["nsenter".to_owned(), format!("--mount={}", namespace("mnt"))];
        if !rustix::process::geteuid().is_root() {
            command.extend([format!("--user={}", namespace("user")), "--preserve-credentials".to_owned()]);
        }
        command
    }

    /// Doubles what can be written.
    ///
    /// # Errors
    /// When that was done before.
    pub fn make_room(&self) -> Result<(), ServerError> {
        let ballast = self.ballast();
        fs::remove_file(&ballast).map_err(ServerError::io(format!("removing {}", ballast.display())))
    }

    /// The file that takes room from the beginning, as the keeper sees it: proc(5), `root`.
    fn ballast(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id().pid()));
        let inside = self.directory.strip_prefix("/").unwrap_or(&self.directory);
        root.join(inside).join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A failure leaves the keeper to its watch.
        let _ = self.keeper.kill();
        let _ = fs::remove_dir(&self.directory);
    }
}
