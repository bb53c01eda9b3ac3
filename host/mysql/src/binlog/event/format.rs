//! The format description: what a log says about itself.

use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

/// Which family of servers wrote a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// MySQL, and what calls itself so (Percona Server, Aurora).
    MySql,
    /// MariaDB.
    MariaDb,
}

/// How the events of a log are guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// Not at all.
    None,
    /// By four bytes of CRC32 at the end of each event.
    Crc32,
}

/// What a log says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// The server's version, as it names itself.
    pub server_version: String,
    /// The family of the server.
    pub flavor: Flavor,
    /// How the log's events are guarded.
    pub checksum: Checksum,
    /// The length of the fixed part of each kind of event, from kind 1 on.
    post_headers: Vec<u8>,
}

/// Bytes at the end of a format description: the algorithm, and the checksum, which is always there.
const TAIL: usize = 1 + 4;

impl Format {
    /// Reads the bytes of an event after its header, the four of the checksum included: a format description
    /// always has them, whatever the algorithm.
    ///
    /// # Errors
    /// A [`Fault`], for a log of a version or with a checksum that is not known here.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(body);
        let version = cursor.u16()?;
        if version != 4 {
            return Err(Fault::new(format!(
                "the log is of version {version}, only 4 (MySQL 5.0 and later) is read"
            )));
        }
        let name: [u8; 50] = cursor.array()?;
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        let server_version = String::from_utf8_lossy(&name[..end]).into_owned();
        let _created = cursor.u32()?;
        let header_len = cursor.u8()?;
        if usize::from(header_len) != super::header::HEADER_LEN {
            return Err(Fault::new(format!("its events have headers of {header_len} bytes, not 19")));
        }
        let lengths = cursor.rest();
        let (post_headers, tail) = lengths
            .split_at_checked(lengths.len().wrapping_sub(TAIL))
            .ok_or(Fault::Short { missing: TAIL })?;
        let checksum = match tail[0] {
            0 | 255 => Checksum::None,
            1 => Checksum::Crc32,
            other => return Err(Fault::new(format!("its checksums are of kind {other}, not known here"))),
        };
        let flavor = if server_version.to_ascii_lowercase().contains("mariadb") {
            Flavor::MariaDb
        } else {
            Flavor::MySql
        };
        Ok(Self { server_version, flavor, checksum, post_headers: post_headers.to_vec() })
    }

    /// Length of the number of a table in table maps and rows: six bytes, four in logs of MySQL before 5.1.4.
    pub(crate) fn table_id_len(&self, kind: u8) -> usize {
        let post_header = self.post_headers.get(usize::from(kind).wrapping_sub(1));
        if post_header == Some(&6) { 4 } else { 6 }
    }
}
