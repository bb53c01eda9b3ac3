//! The server's word that its log has a gap.

use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

/// Reads the message of an incident event.
///
/// # Errors
/// A [`Fault`].
pub fn message(body: &[u8]) -> Result<String, Fault> {
    let mut cursor = Cursor::new(body);
    let kind = cursor.u16()?;
    if cursor.is_empty() {
        return Ok(format!("incident {kind}"));
    }
    let length = cursor.u8()?;
    let text = cursor.take(usize::from(length))?;
    Ok(String::from_utf8_lossy(text).into_owned())
}
