//! Where the log goes on, and that it has nothing new.

use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

/// The place in the log of what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlace {
    /// The file.
    pub file: String,
    /// Bytes from its beginning.
    pub position: u64,
}

/// Reads a rotate event.
///
/// # Errors
/// A [`Fault`].
pub fn rotate(body: &[u8]) -> Result<LogPlace, Fault> {
    let mut cursor = Cursor::new(body);
    let position = cursor.u64()?;
    Ok(LogPlace { position, file: file_name(cursor.rest())? })
}

/// Reads a heartbeat, whose position is in its header (`next_position`).
///
/// # Errors
/// A [`Fault`].
pub fn heartbeat(body: &[u8], next_position: u32) -> Result<LogPlace, Fault> {
    Ok(LogPlace { position: u64::from(next_position), file: file_name(body)? })
}

/// Reads a heartbeat of the second version: fields of a type, a length and a value, until a field of type 0.
///
/// # Errors
/// A [`Fault`].
pub fn heartbeat_v2(body: &[u8]) -> Result<LogPlace, Fault> {
    const END: u64 = 0;
    const FILE: u64 = 1;
    const POSITION: u64 = 2;
    let mut place = LogPlace { file: String::new(), position: 0 };
    let mut cursor = Cursor::new(body);
    while !cursor.is_empty() {
        match cursor.packed()? {
            END => break,
            FILE => place.file = file_name(cursor.packed_bytes()?)?,
            POSITION => place.position = Cursor::new(cursor.packed_bytes()?).packed()?,
            _ => {
                cursor.packed_bytes()?;
            }
        }
    }
    Ok(place)
}

fn file_name(bytes: &[u8]) -> Result<String, Fault> {
    let name = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    String::from_utf8(name.to_vec()).map_err(|_| Fault::new("the name of the next file is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_beyond_four_gibibytes() {
        let mut body = vec![1, 13];
        body.extend(b"binlog.000002");
        body.extend([2, 9, 254]);
        body.extend((5_u64 << 32).to_le_bytes());
        body.push(0);
        let place = heartbeat_v2(&body).unwrap();
        assert_eq!(place, LogPlace { file: "binlog.000002".to_owned(), position: 5 << 32 });
    }
}
