//! MariaDB's compressed events and columns.
//!
//! Of an event the images or the statement are compressed: a byte that says how, the length of what comes
//! out, and zlib's stream. <https://mariadb.com/kb/en/compressing-events-to-reduce-size-of-the-binary-log/>

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, ZlibDecoder};

use super::query::{Head, Query};
use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

/// Uncompresses the images of an event of rows, or a statement.
///
/// # Errors
/// A [`Fault`].
pub fn uncompress(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    const COMPRESSED: u8 = 0x80;
    let mut cursor = Cursor::new(bytes);
    let head = cursor.u8()?;
    let algorithm = (head & 0x70) >> 4;
    if head & COMPRESSED == 0 || algorithm != 0 {
        return Err(Fault::new(format!("it is compressed in a way not known here (0x{head:02x})")));
    }
    let length_len = usize::from(head & 0x07);
    if !(1..=4).contains(&length_len) {
        return Err(Fault::new(format!("its length has {length_len} bytes")));
    }
    let length = cursor.uint_be(length_len)? as usize;
    let mut out = Vec::new();
    inflate(ZlibDecoder::new(cursor.rest()), length, &mut out)?;
    Ok(out)
}

/// Appends `length` bytes of a stream to `out`.
fn inflate(stream: impl Read, length: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    // Not more than a server can have written: the largest packet is of 1 GiB.
    const MOST: usize = 1 << 30;
    if length > MOST {
        return Err(Fault::new(format!("it says that it unpacks to {length} bytes, over 1 GiB")));
    }
    let before = out.len();
    // Grown as bytes come: a length that is nonsense must not take the memory that it names.
    const AT_FIRST: usize = 1 << 20;
    out.reserve(length.min(AT_FIRST));
    stream
        .take(length as u64 + 1)
        .read_to_end(out)
        .map_err(|error| Fault::new(format!("it does not unpack: {error}")))?;
    match out.len() - before {
        found if found == length => Ok(()),
        found => Err(Fault::new(format!("it says that it unpacks to {length} bytes, there are {found}"))),
    }
}

/// Reads a query event whose statement is compressed.
///
/// # Errors
/// A [`Fault`].
pub fn query(body: &Bytes) -> Result<Query, Fault> {
    let head = Head::parse(body, 0)?;
    head.with_statement(&uncompress(head.statement)?)
}

/// Appends the value of a cell of a `COMPRESSED` column to `out`. An empty cell is the empty value; else the
/// first byte says how it is kept: 0 is a plain value; 8 in its upper half is zlib's stream, without zlib's
/// own head where bit 3 is set, and its lower three bits are the number of bytes, the highest first, of the
/// length of what comes out.
///
/// # Errors
/// A [`Fault`].
pub(in crate::binlog) fn column(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut cursor = Cursor::new(bytes);
    if cursor.is_empty() {
        return Ok(());
    }
    let head = cursor.u8()?;
    if head == 0 {
        out.extend_from_slice(cursor.rest());
        return Ok(());
    }
    let length_len = usize::from(head & 0x07);
    if !(1..=4).contains(&length_len) {
        return Err(Fault::new(format!("a compressed cell begins with 0x{head:02x}")));
    }
    const RAW: u8 = 0x08;
    let length = cursor.uint_be(length_len)? as usize;
    match head >> 4 {
        8 if head & RAW == 0 => inflate(ZlibDecoder::new(cursor.rest()), length, out),
        8 => inflate(DeflateDecoder::new(cursor.rest()), length, out),
        _ => Err(Fault::new(format!("a compressed cell begins with 0x{head:02x}"))),
    }
}
