//! The lines of a file again.

use std::fs::File;
use std::io::{BufRead, BufReader};
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
    let path = path.into();
    let file = File::open(&path).map_err(|error| unreadable(&path, error))?;
    Ok(Letters { lines: BufReader::new(file), path, line: 0 })
}

/// The letters of a file.
#[derive(Debug)]
pub struct Letters {
    lines: BufReader<File>,
    path: PathBuf,
    line: u64,
}

impl Iterator for Letters {
    type Item = Result<Letter, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = Vec::new();
        match self.lines.read_until(b'\n', &mut text) {
            Err(error) => return Some(Err(unreadable(&self.path, error))),
            Ok(_) if text.last() != Some(&b'\n') => return None,
            Ok(_) => self.line += 1,
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
