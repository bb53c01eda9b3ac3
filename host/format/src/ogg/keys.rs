//! The primary key of an operation.

use super::document::Document;
use crate::envelope::{Image, Stop};
use crate::scan::Scanner;

impl Document<'_, '_, '_, '_> {
    pub(super) fn primary_keys(&mut self) -> Result<(), Stop> {
        if self.envelope.keys.is_some() && !self.images_last {
            return Err(Stop::Again);
        }
        self.envelope.keys = Some(self.scanner.at());
        if self.images_last || self.envelope.table.is_none() {
            self.scanner.value(1)?;
            return Ok(());
        }
        self.apply_keys()
    }

    /// Gives the table the primary key of the document, once both are known. If the key comes next it is passed.
    pub(super) fn apply_keys(&mut self) -> Result<(), Stop> {
        let (Some(table), Some(at)) = (self.envelope.table, self.envelope.keys) else { return Ok(()) };
        let mut scanner = self.scanner.clone();
        scanner.go_to(at);
        let end = if let Some(length) = self.gatherer.at(table).same_key_text(scanner.rest()) {
            at + length
        } else {
            let text = scanner.value(1)?;
            let end = text.end;
            match key_columns(&mut scanner, text.start) {
                Keys::Names(columns) => {
                    if self.envelope.before == Image::Read || self.envelope.after == Image::Read {
                        return Err(Stop::Again);
                    }
                    let table = self.gatherer.keyed(table, columns, &scanner.bytes()[text]);
                    self.envelope.table = Some(table);
                }
                // Null says nothing.
                Keys::Null => {}
                Keys::Other => self.bad(at, "`primary_keys` is no array of names"),
            }
            end
        };
        if self.scanner.at() == at {
            self.scanner.go_to(end);
        }
        Ok(())
    }
}

/// What stands at `primary_keys`.
enum Keys {
    Names(Vec<String>),
    Null,
    Other,
}

/// The key columns at a place, whose value was passed before.
fn key_columns(scanner: &mut Scanner<'_>, at: usize) -> Keys {
    scanner.go_to(at);
    if scanner.literal(b"null").is_ok() {
        return Keys::Null;
    }
    scanner.names().map_or(Keys::Other, Keys::Names)
}
