//! An operation from the parts of its document.

use sluicegate_model::RowKind;

use super::document::{Document, Envelope, Op, Operation};
use super::op_ts::Clock;
use crate::envelope::{Image, Stop, read_passed};
use crate::scan::{Text, excerpt};

impl Document<'_, '_, '_, '_> {
    /// Puts the parts of a document together that was read to its end.
    pub(super) fn finish(&mut self, start: usize, clock: &mut Clock) -> Result<Operation, Stop> {
        let end = self.scanner.at();
        if self.images_last {
            self.look_up_table();
            self.apply_keys()?;
        }
        let event_time = self.envelope.op_ts.take().and_then(|text| self.event_time(&text, clock));
        let Envelope { table, op, before, after, .. } = self.envelope;
        let (kinds, images): (&'static [RowKind], _) = match (op, before, after) {
            (Some(Op::Insert), _, Image::At(_) | Image::Read) => (&[RowKind::Insert], [Image::None, after]),
            (Some(Op::Update), Image::None, Image::At(_) | Image::Read) => {
                (&[RowKind::UpdateAfter], [Image::None, after])
            }
            (Some(Op::Update), _, Image::At(_) | Image::Read) => {
                (&[RowKind::UpdateBefore, RowKind::UpdateAfter], [before, after])
            }
            (Some(Op::Delete), Image::At(_) | Image::Read, _) => (&[RowKind::Delete], [before, Image::None]),
            (Some(Op::Truncate), ..) => (&[], [Image::None; 2]),
            (Some(Op::Insert | Op::Update), _, Image::None) => {
                self.bad(start, "the operation has no `after`, which an insert or update needs");
                (&[], [Image::None; 2])
            }
            (Some(Op::Delete), Image::None, _) => {
                self.bad(start, "the operation has no `before`, which a delete needs");
                (&[], [Image::None; 2])
            }
            (None, ..) => {
                self.bad(start, "the operation has no `op_type`");
                (&[], [Image::None; 2])
            }
        };
        let Some(table) = table else {
            self.bad(start, "the operation has no `table`");
            return Ok(Operation::Bad(self.envelope.bad.take().unwrap_or_default()));
        };
        if let Some(reason) = self.envelope.bad.take() {
            return Ok(Operation::Bad(reason));
        }
        if op == Some(Op::Truncate) {
            return Ok(Operation::Truncate { table });
        }
        read_passed(images, self.gatherer.at(table), self.scanner, 1)?;
        self.scanner.go_to(end);
        let Envelope { position, xid, token, .. } = &mut self.envelope;
        let transaction = xid.take().or(token.take());
        Ok(Operation::Rows { table, kinds, event_time, position: position.take(), transaction })
    }

    fn event_time(&mut self, text: &Text, clock: &mut Clock) -> Option<i64> {
        let bytes = &self.scanner.bytes()[text.range.clone()];
        let time = clock.read(bytes);
        if time.is_none() {
            let found = excerpt(bytes);
            self.bad(text.range.start, format_args!("`op_ts` is {found}, no YYYY-MM-DD HH:MM:SS.ffffff"));
        }
        time
    }
}
