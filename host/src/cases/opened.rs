//! Sealed cells, opened: a sealed value differs each time, what it opens to does not.

use sluicegate_keys::KeyRing;
use sluicegate_model::Column;

use super::file::{Expect, Row};
use super::found::{self, FoundRow};
use super::literal::{Literal, Sealed};
use crate::config::Config;
use crate::config::under_test::SealedAs;

/// Opens cells with the keys of a pipeline.
pub(super) struct Opener<'a> {
    ring: &'a KeyRing,
    /// How cells may be sealed: by the `crypt` steps, and as a case says.
    known: Vec<SealedAs>,
}

impl<'a> Opener<'a> {
    pub(super) fn new(config: &'a Config, expect: Option<&Expect>) -> Self {
        let mut known = config.sealed_columns();
        for row in expect.into_iter().flat_map(rows) {
            for cell in &row.0 {
                if let Literal::Sealed(sealed) = &cell.literal
                    && let Some(sealed_as) = sealed_as(sealed)
                    && !known.contains(&sealed_as)
                {
                    known.push(sealed_as);
                }
            }
        }
        Self::of(config.ring(), known)
    }

    /// Opens with a ring what is sealed in one of these ways.
    pub(super) fn of(ring: &'a KeyRing, known: Vec<SealedAs>) -> Self {
        Self { ring, known }
    }

    /// Whether a cell is sealed and opens to what is expected.
    pub(super) fn opens_to(&self, row: &FoundRow, column: &str, expected: &Sealed) -> bool {
        match sealed_as(expected) {
            Some(sealed_as) => {
                self.try_one(row, column, &sealed_as).is_some_and(|value| value == expected.value)
            }
            None => self.open(row, column).is_some_and(|opened| opened.value == expected.value),
        }
    }

    /// What a cell opens to, and how; `None` where it opens with nothing that is known.
    pub(super) fn open(&self, row: &FoundRow, column: &str) -> Option<Sealed> {
        if !matches!(row.get(column), Some(Literal::Text(_) | Literal::Bytes(_))) {
            return None;
        }
        let same_name = |known: &&SealedAs| known.column.as_deref() == Some(column);
        // A step may have renamed the column. What is not authenticated may seem to open where it was never sealed.
        let binds =
            |known: &&SealedAs| self.ring.algorithm(&known.key).is_ok_and(sluicegate_keys::Algorithm::binds);
        let named = self.known.iter().filter(same_name);
        let others = self.known.iter().filter(|known| !same_name(known) && binds(known));
        named.chain(others).find_map(|known| {
            let value = self.try_one(row, column, known)?;
            let plain = known.column.is_some();
            Some(Sealed {
                value,
                key: (!plain).then(|| known.key.clone()),
                context: if plain { String::new() } else { known.context.clone() },
                bind: if plain { Vec::new() } else { known.bind.clone() },
            })
        })
    }

    fn try_one(&self, row: &FoundRow, column: &str, sealed_as: &SealedAs) -> Option<String> {
        let cell = |name: &str| -> Option<Column> { Some(row.batch().column(name)?.slice(row.place(), 1)) };
        let bound: Vec<Column> = sealed_as.bind.iter().map(|name| cell(name)).collect::<Option<_>>()?;
        let opened = self.ring.open(&cell(column)?, &sealed_as.key, &sealed_as.context, &bound).ok()?;
        if !opened.failed.is_empty() {
            return None;
        }
        match found::cells(&opened.column, None).pop()?? {
            Literal::Text(text) => Some(text),
            Literal::Bytes(bytes) => String::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}

/// How a cell says that it is sealed, where it names a key.
fn sealed_as(sealed: &Sealed) -> Option<SealedAs> {
    let key = sealed.key.clone()?;
    Some(SealedAs { column: None, key, context: sealed.context.clone(), bind: sealed.bind.clone() })
}

/// All rows that are expected.
fn rows(expect: &Expect) -> impl Iterator<Item = &Row> {
    let after = expect.after.iter().flat_map(|(_, tables)| tables);
    let units = expect.outputs.iter().chain(after).flat_map(|(_, units)| units);
    units.flat_map(|unit| std::iter::once(&unit.row).chain(&unit.before))
}
