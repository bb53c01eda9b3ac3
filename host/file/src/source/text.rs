//! Lines and records.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use sluicegate_connector::{Class, Error, StartAt};
use sluicegate_format::delimited::DelimitedOptions;
use sluicegate_format::{Decode, FormatOptions};
use sluicegate_model::Position;

use super::discover::Found;
use super::identity::Identity;
use super::input::Input;
use super::options::{SourceOptions, Start};
use super::payload::{TextFacts, TextRows};
use super::position::TextPoint;
use super::reader::{Read, Reader, changed, open_same};
use super::split::{Cut, Split};
use crate::failure::failed;
use crate::format::FileFormat;

/// How many times the largest record may be exceeded before it is no record any more.
const BEYOND: usize = 8;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What reads records, which may need a header first.
#[derive(Clone)]
pub(super) struct Records {
    pub(super) split: Split,
    pub(super) facts: Arc<TextFacts>,
    pub(super) decode: Option<Arc<dyn Decode>>,
    /// Where the columns are named by the first record.
    header: Option<DelimitedOptions>,
}

impl Records {
    pub(super) fn new(options: &SourceOptions, found: &Found) -> Result<Self, Error> {
        let refused = |error: sluicegate_format::FormatError| Error::configuration(error.to_string());
        let FileFormat::Messages(format) = &options.format else {
            return Err(Error::configuration("files of columns are no text"));
        };
        let facts = Arc::new(TextFacts {
            lane: found.lane.clone(),
            table: found.table().to_owned(),
            encoding: options.text_encoding(),
            max_record: options.max_record.0 as usize,
        });
        let FormatOptions::Delimited(delimited) = format else {
            let decode = Some(options.decoder_of(format)?);
            return Ok(Self { split: Split::Lines, facts, decode, header: None });
        };
        if options.decrypt.is_some() {
            let decode = Some(options.decoder_of(format)?);
            return Ok(Self { split: Split::Lines, facts, decode, header: None });
        }
        let dialect = delimited.dialect_in(facts.encoding).map_err(refused)?;
        let split = Split::Records { dialect, wide: facts.encoding.wide() };
        // The records come to it in UTF-8.
        let delimited = DelimitedOptions { encoding: None, ..delimited.clone() };
        let header = delimited.has_header().then(|| delimited.clone());
        let decode = match delimited.columns {
            Some(_) => Some(FormatOptions::Delimited(delimited).decoder().map_err(refused)?),
            None => None,
        };
        Ok(Self { split, facts, decode, header })
    }

    /// Takes a header: names that were not given otherwise.
    fn take_header(&mut self, line: &[u8]) -> Result<(), Error> {
        let Some(delimited) = self.header.take() else { return Ok(()) };
        if self.decode.is_some() {
            return Ok(());
        }
        let refused = |why: String| {
            Error::fatal(format!("the first record names no columns: {why}"))
                .lane(&self.facts.lane)
                .help("where the files have no header, set `header: false` and `columns` of the format")
        };
        let text = self.facts.encoding.decode(line).map_err(refused)?;
        let mut names: Vec<String> = Vec::new();
        let dialect = delimited.dialect().map_err(|error| refused(error.to_string()))?;
        for field in dialect.fields(&text) {
            let field = field.map_err(refused)?;
            let name = std::str::from_utf8(&field.text)
                .map_err(|_| refused("it is no UTF-8".to_owned()))?
                .to_owned();
            if name.is_empty() || names.contains(&name) {
                return Err(refused(format!("the name {name:?} is empty or stands there twice")));
            }
            names.push(name);
        }
        self.decode = Some(delimited.decoder_of(&names).map_err(|error| refused(error.to_string()))?);
        Ok(())
    }

    /// Cuts records at the beginning of a stretch that begins at `at`; takes the header where it is among them. Gives
    /// what was cut, with the bytes and lines before the first record.
    pub(super) fn cut(&mut self, bytes: &[u8], at: TextPoint, last: bool) -> Result<Cut, Error> {
        let mark =
            if at.offset == 0 && bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let mut cut = self.split.cut(&bytes[mark..], last);
        if mark > 0 && cut.bytes > 0 {
            cut.bytes += mark;
            for span in &mut cut.spans {
                span.start += mark as u32;
                span.end += mark as u32;
            }
        }
        if self.header.is_some() && !cut.spans.is_empty() {
            let first = cut.spans.remove(0);
            self.take_header(&bytes[first.start as usize..first.end as usize])?;
        }
        Ok(cut)
    }
}

/// A text from a point on.
pub(super) struct TextReader {
    found: Found,
    file: File,
    input: Input,
    records: Records,
    follow: bool,
    identity: Identity,
    source: Arc<str>,
    /// Where the buffer begins.
    at: TextPoint,
    /// The last point that was given.
    given: TextPoint,
    buffer: Vec<u8>,
    end: u64,
}

impl TextReader {
    pub(super) fn open(options: &SourceOptions, found: &Found, at: &StartAt) -> Result<Self, Error> {
        let unreadable = |error| failed("read", &found.path, error);
        let file = open_same(found, at)?;
        let identity = Identity::of(&file).map_err(unreadable)?;
        let mut reader = Self {
            input: Input::open(&found.path, &file).map_err(unreadable)?,
            records: Records::new(options, found)?,
            found: found.clone(),
            file,
            follow: options.follow,
            identity,
            source: identity.to_text().into(),
            at: TextPoint::default(),
            given: TextPoint::default(),
            buffer: Vec::new(),
            end: u64::MAX,
        };
        match at {
            StartAt::Position(position) => reader.go_to(position)?,
            StartAt::Configured if options.start == Start::End => reader.go_to_end()?,
            StartAt::Beginning | StartAt::Configured => {}
        }
        Ok(reader)
    }

    /// What reads the records of the file, its header taken where it has one that is needed.
    pub(super) fn with_header(mut self) -> Result<Records, Error> {
        if self.records.decode.is_none() {
            self.next(64 << 10)?;
        }
        Ok(self.records)
    }

    fn unreadable(&self) -> impl Fn(io::Error) -> Error + '_ {
        |error| {
            let error = if error.kind() == io::ErrorKind::UnexpectedEof {
                let class = if self.follow { Class::Transient } else { Class::Fatal };
                Error::new(class, format!("{} ends within its compressed data", self.found.path.display()))
                    .caused_by(error)
                    .help("it is read once it is whole: write it under another name and rename it")
            } else {
                failed("read", &self.found.path, error)
            };
            error.lane(&self.found.lane)
        }
    }

    /// Goes on where a position is, with the names of the columns that stand before it.
    fn go_to(&mut self, position: &Position) -> Result<(), Error> {
        let point = TextPoint::of(position, &self.found.lane)?;
        if point.offset == 0 {
            return Ok(());
        }
        if self.records.header.is_some() && self.records.decode.is_none() {
            let mut from_start = Self {
                input: Input::open(&self.found.path, &self.file).map_err(self.unreadable())?,
                records: self.records.clone(),
                found: self.found.clone(),
                file: self.file.try_clone().map_err(self.unreadable())?,
                buffer: Vec::new(),
                source: Arc::clone(&self.source),
                ..*self
            };
            from_start.next(64 << 10)?;
            self.records.decode = from_start.records.decode;
            if !self.input.is_plain() {
                // The two share a file, and the place in it.
                self.file = File::open(&self.found.path).map_err(self.unreadable())?;
                self.input = Input::open(&self.found.path, &self.file).map_err(self.unreadable())?;
            }
        }
        self.records.header = None;
        if !self.input.skip_to(point.offset).map_err(self.unreadable())? {
            return Err(changed(&self.found, position, "it is shorter than what was read of it"));
        }
        (self.at, self.given) = (point, point);
        if point.unterminated {
            self.after_unterminated(position)?;
        }
        Ok(())
    }

    /// What follows a line that had no end when it was read: its end, or nothing.
    fn after_unterminated(&mut self, position: &Position) -> Result<(), Error> {
        let at = self.at;
        self.input.fill(at.offset, 2, &mut self.buffer).map_err(self.unreadable())?;
        let ends = match &*self.buffer {
            [] => return Ok(()),
            [b'\n', ..] => 1,
            [b'\r', b'\n'] => 2,
            _ => {
                let what = "its last line had no end when it was read, and has grown since";
                return Err(changed(&self.found, position, what));
            }
        };
        self.buffer.drain(..ends);
        self.at = TextPoint { offset: at.offset + ends as u64, unterminated: false, ..at };
        Ok(())
    }

    /// Goes behind the last whole line.
    fn go_to_end(&mut self) -> Result<(), Error> {
        if !self.input.is_plain() {
            return Ok(());
        }
        self.stop_at(self.size_now());
        let follow = std::mem::replace(&mut self.follow, true);
        while self.next(4 << 20)?.is_some() {}
        (self.follow, self.end) = (follow, u64::MAX);
        self.given = self.at;
        Ok(())
    }

    /// The next records; `None` where no whole one is there. The point after them.
    pub(super) fn next(&mut self, room: usize) -> Result<Option<(TextRows, TextPoint)>, Error> {
        if !self.identity.is_complete() {
            self.identity = Identity::of(&self.file).map_err(self.unreadable())?;
            self.source = self.identity.to_text().into();
        }
        let left = usize::try_from(self.end.saturating_sub(self.at.offset)).unwrap_or(usize::MAX);
        let mut wanted = room.max(self.buffer.len());
        let limit = self.records.facts.max_record.saturating_mul(BEYOND);
        loop {
            let mut buffer = std::mem::take(&mut self.buffer);
            let filled = self.input.fill(self.at.offset, wanted.min(left), &mut buffer);
            self.buffer = buffer;
            let at_end = filled.map_err(self.unreadable())? || wanted >= left;
            let last = at_end && !self.follow;
            let cut = self.records.cut(&self.buffer, self.at, last)?;
            if cut.bytes > 0 {
                return Ok(Some(self.give(cut)));
            }
            if at_end {
                self.look_at_file()?;
                return Ok(None);
            }
            if self.buffer.len() > limit {
                let what = format!(
                    "line {} of {} has more than {limit} bytes",
                    self.at.lines + 1,
                    self.found.path.display()
                );
                return Err(Error::fatal(what).lane(&self.found.lane).help(
                    "it is no line of such a file, or its quotes are not closed; where it is one, raise `max_record`",
                ));
            }
            wanted = wanted.max(self.buffer.len()).saturating_mul(2);
        }
    }

    fn give(&mut self, cut: Cut) -> (TextRows, TextPoint) {
        let rest = self.buffer.split_off(cut.bytes);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let rows = TextRows {
            facts: Arc::clone(&self.records.facts),
            decode: self.records.decode.clone(),
            source: Arc::clone(&self.source),
            at: self.at,
            spans: cut.spans,
            bytes,
        };
        self.at = TextPoint {
            offset: self.at.offset + cut.bytes as u64,
            lines: self.at.lines + u64::from(cut.lines),
            unterminated: cut.unterminated,
        };
        (rows, self.at)
    }

    /// At its end: whether the name still leads to this file, and no byte was taken from it.
    fn look_at_file(&self) -> Result<(), Error> {
        if !self.input.is_plain() {
            return Ok(());
        }
        let here = self.file.metadata().map_err(self.unreadable())?;
        let position = || self.given.to_position(&self.source);
        if here.len() < self.at.offset {
            return Err(changed(&self.found, &position(), "it is shorter than what was read of it"));
        }
        match std::fs::metadata(&self.found.path) {
            Ok(named) if (named.ino(), named.dev()) != (here.ino(), here.dev()) => {
                Err(changed(&self.found, &position(), "another file was put in its place"))
            }
            // It is gone, and all of it was read.
            _ => Ok(()),
        }
    }

    /// The position of a point.
    pub(super) fn position(&self, point: TextPoint) -> Position {
        point.to_position(&self.source)
    }

    /// The last point that was reached.
    pub(super) fn at(&self) -> TextPoint {
        self.at
    }
}

impl Reader for TextReader {
    fn read(&mut self, room: usize) -> Result<Option<Read>, Error> {
        let Some((rows, to)) = self.next(room)? else { return Ok(None) };
        let from = self.position(self.given);
        self.given = to;
        Ok(Some(Read {
            from,
            to: self.position(to),
            records: rows.spans.len(),
            bytes: rows.bytes.len() + rows.spans.len() * size_of::<super::split::Span>(),
            payload: Box::new(rows),
        }))
    }

    fn size_now(&self) -> u64 {
        match &self.input {
            Input::Plain(file) => file.metadata().map_or(u64::MAX, |about| about.len()),
            Input::Stream(_) => u64::MAX,
        }
    }

    fn stop_at(&mut self, end: u64) {
        self.end = end;
    }

    fn end(&self) -> Option<u64> {
        (self.end != u64::MAX).then_some(self.end)
    }

    fn grows(&self) -> bool {
        self.input.is_plain()
    }

    fn again(&self) -> StartAt {
        StartAt::Position(self.position(self.given))
    }

    fn records_left(&self) -> Option<u64> {
        None
    }
}
