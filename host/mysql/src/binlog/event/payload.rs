//! MySQL's compressed transactions: one event that holds all of a transaction's, in zstd.
//!
//! They are unpacked one at a time: however large a transaction is, only its compressed form and the event at
//! hand are in memory.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Transaction__payload__event.html>

use std::fmt;
use std::io::{self, Read};

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

enum Stream {
    Zstd(Box<Decoder<'static, io::BufReader<Reader<Bytes>>>>),
    Plain(Reader<Bytes>),
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
        let mut cursor = Cursor::new(body);
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
        let length = length.unwrap_or(cursor.rest().len());
        let bytes = body.slice_ref(cursor.take(length)?).reader();
        let stream = match algorithm {
            Some(ZSTD) => {
                let decoder = Decoder::new(bytes).map_err(|error| Fault::new(format!("zstd: {error}")))?;
                Stream::Zstd(Box::new(decoder))
            }
            Some(NOT_COMPRESSED) => Stream::Plain(bytes),
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
