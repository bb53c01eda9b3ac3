//! The lines of a file again.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sluicegate_connector::Error;

use crate::letter::Letter;

/// Reads the letters of a file, in the order in which they were put. The same letter may come twice, with the same
/// [`Letter::id`]. A line that is no letter is an error of its own, and the next one follows; a last line without its
/// end is still being written, or was torn, and is left out.
///
/// # Errors
/// Where the file cannot be opened.
pub fn read_letters(path: impl Into<PathBuf>) -> Result<Letters, Error> {
    read_letters_from(path, 0)
}

/// As [`read_letters`], from the line that begins at a byte: [`Letters::next_place`] of an earlier reading.
///
/// # Errors
/// As [`read_letters`].
pub fn read_letters_from(path: impl Into<PathBuf>, place: u64) -> Result<Letters, Error> {
    let path = path.into();
    let mut file = File::open(&path).map_err(|error| unreadable(&path, error))?;
    file.seek(SeekFrom::Start(place)).map_err(|error| unreadable(&path, error))?;
    Ok(Letters { lines: BufReader::new(file), path, line: 0, next: place })
}

/// The letters of a file.
#[derive(Debug)]
pub struct Letters {
    lines: BufReader<File>,
    path: PathBuf,
    line: u64,
    next: u64,
}

impl Letters {
    /// The byte at which the next line begins: all before it was read.
    pub fn next_place(&self) -> u64 {
        self.next
    }
}

impl Iterator for Letters {
    type Item = Result<Letter, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = Vec::new();
        match self.lines.read_until(b'\n', &mut text) {
            Err(error) => return Some(Err(unreadable(&self.path, error))),
            Ok(_) if text.last() != Some(&b'\n') => return None,
            Ok(bytes) => {
                self.line += 1;
                self.next += bytes as u64;
            }
        }
        Some(serde_json::from_slice(&text).map_err(|error| {
            // Its column and its kind, not its words: they may quote the line.
            let (line, column) = (self.line, error.column());
            let what = format!("{}:{line}:{column} is no dead letter", self.path.display());
            Error::fatal(what)
                .help("the file was changed by something else; the lines around it can still be read")
        }))
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::configuration(format!("the dead letters in {} cannot be read", path.display())).caused_by(error)
}
