//! One case: what its files say, and whether a decoder meets it.

use std::path::Path;

use serde_json::{Map, Value};
use sluicegate_format::Record;
use sluicegate_model::Decoded;

use super::changelog::{self, Row};
use super::{state, target};
use crate::support::{decode_records, decoder};

/// A column of a table that a case is about.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The MySQL type, in upper case.
    pub(crate) kind: String,
}

/// A table that a case is about.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) key: Vec<String>,
}

/// What the two files say.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) format: String,
    pub(crate) options: Value,
    pub(crate) tables: Vec<Table>,
    spec: Value,
    messages: String,
    keys: Vec<Option<String>>,
}

/// How a case went.
pub(crate) enum Outcome {
    AsExpected,
    /// As an alternative that the case accepts, with its condition.
    AsAccepted(String),
    /// None of these, with what the expectation missed.
    Otherwise(String),
}

impl Case {
    pub(crate) fn read(path: &Path) -> Self {
        let spec: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let text = |key: &str| spec[key].as_str().unwrap().to_owned();
        let tables = spec["tables"].as_object().unwrap().iter().map(|(name, table)| Table::new(name, table));
        let keys = spec["keys"].as_array().into_iter().flatten();
        Self {
            id: text("id"),
            format: text("format"),
            options: spec["options"].clone(),
            tables: tables.collect(),
            messages: std::fs::read_to_string(path.with_extension("msgs")).unwrap(),
            keys: keys.map(|key| key.as_str().map(str::to_owned)).collect(),
            spec,
        }
    }

    /// Column names under `case_sensitive: false` are compared as a target without cases would have them.
    pub(crate) fn name(&self, name: &str) -> String {
        if self.options["case_sensitive"] == false { name.to_lowercase() } else { name.to_owned() }
    }

    /// Whether a schema stands beside each message.
    pub(crate) fn has_schemas(&self) -> bool {
        self.messages.starts_with("{\"schema\":{")
    }

    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Decodes the messages under a configuration and compares.
    pub(crate) fn check(&self, yaml: &str) -> Outcome {
        let tombstones = lines(&self.spec["null_value_lines"]);
        let records: Vec<Record<'_>> = (1..)
            .zip(self.messages.split_terminator('\n'))
            .map(|(line, message)| Record {
                ordinal: line,
                key: self.keys.get(line as usize - 1).and_then(|key| key.as_deref()).map(str::as_bytes),
                value: Some(message.as_bytes()).filter(|_| !tombstones.contains(&line)),
                timestamp_us: None,
                headers: &[],
            })
            .collect();
        let decoded = decode_records(&*decoder(yaml), &records);
        let why = match self.meets(&decoded, &self.spec) {
            Ok(()) => return Outcome::AsExpected,
            Err(why) => why,
        };
        for alternative in self.spec["alternatives"].as_array().into_iter().flatten() {
            if self.meets(&decoded, &self.with(alternative)).is_ok() {
                return Outcome::AsAccepted(alternative["when"].as_str().unwrap_or_default().to_owned());
            }
        }
        Outcome::Otherwise(why)
    }

    /// The expectation with what an alternative has in its place. Rows that an alternative rejects are in no table, so
    /// the tables are compared only where it says what becomes of them.
    fn with(&self, alternative: &Value) -> Value {
        let mut spec = self.spec.clone();
        if !alternative["error_lines"].is_null() {
            spec["final"] = Value::Null;
            spec["changelog"] = Value::Null;
            spec["ignored_lines"] = Value::Null;
        }
        let object = spec.as_object_mut().unwrap();
        object.extend(alternative.as_object().unwrap().clone());
        spec
    }

    fn meets(&self, decoded: &Decoded, spec: &Value) -> Result<(), String> {
        let rejected: Vec<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
        if rejected != lines(&spec["error_lines"]) {
            return Err(format!("lines {rejected:?} are rejected: {:?}", decoded.rejects));
        }
        let items = changelog::of(self, decoded);
        if let Some(ignored) = spec["ignored_lines"].as_array() {
            let ignored = lines(&Value::Array(ignored.clone()));
            let rows = items.iter().filter_map(|item| item.row());
            if let Some(row) = rows.clone().find(|row| ignored.contains(&row.line)) {
                return Err(format!("line {} is no row, and became {row:?}", row.line));
            }
        }
        if let Some(expected) = spec["changelog"].as_array() {
            changelog::compare(self, expected, &items)?;
        }
        if let Some(tables) = spec["final"].as_object() {
            state::compare(self, tables, &items)?;
            target::compare(self, tables, decoded)?;
        }
        Ok(())
    }

    /// A row of an expectation.
    pub(crate) fn expected(&self, row: &Value) -> Map<String, Value> {
        let row = row.as_object().unwrap().iter();
        row.map(|(name, value)| (self.name(name), value.clone())).collect()
    }

    /// What an expected row has that is not in a row of ours.
    pub(crate) fn misses(&self, expected: &Map<String, Value>, row: &Row) -> Option<String> {
        let table = self.table(&row.table)?;
        expected.iter().find_map(|(name, value)| {
            let kind = table.columns.iter().find(|column| self.name(&column.name) == *name);
            let kind = kind.map_or("", |column| &column.kind);
            let found = row.cells.get(name);
            let same = found.map_or(value.is_null(), |found| found.is(value, kind));
            (!same)
                .then(|| format!("line {}: {} {name}, a {kind}: {value} is {found:?}", row.line, row.table))
        })
    }
}

impl Table {
    fn new(name: &str, table: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let columns = table["columns"].as_array().unwrap().iter();
        let columns = columns.map(|column| {
            // Labels of ENUM and SET keep their case.
            let kind = text(&column[1]);
            let kind = match kind.split_once('(') {
                Some((word, rest)) => format!("{}({rest}", word.to_uppercase()),
                None => kind.to_uppercase(),
            };
            Column { name: text(&column[0]), kind }
        });
        let key = table["pk"].as_array().unwrap().iter().map(text).collect();
        Self { name: name.to_owned(), columns: columns.collect(), key }
    }
}

/// Numbers of lines, which stand alone or with a reason.
fn lines(list: &Value) -> Vec<u64> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|line| line.as_u64().or_else(|| line["line"].as_u64())).collect()
}
