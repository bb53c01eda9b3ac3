//! A file from a point on: what all forms have in common.

use std::fs::File;

use sluicegate_connector::{Error, Payload, StartAt};
use sluicegate_model::Position;

use super::columns::ColumnsReader;
use super::discover::Found;
use super::identity::difference;
use super::options::SourceOptions;
use super::text::TextReader;
use crate::columns::ColumnsKind;
use crate::failure::failed;
use crate::format::FileFormat;

/// Records that were read.
pub(super) struct Read {
    /// Before the first.
    pub(super) from: Position,
    /// After the last.
    pub(super) to: Position,
    /// Their number.
    pub(super) records: usize,
    /// Bytes that they hold in memory.
    pub(super) bytes: usize,
    /// They.
    pub(super) payload: Box<dyn Payload>,
}

/// An open file. It blocks.
pub(super) trait Reader: Send {
    /// Reads on, `room` bytes at most; `None` where nothing more is there now.
    fn read(&mut self, room: usize) -> Result<Option<Read>, Error>;

    /// Where it ends now, for [`Reader::stop_at`].
    fn size_now(&self) -> u64;

    /// Ends there, whatever is added.
    fn stop_at(&mut self, end: u64);

    /// What it stops at, where that was said.
    fn end(&self) -> Option<u64>;

    /// Whether more may come once it has ended.
    fn grows(&self) -> bool;

    /// Where it was: what is to be opened again after a failure.
    fn again(&self) -> StartAt;

    /// Records that are left, where that is known without reading them.
    fn records_left(&self) -> Option<u64>;
}

/// Opens a file where its lane goes on. Blocks.
///
/// # Errors
/// [`sluicegate_connector::Class::Fatal`] where it is not the file any more that the position was made in.
pub(super) fn open(options: &SourceOptions, found: &Found, at: &StartAt) -> Result<Box<dyn Reader>, Error> {
    let kind = match &options.format {
        FileFormat::Messages(_) => return Ok(Box::new(TextReader::open(options, found, at)?)),
        FileFormat::Parquet(_) => ColumnsKind::Parquet,
        FileFormat::Arrow(_) => ColumnsKind::Arrow,
    };
    Ok(Box::new(ColumnsReader::open(kind, options, found, at)?))
}

/// Opens a file, and refuses it where a position was made in another.
pub(super) fn open_same(found: &Found, at: &StartAt) -> Result<File, Error> {
    let unreadable = |error| failed("read", &found.path, error);
    let file = File::open(&found.path).map_err(unreadable)?;
    if let StartAt::Position(position) = at
        && let Some(what) = difference(&file, &position.source).map_err(unreadable)?
    {
        return Err(changed(found, position, what));
    }
    Ok(file)
}

/// A file that is not what it was: a person must choose.
pub(super) fn changed(found: &Found, position: &Position, what: &str) -> Error {
    Error::fatal(format!("{} is not the file any more that was read: {what}", found.path.display()))
        .lane(&found.lane)
        .position(position)
        .help(format!(
            "put the old file back; or let it be read from its beginning (`sluicegate positions reset FILE {}`), or \
             from a line on (`sluicegate positions set FILE {}=LINES`, LINES being lines or rows to leave out)",
            found.lane, found.lane
        ))
}
