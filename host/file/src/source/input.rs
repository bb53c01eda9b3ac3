//! Bytes of a file, decompressed.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// Bytes that are read at once from what is decompressed.
const BLOCK: usize = 64 << 10;

/// Where bytes come from.
pub(super) enum Input {
    /// A file as it is: any point of it can be read, and it may grow.
    Plain(File),
    /// What cannot be gone back in.
    Stream(Box<dyn Read + Send>),
}

impl Input {
    /// Opens a file; by the end of its name, decompressed.
    pub(super) fn open(path: &Path, file: &File) -> io::Result<Self> {
        let file = file.try_clone()?;
        Ok(match path.extension().and_then(|suffix| suffix.to_str()) {
            Some("gz") => Self::Stream(Box::new(MultiGzDecoder::new(file))),
            Some("zst") => Self::Stream(Box::new(zstd::Decoder::new(file)?)),
            _ => Self::Plain(file),
        })
    }

    /// Whether it can be read from any point, and grow.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Goes to a point: of a stream, by reading what is before it. Whether there are so many bytes.
    pub(super) fn skip_to(&mut self, offset: u64) -> io::Result<bool> {
        match self {
            Self::Plain(file) => Ok(file.metadata()?.len() >= offset),
            Self::Stream(stream) => {
                Ok(io::copy(&mut stream.by_ref().take(offset), &mut io::sink())? == offset)
            }
        }
    }

    /// Appends bytes until there are `wanted`, or no more come; the first is the one at `offset`. Whether no more come.
    pub(super) fn fill(&mut self, offset: u64, wanted: usize, buffer: &mut Vec<u8>) -> io::Result<bool> {
        while buffer.len() < wanted {
            let filled = buffer.len();
            let room = match self {
                Self::Plain(_) => wanted - filled,
                Self::Stream(_) => (wanted - filled).min(BLOCK),
            };
            buffer.resize(filled + room, 0);
            let read = match self {
                Self::Plain(file) => file.read_at(&mut buffer[filled..], offset + filled as u64),
                Self::Stream(stream) => stream.read(&mut buffer[filled..]),
            };
            buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}
