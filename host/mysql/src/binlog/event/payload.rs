//! MySQL's compressed transactions: one event that holds all of a transaction's, in zstd.
//!
//! They are unpacked one at a time: however large a transaction is, only the event at hand is in memory, and its
//! compressed form, unless that waits in a file.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Transaction__payload__event.html>

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Take};

use bytes::{Buf, Bytes, buf::Reader};
use zstd::stream::read::Decoder;

use super::Event;
use super::header::{HEADER_LEN, Header};
use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

mod field {
    pub const END: u64 = 0;
    pub const LENGTH: u64 = 1;
    pub const ALGORITHM: u64 = 2;
}

const ZSTD: u64 = 0;
const NOT_COMPRESSED: u64 = 255;

/// Bytes of a head, at most: three numbers and their names, and room for what servers may add.
const HEAD_MOST: u64 = 256;

/// What stands before the events.
struct Head {
    algorithm: Option<u64>,
    /// Bytes of the events as they are kept.
    length: Option<usize>,
    /// Where they begin.
    begins: usize,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes);
        let (mut algorithm, mut length) = (None, None);
        loop {
            match cursor.packed()? {
                field::END => break,
                field::LENGTH => length = Some(Cursor::new(cursor.packed_bytes()?).packed_len()?),
                field::ALGORITHM => algorithm = Some(Cursor::new(cursor.packed_bytes()?).packed()?),
                // The length of what comes out, among others.
                _ => {
                    cursor.packed_bytes()?;
                }
            }
        }
        Ok(Self { algorithm, length, begins: bytes.len() - cursor.rest().len() })
    }
}

/// What the events are read from.
enum Kept {
    Memory(Reader<Bytes>),
    File(Take<File>),
}

impl Read for Kept {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => bytes.read(out),
            Self::File(file) => file.read(out),
        }
    }
}

enum Stream {
    Zstd(Box<Decoder<'static, io::BufReader<Kept>>>),
    Plain(io::BufReader<Kept>),
}

/// The events of a compressed transaction, one after the other.
pub struct Payload {
    stream: Stream,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload")
    }
}

impl Payload {
    /// Reads the head of a transaction payload event.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn parse(body: &Bytes) -> Result<Self, Fault> {
        let Head { algorithm, length, begins } = Head::parse(body)?;
        let kept = body.slice(begins..);
        let length = length.unwrap_or(kept.len());
        if length > kept.len() {
            return Err(Fault::Short { missing: length - kept.len() });
        }
        Self::of(algorithm, Kept::Memory(kept.slice(..length).reader()))
    }

    /// Reads the head of a transaction payload event that waits in a file.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn parse_file(mut body: Take<File>) -> Result<Self, Fault> {
        let unread = |error: io::Error| Fault::new(format!("its file cannot be read: {error}"));
        let whole = body.limit();
        let mut head = Vec::new();
        body.by_ref().take(HEAD_MOST).read_to_end(&mut head).map_err(unread)?;
        let Head { algorithm, length, begins } = Head::parse(&head)?;
        let there = whole - begins as u64;
        let length = length.map_or(there, |length| length as u64);
        if length > there {
            return Err(Fault::Short { missing: usize::try_from(length - there).unwrap_or(usize::MAX) });
        }
        let mut file = body.into_inner();
        file.seek(SeekFrom::Start(begins as u64)).map_err(unread)?;
        Self::of(algorithm, Kept::File(file.take(length)))
    }

    fn of(algorithm: Option<u64>, kept: Kept) -> Result<Self, Fault> {
        let stream = match algorithm {
            Some(ZSTD) => {
                let decoder = Decoder::new(kept).map_err(|error| Fault::new(format!("zstd: {error}")))?;
                Stream::Zstd(Box::new(decoder))
            }
            Some(NOT_COMPRESSED) => Stream::Plain(io::BufReader::new(kept)),
            other => {
                return Err(Fault::new(format!("it is compressed in a way not known here ({other:?})")));
            }
        };
        Ok(Self { stream })
    }

    /// The next event; `None` after the last. These have no checksums and no positions: the whole is guarded
    /// by its own.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn next_event(&mut self) -> Result<Option<Event>, Fault> {
        let mut head = [0; HEADER_LEN];
        match self.fill(&mut head)? {
            0 => return Ok(None),
            HEADER_LEN => {}
            found => return Err(Fault::Short { missing: HEADER_LEN - found }),
        }
        let header = Header::parse(&head)?;
        let length = (header.length as usize)
            .checked_sub(HEADER_LEN)
            .ok_or_else(|| Fault::new(format!("an event in it says that it has {} bytes", header.length)))?;
        // Grown as bytes come: a length that is nonsense must not take the memory that it names.
        const AT_FIRST: usize = 1 << 20;
        let mut body = Vec::with_capacity(length.min(AT_FIRST));
        while body.len() < length {
            let from = body.len();
            body.resize(length.min(from + AT_FIRST.max(from)), 0);
            let found = self.fill(&mut body[from..])?;
            if found < body.len() - from {
                return Err(Fault::Short { missing: length - from - found });
            }
        }
        Ok(Some(Event { header, body: body.into() }))
    }

    /// Reads until `out` is full or the stream ends; gives the number of bytes.
    fn fill(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        let mut filled = 0;
        while filled < out.len() {
            let read = match &mut self.stream {
                Stream::Zstd(stream) => stream.read(&mut out[filled..]),
                Stream::Plain(stream) => stream.read(&mut out[filled..]),
            };
            match read {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::new(format!("it does not unpack: {error}"))),
            }
        }
        Ok(filled)
    }
}
