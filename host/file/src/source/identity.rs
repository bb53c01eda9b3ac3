//! Whether a file is still the one that a position was made in.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use xxhash_rust::xxh3::xxh3_64;

/// Bytes at the beginning of a file that are looked at, at most.
const HEAD: u64 = 1_024;

/// What tells a file from another under the same name: its inode and how it begins. Not its size, which may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    inode: u64,
    /// Bytes that `hash` is of: fewer than [`HEAD`] where the file was shorter.
    head: u64,
    hash: u64,
}

impl Identity {
    /// Of an open file.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        Self::of_head(file, HEAD)
    }

    fn of_head(file: &File, most: u64) -> io::Result<Self> {
        let about = file.metadata()?;
        let mut bytes = vec![0; most.min(about.len()) as usize];
        let mut read = 0;
        while read < bytes.len() {
            match file.read_at(&mut bytes[read..], read as u64)? {
                0 => break,
                more => read += more,
            }
        }
        bytes.truncate(read);
        Ok(Self { inode: about.ino(), head: read as u64, hash: xxh3_64(&bytes) })
    }

    /// Whether all that could be known of the file is known: a longer head says no more.
    pub(super) fn is_complete(self) -> bool {
        self.head == HEAD
    }

    /// As it stands in a position.
    pub(super) fn to_text(self) -> String {
        format!("inode:{} head:{}:{:016x}", self.inode, self.head, self.hash)
    }

    fn parse(text: &str) -> Option<Self> {
        let (inode, head) = text.strip_prefix("inode:")?.split_once(" head:")?;
        let (head, hash) = head.split_once(':')?;
        let hash = u64::from_str_radix(hash, 16).ok()?;
        Some(Self { inode: inode.parse().ok()?, head: head.parse().ok()?, hash })
    }
}

/// What differs between a file and the one that a position names; `None`: it is the same.
pub(super) fn difference(file: &File, known: &str) -> io::Result<Option<&'static str>> {
    let Some(known) = Identity::parse(known) else {
        return Ok(Some("the position is of no file"));
    };
    let now = Identity::of_head(file, known.head)?;
    Ok(if now.head < known.head {
        Some("it is shorter than it was")
    } else if now.hash != known.hash {
        Some("it begins otherwise than it did")
    } else if now.inode != known.inode {
        Some("another file was put in its place")
    } else {
        None
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_that_grows_is_the_same_and_another_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        let look = |known: &str| difference(&File::open(&path).unwrap(), known).unwrap();
        write("first\n");
        let known = Identity::of(&File::open(&path).unwrap()).unwrap().to_text();
        assert_eq!(look(&known), None);
        File::options().append(true).open(&path).unwrap().write_all(b"second\n").unwrap();
        assert_eq!(look(&known), None);
        write("other\nsecond\n");
        assert_eq!(look(&known), Some("it begins otherwise than it did"));
        write("f");
        assert_eq!(look(&known), Some("it is shorter than it was"));
        std::fs::write(directory.path().join("b"), "first\nsecond\n").unwrap();
        std::fs::rename(directory.path().join("b"), &path).unwrap();
        assert_eq!(look(&known), Some("another file was put in its place"));
        assert_eq!(look("cluster/topic"), Some("the position is of no file"));
    }
}
