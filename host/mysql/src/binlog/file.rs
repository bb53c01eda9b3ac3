//! A binlog as a file: a mark of four bytes, then events.

use std::io::{self, Read};

use bytes::Bytes;

use super::event::header::{HEADER_LEN, Header};

/// What a file of a binlog begins with.
pub const MAGIC: [u8; 4] = [0xfe, b'b', b'i', b'n'];

/// The events of a file, as they are. A file that its server is still writing may end within an event: that
/// is its end.
#[derive(Debug)]
pub struct LogFile<R> {
    file: R,
}

impl<R: Read> LogFile<R> {
    /// Begins with a file.
    ///
    /// # Errors
    /// Of the file, or [`io::ErrorKind::InvalidData`] where it is no binlog, or an encrypted one.
    pub fn new(mut file: R) -> io::Result<Self> {
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic)?;
        if magic == MAGIC {
            return Ok(Self { file });
        }
        let why = if magic[1..] == MAGIC[1..] { "the binlog is encrypted" } else { "the file is no binlog" };
        Err(io::Error::new(io::ErrorKind::InvalidData, why))
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// Of the file.
    pub fn next_event(&mut self) -> io::Result<Option<Bytes>> {
        let mut event = Vec::new();
        if (&mut self.file).take(HEADER_LEN as u64).read_to_end(&mut event)? < HEADER_LEN {
            return Ok(None);
        }
        let Ok(header) = Header::parse(&event) else { return Ok(None) };
        let length = u64::from(header.length).saturating_sub(HEADER_LEN as u64);
        let read = (&mut self.file).take(length).read_to_end(&mut event)?;
        Ok((read as u64 == length).then(|| event.into()))
    }
}
