//! What a packet of a server says.

use bytes::Bytes;
use mysql_async::{DriverError, Error as Native, ServerError};

/// An answer, by its first byte.
#[derive(Debug)]
pub enum Answer {
    /// It is done; or what was asked for, without that byte.
    Ok(Bytes),
    /// There is no more, or another way to log in.
    End(Bytes),
    /// More is to be said about a login.
    More(Bytes),
}

impl Answer {
    /// Reads a packet.
    ///
    /// # Errors
    /// The server's, and [`DriverError::UnexpectedPacket`].
    pub fn of(packet: Bytes) -> Result<Self, Native> {
        match packet.first() {
            Some(0x00) => Ok(Self::Ok(packet.slice(1..))),
            Some(0x01) => Ok(Self::More(packet.slice(1..))),
            Some(0xfe) => Ok(Self::End(packet.slice(1..))),
            _ => Err(refusal(&packet).unwrap_or_else(|| unexpected(&packet))),
        }
    }
}

/// A packet that makes no sense. Of what it holds no more is kept than tells what it is.
pub fn unexpected(packet: &[u8]) -> Native {
    DriverError::UnexpectedPacket { payload: packet[..packet.len().min(64)].to_vec() }.into()
}

/// A server's error, where a packet is one. Before the server knows what the client understands it tells no state.
pub fn refusal(packet: &[u8]) -> Option<Native> {
    let [0xff, low, high, rest @ ..] = packet else { return None };
    let (state, message) = match rest.split_first_chunk::<6>() {
        Some(([b'#', state @ ..], message)) => (String::from_utf8_lossy(state).into_owned(), message),
        _ => ("HY000".to_owned(), rest),
    };
    let message = String::from_utf8_lossy(message).into_owned();
    Some(Native::Server(ServerError { code: u16::from_le_bytes([*low, *high]), message, state }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(packet: &'static [u8]) -> ServerError {
        match Answer::of(Bytes::from_static(packet)) {
            Err(Native::Server(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn errors_are_read_with_a_state_and_without() {
        let known = error(b"\xff\xd4\x04#08S01gone");
        assert_eq!((known.code, &*known.state, &*known.message), (1236, "08S01", "gone"));
        let early = error(b"\xff\x10\x04Too many connections");
        assert_eq!((early.code, &*early.state, &*early.message), (1040, "HY000", "Too many connections"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for packet in [&b""[..], b"\xff", b"\xff\x01", b"\x07hello"] {
            let answer = Answer::of(Bytes::from_static(packet));
            assert!(
                matches!(answer, Err(Native::Driver(DriverError::UnexpectedPacket { .. }))),
                "{answer:?}"
            );
        }
    }
}
