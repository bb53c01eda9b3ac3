//! The place that letters are put.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    journal: Arc<Journal>,
    path: PathBuf,
    readable: bool,
}

impl FileDeadLetters {
    /// Opens a file, or makes it with its directory, for this user alone. A line that a crash left torn at its end is
    /// cut off; no whole line is ever lost.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where the file cannot be opened or made.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let journal = Journal::open(&path).map_err(|error| {
            Error::configuration(format!("the file for dead letters, {}, cannot be opened", path.display()))
                .caused_by(error)
                .help("name another one under `dead_letters: file`, or give this user the right to write it")
        })?;
        Ok(Self { journal: Arc::new(journal), path, readable: true })
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
}

#[async_trait]
impl DeadLetters for FileDeadLetters {
    async fn put(&mut self, letters: Vec<DeadLetter>) -> Result<Vec<DeadLetter>, Error> {
        let (journal, readable) = (Arc::clone(&self.journal), self.readable);
        let put = tokio::task::spawn_blocking(move || {
            let at = Utc::now();
            let mut lines = Vec::new();
            for letter in letters {
                serde_json::to_writer(&mut lines, &Letter::new(letter, at, readable))?;
                lines.push(b'\n');
            }
            journal.append(&lines)
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
