//! An event that is too large for memory: its body waits in a file.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Take, Write as _};

use super::header::{HEADER_LEN, Header};
use crate::binlog::error::Fault;

/// Bytes of a checksum.
const CHECKSUM_LEN: usize = 4;

/// An event that is being written to a file. The file has no name: it is gone with whoever reads it.
#[derive(Debug)]
pub struct Spool {
    header: Header,
    file: File,
    length: u64,
    /// Of everything but the last bytes.
    computed: crc32fast::Hasher,
    /// What may be a checksum.
    last: Vec<u8>,
}

impl Spool {
    /// Begins with what there is of an event.
    ///
    /// # Errors
    /// No file can be made or written.
    pub fn new(begin: &[u8]) -> io::Result<Self> {
        let header =
            Header::parse(begin).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
        let mut computed = crc32fast::Hasher::new();
        computed.update(&begin[..HEADER_LEN]);
        let file = tempfile::tempfile()?;
        let mut spool = Self { header, file, length: 0, computed, last: Vec::new() };
        spool.push(&begin[HEADER_LEN..])?;
        Ok(spool)
    }

    /// Adds what comes next.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        // What stood last and does so no longer is summed up.
        let behind = bytes.len().min(CHECKSUM_LEN);
        let (before, last) = bytes.split_at(bytes.len() - behind);
        let left = (self.last.len() + behind).saturating_sub(CHECKSUM_LEN);
        self.computed.update(&self.last[..left]);
        self.last.drain(..left);
        self.computed.update(before);
        self.last.extend_from_slice(last);
        Ok(())
    }

    /// The event, of which nothing is missing.
    pub fn finish(self) -> Spooled {
        let Self { header, file, length, computed, last } = self;
        let written = last.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        Spooled { header, file, length, checksums: written.map(|written| (written, computed.finalize())) }
    }
}

/// An event whose body is in a file.
pub struct Spooled {
    /// Its header.
    pub header: Header,
    file: File,
    length: u64,
    /// The checksum that it carries if it carries one, and that of its bytes.
    pub checksums: Option<(u32, u32)>,
}

impl Spooled {
    /// The bytes between header and checksum.
    ///
    /// # Errors
    /// A [`Fault`]: the length is not what the header says, or the file cannot be read.
    pub fn into_body(mut self, guarded: bool) -> Result<Take<File>, Fault> {
        let length = self.length + HEADER_LEN as u64;
        if length != u64::from(self.header.length) {
            return Err(Fault::new(format!(
                "its header says {} bytes, there are {length}",
                self.header.length
            )));
        }
        self.file.seek(SeekFrom::Start(0)).map_err(|error| Fault::new(error.to_string()))?;
        let checksum = if guarded { CHECKSUM_LEN as u64 } else { 0 };
        Ok(self.file.take(self.length.saturating_sub(checksum)))
    }
}

impl fmt::Debug for Spooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spooled({} bytes)", self.length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn checksums_are_the_same_however_it_comes(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            pieces in proptest::collection::vec(0_usize..9, 0..60),
        ) {
            let mut event = vec![7; HEADER_LEN];
            event[9..13].copy_from_slice(&((HEADER_LEN + body.len()) as u32).to_le_bytes());
            let mut spool = Spool::new(&event).unwrap();
            let mut rest = &body[..];
            for piece in pieces {
                let (now, later) = rest.split_at(piece.min(rest.len()));
                spool.push(now).unwrap();
                rest = later;
            }
            spool.push(rest).unwrap();
            let spooled = spool.finish();
            event.extend(&body);
            let expected = body.last_chunk::<4>().map(|written| {
                (u32::from_le_bytes(*written), crc32fast::hash(&event[..event.len() - 4]))
            });
            prop_assert_eq!(spooled.checksums, expected);
            let mut read = Vec::new();
            spooled.into_body(false).unwrap().read_to_end(&mut read).unwrap();
            prop_assert_eq!(read, body);
        }
    }
}
