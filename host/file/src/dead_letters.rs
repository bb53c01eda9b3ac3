//! The place that letters are put.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use chrono::Utc;
use sluicegate_connector::{DeadLetters, Error};
use sluicegate_model::DeadLetter;

use crate::journal::Journal;
use crate::letter::Letter;

/// Dead letters in a file, one JSON object a line. It holds a letter of any size. Several processes may write to one
/// file on a local disk.
#[derive(Debug)]
pub struct FileDeadLetters {
    /// Opened with the first letter, where that is wanted.
    journal: Arc<OnceLock<Journal>>,
    path: Arc<Path>,
    readable: bool,
}

impl FileDeadLetters {
    /// Opens a file, or makes it with its directory, for this user alone. A line that a crash left torn at its end is
    /// cut off; no whole line is ever lost.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where the file cannot be opened or made.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let this = Self::when_needed(path);
        this.journal().map_err(|error| this.cannot_open(error))?;
        Ok(this)
    }

    /// As [`FileDeadLetters::open`], with the first letter: where there is none, no file is made.
    pub fn when_needed(path: impl Into<PathBuf>) -> Self {
        Self { journal: Arc::default(), path: path.into().into(), readable: true }
    }

    /// Says that the letters come sealed: their bytes are then not shown as text.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.readable = false;
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn journal(&self) -> io::Result<&Journal> {
        opened(&self.journal, &self.path)
    }

    fn cannot_open(&self, error: io::Error) -> Error {
        Error::configuration(format!("the file for dead letters, {}, cannot be opened", self.path.display()))
            .caused_by(error)
            .help("name another one under `dead_letters: file`, or give this user the right to write it")
    }
}

fn opened<'a>(journal: &'a OnceLock<Journal>, path: &Path) -> io::Result<&'a Journal> {
    if let Some(journal) = journal.get() {
        return Ok(journal);
    }
    let fresh = Journal::open(path)?;
    // Where two opened it, they opened the same file.
    Ok(journal.get_or_init(|| fresh))
}

#[async_trait]
impl DeadLetters for FileDeadLetters {
    async fn put(&mut self, letters: Vec<DeadLetter>) -> Result<Vec<DeadLetter>, Error> {
        let (journal, path, readable) = (Arc::clone(&self.journal), Arc::clone(&self.path), self.readable);
        let put = tokio::task::spawn_blocking(move || {
            let at = Utc::now();
            let mut lines = Vec::new();
            for letter in letters {
                serde_json::to_writer(&mut lines, &Letter::new(letter, at, readable))?;
                lines.push(b'\n');
            }
            opened(&journal, &path)?.append(&lines)
        });
        put.await.unwrap_or_else(|broken| Err(io::Error::other(broken))).map_err(|error| {
            let what = format!("dead letters cannot be written to {}", self.path.display());
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Error::transient(what).caused_by(error).help("make room; it is tried again until then")
                }
                _ => Error::fatal(what).caused_by(error),
            }
        })?;
        Ok(Vec::new())
    }
}
