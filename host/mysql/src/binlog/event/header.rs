//! The header of an event.

use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

/// Number of bytes.
pub const HEADER_LEN: usize = 19;

/// The log was not closed when this event was read from its file; set in format descriptions only.
pub const IN_USE: u16 = 0x1;
/// The event is not in the log; the server made it for this reader.
pub const ARTIFICIAL: u16 = 0x20;
/// A reader that does not know the event's kind may pass it over.
pub const IGNORABLE: u16 = 0x80;

/// What each event begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// When the statement began, in seconds since 1970.
    pub timestamp: u32,
    /// The kind of event; see [`super::kind`].
    pub kind: u8,
    /// The server where the change was made.
    pub server_id: u32,
    /// Bytes of the whole event, checksum included.
    pub length: u32,
    /// The lower 32 bits of the position after the event in its file; 0 within a compressed transaction and
    /// in artificial events.
    pub next_position: u32,
    /// See the constants of this module.
    pub flags: u16,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// [`Fault::Short`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes);
        Ok(Self {
            timestamp: cursor.u32()?,
            kind: cursor.u8()?,
            server_id: cursor.u32()?,
            length: cursor.u32()?,
            next_position: cursor.u32()?,
            flags: cursor.u16()?,
        })
    }

    /// Whether a reader that does not know the kind may pass the event over.
    pub const fn is_ignorable(&self) -> bool {
        self.flags & IGNORABLE != 0
    }

    /// Whether the event is not in the log.
    pub const fn is_artificial(&self) -> bool {
        self.flags & ARTIFICIAL != 0
    }
}
