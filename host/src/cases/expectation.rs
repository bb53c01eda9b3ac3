//! What was found, as an expectation.

use super::compare::{Comparison, is_meant};
use super::file::{Expect, Expected, ExpectedReject, ExpectedStop, Row, RowCell, Unit};
use super::found::{FoundRow, FoundUnit, Tables};
use super::literal::Literal;
use super::opened::Opener;
use super::run::Run;
use crate::config::locate::Place;

/// A cell as it would be written: a sealed one by what it opens to. `None` is a missing one.
pub(super) fn literal(row: &FoundRow, column: &str, opener: &Opener<'_>) -> Option<Literal> {
    let found = row.get(column)?;
    let opened = opener.open(row, column).map(|sealed| Literal::Sealed(Box::new(sealed)));
    Some(opened.unwrap_or_else(|| found.clone()))
}

/// What a run gave, in the words of the old expectation where those are still right.
pub(super) fn of_run(run: &Run, old: Option<&Expect>, opener: &Opener<'_>) -> Expect {
    let none = Expect::default();
    let old = old.unwrap_or(&none);
    let writer = Writer { comparison: Comparison { only: old.columns.as_deref(), opener } };
    let rejects = run.rejects.iter().map(|found| {
        let same = old.rejects.iter().find(|expected| is_meant(expected, found));
        same.cloned().unwrap_or_else(|| ExpectedReject {
            row: found.row,
            part: found.part,
            step: Some(found.step.clone()),
            output: found.output.clone(),
            reason: Some(found.reason.clone()),
        })
    });
    let stops = run.stops.as_ref().map(|found| {
        let fits = |wanted: &Option<String>, is: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(is);
        let same = old.stops.as_ref().filter(|expected| {
            fits(&expected.step, &|step| step == found.step)
                && fits(&expected.reason, &|reason| found.reason.contains(reason))
        });
        same.cloned().unwrap_or_else(|| ExpectedStop {
            step: Some(found.step.clone()),
            reason: Some(found.reason.clone()),
        })
    });
    let after = old.after.iter().map(|(step, expected)| {
        let empty = Tables::default();
        let found = run.after.iter().find(|(name, _)| name == step).map_or(&empty, |(_, tables)| tables);
        (step.clone(), writer.tables(expected, found))
    });
    Expect {
        columns: old.columns.clone(),
        outputs: writer.tables(&old.outputs, &run.outputs),
        schema: if old.schema.is_empty() { Vec::new() } else { run.schema.clone() },
        rejects: rejects.collect(),
        events: run.events.clone(),
        stops,
        after: after.collect(),
    }
}

struct Writer<'a> {
    comparison: Comparison<'a>,
}

impl Writer<'_> {
    fn tables(&self, old: &Expected, found: &Tables) -> Expected {
        // Tables stay in the order in which they stand in the file; new ones come after them.
        let mut names: Vec<&String> = old.iter().map(|(table, _)| table).collect();
        names.extend(
            found
                .0
                .iter()
                .map(|(table, _)| table)
                .filter(|table| !old.iter().any(|(known, _)| known == *table)),
        );
        let rows = |table: &String| {
            let old = old.iter().find(|(known, _)| known == table).map(|(_, units)| units.as_slice());
            self.rows(old.unwrap_or_default(), found.get(table))
        };
        names
            .into_iter()
            .map(|table| (table.clone(), rows(table)))
            .filter(|(_, rows)| !rows.is_empty())
            .collect()
    }

    fn rows(&self, old: &[Unit], found: &[FoundUnit]) -> Vec<Unit> {
        let pairs = self.comparison.pairs(old, found);
        let unit = |(before, now): &(Option<usize>, Option<usize>)| {
            let now = &found[(*now)?];
            let before = before.map(|before| &old[before]);
            let same = before.filter(|before| self.comparison.is_equal(before, now));
            Some(same.cloned().unwrap_or_else(|| self.unit(now, before)))
        };
        pairs.iter().filter_map(unit).collect()
    }

    fn unit(&self, found: &FoundUnit, old: Option<&Unit>) -> Unit {
        // Meta values are compared where they are named, so only those are written.
        let metas = old.into_iter().flat_map(|old| &old.meta);
        Unit {
            kind: found.kind,
            before: found.before.as_ref().map(|row| self.row(row, old.and_then(|old| old.before.as_ref()))),
            row: self.row(&found.row, old.map(|old| &old.row)),
            meta: metas.filter_map(|(name, _)| Some((name.clone(), found.row.meta(name)?.0))).collect(),
            place: Place::default(),
        }
    }

    /// A row; cells that are as the old one says stay as they were written.
    fn row(&self, found: &FoundRow, old: Option<&Row>) -> Row {
        let is_compared =
            |name: &str| self.comparison.only.is_none_or(|only| only.iter().any(|known| known == name));
        let cells = found.cells().filter(|(name, _)| is_compared(name)).filter_map(|(name, _)| {
            let written = old.and_then(|old| old.get(name)).filter(|written| match written {
                Literal::Sealed(sealed) => self.comparison.opener.opens_to(found, name, sealed),
                written => found.holds(name, written),
            });
            let literal = written.cloned().or_else(|| literal(found, name, self.comparison.opener))?;
            Some(RowCell { column: name.to_owned(), literal, place: Place::default() })
        });
        Row(cells.collect())
    }
}
