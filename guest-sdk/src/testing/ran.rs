//! What came out.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};
use sluicegate_interface::outcome::Assembled;
use sluicegate_interface::shape;
use sluicegate_model::ChangeBatch;

use super::json;
use crate::Column;
use crate::bindings::session::{Level, StepKeys};

/// What a call gave.
#[derive(Debug)]
pub struct Ran {
    outputs: Vec<Written>,
    rejects: Vec<(u32, String)>,
    lines: Vec<(Level, String)>,
}

/// Rows that go out to a table.
#[derive(Debug)]
pub struct Written {
    batch: ChangeBatch,
    keys: StepKeys,
}

impl Ran {
    pub(super) fn new(told: Assembled, keys: StepKeys, lines: Vec<(Level, String)>) -> Self {
        let outputs = told.outputs.into_iter().map(|batch| Written { batch, keys: keys.clone() }).collect();
        Self { outputs, rejects: told.rejects, lines }
    }

    /// The outputs that have rows, in the order in which they are written.
    pub fn outputs(&self) -> &[Written] {
        &self.outputs
    }

    /// The only output.
    ///
    /// # Panics
    /// Where there is none, or another.
    #[track_caller]
    pub fn only(&self) -> &Written {
        match self.outputs.as_slice() {
            [only] => only,
            _ => panic!("there are {} outputs, not one:\n{self}", self.outputs.len()),
        }
    }

    /// The output to a table.
    ///
    /// # Panics
    /// Where there is none.
    #[track_caller]
    pub fn output(&self, table: &str) -> &Written {
        let found = self.outputs.iter().find(|output| output.table() == table);
        found.unwrap_or_else(|| panic!("there is no output to {table}:\n{self}"))
    }

    /// Rows that go to the dead letters, by their number in the input, and why. The other half of a pair is among
    /// them: it goes along.
    pub fn rejects(&self) -> &[(u32, String)] {
        &self.rejects
    }

    /// That these rows are rejected, in order, each for a reason that holds this text.
    ///
    /// # Panics
    /// Where it is not so.
    #[track_caller]
    pub fn assert_rejects(&self, expected: &[(u32, &str)]) -> &Self {
        let same = self.rejects.len() == expected.len()
            && self
                .rejects
                .iter()
                .zip(expected)
                .all(|((row, why), (r, part))| row == r && why.contains(part));
        assert!(same, "other rows are rejected than {expected:?}:\n{self}");
        self
    }

    /// Lines of the log.
    pub fn log(&self) -> &[(Level, String)] {
        &self.lines
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for output in &self.outputs {
            writeln!(f, "{output}")?;
        }
        for (row, why) in &self.rejects {
            writeln!(f, "rejected: row {row}: {why}")?;
        }
        Ok(())
    }
}

impl Written {
    /// The table.
    pub fn table(&self) -> &str {
        self.batch.table().as_str()
    }

    /// The rows as JSON: a cell that is missing is not there.
    pub fn rows(&self) -> Vec<Value> {
        let mut rows = vec![Map::new(); self.batch.len()];
        for (field, column) in self.batch.schema().fields().iter().zip(self.batch.columns()) {
            for (row, cell) in rows.iter_mut().zip(json::cells(column)) {
                if let Some(value) = cell {
                    row.insert(field.name().clone(), value);
                }
            }
        }
        rows.into_iter().map(Value::Object).collect()
    }

    /// What each row does: `+I -U +U -D`.
    pub fn kinds(&self) -> String {
        self.short_kinds().join(" ")
    }

    fn short_kinds(&self) -> Vec<&'static str> {
        (0..self.batch.len()).map(|row| self.batch.kind(row).short()).collect()
    }

    /// Names of the key's fields.
    pub fn primary_key(&self) -> &[String] {
        self.batch.primary_key()
    }

    /// Names and types of the columns, as [`Case::fields`](super::Case::fields) takes them.
    pub fn fields(&self) -> Vec<(String, String)> {
        let field =
            |field: &arrow_schema::FieldRef| (field.name().clone(), shape::name_of(field.data_type()));
        self.batch.schema().fields().iter().map(field).collect()
    }

    /// A column, for the readers of [`Column`].
    ///
    /// # Panics
    /// Where there is none of that name.
    #[track_caller]
    pub fn column(&self, name: &str) -> Column {
        Column::new(self.host_column(name).clone())
    }

    #[track_caller]
    fn host_column(&self, name: &str) -> &sluicegate_model::Column {
        let column = self.batch.column(name);
        column.unwrap_or_else(|| panic!("there is no column {name}:\n{self}"))
    }

    /// A column about the rows.
    pub fn meta(&self, name: &str) -> Option<Column> {
        sluicegate_interface::input::meta_column(&self.batch, name).map(Column::new)
    }

    /// What a sealed column opens to under one of the test's keys, granted or not.
    ///
    /// # Panics
    /// Where a cell does not open.
    #[track_caller]
    pub fn opened(&self, name: &str, key: &str, context: &str, bound_to: &[&str]) -> Vec<Value> {
        let bound: Vec<_> = bound_to.iter().map(|name| self.host_column(name).clone()).collect();
        let opened = self.keys.ring.open(self.host_column(name), key, context, &bound);
        let opened = opened.unwrap_or_else(|why| panic!("column {name} does not open: {why}"));
        if let Some((row, why)) = opened.failed.first() {
            panic!("row {row} of column {name} does not open: {why}");
        }
        json::cells(&opened.column).into_iter().map(|cell| cell.unwrap_or(Value::Null)).collect()
    }

    /// That these are the rows, in order, whatever they do. Cells are compared as values of the column's type.
    ///
    /// # Panics
    /// Where they are others, with what differs.
    #[track_caller]
    pub fn assert_rows(&self, expected: impl IntoIterator<Item = Value>) -> &Self {
        let expected = self.as_typed(expected.into_iter().collect());
        let found = self.rows();
        assert!(found == expected, "{}", self.difference(&expected, &found));
        self
    }

    /// That the rows do this: `"+I -U +U -D"`.
    ///
    /// # Panics
    /// Where they do not.
    #[track_caller]
    pub fn assert_kinds(&self, expected: &str) -> &Self {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert!(self.short_kinds() == expected, "the kinds are not {}:\n{self}", expected.join(" "));
        self
    }

    /// That these are the names and types of the columns, in order.
    ///
    /// # Panics
    /// Where they are not.
    #[track_caller]
    pub fn assert_fields(&self, expected: &[(&str, &str)]) -> &Self {
        let found = self.fields();
        let typed = |(name, of): &(&str, &str)| ((*name).to_owned(), shape::name_of(&json::parse_type(of)));
        let expected: Vec<(String, String)> = expected.iter().map(typed).collect();
        assert_eq!(found, expected, "columns of {}", self.table());
        self
    }

    /// Expected cells in the form in which the column's own are printed; one that is no value of the type stays.
    fn as_typed(&self, mut rows: Vec<Value>) -> Vec<Value> {
        for row in &mut rows {
            let Value::Object(row) = row else { continue };
            for (name, value) in row.iter_mut() {
                let Some(column) = self.batch.column(name) else { continue };
                let one = vec![Some(value.clone())];
                let typed = json::column(column.data_type(), &one).ok().map(|column| json::cells(&column));
                if let Some(typed) = typed.and_then(|mut cells| cells.pop().flatten()) {
                    *value = typed;
                }
            }
        }
        rows
    }

    fn difference(&self, expected: &[Value], found: &[Value]) -> String {
        let mut text = format!("the rows to {} differ (- expected, + found):\n", self.table());
        let kinds = self.short_kinds();
        for row in 0..expected.len().max(found.len()) {
            let kind = kinds.get(row).copied().unwrap_or("  ");
            match (expected.get(row), found.get(row)) {
                (Some(expected), Some(found)) if expected == found => {
                    let _ = writeln!(text, "  row {row} {kind} {found}");
                }
                (expected, found) => {
                    if let Some(expected) = expected {
                        let _ = writeln!(text, "- row {row}    {expected}");
                    }
                    if let Some(found) = found {
                        let _ = writeln!(text, "+ row {row} {kind} {found}");
                    }
                }
            }
        }
        text
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "to {}:", self.table())?;
        for (kind, row) in self.short_kinds().into_iter().zip(self.rows()) {
            write!(f, "\n  {kind} {row}")?;
        }
        Ok(())
    }
}
