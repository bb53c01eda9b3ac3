//! Records that `ExtractNewRecordState` made of events: the columns of a row, and beside them `__op`, `__deleted`,
//! `__table` and other fields of the event, as the transform was told.
//! <https://debezium.io/documentation/reference/stable/transformations/event-flattening.html>

use sluicegate_model::RowKind;

use super::document::{Document, Event, Flat, added};
use super::source::Source;
use crate::envelope::{Image, Stop};

impl Document<'_, '_, '_, '_> {
    /// Reads a flattened record, whose fields about the row are known by now.
    pub(super) fn flat(&mut self, start: usize) -> Result<Event, Stop> {
        if self.envelope.before == Image::Read || self.envelope.after == Image::Read {
            return Err(Stop::Again);
        }
        let end = self.scanner.at();
        let Flat { op, deleted, source } = std::mem::take(&mut self.envelope.flat);
        let op = op.as_ref().map(|text| &self.scanner.bytes()[text.range.clone()]);
        let kind = match (op, deleted) {
            (_, Some(true)) | (Some(b"d"), _) => Some(RowKind::Delete),
            (Some(b"c" | b"r"), _) => Some(RowKind::Insert),
            (Some(b"u") | None, _) => Some(RowKind::UpdateAfter),
            (Some(b"t"), _) => None,
            (Some(b"m"), _) => return Ok(Event::Nothing),
            (Some(other), _) => {
                let found = String::from_utf8_lossy(other);
                return Ok(Event::Bad(format!("byte {start}: `__op` is {found:?}, which is no operation")));
            }
        };
        if source.has_table() {
            source.write_name(self.scanner, &mut self.stretch.name, &mut self.stretch.scratch);
        } else {
            self.stretch.use_configured_name();
        }
        let table = match self.stretch.target(self.types, self.key) {
            Ok(table) => table,
            Err(reason) => return Ok(Event::Bad(format!("byte {start}: {reason}"))),
        };
        let kinds: &'static [RowKind] = match kind {
            None => return Ok(Event::Truncate { table }),
            Some(RowKind::Insert) => &[RowKind::Insert],
            Some(RowKind::Delete) => &[RowKind::Delete],
            Some(_) => &[RowKind::UpdateAfter],
        };
        let row = self.stretch.gatherer.at(table).rows();
        self.scanner.go_to(start);
        self.stretch.gatherer.at(table).read_but(is_about_the_row, row, self.scanner, self.outer - 1)?;
        self.scanner.go_to(end);
        if kind == Some(RowKind::Delete)
            && let Err(reason) = self.fill_from_key(table, row, false)
        {
            return Ok(Event::Bad(format!("byte {start}: {reason}")));
        }
        let position =
            source.write_position(self.scanner, &mut self.stretch.position, &mut self.stretch.scratch);
        let event_time = source.times.micros(self.scanner);
        let transaction = self.keep_transaction(source.transaction());
        Ok(Event::Rows { table, kinds, event_time, position, transaction })
    }
}

/// Whether a field is one that the transform adds, of those that it adds by name. Any other is a column, even where it
/// begins as they do.
fn is_about_the_row(name: &[u8]) -> bool {
    let Some(name) = added(name) else { return false };
    let more: &[&[u8]] = &[
        b"op",
        b"deleted",
        b"name",
        b"version",
        b"connector",
        b"snapshot",
        b"row",
        b"server_id",
        b"thread",
        b"query",
        b"xmin",
        b"event_serial_no",
        b"transaction_id",
        b"transaction_total_order",
        b"transaction_data_collection_order",
    ];
    more.contains(&name) || Source::default().place(name).is_some()
}
