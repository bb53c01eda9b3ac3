//! A file that grows by batches.

use std::fs::File;
use std::io::{self, BufWriter};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_schema::{ArrowError, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{ColumnsCompression, ColumnsKind, ColumnsOptions};

/// Bytes of columns that wait in memory before a row group is written.
const GROUP_BYTES: usize = 64 << 20;

/// A file of columns that is being written.
pub(crate) enum ColumnsFile {
    Parquet(Box<ArrowWriter<File>>),
    Arrow(Box<FileWriter<BufWriter<File>>>),
}

impl ColumnsFile {
    /// Begins a file.
    pub(crate) fn new(
        kind: ColumnsKind,
        options: &ColumnsOptions,
        schema: &SchemaRef,
        file: File,
    ) -> io::Result<Self> {
        let compression = options.compression.unwrap_or_default();
        match kind {
            ColumnsKind::Parquet => {
                let compression = match compression {
                    ColumnsCompression::None => Compression::UNCOMPRESSED,
                    ColumnsCompression::Snappy => Compression::SNAPPY,
                    ColumnsCompression::Lz4 => Compression::LZ4_RAW,
                    ColumnsCompression::Zstd => Compression::ZSTD(ZstdLevel::default()),
                };
                let properties = WriterProperties::builder().set_compression(compression).build();
                let writer =
                    ArrowWriter::try_new(file, Arc::clone(schema), Some(properties)).map_err(of_parquet)?;
                Ok(Self::Parquet(Box::new(writer)))
            }
            ColumnsKind::Arrow => {
                let compression = match compression {
                    ColumnsCompression::None => None,
                    ColumnsCompression::Lz4 => Some(CompressionType::LZ4_FRAME),
                    ColumnsCompression::Zstd | ColumnsCompression::Snappy => Some(CompressionType::ZSTD),
                };
                let options =
                    IpcWriteOptions::default().try_with_compression(compression).map_err(of_arrow)?;
                let file = BufWriter::with_capacity(256 << 10, file);
                let writer = FileWriter::try_new_with_options(file, schema, options).map_err(of_arrow)?;
                Ok(Self::Arrow(Box::new(writer)))
            }
        }
    }

    /// Appends rows.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        match self {
            Self::Parquet(writer) => {
                writer.write(batch).map_err(of_parquet)?;
                if writer.in_progress_size() >= GROUP_BYTES {
                    writer.flush().map_err(of_parquet)?;
                }
                Ok(())
            }
            Self::Arrow(writer) => writer.write(batch).map_err(of_arrow),
        }
    }

    /// Ends the file: all of it was handed to the system, and can be synced.
    pub(crate) fn finish(self) -> io::Result<File> {
        match self {
            Self::Parquet(writer) => writer.into_inner().map_err(of_parquet),
            Self::Arrow(mut writer) => {
                writer.finish().map_err(of_arrow)?;
                let file = writer.into_inner().map_err(of_arrow)?;
                file.into_inner().map_err(io::IntoInnerError::into_error)
            }
        }
    }
}

/// The error of the system beneath, where it is one: what is to be done depends on it.
fn of_parquet(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(io) => *io,
            Err(inner) => io::Error::other(inner),
        },
        other => io::Error::other(other),
    }
}

fn of_arrow(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, io) => io,
        other => io::Error::other(other),
    }
}
