//! Rows to records.

use sluicegate_model::{ChangeBatch, RowKind};

use super::meta::{Images, MetaColumn};
use super::operation::OpCodes;
use super::special::Special;
use super::{DelimitedOptions, Dialect, NAME, OnMissing};
use crate::json::Key;
use crate::ogg::Clock;
use crate::options::{Encoding, TimeZone};
use crate::provenance::Provenance;
use crate::write::{Plain, PlainWriter, Style};
use crate::{Encode, EncodeError, EncodeReject, Messages};

/// Writes `delimited`.
pub(super) struct DelimitedEncoder {
    dialect: Dialect,
    encoding: Encoding,
    header: bool,
    null: Vec<u8>,
    missing_text: Option<Vec<u8>>,
    meta: Vec<MetaColumn>,
    codes: OpCodes,
    images: Images,
    zone: TimeZone,
    kind_column: Option<String>,
    missing: OnMissing,
    style: Style,
}

/// A record to be written.
#[derive(Clone, Copy)]
struct Entry {
    /// What it says was done.
    kind: RowKind,
    /// The row that its message stands for.
    row: usize,
    /// The row of the image before the change.
    before: Option<usize>,
    /// The row of the image after it.
    after: Option<usize>,
}

impl DelimitedEncoder {
    pub(super) fn new(options: &DelimitedOptions, dialect: Dialect) -> Self {
        Self {
            dialect,
            encoding: options.encoding.unwrap_or_default(),
            header: options.has_header(),
            null: options.null_text.clone().unwrap_or_default().into_bytes(),
            missing_text: options.missing_text.clone().map(String::into_bytes),
            meta: options.meta().to_vec(),
            codes: options.op_codes.as_deref().cloned().unwrap_or_default(),
            images: options.images.unwrap_or_default(),
            zone: options.time_zone.unwrap_or(TimeZone::UTC),
            kind_column: options.kind_column.clone(),
            missing: options.missing.unwrap_or_default(),
            style: Style { timestamps: options.timestamps.unwrap_or_default(), ..Style::default() },
        }
    }

    /// The records of a unit, in order.
    fn entries(
        &self,
        batch: &ChangeBatch,
        key: &Key<'_>,
        unit: std::ops::Range<usize>,
    ) -> Result<[Option<Entry>; 2], String> {
        let image = |kind: RowKind, row: usize| {
            let (before, after) = if kind.is_present() { (None, Some(row)) } else { (Some(row), None) };
            Entry { kind, row, before, after }
        };
        let (first, last) = (unit.start, unit.end - 1);
        let kind = batch.kind(last);
        let pair = unit.len() == 2;
        if self.kind_column.is_some() {
            let second = pair.then(|| image(kind, last));
            return Ok([Some(image(batch.kind(first), first)), second]);
        }
        if self.meta.contains(&MetaColumn::OpType) {
            return Ok(match (self.images, pair) {
                (Images::BeforeAfter, true) => {
                    [Some(Entry { kind, row: last, before: Some(first), after: Some(last) }), None]
                }
                (Images::BeforeAfter, false) if kind == RowKind::UpdateAfter => {
                    return Err(
                        "an update without its old image has no form with `images: before-after`".to_owned()
                    );
                }
                (Images::After, true) if key.changes_after(first) => {
                    [Some(image(RowKind::Delete, first)), Some(image(RowKind::Insert, last))]
                }
                _ => [Some(image(kind, last)), None],
            });
        }
        if kind.is_present() {
            return Ok([Some(image(kind, last)), None]);
        }
        Err("a delete has no form in delimited text: set `kind_column` or `meta_columns` to write kinds"
            .to_owned())
    }

    /// Appends a record in UTF-8, without its line end; the reason where it has no form.
    fn record(&self, table: &mut Written<'_>, entry: Entry, out: &mut Vec<u8>) -> Result<(), String> {
        let start = out.len();
        let mut first = true;
        for meta in &self.meta {
            self.next_field(&mut first, out);
            table.scratch.clear();
            // Nothing at all where nothing is known.
            if table.about(*meta, entry)? {
                self.field(&table.scratch, out)?;
            }
        }
        if self.kind_column.is_some() {
            self.next_field(&mut first, out);
            self.field(entry.kind.short().as_bytes(), out)?;
        }
        let both = [entry.before, entry.after];
        let only = [entry.after.or(entry.before)];
        let images: &[Option<usize>] = if self.images == Images::BeforeAfter { &both } else { &only };
        for column in 0..table.columns.len() {
            for image in images {
                self.next_field(&mut first, out);
                match image {
                    Some(row) => self.cell(table, column, *row, out)?,
                    // There is no such image: nothing is said of it.
                    None => out.extend_from_slice(self.missing_text.as_deref().unwrap_or(&self.null)),
                }
            }
        }
        if out.len() == start {
            return Err(
                "its only field is empty, and readers pass over empty lines: `null_text` gives NULL a text"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn next_field(&self, first: &mut bool, out: &mut Vec<u8>) {
        if !std::mem::take(first) {
            out.extend_from_slice(self.dialect.delimiter.as_bytes());
        }
    }

    /// Appends text, so that it is not taken for NULL or missing.
    fn field(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        self.dialect.write(text, self.is_taken(text), out)
    }

    /// Whether text as it stands means something else: NULL or missing.
    #[inline]
    fn is_taken(&self, text: &[u8]) -> bool {
        *text == self.null || self.missing_text.as_deref() == Some(text)
    }

    fn cell(
        &self,
        table: &mut Written<'_>,
        column: usize,
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let start = out.len();
        let named = |why: &str| format!("column {:?}: {why}", table.columns.name(column));
        match table.columns.write(column, row, out)? {
            // Most stand as they were written.
            Plain::Value => {
                if self.is_taken(&out[start..]) || !table.is_plain[column] {
                    table.scratch.clear();
                    table.scratch.extend(out.drain(start..));
                    self.field(&table.scratch, out).map_err(named)?;
                }
            }
            Plain::Null => out.extend_from_slice(&self.null),
            Plain::Missing => match (&self.missing_text, self.missing) {
                (Some(text), _) => out.extend_from_slice(text),
                (None, OnMissing::AsNull) => out.extend_from_slice(&self.null),
                (None, OnMissing::Reject) => {
                    return Err(named(
                        "its source did not send it, and delimited text has no form for that: `missing_text` gives it \
                         one, `missing: as-null` writes NULL",
                    ));
                }
            },
        }
        Ok(())
    }

    /// The names of the columns as a record; or the name that has no form, and why.
    fn names(&self, batch: &ChangeBatch) -> Result<Vec<u8>, (String, &'static str)> {
        let mut line = Vec::new();
        let mut first = true;
        let names = batch.schema().fields().iter().map(|field| field.name().as_str());
        let about = self.meta.iter().map(|meta| meta.name()).chain(self.kind_column.as_deref());
        for name in about.chain(names) {
            self.next_field(&mut first, &mut line);
            let failed = |why| (name.to_owned(), why);
            self.dialect.write(name.as_bytes(), name.is_empty(), &mut line).map_err(failed)?;
            if self.encoding.encode(name).is_err() {
                return Err(failed("its name has a character that `encoding` lacks"));
            }
        }
        let mut text = Vec::with_capacity(line.len());
        match self.transcoded(&line, &mut text) {
            Ok(()) => Ok(text),
            Err(_) => Err((String::new(), "the names have a character that `encoding` lacks")),
        }
    }

    /// Appends a record in its character set.
    fn transcoded(&self, record: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        // It was made of texts alone.
        out.extend_from_slice(&self.encoding.encode(&String::from_utf8_lossy(record))?);
        Ok(())
    }
}

/// A batch that is being written.
struct Written<'a> {
    batch: &'a ChangeBatch,
    codes: &'a OpCodes,
    columns: PlainWriter<'a>,
    /// Of each column: none of its values has a byte that does not stand in a field.
    is_plain: Vec<bool>,
    provenance: Provenance<'a>,
    clock: Clock,
    scratch: Vec<u8>,
}

impl Written<'_> {
    /// Puts what is known about a row into the scratch; `false` where nothing is.
    fn about(&mut self, meta: MetaColumn, entry: Entry) -> Result<bool, String> {
        let (row, out) = (entry.row, &mut self.scratch);
        match meta {
            MetaColumn::OpType => out.extend_from_slice(self.codes.of(entry.kind).as_bytes()),
            MetaColumn::Table => out.extend_from_slice(self.batch.table().as_str().as_bytes()),
            MetaColumn::OpTs => match self.provenance.event_time(row) {
                None => return Ok(false),
                Some(time) if !self.clock.write(time, out) => {
                    return Err("the event time is in no year from 0 to 9999".to_owned());
                }
                Some(_) => {}
            },
            MetaColumn::Pos | MetaColumn::Xid => {
                let about = &self.provenance;
                let text = if meta == MetaColumn::Pos { about.position(row) } else { about.transaction(row) };
                let Some(text) = text else { return Ok(false) };
                out.extend_from_slice(text.as_bytes());
            }
            MetaColumn::CurrentTs | MetaColumn::Tokens | MetaColumn::Ignore => return Ok(false),
        }
        Ok(true)
    }
}

impl Encode for DelimitedEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        if self.header
            && let Err((column, why)) = self.names(batch)
        {
            return Err(EncodeError::Column { format: NAME, table: batch.table().clone(), column, why });
        }
        let columns = PlainWriter::new(batch, self.style, NAME)?;
        let special = Special::of(&self.dialect);
        let mut table = Written {
            batch,
            codes: &self.codes,
            is_plain: columns.each_column(|values| !values.may_hold(|text| special.is_in(text))).collect(),
            columns,
            provenance: Provenance::of(batch),
            clock: Clock::new(self.zone),
            scratch: Vec::new(),
        };
        let key = Key::new(batch);
        let mut utf8 = Vec::new();
        Ok(out.write_units(batch, |unit, out| {
            for entry in self.entries(batch, &key, unit)?.into_iter().flatten() {
                let start = out.bytes.len();
                if self.encoding.is_utf8() {
                    self.record(&mut table, entry, &mut out.bytes)?;
                } else {
                    utf8.clear();
                    self.record(&mut table, entry, &mut utf8)?;
                    self.transcoded(&utf8, &mut out.bytes)?;
                }
                out.end_value(entry.row, start);
            }
            Ok(())
        }))
    }

    fn preamble(&self, batch: &ChangeBatch) -> Option<Vec<u8>> {
        if self.header { self.names(batch).ok() } else { None }
    }
}
