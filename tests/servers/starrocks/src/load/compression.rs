//! Bodies that are compressed.

use std::io::Read as _;

use bytes::Bytes;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// LZ4 frames.
    Lz4Frame,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// By the name that `format` has for compressed CSV.
    pub fn of_format(format: &str) -> Option<Self> {
        Some(match format {
            "csv" => Self::None,
            "gzip" => Self::Gzip,
            "lz4" => Self::Lz4Frame,
            "zstd" => Self::Zstd,
            _ => return None,
        })
    }

    /// By the name that `compression` has for JSON.
    pub fn of_header(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "gzip" => Self::Gzip,
            "lz4_frame" => Self::Lz4Frame,
            "zstd" => Self::Zstd,
            _ => return None,
        })
    }

    /// The body as it was.
    ///
    /// # Errors
    /// Where it is not compressed so, in words.
    pub fn open(self, body: &Bytes) -> Result<Bytes, String> {
        let mut plain = Vec::new();
        let bytes = body.as_ref();
        let read = match self {
            Self::None => return Ok(body.clone()),
            Self::Gzip => flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain),
            Self::Lz4Frame => lz4_flex::frame::FrameDecoder::new(bytes).read_to_end(&mut plain),
            Self::Zstd => zstd::Decoder::new(bytes).and_then(|mut decoder| decoder.read_to_end(&mut plain)),
        };
        read.map_err(|error| format!("decompress failed: {error}"))?;
        Ok(plain.into())
    }
}
