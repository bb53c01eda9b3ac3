//! Packets over a socket.
//!
//! A payload is sent in packets of at most 16 MiB less one byte, each behind its length and a number; the last is shorter
//! than that. <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

use std::pin::Pin;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use mysql_async::{DriverError, Error as Native};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufRead as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio_rustls::TlsConnector;

use super::answer::Answer;

/// Bytes of a packet, at most.
const MOST: usize = 0xff_ffff;

/// Bytes that are asked of a socket at once.
const READ_BYTES: usize = 64 << 10;

/// `COM_QUIT`, `COM_QUERY`
const QUIT: u8 = 0x01;
const QUERY: u8 = 0x03;

/// What carries bytes both ways.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A connection to a server.
pub struct Channel {
    socket: BufReader<Box<dyn Socket>>,
    /// Of the next packet.
    number: u8,
    encrypted: bool,
}

impl Channel {
    /// Over a socket, in plain text.
    pub fn new(socket: impl Socket + 'static) -> Self {
        Self { socket: BufReader::with_capacity(READ_BYTES, Box::new(socket)), number: 0, encrypted: false }
    }

    /// The same, encrypted from here on. Nothing that was read may wait to be taken.
    ///
    /// # Errors
    /// The server's certificate is not taken, or the socket's.
    pub async fn encrypt(self, config: Arc<ClientConfig>, name: ServerName<'static>) -> Result<Self, Native> {
        let socket = TlsConnector::from(config).connect(name, self.socket.into_inner()).await?;
        let socket: Box<dyn Socket> = Box::new(socket);
        Ok(Self {
            socket: BufReader::with_capacity(READ_BYTES, socket),
            number: self.number,
            encrypted: true,
        })
    }

    /// Whether nobody between can read along.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Adds the next packet to what there is of a payload; gives whether the payload goes on behind it.
    ///
    /// # Errors
    /// The socket's.
    pub async fn packet(&mut self, payload: &mut Vec<u8>) -> Result<bool, Native> {
        let mut head = [0; 4];
        self.socket.read_exact(&mut head).await?;
        let [a, b, c, number] = head;
        self.number = number.wrapping_add(1);
        let (from, length) = (payload.len(), u32::from_le_bytes([a, b, c, 0]) as usize);
        payload.reserve_exact(length);
        payload.resize(from + length, 0);
        self.socket.read_exact(&mut payload[from..]).await?;
        Ok(length == MOST)
    }

    /// The next payload, put together of its packets.
    ///
    /// # Errors
    /// The socket's.
    pub async fn read(&mut self) -> Result<Bytes, Native> {
        let mut payload = Vec::new();
        while self.packet(&mut payload).await? {}
        Ok(payload.into())
    }

    /// Gives the next payload from where it lies, if it has come already; `None` where it has not, or is of several packets.
    pub fn payload_here<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let ([a, b, c, number], behind) = self.socket.buffer().split_first_chunk()?;
        let (length, number) = (u32::from_le_bytes([*a, *b, *c, 0]) as usize, *number);
        if length == MOST {
            return None;
        }
        let taken = take(behind.get(..length)?);
        Pin::new(&mut self.socket).consume(4 + length);
        self.number = number.wrapping_add(1);
        Some(taken)
    }

    /// The next payload as an answer.
    ///
    /// # Errors
    /// The server's, and the socket's.
    pub async fn answer(&mut self) -> Result<Answer, Native> {
        Answer::of(self.read().await?)
    }

    /// Writes a payload as the answer to what was read.
    ///
    /// # Errors
    /// The socket's, and [`DriverError::PacketTooLarge`] for one of more than a packet: no question is.
    pub async fn write(&mut self, payload: &[u8]) -> Result<(), Native> {
        if payload.len() >= MOST {
            return Err(DriverError::PacketTooLarge.into());
        }
        let mut packet = BytesMut::with_capacity(payload.len() + 4);
        packet.put_uint_le(payload.len() as u64, 3);
        packet.put_u8(self.number);
        packet.put_slice(payload);
        self.number = self.number.wrapping_add(1);
        self.socket.write_all(&packet).await?;
        Ok(self.socket.flush().await?)
    }

    /// Begins something new.
    ///
    /// # Errors
    /// As [`Channel::write`].
    pub async fn command(&mut self, payload: &[u8]) -> Result<(), Native> {
        self.number = 0;
        self.write(payload).await
    }

    /// Sends a statement.
    ///
    /// # Errors
    /// As [`Channel::write`].
    pub async fn query(&mut self, sql: &str) -> Result<(), Native> {
        self.command(&[&[QUERY], sql.as_bytes()].concat()).await
    }

    /// Runs a statement that answers with no rows.
    ///
    /// # Errors
    /// The server's, and the socket's.
    pub async fn run(&mut self, sql: &str) -> Result<(), Native> {
        self.query(sql).await?;
        self.done().await
    }

    /// Says goodbye: the server closes the socket, and says nothing to that.
    ///
    /// # Errors
    /// The socket's.
    pub async fn quit(&mut self) -> Result<(), Native> {
        self.command(&[QUIT]).await
    }

    /// Waits for the word that it is done.
    ///
    /// # Errors
    /// The server's, and the socket's.
    pub async fn done(&mut self) -> Result<(), Native> {
        match self.answer().await? {
            Answer::Ok(_) => Ok(()),
            Answer::End(rest) | Answer::More(rest) => Err(super::answer::unexpected(&rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a payload is sent as.
    fn packets(payload: &[u8]) -> Vec<u8> {
        let mut sent = Vec::new();
        let last = payload.len().is_multiple_of(MOST).then_some(&[][..]);
        for (number, packet) in (7..).zip(payload.chunks(MOST).chain(last)) {
            sent.put_uint_le(packet.len() as u64, 3);
            sent.put_u8(number);
            sent.put_slice(packet);
        }
        sent
    }

    #[tokio::test]
    async fn payloads_are_put_together() {
        for length in [0, 1, MOST - 1, MOST, MOST + 1, 2 * MOST] {
            let payload: Vec<u8> = (0..length).map(|place| place as u8).collect();
            let (ours, mut theirs) = tokio::io::duplex(1 << 16);
            let sent = [packets(&payload), packets(b"next")].concat();
            let sending = tokio::spawn(async move { theirs.write_all(&sent).await });
            let mut channel = Channel::new(ours);
            assert!(channel.read().await.unwrap() == payload, "{length} bytes");
            assert_eq!(channel.read().await.unwrap(), b"next"[..]);
            sending.await.unwrap().unwrap();
            assert!(channel.read().await.is_err(), "the other side has closed");
        }
    }

    #[tokio::test]
    async fn payloads_are_taken_from_where_they_lie() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        theirs
            .write_all(
                &[packets(b"one"), packets(b"two"), packets(b""), packets(b"three")[..6].to_vec()].concat(),
            )
            .await
            .unwrap();
        let mut channel = Channel::new(ours);
        let here = |channel: &mut Channel| channel.payload_here(<[u8]>::to_vec);
        assert_eq!(here(&mut channel), None, "nothing was asked of the socket yet");
        assert_eq!(channel.read().await.unwrap(), b"one"[..]);
        assert_eq!(here(&mut channel), Some(b"two".to_vec()));
        assert_eq!(here(&mut channel), Some(Vec::new()));
        assert_eq!(here(&mut channel), None, "half of it");
        theirs.write_all(&packets(b"three")[6..]).await.unwrap();
        assert_eq!(channel.read().await.unwrap(), b"three"[..]);
        // The answer goes on with the numbers.
        channel.write(b"!").await.unwrap();
        let mut said = [0; 5];
        theirs.read_exact(&mut said).await.unwrap();
        assert_eq!(said, *b"\x01\0\0\x08!");
    }

    #[tokio::test]
    async fn commands_are_numbered_from_zero_and_answers_go_on() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        theirs.write_all(&[packets(b"\x01more"), packets(b"\0")].concat()).await.unwrap();
        let mut channel = Channel::new(ours);
        channel.read().await.unwrap();
        channel.write(b"answer").await.unwrap();
        channel.run("SET @a = 1").await.unwrap();
        let mut said = [0; 10 + 4 + 11];
        theirs.read_exact(&mut said).await.unwrap();
        assert_eq!(said[..10], *b"\x06\0\0\x08answer");
        assert_eq!(said[10..], *b"\x0b\0\0\0\x03SET @a = 1");
    }
}
