//! The lock, the sidecar's replacement, what is mended at a start.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sluicegate_connector::Error;
use tracing::{info, warn};

use super::options::OnMissingFile;
use super::sidecar::{FileRecord, Sidecar, VERSION};
use crate::failure::{blocking, failed};

/// What is decided.
const SIDECAR: &str = ".sluicegate-positions.json";
/// The same while it is written.
const NEXT_SIDECAR: &str = ".sluicegate-positions.json.next";
/// Never replaced and never removed: a lock is on the file, not on its name.
const LOCK: &str = ".lock";
/// Files that are not visible yet.
pub(super) const HIDDEN: &str = ".sluicegate-tmp";

/// How often a held lock is tried.
const LOOK: Duration = Duration::from_millis(100);

/// The right to write to a directory, until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a directory, which is made where it is missing; `None` where somebody has it. Blocks.
    ///
    /// # Errors
    /// Where the directory or the lock cannot be made.
    pub(crate) fn try_take(root: &Path) -> Result<Option<Self>, Error> {
        fs::create_dir_all(root).map_err(|error| failed("made", root, error))?;
        let path = root.join(LOCK);
        let mut file = open_lock(&path, true).map_err(|error| failed("opened", &path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(failed("locked", &path, error)
                    .help("the file system must know locks: NFS without them does not do"));
            }
        }
        // For people: who it is.
        let _ = file.set_len(0).and_then(|()| write!(file, "process {}", std::process::id()));
        Ok(Some(Self { _file: file }))
    }

    /// Takes the lock; waits for whoever has it. The system frees it at that process's end, whatever that is.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where it is still held after `limit`.
    pub(crate) async fn wait(root: &Path, limit: Option<Duration>) -> Result<Self, Error> {
        let begun = Instant::now();
        let mut said = false;
        loop {
            let path = root.to_owned();
            if let Some(lock) = blocking(move || Self::try_take(&path)).await? {
                if said {
                    info!(directory = %root.display(), "the directory is ours");
                }
                return Ok(lock);
            }
            if !said {
                let holder = holder_of(root);
                info!(directory = %root.display(), holder, "another process writes to the directory: waiting for its end");
                said = true;
            }
            if limit.is_some_and(|limit| begun.elapsed() >= limit) {
                return Err(held(root));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The error of somebody who wants a directory that another has.
pub(crate) fn held(root: &Path) -> Error {
    let holder = holder_of(root).unwrap_or_else(|| "another process".to_owned());
    let what = format!("{holder} writes to {}, and only one may", root.display());
    Error::configuration(what).help("stop it first, or name another `directory`")
}

/// Who holds the lock of a directory, if anybody does.
pub(crate) fn holder_of(root: &Path) -> Option<String> {
    let mut file = open_lock(&root.join(LOCK), false).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut text));
            Some(if read.is_ok() && !text.is_empty() { text } else { "another process".to_owned() })
        }
        _ => None,
    }
}

fn open_lock(path: &Path, make: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(make).truncate(false).open(path)
}

/// A directory with what is decided in it. Whoever has it holds the lock. Everything blocks.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(super) root: PathBuf,
    /// As it is on disk.
    pub(super) sidecar: Sidecar,
}

impl Directory {
    /// Refuses a directory that is another pipeline's.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`].
    pub(crate) fn check(root: &Path, pipeline: &str) -> Result<(), Error> {
        Self::load(root, pipeline).map(|_| ())
    }

    /// What is decided.
    ///
    /// # Errors
    /// Where the sidecar cannot be read, or is another pipeline's.
    pub(crate) fn load(root: &Path, pipeline: &str) -> Result<Option<Sidecar>, Error> {
        let path = root.join(SIDECAR);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path, error)),
        };
        let sidecar: Sidecar = serde_json::from_slice(&text).map_err(|error| {
            Error::fatal(format!("{} cannot be read: what the directory holds is not known", path.display()))
                .caused_by(error)
                .help("put it back from a copy; without one, write to an empty directory")
        })?;
        if sidecar.v > VERSION {
            return Err(Error::fatal(format!("a later version of Sluicegate wrote {}", path.display())));
        }
        if sidecar.pipeline != pipeline {
            let what = format!("{} belongs to the pipeline {:?}", root.display(), sidecar.pipeline);
            return Err(
                Error::configuration(what).help("name another `directory`: each pipeline has its own")
            );
        }
        Ok(Some(sidecar))
    }

    /// Reads what is decided, and mends what a process left that ended in the middle: decided files become visible,
    /// the others go, and what is longer than decided is cut off.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] where decided bytes are not there.
    pub(crate) fn open(root: &Path, pipeline: &str, on_missing: OnMissingFile) -> Result<Self, Error> {
        let sidecar = Self::load(root, pipeline)?.unwrap_or_else(|| Sidecar::new(pipeline));
        let mut directory = Self { root: root.to_owned(), sidecar };
        let hidden = root.join(HIDDEN);
        fs::create_dir_all(&hidden).map_err(|error| failed("made", &hidden, error))?;
        directory.finish_renames()?;
        let mut files = std::mem::take(&mut directory.sidecar.files);
        let mended = files.values_mut().try_for_each(|record| directory.mend(record, on_missing));
        directory.sidecar.files = files;
        mended?;
        let entries = fs::read_dir(&hidden).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| failed("read", &hidden, error))? {
            let path = entry.path();
            fs::remove_file(&path).map_err(|error| failed("removed", &path, error))?;
        }
        Ok(directory)
    }

    /// Cuts off what is longer than decided.
    fn mend(&self, record: &mut FileRecord, on_missing: OnMissingFile) -> Result<(), Error> {
        let Some(open) = &record.open else { return Ok(()) };
        let path = self.root.join(&open.path);
        let file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => match on_missing {
                OnMissingFile::Stop => return Err(missing(&path)),
                OnMissingFile::Begin => {
                    warn!(path = %path.display(), "the file was taken away: the next one is begun");
                    record.open = None;
                    return Ok(());
                }
            },
            Err(error) => return Err(failed("opened", &path, error)),
        };
        let length = file.metadata().map_err(|error| failed("read", &path, error))?.len();
        if length < open.length {
            let what = format!(
                "{} has {length} bytes, and {} were written and decided",
                path.display(),
                open.length
            );
            return Err(Error::fatal(what).help(
                "something else has changed it: put it back from a copy, or move the whole directory away and begin anew",
            ));
        }
        if length > open.length {
            info!(path = %path.display(), from = length, to = open.length, "what was not decided is cut off");
            let cut = step("cut").and_then(|()| file.set_len(open.length)).and_then(|()| file.sync_all());
            cut.map_err(|error| failed("cut to its decided length", &path, error))?;
        }
        Ok(())
    }

    /// Decides: from here on `next` is what the directory holds.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Unknown`] where it may be decided; after any other error it is not.
    pub(super) fn decide(&mut self, mut next: Sidecar) -> Result<(), Error> {
        next.v = VERSION;
        let (path, fresh) = (self.root.join(SIDECAR), self.root.join(NEXT_SIDECAR));
        let unwritten = |error| failed("written", &fresh, error);
        let bytes = serde_json::to_vec(&next).map_err(|error| unwritten(io::Error::other(error)))?;
        let written = step("write sidecar").and_then(|()| {
            let mut file = File::create(&fresh)?;
            file.write_all(&bytes)?;
            step("sync sidecar")?;
            file.sync_all()
        });
        written.map_err(unwritten)?;
        let unknown = |error| {
            Error::unknown(format!("whether {} was replaced is not known", path.display())).caused_by(error)
        };
        step("rename sidecar").and_then(|()| fs::rename(&fresh, &path)).map_err(unwritten)?;
        step("sync directory").and_then(|()| sync_directory(&self.root)).map_err(unknown)?;
        self.sidecar = next;
        Ok(())
    }

    /// Decides a change that no rows come with.
    ///
    /// # Errors
    /// As a decision about rows.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Sidecar)) -> Result<(), Error> {
        let mut next = self.sidecar.clone();
        change(&mut next);
        self.decide(next)
    }

    /// Gives decided files their names.
    ///
    /// # Errors
    /// The system's; it can be done again.
    pub(super) fn finish_renames(&self) -> Result<(), Error> {
        for rename in &self.sidecar.renames {
            let (from, to) = (self.root.join(HIDDEN).join(&rename.from), self.root.join(&rename.to));
            if !from.exists() {
                // It has its name already, and whoever reads files may have taken it away since.
                continue;
            }
            if to.exists() {
                return Err(taken(&to));
            }
            let renamed = step("rename file")
                .and_then(|()| self.make_parents(&rename.to))
                .and_then(|()| fs::rename(&from, &to))
                .and_then(|()| step("sync name"))
                .and_then(|()| sync_directory(to.parent().unwrap_or(&self.root)));
            renamed.map_err(|error| failed("made", &to, error))?;
        }
        Ok(())
    }

    /// Makes the folders of a path in the directory, durably.
    pub(super) fn make_parents(&self, path: &str) -> io::Result<()> {
        let target = self.root.join(path);
        let Some(parent) = target.parent().filter(|parent| !parent.is_dir()) else { return Ok(()) };
        fs::create_dir_all(parent)?;
        // The name of a folder is as durable as the folder above it.
        for folder in parent.ancestors().take_while(|folder| folder.starts_with(&self.root)) {
            sync_directory(folder)?;
        }
        Ok(())
    }
}

/// A name that a file of ours is to have, and that another has.
pub(super) fn taken(path: &Path) -> Error {
    Error::fatal(format!("{} is there already, and is not a file of this pipeline", path.display()))
        .help("move it away; no file is written over")
}

/// A file of ours that is gone.
pub(super) fn missing(path: &Path) -> Error {
    Error::fatal(format!("{} is gone, and rows were written to it that are decided", path.display())).help(
        "put it back; where it was taken away on purpose, set `on_missing: begin` of the sink, and `roll` so that it \
         does not come again",
    )
}

pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A point where a process may end. In tests it does.
#[cfg(not(test))]
#[inline]
#[allow(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub(super) fn step(_: &'static str) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use crashes::step;

#[cfg(test)]
pub(super) mod crashes {
    //! Ends at each step.

    use std::cell::{Cell, RefCell};
    use std::io;

    thread_local! {
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
        static SEEN: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }

    /// The step before which everything ends; `None`: none.
    pub(crate) fn crash_after(steps: Option<usize>) {
        LEFT.set(steps);
        SEEN.take();
    }

    /// The steps since then.
    pub(crate) fn seen() -> Vec<&'static str> {
        SEEN.with_borrow(Clone::clone)
    }

    pub(crate) fn step(name: &'static str) -> io::Result<()> {
        SEEN.with_borrow_mut(|seen| seen.push(name));
        match LEFT.get() {
            None => Ok(()),
            Some(0) => Err(io::Error::other(format!("the test ends before: {name}"))),
            Some(left) => {
                LEFT.set(Some(left - 1));
                Ok(())
            }
        }
    }
}
