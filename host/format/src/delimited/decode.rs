//! Records to rows.

use std::borrow::Cow;

use sluicegate_model::{ControlEvent, Decoded, RowKind, TableName, UnknownKind};

use super::dialect::{Field, Fields};
use super::meta::{Images, MetaColumn};
use super::names::{ColumnNames, Layout, Layouts};
use super::operation::{Op, OpCodes};
use super::{DelimitedOptions, Dialect};
use crate::build::{Change, Gatherer, Table};
use crate::ogg::Clock;
use crate::options::{DeclaredTypes, Encoding, TimeZone};
use crate::{Decode, LaneInfo, Record};

/// Reads `delimited`.
pub(super) struct DelimitedDecoder {
    dialect: Dialect,
    encoding: Encoding,
    layouts: Layouts,
    meta: Vec<MetaColumn>,
    codes: OpCodes,
    images: Images,
    zone: TimeZone,
    kind: RowKind,
    null: Vec<u8>,
    empty_is_null: bool,
    missing: Option<Vec<u8>>,
    table: Option<String>,
    declared: Option<DeclaredTypes>,
}

impl DelimitedDecoder {
    pub(super) fn new(options: &DelimitedOptions, dialect: Dialect, columns: &ColumnNames) -> Self {
        Self {
            dialect,
            encoding: options.encoding.unwrap_or_default(),
            layouts: Layouts::new(columns, options.primary_key.as_ref(), options.kind_column.as_deref()),
            meta: options.meta().to_vec(),
            codes: options.op_codes.as_deref().cloned().unwrap_or_default(),
            images: options.images.unwrap_or_default(),
            zone: options.time_zone.unwrap_or(TimeZone::UTC),
            kind: options.kind.unwrap_or_default().kind(),
            null: options.null_text.clone().unwrap_or_default().into_bytes(),
            empty_is_null: options.empty_is_null.unwrap_or(false),
            missing: options.missing_text.clone().map(String::into_bytes),
            table: options.table.clone(),
            declared: options.schema.clone(),
        }
    }

    /// Reads one record; the reason where it is bad.
    fn record(
        &self,
        stretch: &mut Stretch<'_>,
        name: &str,
        place: u32,
        record: &Record<'_>,
    ) -> Result<(), String> {
        let value = record.value.ok_or("the message has no value")?;
        stretch.gatherer.make_room(value.len())?;
        let value = value.strip_suffix(b"\n").unwrap_or(value);
        let value = value.strip_suffix(b"\r").unwrap_or(value);
        let text = self.encoding.decode(value)?;
        simdutf8::basic::from_utf8(&text)
            .map_err(|_| "the record is no UTF-8: set `encoding` of the format or of the source")?;

        let mut fields = self.dialect.fields(&text);
        let about = self.about(&mut fields, &mut stretch.clock)?;
        let name = about.table.as_deref().unwrap_or(name);
        let kind = match about.op {
            Some(Op::Truncate) => {
                let table = TableName::from(name);
                stretch.gatherer.control(ControlEvent::Truncate { table });
                return Ok(());
            }
            Some(Op::Row(kind)) => Some(kind),
            None => None,
        };
        let layout = self.layouts.of(name)?;
        let table = stretch.gatherer.begin_row_of(name, &layout.primary_key);
        table.list(&layout.columns);
        let change = Change {
            event_time: about.event_time,
            position: about.position.as_deref(),
            transaction: about.transaction.as_deref(),
            ..Change::of(place)
        };
        match self.images {
            Images::After => {
                let own = self.row(&mut fields, layout, table)?;
                table.commit(&[own.or(kind).unwrap_or(self.kind)], change);
            }
            Images::BeforeAfter => {
                let kinds = self.pair(&mut fields, layout, table, kind.unwrap_or(self.kind))?;
                table.commit(kinds, change);
            }
        }
        Ok(())
    }

    /// Reads the fields about the row.
    fn about<'a>(&self, fields: &mut Fields<'a>, clock: &mut Clock) -> Result<About<'a>, String> {
        let mut about = About::default();
        for (place, meta) in self.meta.iter().enumerate() {
            let field = fields.next().ok_or_else(|| self.too_few(place))??;
            let empty = field.text.is_empty() || self.is_null(&field);
            if empty && *meta != MetaColumn::OpType {
                // Nothing is said.
                continue;
            }
            // The record was checked as a whole.
            let text = || String::from_utf8_lossy(&field.text).into_owned();
            match meta {
                MetaColumn::OpType => about.op = Some(self.codes.read(&field.text)?),
                MetaColumn::Table => about.table = Some(utf8(field.text)),
                MetaColumn::OpTs => {
                    let time = clock.read(&field.text);
                    about.event_time =
                        Some(time.ok_or_else(|| {
                            format!("`op_ts` is {:?}, no YYYY-MM-DD HH:MM:SS.ffffff", text())
                        })?);
                }
                MetaColumn::Pos => about.position = Some(field.text),
                MetaColumn::Xid => about.transaction = Some(field.text),
                MetaColumn::CurrentTs | MetaColumn::Tokens | MetaColumn::Ignore => {}
            }
        }
        Ok(about)
    }

    /// Reads the columns of a row; the kind that one of them holds.
    fn row(
        &self,
        fields: &mut Fields<'_>,
        layout: &Layout,
        table: &mut Table,
    ) -> Result<Option<RowKind>, String> {
        let (row, mut kind, mut at) = (table.rows(), None, 0);
        for field in fields {
            let field = field?;
            if layout.kind_at == Some(at) {
                let read: Result<RowKind, UnknownKind> = String::from_utf8_lossy(&field.text).parse();
                kind = Some(read.map_err(|unknown| unknown.to_string())?);
            } else {
                self.cell(&field, at, row, table);
            }
            at += 1;
        }
        // A half that lost its other one: as everywhere, the old image alone is a delete.
        let kind = kind.map(|kind| if kind == RowKind::UpdateBefore { RowKind::Delete } else { kind });
        if at == layout.columns.len() { Ok(kind) } else { Err(self.misfit(at, layout.columns.len())) }
    }

    /// Reads the columns of a row before and after its change.
    fn pair(
        &self,
        fields: &mut Fields<'_>,
        layout: &Layout,
        table: &mut Table,
        kind: RowKind,
    ) -> Result<&'static [RowKind], String> {
        let row = table.rows();
        let (mut at, mut has_before) = (0, false);
        for field in fields {
            let field = field?;
            let (column, is_before) = (at / 2, at % 2 == 0);
            match (kind, is_before) {
                (RowKind::Insert, false) | (RowKind::Delete, true) => self.cell(&field, column, row, table),
                (RowKind::Insert, true) | (RowKind::Delete, false) => {}
                (_, true) => {
                    has_before |= !self.is_missing(&field) && !self.is_null(&field);
                    self.cell(&field, column, row, table);
                }
                (_, false) => self.cell(&field, column, row + 1, table),
            }
            at += 1;
        }
        if at != 2 * layout.columns.len() {
            return Err(self.misfit(at, 2 * layout.columns.len()));
        }
        Ok(match kind {
            RowKind::Insert => &[RowKind::Insert],
            RowKind::Delete => &[RowKind::Delete],
            _ if has_before => &[RowKind::UpdateBefore, RowKind::UpdateAfter],
            _ => {
                return Err(
                    "an update has nothing before its change, and `images` is before-after".to_owned()
                );
            }
        })
    }

    #[inline]
    fn cell(&self, field: &Field<'_>, column: usize, row: usize, table: &mut Table) {
        if self.is_missing(field) {
            table.set_listed_missing(column, row);
        } else if self.is_null(field) {
            table.set_listed_null(column, row);
        } else {
            match &field.text {
                Cow::Borrowed(text) => table.set_listed(column, row, field.rest, 0..text.len()),
                Cow::Owned(text) => table.set_listed(column, row, text, 0..text.len()),
            }
        }
    }

    fn is_null(&self, field: &Field<'_>) -> bool {
        (!field.quoted && *field.raw == *self.null) || (self.empty_is_null && field.raw.is_empty())
    }

    fn is_missing(&self, field: &Field<'_>) -> bool {
        !field.quoted && self.missing.as_ref().is_some_and(|missing| *field.raw == **missing)
    }

    fn too_few(&self, fields: usize) -> String {
        let meta = self.meta.len();
        format!("the record has {fields} fields, and {meta} are about the row alone")
    }

    fn misfit(&self, fields: usize, columns: usize) -> String {
        match self.meta.len() {
            0 => format!("the record has {fields} fields, and there are {columns} columns"),
            meta => format!(
                "the record has {} fields, and there are {columns} of columns behind {meta} about the row",
                fields + meta
            ),
        }
    }
}

impl Decode for DelimitedDecoder {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let name = self.table.as_deref().unwrap_or(lane.topic);
        let gatherer = Gatherer::new(lane, records, self.declared.as_ref(), false);
        let mut stretch = Stretch { gatherer, clock: Clock::new(self.zone) };
        for (place, record) in (0..).zip(records) {
            stretch.gatherer.begin();
            if let Err(reason) = self.record(&mut stretch, name, place, record) {
                stretch.gatherer.reject(place, None, reason);
            }
        }
        stretch.gatherer.finish()
    }
}

struct Stretch<'a> {
    gatherer: Gatherer<'a>,
    clock: Clock,
}

/// Text of a record that was checked.
fn utf8(text: Cow<'_, [u8]>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// What the fields about a row say.
#[derive(Default)]
struct About<'a> {
    op: Option<Op>,
    table: Option<Cow<'a, str>>,
    event_time: Option<i64>,
    position: Option<Cow<'a, [u8]>>,
    transaction: Option<Cow<'a, [u8]>>,
}
