//! The rows of a message.

use sluicegate_model::RowKind;

use super::document::Kind;
use crate::build::{Change, Table};
use crate::scan::{Fault, Scanner};

/// Rows that are to be read, and where they stand. `data` and `old` were passed before.
pub(super) struct Rows<'a> {
    pub(super) kind: Kind,
    pub(super) data: usize,
    pub(super) old: Option<usize>,
    pub(super) change: Change<'a>,
}

const OTHER_LENGTH: &str = "`old` has another number of rows than `data`";

impl Rows<'_> {
    /// Reads all rows into a table.
    ///
    /// # Errors
    /// The reason where they are none; some may be in the table then.
    pub(super) fn read(&self, table: &mut Table, scanner: &mut Scanner<'_>) -> Result<(), String> {
        self.all(table, scanner).map_err(|fault| fault.to_string())
    }

    fn all(&self, table: &mut Table, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let old = self.old.filter(|_| self.kind == Kind::Update);
        let mut old = old.map(|at| Items::new(scanner.clone(), at)).filter(|old| !old.is_empty());
        let mut data = Items::new(scanner.clone(), self.data);
        let mut several = false;
        let mut part = 0;
        while data.next() {
            if old.as_mut().is_some_and(|old| !old.next()) {
                return Err(Fault { at: self.old.unwrap_or(self.data), what: OTHER_LENGTH });
            }
            let kinds = self.row(table, &mut data.scanner, old.as_mut().map(|old| &mut old.scanner))?;
            several |= data.another_follows();
            table.commit(kinds, Change { part: several.then_some(part), ..self.change });
            part += 1;
        }
        if old.as_mut().is_some_and(Items::next) {
            return Err(Fault { at: self.old.unwrap_or(self.data), what: OTHER_LENGTH });
        }
        Ok(())
    }

    /// Reads a row, and its old values where they come next.
    fn row(
        &self,
        table: &mut Table,
        data: &mut Scanner<'_>,
        old: Option<&mut Scanner<'_>>,
    ) -> Result<&'static [RowKind], Fault> {
        let row = table.rows();
        table.read(row, data, 2)?;
        match (self.kind, old) {
            (Kind::Delete, _) => Ok(&[RowKind::Delete]),
            (Kind::Update, Some(old)) if old.peek() == b'{' => {
                table.read_old(row, old, 2)?;
                Ok(&[RowKind::UpdateBefore, RowKind::UpdateAfter])
            }
            (Kind::Update, Some(old)) => {
                old.literal(b"null")?;
                Ok(&[RowKind::UpdateAfter])
            }
            (Kind::Update, None) => Ok(&[RowKind::UpdateAfter]),
            _ => Ok(&[RowKind::Insert]),
        }
    }
}

/// The items of an array, one after the other.
struct Items<'m> {
    scanner: Scanner<'m>,
    first: bool,
}

impl<'m> Items<'m> {
    /// The array at a place.
    fn new(mut scanner: Scanner<'m>, at: usize) -> Self {
        scanner.go_to(at);
        scanner.eat(b'[');
        scanner.skip_space();
        Self { scanner, first: true }
    }

    fn is_empty(&self) -> bool {
        self.scanner.peek() == b']'
    }

    /// Whether another one follows the one that was read.
    fn another_follows(&mut self) -> bool {
        self.scanner.skip_space();
        self.scanner.peek() == b','
    }

    /// Goes to the next one, the one before having been read.
    fn next(&mut self) -> bool {
        self.scanner.skip_space();
        if self.scanner.eat(b']') {
            return false;
        }
        if !std::mem::replace(&mut self.first, false) {
            self.scanner.eat(b',');
            self.scanner.skip_space();
        }
        true
    }
}
