//! Bodies of requests.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::load::Compressed;

/// A body in pieces. Clones share the bytes, so that it can be sent again to where a redirect points.
#[derive(Clone, Default)]
pub struct Payload {
    pieces: VecDeque<Bytes>,
    bytes: u64,
}

impl Payload {
    /// A body of these pieces.
    pub fn new(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces: VecDeque<Bytes> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces, bytes }
    }

    /// The same, compressed.
    ///
    /// # Errors
    /// The compressor's.
    pub fn compressed(self, how: Compressed) -> io::Result<Self> {
        let written = match how {
            Compressed::No => return Ok(self),
            Compressed::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                self.write(&mut encoder).and_then(|()| encoder.finish().map_err(io::Error::other))
            }
            Compressed::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                self.write(&mut encoder).and_then(|()| encoder.finish())
            }
            Compressed::Zstd => zstd::Encoder::new(Vec::new(), 1).and_then(|mut encoder| {
                self.write(&mut encoder)?;
                encoder.finish()
            }),
        };
        written.map(Self::from)
    }

    fn write(&self, into: &mut impl Write) -> io::Result<()> {
        self.pieces.iter().try_for_each(|piece| into.write_all(piece))
    }

    /// Its length.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new([bytes.into()])
    }
}

/// Rows are not for logs.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes)", self.bytes)
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.pop_front();
        self.bytes -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Exact, so that the request has a `Content-Length`.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes)
    }
}
