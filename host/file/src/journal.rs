//! Lines appended whole and durably, or not at all.
//!
//! Several processes of a pipeline may write to one file, and any of them may die within a write. So each append
//! takes the file's lock, mends what a dead process left at the end, writes, and waits for the disk.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// A file of lines.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
}

/// How many bytes at the end of the file are looked at at once.
const BLOCK: u64 = 64 << 10;

impl Journal {
    /// Opens a file, or makes it with its directory; both are for this user alone.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(Permissions::from_mode(0o600))?;
        }
        // The name of a new file is as durable as its directory.
        File::open(directory)?.sync_all()?;
        let journal = Self { file };
        journal.locked(|file| mend(file).map(|_| ()))?;
        Ok(journal)
    }

    /// Appends lines, each with its line end. They are durable when it returns; after an error none of them is there.
    pub(crate) fn append(&self, lines: &[u8]) -> io::Result<()> {
        self.locked(|mut file| {
            let end = mend(file)?;
            let written = file.write_all(lines).and_then(|()| file.sync_data());
            if written.is_err() {
                // Should this fail too, the next one to open or append finds the torn line and takes it away.
                let _ = file.set_len(end);
            }
            written
        })
    }

    fn locked(&self, deed: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
        self.file.lock()?;
        let done = deed(&self.file);
        self.file.unlock()?;
        done
    }
}

/// Makes the file end with a whole line, and gives its length. A last line that is whole but for its end gets one; a
/// torn one is cut off: whoever wrote it was never told that it is durable.
fn mend(mut file: &File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let tail = length - after_last_line_end(file, length)?;
    if tail == 0 {
        return Ok(length);
    }
    let mut line = vec![0; usize::try_from(tail).map_err(io::Error::other)?];
    file.read_exact_at(&mut line, length - tail)?;
    let whole = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&line).is_ok();
    let length = if whole {
        file.write_all(b"\n")?;
        length + 1
    } else {
        file.set_len(length - tail)?;
        length - tail
    };
    file.sync_data()?;
    Ok(length)
}

/// The place after the last line end, 0 where there is none.
fn after_last_line_end(mut file: &File, length: u64) -> io::Result<u64> {
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(start))?;
        let mut block = Vec::new();
        file.take(end - start).read_to_end(&mut block)?;
        if let Some(place) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn file_and_directory_are_for_the_user_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/letters.ndjson");
        Journal::open(&path).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        Journal::open(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_torn_line_is_cut_off_and_a_whole_one_gets_its_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("letters");
        for (before, after) in [
            ("", ""),
            ("{\"a\":1}\n", "{\"a\":1}\n"),
            ("{\"a\":1}", "{\"a\":1}\n"),
            ("{\"a\":1}\n{\"b\":", "{\"a\":1}\n"),
            ("{\"b\":", ""),
        ] {
            std::fs::write(&path, before).unwrap();
            Journal::open(&path).unwrap();
            assert_eq!(text(&path), after, "{before:?}");
        }
    }

    #[test]
    fn what_another_process_left_is_mended_before_the_next_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("letters");
        let journal = Journal::open(&path).unwrap();
        journal.append(b"{\"a\":1}\n").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"torn").unwrap();
        journal.append(b"{\"b\":2}\n").unwrap();
        assert_eq!(text(&path), "{\"a\":1}\n{\"b\":2}\n");
    }

    #[test]
    fn a_line_longer_than_a_block_is_found_torn() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("letters");
        let long = "x".repeat(3 * BLOCK as usize);
        std::fs::write(&path, format!("{{\"a\":1}}\n{{\"b\":\"{long}")).unwrap();
        Journal::open(&path).unwrap();
        assert_eq!(text(&path), "{\"a\":1}\n");
    }

    proptest! {
        /// Wherever a write is cut, every line that was whole stays.
        #[test]
        fn no_whole_line_is_lost(values in prop::collection::vec("[a-z\"{}\\\\]{0,12}", 1..8), cut in 0usize..200) {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("letters");
            let lines: Vec<String> =
                values.iter().map(|value| format!("{}\n", serde_json::json!({ "value": value }))).collect();
            let all = lines.concat();
            let cut = cut.min(all.len());
            std::fs::write(&path, &all[..cut]).unwrap();
            Journal::open(&path).unwrap();
            let mut kept = 0;
            let mut end = 0;
            for line in &lines {
                // All but the line end is there: whole.
                if cut + 1 >= end + line.len() {
                    kept += 1;
                }
                end += line.len();
            }
            prop_assert_eq!(text(&path), lines[..kept].concat());
        }
    }
}
