//! What differs from what is expected.

use std::collections::BTreeSet;

use sluicegate_model::RowKind;

use super::align::{DIFFERENT, align};
use super::columns::type_name;
use super::expectation;
use super::file::{Expect, Expected, ExpectedReject, Row, Unit};
use super::found::{FoundRow, FoundUnit, Tables, is_same};
use super::literal::Literal;
use super::opened::Opener;
use super::run::{FoundReject, Run};
use super::yaml;

/// One thing that differs.
#[derive(Debug)]
pub(crate) enum Difference {
    /// Rows of a table.
    Rows(RowsDifference),
    /// Anything else, in words.
    Other(String),
}

/// Rows of a table that are not as expected.
#[derive(Debug)]
pub(crate) struct RowsDifference {
    /// The step after which they are compared; `None`: the last.
    pub(crate) after: Option<String>,
    pub(crate) table: String,
    /// The columns of the sides' cells.
    pub(crate) columns: Vec<String>,
    /// Rows that are as expected.
    pub(crate) equal: usize,
    /// A pair of sides each; without one the row is missing or additional.
    pub(crate) rows: Vec<(Option<Side>, Option<Side>)>,
}

/// A row as it is expected, or as it was found; two of an update with its row before.
#[derive(Debug)]
pub(crate) struct Side {
    /// Its place among the rows of its side.
    pub(crate) number: usize,
    pub(crate) rows: Vec<SideRow>,
}

/// A row of a side.
#[derive(Debug)]
pub(crate) struct SideRow {
    /// `+I`, `-U`, `+U`, `-D`.
    pub(crate) kind: &'static str,
    /// Whether the kind differs.
    pub(crate) kind_differs: bool,
    /// The cells by column; `None` is a missing one. With each whether it differs.
    pub(crate) cells: Vec<(Option<String>, bool)>,
}

/// All that differs.
pub(super) fn compare(expect: &Expect, run: &Run, opener: &Opener<'_>) -> Vec<Difference> {
    let mut differences = Vec::new();
    let comparison = Comparison { only: expect.columns.as_deref(), opener };
    stops(expect, run, &mut differences);
    comparison.tables(None, &expect.outputs, &run.outputs, &mut differences);
    for (step, expected) in &expect.after {
        let none = Tables::default();
        let found = run.after.iter().find(|(name, _)| name == step).map_or(&none, |(_, tables)| tables);
        comparison.tables(Some(step), expected, found, &mut differences);
    }
    if !expect.schema.is_empty() {
        schemas(expect, run, &mut differences);
    }
    rejects(&expect.rejects, &run.rejects, &mut differences);
    events(&expect.events, &run.events, &mut differences);
    differences
}

fn stops(expect: &Expect, run: &Run, differences: &mut Vec<Difference>) {
    let told = match (&expect.stops, &run.stops) {
        (None, Some(found)) => format!("step {} stops the pipeline: {}", found.step, found.reason),
        (Some(expected), None) => {
            let step = expected.step.as_ref().map_or(String::new(), |step| format!(" by step {step}"));
            format!("the pipeline should be stopped{step}, and is not")
        }
        (Some(expected), Some(found)) => {
            let step = expected.step.as_ref().is_some_and(|step| *step != found.step);
            let reason =
                expected.reason.as_ref().is_some_and(|reason| !found.reason.contains(reason.as_str()));
            if !step && !reason {
                return;
            }
            format!("the pipeline is stopped otherwise: by step {}: {}", found.step, found.reason)
        }
        (None, None) => return,
    };
    differences.push(Difference::Other(told));
}

fn schemas(expect: &Expect, run: &Run, differences: &mut Vec<Difference>) {
    let name = |columns: &[(String, arrow_schema::DataType)], wanted: &str| {
        let types = columns.iter().filter(|(name, _)| name == wanted).map(|(_, of)| type_name(of));
        types.collect::<Vec<_>>().join(" and ")
    };
    for (table, expected) in &expect.schema {
        let Some((_, found)) = run.schema.iter().find(|(known, _)| known == table) else {
            differences.push(Difference::Other(format!(
                "{table} has no rows, so none of the columns of its schema"
            )));
            continue;
        };
        let names: BTreeSet<&str> = expected.iter().chain(found).map(|(column, _)| column.as_str()).collect();
        for column in names {
            let (wanted, is) = (name(expected, column), name(found, column));
            let told = match (wanted.as_str(), is.as_str()) {
                (a, b) if a == b => continue,
                ("", is) => format!("{table} has the additional column {column}: {is}"),
                (wanted, "") => format!("{table} has no column {column}: {wanted}"),
                (wanted, is) => format!("{table}.{column} is {is}, and should be {wanted}"),
            };
            differences.push(Difference::Other(told));
        }
    }
    for (table, _) in &run.schema {
        if !expect.schema.iter().any(|(known, _)| known == table) {
            differences.push(Difference::Other(format!("{table} is not in the expected schema")));
        }
    }
}

/// Whether a refused row is the one that is meant.
pub(super) fn is_meant(expected: &ExpectedReject, found: &FoundReject) -> bool {
    expected.row == found.row
        && expected.part.is_none_or(|part| Some(part) == found.part)
        && expected.step.as_ref().is_none_or(|step| *step == found.step)
        && expected.output.as_ref().is_none_or(|output| Some(output) == found.output.as_ref())
        && expected.reason.as_ref().is_none_or(|reason| found.reason.contains(reason.as_str()))
}

fn rejects(expected: &[ExpectedReject], found: &[FoundReject], differences: &mut Vec<Difference>) {
    let mut left: Vec<&FoundReject> = found.iter().collect();
    let mut unmet = Vec::new();
    for expected in expected {
        match left.iter().position(|found| is_meant(expected, found)) {
            Some(place) => {
                left.remove(place);
            }
            None => unmet.push(expected),
        }
    }
    for expected in unmet {
        let row = expected.row;
        let why = expected.reason.as_ref().map_or(String::new(), |reason| format!(": ...{reason}..."));
        let step = expected.step.as_ref().map_or(String::new(), |step| format!(" by {step}"));
        // The row that was refused otherwise is told with it.
        let told = match left.iter().position(|found| found.row == row) {
            Some(place) => {
                let found = left.remove(place);
                format!(
                    "row {row} should be refused{step}{why}\n  and is refused by {}: {}",
                    found.step, found.reason
                )
            }
            None => format!("row {row} should be refused{step}{why}, and is not"),
        };
        differences.push(Difference::Other(told));
    }
    for found in left {
        let part = found.part.map_or(String::new(), |part| format!(".{part}"));
        let told = format!("row {}{part} is refused by {}: {}", found.row, found.step, found.reason);
        differences.push(Difference::Other(told));
    }
}

fn events(expected: &[String], found: &[String], differences: &mut Vec<Difference>) {
    for event in expected.iter().filter(|event| !found.contains(event)) {
        differences.push(Difference::Other(format!("the event `{event}` is expected, and is not there")));
    }
    for event in found.iter().filter(|event| !expected.contains(event)) {
        differences.push(Difference::Other(format!("the event `{event}` is additional")));
    }
}

/// How rows are compared.
pub(super) struct Comparison<'a> {
    /// The only columns that are.
    pub(super) only: Option<&'a [String]>,
    pub(super) opener: &'a Opener<'a>,
}

impl Comparison<'_> {
    fn tables(
        &self,
        after: Option<&str>,
        expected: &Expected,
        found: &Tables,
        differences: &mut Vec<Difference>,
    ) {
        let mut names: Vec<&str> = expected.iter().map(|(table, _)| table.as_str()).collect();
        names.extend(
            found
                .0
                .iter()
                .map(|(table, _)| table.as_str())
                .filter(|table| !expected.iter().any(|(known, _)| known == table)),
        );
        for table in names {
            let wanted = expected.iter().find(|(known, _)| known == table);
            let wanted = wanted.map(|(_, units)| units.as_slice()).unwrap_or_default();
            if let Some(rows) = self.rows(wanted, found.get(table)) {
                let (after, table) = (after.map(str::to_owned), table.to_owned());
                differences.push(Difference::Rows(RowsDifference { after, table, ..rows }));
            }
        }
    }

    /// Expected and found rows, as pairs.
    pub(super) fn pairs(
        &self,
        expected: &[Unit],
        found: &[FoundUnit],
    ) -> Vec<(Option<usize>, Option<usize>)> {
        align(expected.len(), found.len(), |row, column| self.distance(&expected[row], &found[column]))
    }

    fn rows(&self, expected: &[Unit], found: &[FoundUnit]) -> Option<RowsDifference> {
        let pairs = self.pairs(expected, found);
        let differs = |pair: &&(Option<usize>, Option<usize>)| match **pair {
            (Some(e), Some(f)) => !self.is_equal(&expected[e], &found[f]),
            _ => true,
        };
        let differing: Vec<_> = pairs.iter().filter(differs).collect();
        if differing.is_empty() {
            return None;
        }
        let mut columns: Vec<String> = Vec::new();
        let mut note = |name: &str| {
            if !columns.iter().any(|known| known == name) && self.is_compared(name) {
                columns.push(name.to_owned());
            }
        };
        for (e, f) in &differing {
            // The found side first: its columns are in the order of the schema.
            for row in f.iter().flat_map(|f| found_rows(&found[*f])) {
                row.names().for_each(&mut note);
            }
            for row in e.iter().flat_map(|e| expected_rows(&expected[*e])) {
                row.0.iter().for_each(|cell| note(&cell.column));
            }
        }
        let metas: BTreeSet<String> = differing
            .iter()
            .filter_map(|(e, _)| *e)
            .flat_map(|e| expected[e].meta.iter().map(|(name, _)| name.clone()))
            .collect();
        let rows = differing
            .iter()
            .map(|(e, f)| {
                self.sides(e.map(|e| (e, &expected[e])), f.map(|f| (f, &found[f])), &columns, &metas)
            })
            .collect();
        let shown = metas.iter().map(|name| format!("$meta.{name}"));
        let columns: Vec<String> = columns.iter().cloned().chain(shown).collect();
        let equal = pairs.len() - differing.len();
        Some(RowsDifference { after: None, table: String::new(), columns, equal, rows })
    }

    fn sides(
        &self,
        expected: Option<(usize, &Unit)>,
        found: Option<(usize, &FoundUnit)>,
        columns: &[String],
        metas: &BTreeSet<String>,
    ) -> (Option<Side>, Option<Side>) {
        let both = expected.zip(found).map(|((_, expected), (_, found))| (expected, found));
        // Where one side has a row before and the other has none, no cell of it has a partner.
        let cell_differs = |before: bool, column: &str| {
            both.is_some_and(|(expected, found)| {
                let rows = if before {
                    (expected.before.as_ref(), found.before.as_ref())
                } else {
                    (Some(&expected.row), Some(&found.row))
                };
                match rows {
                    (Some(expected), Some(found)) => !self.is_cell(column, expected.get(column), found),
                    _ => true,
                }
            })
        };
        let kind_differs = both.is_some_and(|(expected, found)| expected.kind != found.kind);
        let meta_differs =
            |name: &str| both.is_some_and(|(expected, found)| !metas_match(expected, found, Some(name)));
        let side_row = |kind: RowKind, before: bool, cells: Vec<(Option<String>, bool)>| {
            let kind = if before { RowKind::UpdateBefore } else { kind };
            SideRow { kind: kind.short(), kind_differs, cells }
        };
        let expected = expected.map(|(number, unit)| {
            let row = |row: &Row, before: bool| {
                let cells = columns
                    .iter()
                    .map(|column| (row.get(column).map(yaml::inline), cell_differs(before, column)));
                let meta = |name: &String| {
                    let value = unit.meta.iter().find(|(known, _)| known == name);
                    (value.map(|(_, value)| yaml::inline(&yaml::of_meta(value))), meta_differs(name))
                };
                side_row(unit.kind, before, cells.chain(metas.iter().map(meta)).collect())
            };
            let rows = unit.before.iter().map(|before| row(before, true)).chain([row(&unit.row, false)]);
            Side { number, rows: rows.collect() }
        });
        let found = found.map(|(number, unit)| {
            let row = |row: &FoundRow, before: bool| {
                let cells = columns.iter().map(|column| {
                    let shown = expectation::literal(row, column, self.opener);
                    (shown.as_ref().map(yaml::inline), cell_differs(before, column))
                });
                let meta = |name: &String| {
                    let value = row.meta(name).map(|(value, _)| yaml::inline(&yaml::of_meta(&value)));
                    (value, meta_differs(name))
                };
                side_row(unit.kind, before, cells.chain(metas.iter().map(meta)).collect())
            };
            let rows = unit.before.iter().map(|before| row(before, true)).chain([row(&unit.row, false)]);
            Side { number, rows: rows.collect() }
        });
        (expected, found)
    }

    fn is_compared(&self, column: &str) -> bool {
        self.only.is_none_or(|only| only.iter().any(|known| known == column))
    }

    /// Whether a cell is as expected. `None` is a missing one.
    fn is_cell(&self, column: &str, expected: Option<&Literal>, found: &FoundRow) -> bool {
        match expected {
            None => found.get(column).is_none(),
            Some(Literal::Sealed(sealed)) => self.opener.opens_to(found, column, sealed),
            Some(literal) => found.holds(column, literal),
        }
    }

    fn differing_cells(&self, expected: &Row, found: &FoundRow) -> (usize, usize) {
        let of_found = found.names().filter(|name| self.is_compared(name));
        let only_expected = expected.0.iter().map(|cell| cell.column.as_str());
        let only_expected =
            only_expected.filter(|name| self.is_compared(name) && !found.names().any(|n| n == *name));
        let names: Vec<&str> = of_found.chain(only_expected).collect();
        let differing = names.iter().filter(|name| !self.is_cell(name, expected.get(name), found)).count();
        (differing, names.len())
    }

    /// How far a row is from what is expected: 0 to [`DIFFERENT`].
    fn distance(&self, expected: &Unit, found: &FoundUnit) -> u32 {
        let (mut differing, mut all) = self.differing_cells(&expected.row, &found.row);
        match (&expected.before, &found.before) {
            (Some(expected), Some(found)) => {
                let before = self.differing_cells(expected, found);
                (differing, all) = (differing + before.0, all + before.1);
            }
            (None, None) => {}
            _ => (differing, all) = (differing + 1, all + 1),
        }
        if expected.kind != found.kind || !metas_match(expected, found, None) {
            (differing, all) = (differing + 1, all + 1);
        }
        match differing {
            0 => 0,
            differing => (differing as u32 * DIFFERENT / all.max(1) as u32).max(1),
        }
    }

    pub(super) fn is_equal(&self, expected: &Unit, found: &FoundUnit) -> bool {
        self.distance(expected, found) == 0
    }
}

fn expected_rows(unit: &Unit) -> impl Iterator<Item = &Row> {
    unit.before.iter().chain([&unit.row])
}

fn found_rows(unit: &FoundUnit) -> impl Iterator<Item = &FoundRow> {
    unit.before.iter().chain([&unit.row])
}

/// Whether the meta values that are expected, or the one of a name, are there.
fn metas_match(expected: &Unit, found: &FoundUnit, name: Option<&str>) -> bool {
    expected.meta.iter().filter(|(known, _)| name.is_none_or(|name| name == known)).all(|(name, literal)| {
        found.row.meta(name).is_some_and(|(value, data_type)| is_same(literal, &value, &data_type, None))
    })
}
