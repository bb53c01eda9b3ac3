//! A file that is being written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use sluicegate_connector::Error;

use super::directory::{HIDDEN, missing, step};
use super::options::Roll;
use super::sidecar::OpenFile;
use crate::columns::{ColumnsFile, ColumnsKind, ColumnsOptions};
use crate::failure::failed;

/// A file of the open epoch: a new one under a hidden name, or one that grows.
pub(super) struct Part {
    /// What it is once the epoch is decided.
    pub(super) record: OpenFile,
    /// Where it is written.
    path: PathBuf,
    /// Its hidden name, where it is new.
    pub(super) hidden: Option<String>,
    /// Its length that is decided.
    base: u64,
    content: Content,
}

enum Content {
    /// `None`: closed for now, to keep few files open.
    Text(Option<File>),
    Columns {
        file: Option<ColumnsFile>,
        schema: SchemaRef,
    },
}

impl Part {
    /// Goes on with a file.
    pub(super) fn append(root: &Path, record: &OpenFile) -> Result<Self, Error> {
        let path = root.join(&record.path);
        let file = open(&path)?;
        let length = file.metadata().map_err(|error| failed("read", &path, error))?.len();
        if length != record.length {
            let what = format!("{} has {length} bytes, and {} are decided", path.display(), record.length);
            return Err(Error::fatal(what).help("something else writes to it: keep it away"));
        }
        Ok(Self {
            record: record.clone(),
            path,
            hidden: None,
            base: record.length,
            content: Content::Text(Some(file)),
        })
    }

    /// Begins a file of text.
    pub(super) fn text(root: &Path, hidden: String, record: OpenFile) -> Result<Self, Error> {
        let path = root.join(HIDDEN).join(&hidden);
        let file = File::create_new(&path).map_err(|error| failed("made", &path, error))?;
        Ok(Self { record, path, hidden: Some(hidden), base: 0, content: Content::Text(Some(file)) })
    }

    /// Begins a file of columns.
    pub(super) fn columns(
        root: &Path,
        hidden: String,
        record: OpenFile,
        form: (ColumnsKind, &ColumnsOptions),
        schema: SchemaRef,
    ) -> Result<Self, Error> {
        let path = root.join(HIDDEN).join(&hidden);
        let file = File::create_new(&path)
            .and_then(|file| ColumnsFile::new(form.0, form.1, &schema, file))
            .map_err(|error| failed("made", &path, error))?;
        let content = Content::Columns { file: Some(file), schema };
        Ok(Self { record, path, hidden: Some(hidden), base: 0, content })
    }

    /// Whether it takes columns of a schema.
    pub(super) fn has_schema(&self, schema: &SchemaRef) -> bool {
        matches!(&self.content, Content::Columns { schema: own, .. } if own == schema)
    }

    /// Appends bytes.
    pub(super) fn write(&mut self, bytes: &[u8], rows: usize) -> Result<(), Error> {
        let Content::Text(file) = &mut self.content else {
            return Err(Error::fatal("lines were given to a file of columns"));
        };
        let open = match file {
            Some(open) => open,
            None => file.insert(open(&self.path)?),
        };
        let written = step("write rows").and_then(|()| open.write_all(bytes));
        written.map_err(|error| failed("written", &self.path, error))?;
        self.record.length += bytes.len() as u64;
        self.record.rows += rows as u64;
        Ok(())
    }

    /// Appends rows.
    pub(super) fn write_columns(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let Content::Columns { file: Some(file), .. } = &mut self.content else {
            return Err(Error::fatal("columns were given to a file of lines"));
        };
        let written = step("write rows").and_then(|()| file.write(batch));
        written.map_err(|error| failed("written", &self.path, error))?;
        self.record.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Closes a file of text until it is needed again.
    pub(super) fn rest(&mut self) {
        if let Content::Text(file) = &mut self.content {
            *file = None;
        }
    }

    /// Makes what was written durable.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        let synced = match &mut self.content {
            Content::Text(Some(file)) => step("sync rows").and_then(|()| file.sync_all()),
            Content::Text(None) => step("sync rows").and_then(|()| File::open(&self.path)?.sync_all()),
            Content::Columns { file, .. } => match file.take() {
                Some(file) => file.finish().and_then(|file| {
                    step("sync rows")?;
                    file.sync_all()
                }),
                None => Err(io::Error::other("it was closed before")),
            },
        };
        synced.map_err(|error| failed("written", &self.path, error))
    }

    /// Takes back what was written.
    pub(super) fn undo(self) -> Result<(), Error> {
        let Self { path, hidden, base, content, .. } = self;
        let undone = match (hidden, content) {
            (Some(_), content) => {
                drop(content);
                fs::remove_file(&path)
            }
            (None, Content::Text(Some(file))) => file.set_len(base),
            (None, _) => OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(base)),
        };
        undone.map_err(|error| failed("cut to its decided length", &path, error))
    }
}

fn open(path: &Path) -> Result<File, Error> {
    OpenOptions::new().append(true).open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => missing(path),
        _ => failed("opened", path, error),
    })
}

/// Whether a file has had all that it should get.
pub(super) fn is_full(record: &OpenFile, roll: Option<Roll>, now: i64) -> bool {
    let Some(roll) = roll else { return false };
    let age = Duration::from_secs(u64::try_from(now - record.since).unwrap_or(0));
    roll.rows.is_some_and(|rows| record.rows >= rows)
        || roll.bytes.is_some_and(|bytes| record.length >= bytes.0)
        || roll.every.is_some_and(|every| age >= every.0)
}
