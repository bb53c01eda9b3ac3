//! Positions by numbers that people give, and how far they are behind.

use std::path::{Path, PathBuf};

use sluicegate_connector::{Error, LanePosition, Payload, StartAt};
use sluicegate_model::{Decoded, Item, Lane, Position};

use super::columns::ColumnsReader;
use super::discover::{Found, discover};
use super::identity::difference;
use super::options::SourceOptions;
use super::position::{ColumnsPoint, TextPoint};
use super::text::TextReader;
use crate::columns::ColumnsKind;
use crate::failure::blocking;
use crate::format::FileFormat;

/// Bytes that are read at once.
const ROOM: usize = 4 << 20;

/// Bytes that are counted to tell how many lines a file is behind; where more are left, nothing is said.
const COUNTED: u64 = 1 << 30;

/// What a source of files knows about points in them, for people. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FileTerms {
    options: SourceOptions,
    directory: PathBuf,
}

impl FileTerms {
    /// Of a source; its paths are relative to `directory`.
    pub fn new(options: SourceOptions, directory: &Path) -> Self {
        Self { options, directory: directory.to_owned() }
    }

    /// The position after so many lines of a text, a header among them, or so many rows of a file of columns.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where there is no such file or no such line.
    pub async fn position(&self, lane: &Lane, number: u64) -> Result<Position, Error> {
        let (own, lane) = (self.clone(), lane.clone());
        blocking(move || {
            let found = own.found(&lane)?;
            match own.columns() {
                None => text_position(&own.options, &found, number),
                Some(kind) => columns_position(kind, &own.options, &found, number),
            }
            .map_err(|error| error.lane(&lane))
        })
        .await
    }

    /// Says how many records each lane is behind the end of its file, where that can be found out.
    pub async fn measure(&self, mut lanes: Vec<LanePosition>) -> Vec<LanePosition> {
        let own = self.clone();
        let counted = tokio::task::spawn_blocking(move || {
            for lane in &mut lanes {
                lane.lag =
                    own.found(&lane.lane).ok().and_then(|found| own.lag(&found, lane.position.as_ref()?));
            }
            lanes
        });
        counted.await.unwrap_or_default()
    }

    fn columns(&self) -> Option<ColumnsKind> {
        match self.options.format {
            FileFormat::Messages(_) => None,
            FileFormat::Parquet(_) => Some(ColumnsKind::Parquet),
            FileFormat::Arrow(_) => Some(ColumnsKind::Arrow),
        }
    }

    fn found(&self, lane: &Lane) -> Result<Found, Error> {
        let found = discover(self.options.paths.all(), &self.directory)?;
        let known: Vec<String> = found.iter().take(5).map(|found| found.lane.to_string()).collect();
        found.into_iter().find(|found| found.lane == *lane).ok_or_else(|| {
            let error = Error::configuration(format!("the source has no file {lane}"));
            if known.is_empty() { error } else { error.help(format!("it has {}", known.join(", "))) }
        })
    }

    fn lag(&self, found: &Found, position: &Position) -> Option<u64> {
        let file = std::fs::File::open(&found.path).ok()?;
        if difference(&file, &position.source).ok()?.is_some() {
            return None;
        }
        if let Some(kind) = self.columns() {
            let reader =
                ColumnsReader::open(kind, &self.options, found, &StartAt::Position(position.clone())).ok()?;
            return super::reader::Reader::records_left(&reader);
        }
        let offset = TextPoint::of(position, &found.lane).ok()?.offset;
        if file.metadata().ok()?.len().saturating_sub(offset) > COUNTED {
            return None;
        }
        let start = StartAt::Position(position.clone());
        let mut reader = TextReader::open(&self.options, found, &start).ok()?;
        let mut lines = 0;
        while let Some((rows, _)) = reader.next(ROOM).ok()? {
            lines += rows.spans.len() as u64;
        }
        Some(lines)
    }
}

fn no_such(what: &str, number: u64, found: &Found, there: u64) -> Error {
    Error::configuration(format!("{} has {there} {what}, and not {number}", found.path.display()))
}

fn text_position(options: &SourceOptions, found: &Found, number: u64) -> Result<Position, Error> {
    let mut reader = TextReader::open(options, found, &StartAt::Beginning)?;
    if number == 0 {
        return Ok(reader.position(TextPoint::default()));
    }
    while let Some((rows, to)) = reader.next(ROOM)? {
        if to.lines == number {
            return Ok(reader.position(to));
        }
        if to.lines < number {
            continue;
        }
        let point = rows.spans.iter().map(|span| rows.before(*span)).find(|point| point.lines >= number);
        return match point {
            Some(point) if point.lines == number => Ok(reader.position(point)),
            _ => Err(Error::configuration(format!("no record begins after line {number}"))
                .help("name the last line of a record; an empty line belongs to what is before it")),
        };
    }
    Err(no_such("lines", number, found, reader.at().lines))
}

fn columns_position(
    kind: ColumnsKind,
    options: &SourceOptions,
    found: &Found,
    number: u64,
) -> Result<Position, Error> {
    let mut reader = ColumnsReader::open(kind, options, found, &StartAt::Beginning)?;
    let mut at = ColumnsPoint::default();
    while at.records < number {
        let Some((rows, to, _)) = reader.next(usize::MAX)? else {
            return Err(no_such("rows", number, found, at.records));
        };
        at = if to.records <= number {
            to
        } else {
            let more = number - rows.at.records;
            ColumnsPoint { row: rows.at.row + more, records: number, ..rows.at }
        };
    }
    Ok(reader.position(at))
}

/// The first records of the first files.
pub(super) fn sample(
    options: &SourceOptions,
    directory: &Path,
    count: usize,
) -> Result<Vec<(Lane, Decoded)>, Error> {
    if options.is_stdin() {
        return Err(Error::configuration("standard input has no records to look at before it is read")
            .help("put some of them into a file, and name that under `paths`"));
    }
    let found = discover(options.paths.all(), directory)?;
    let files = found.len().min(count).max(1);
    let each = count.div_ceil(files);
    let mut sampled = Vec::new();
    for found in found.iter().take(files) {
        let decoded = match options.format {
            FileFormat::Messages(_) => {
                let mut reader = TextReader::open(options, found, &StartAt::Beginning)?;
                let Some((mut rows, _)) = reader.next(64 << 10)? else { continue };
                rows.spans.truncate(each);
                rows.decode()?
            }
            FileFormat::Parquet(_) | FileFormat::Arrow(_) => {
                let kind = match options.format {
                    FileFormat::Parquet(_) => ColumnsKind::Parquet,
                    _ => ColumnsKind::Arrow,
                };
                let mut reader = ColumnsReader::open(kind, options, found, &StartAt::Beginning)?;
                let Some((mut rows, ..)) = reader.next(usize::MAX)? else { continue };
                rows.batch = rows.batch.slice(0, each.min(rows.batch.num_rows()));
                rows.decode()?
            }
        };
        let any = !decoded.rejects.is_empty()
            || decoded.items.iter().any(|item| !matches!(item, Item::Rows(rows) if rows.is_empty()));
        if any {
            sampled.push((found.lane.clone(), decoded));
        }
    }
    Ok(sampled)
}
