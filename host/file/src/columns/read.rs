//! Stretches of a file, from any point in it.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::ArrowError;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use sluicegate_connector::{Class, Error};

use crate::failure::failed;

/// Rows that are decoded at once.
const ROWS: usize = 8_192;

/// Which form of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnsKind {
    Parquet,
    Arrow,
}

impl ColumnsKind {
    /// What a unit of the file is called in positions: where reading can begin.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Parquet => "row_group",
            Self::Arrow => "batch",
        }
    }
}

/// Rows of one unit of a file.
pub(crate) struct Stretch {
    /// The unit: a row group, a record batch.
    pub(crate) unit: u64,
    /// The first row's number in its unit.
    pub(crate) row: u64,
    /// Rows of the unit that follow this stretch are read with the next one; whether there are none.
    pub(crate) ends_unit: bool,
    /// The rows.
    pub(crate) batch: RecordBatch,
}

/// Reads a file from a point to its end.
pub(crate) enum Stretches {
    Parquet {
        file: File,
        metadata: ArrowReaderMetadata,
        group: usize,
        row: u64,
        reader: Option<ParquetRecordBatchReader>,
    },
    Arrow {
        batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>,
        next: u64,
        /// Rows of the next batch that were read before.
        skip: u64,
    },
}

impl Stretches {
    /// Opens a file at a row of a unit. `patient`: one that is not whole yet may become so.
    ///
    /// # Errors
    /// Where it cannot be read as what it should be.
    pub(crate) fn open(
        kind: ColumnsKind,
        path: &Path,
        unit: u64,
        row: u64,
        patient: bool,
    ) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| failed("opened", path, error))?;
        match kind {
            ColumnsKind::Parquet => {
                let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())
                    .map_err(|error| unreadable("Parquet", path, patient, error))?;
                Ok(Self::Parquet { file, metadata, group: unit as usize, row, reader: None })
            }
            ColumnsKind::Arrow => {
                Ok(Self::Arrow { batches: arrow(file, path, unit, patient)?, next: unit, skip: row })
            }
        }
    }

    /// Rows in the whole file, where it says so.
    pub(crate) fn total_rows(&self) -> Option<u64> {
        match self {
            Self::Parquet { metadata, .. } => {
                u64::try_from(metadata.metadata().file_metadata().num_rows()).ok()
            }
            Self::Arrow { .. } => None,
        }
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub(crate) fn next(&mut self, path: &Path) -> Result<Option<Stretch>, Error> {
        match self {
            Self::Parquet { file, metadata, group, row, reader } => loop {
                let groups = metadata.metadata().row_groups();
                let Some(about) = groups.get(*group) else { return Ok(None) };
                let rows = about.num_rows() as u64;
                if *row >= rows {
                    (*group, *row, *reader) = (*group + 1, 0, None);
                    continue;
                }
                let open = if let Some(open) = reader {
                    open
                } else {
                    let file = file.try_clone().map_err(|error| failed("read", path, error))?;
                    let built = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
                        .with_row_groups(vec![*group])
                        .with_offset(*row as usize)
                        .with_batch_size(ROWS)
                        .build()
                        .map_err(|error| unreadable("Parquet", path, false, error))?;
                    reader.insert(built)
                };
                let Some(batch) = open.next() else {
                    let what = format!("row group {group} of {} ends too early", path.display());
                    return Err(Error::fatal(what).help("the file is damaged: write it again"));
                };
                let batch = batch.map_err(|error| unreadable("Parquet", path, false, error))?;
                let (unit, first) = (*group as u64, *row);
                *row += batch.num_rows() as u64;
                return Ok(Some(Stretch { unit, row: first, ends_unit: *row >= rows, batch }));
            },
            Self::Arrow { batches, next, skip } => loop {
                let Some(batch) = batches.next() else { return Ok(None) };
                let batch = batch.map_err(|error| unreadable("Arrow IPC", path, false, error))?;
                let (unit, row) = (*next, std::mem::take(skip));
                *next += 1;
                if row >= batch.num_rows() as u64 {
                    continue;
                }
                let rest = batch.slice(row as usize, batch.num_rows() - row as usize);
                return Ok(Some(Stretch { unit, row, ends_unit: true, batch: rest }));
            },
        }
    }
}

fn unreadable(
    form: &str,
    path: &Path,
    patient: bool,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    let class = if patient { Class::Transient } else { Class::Fatal };
    Error::new(class, format!("{} cannot be read as {form}", path.display()))
        .caused_by(error)
        .help("a file is read once it is whole: write it under another name and rename it, or take it away")
}

/// The batches of a file, or of a stream that was put into one, from the `skip`th on.
fn arrow(
    mut file: File,
    path: &Path,
    skip: u64,
    patient: bool,
) -> Result<Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>, Error> {
    let mut magic = [0; 6];
    let read = file.read(&mut magic).and_then(|read| file.rewind().map(|()| read));
    let read = read.map_err(|error| failed("read", path, error))?;
    let broken = |error| unreadable("Arrow IPC", path, patient, error);
    if magic[..read] == *b"ARROW1" {
        let mut reader = FileReader::try_new(BufReader::new(file), None).map_err(broken)?;
        if skip >= reader.num_batches() as u64 {
            return Ok(Box::new(std::iter::empty()));
        }
        reader.set_index(skip as usize).map_err(broken)?;
        return Ok(Box::new(reader));
    }
    let mut reader = StreamReader::try_new(BufReader::new(file), None).map_err(broken)?;
    for _ in 0..skip {
        if reader.next().transpose().map_err(broken)?.is_none() {
            break;
        }
    }
    Ok(Box::new(reader))
}
