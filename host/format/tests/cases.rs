//! Messages of other projects' own tests, where their collection lies beside the project.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sluicegate_format::Record;
use sluicegate_model::{ChangeBatch, Decoded, RowKind};
use support::{batches, decode_records, decoder, encode, encoder};

type Row = Map<String, Value>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/formats")
}

#[test]
fn other_projects_messages_give_their_rows() {
    let Ok(folder) = folder().read_dir() else {
        println!("skipped: there is no collection of cases at {}", folder().display());
        return;
    };
    let mut seen = 0;
    for entry in folder {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let ours = name.starts_with("ogg-") || name.starts_with("json-");
        if ours && path.extension().is_some_and(|extension| extension == "json") {
            check(&name, &path);
            seen += 1;
        }
    }
    assert!(seen > 0, "the collection holds no case of our formats");
}

struct Case {
    name: String,
    spec: Value,
    lower_names: bool,
}

fn check(name: &str, path: &Path) {
    let spec: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let messages = std::fs::read_to_string(path.with_extension("msgs")).unwrap();
    let lower_names = spec["options"]["case_sensitive"] == false;
    let case = Case { name: name.to_owned(), spec, lower_names };
    let null_lines = case.lines("null_value_lines");
    let records: Vec<Record<'_>> = (1..)
        .zip(messages.split_terminator('\n'))
        .map(|(line, message)| Record {
            ordinal: line,
            key: None,
            value: Some(message.as_bytes()).filter(|_| !null_lines.contains(&line)),
            timestamp_us: None,
            headers: &[],
        })
        .collect();
    let decoded = decode_records(&*decoder(&case.configuration()), &records);
    let rejected: Vec<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
    assert_eq!(rejected, case.lines("error_lines"), "{name}: {:?}", decoded.rejects);
    case.check_changelog(&decoded);
    case.check_final(&decoded);
    println!("{name}: {} messages", records.len());
}

impl Case {
    fn lines(&self, key: &str) -> Vec<u64> {
        let lines = self.spec[key].as_array().into_iter().flatten();
        lines.filter_map(|line| line.as_u64().or_else(|| line["line"].as_u64())).collect()
    }

    fn configuration(&self) -> String {
        if self.spec["format"] == "ogg-json" {
            return "ogg-json".to_owned();
        }
        let table = self.spec["options"]["table"].as_str().unwrap();
        let columns = self.spec["tables"][table]["columns"].as_array().unwrap().iter();
        let types: Vec<String> = columns
            .map(|column| {
                let name = column[0].as_str().unwrap();
                let word = column[1].as_str().unwrap().split('(').next().unwrap().to_lowercase();
                format!("{name}: {}", if word == "varchar" { "text" } else { &word })
            })
            .collect();
        format!("json: {{ table: {table}, schema: {{ {table}: {{ {} }} }} }}", types.join(", "))
    }

    fn table_of(&self, batch: &ChangeBatch) -> String {
        let table = batch.table().as_str();
        self.spec["options"]["route"][table].as_str().unwrap_or(table).to_owned()
    }

    fn column_name(&self, name: &str) -> String {
        if self.lower_names { name.to_lowercase() } else { name.to_owned() }
    }

    /// The rows of the tables that the case is about, in order.
    fn rows(&self, decoded: &Decoded) -> Vec<(String, RowKind, Row)> {
        let writer = encoder("json: { deletes: flag, timestamps: sql }");
        let mut rows = Vec::new();
        for batch in batches(decoded) {
            for row in 0..batch.len() {
                let written = encode(&*writer, &batch.slice(row, 1)).remove(0).unwrap();
                let mut cells: Row = serde_json::from_str(&written).unwrap();
                cells.remove("__deleted");
                let cells = cells.into_iter().map(|(name, value)| (self.column_name(&name), value)).collect();
                rows.push((self.table_of(batch), batch.kind(row), cells));
            }
        }
        rows.retain(|(table, ..)| self.spec["tables"].get(table).is_some());
        rows
    }

    fn check_changelog(&self, decoded: &Decoded) {
        let Some(changelog) = self.spec["changelog"].as_array() else { return };
        let rows = self.rows(decoded);
        assert!(rows.len() >= changelog.len(), "{}: {} rows", self.name, rows.len());
        for (expected, (table, kind, row)) in changelog.iter().zip(&rows) {
            assert_eq!(expected["table"], *table, "{}", self.name);
            assert_eq!(expected["kind"], kind.short(), "{}", self.name);
            let expected = self.expected(&expected["row"]);
            self.assert_same(table, &expected, row);
        }
    }

    fn check_final(&self, decoded: &Decoded) {
        let Some(tables) = self.spec["final"].as_object() else { return };
        let mut state: BTreeMap<String, Row> = BTreeMap::new();
        let mut before: Option<Row> = None;
        for (table, kind, row) in self.rows(decoded) {
            let key = self.key(&table, &row);
            match kind {
                RowKind::Insert => drop(state.insert(key, row)),
                RowKind::Delete => drop(state.remove(&key)),
                RowKind::UpdateBefore => before = state.remove(&key),
                // What an image does not name stays as it was.
                RowKind::UpdateAfter => {
                    let mut whole = before.take().or_else(|| state.remove(&key)).unwrap_or_default();
                    whole.extend(row);
                    state.insert(key, whole);
                }
            }
        }
        for (table, rows) in tables {
            let rows: Vec<Row> = rows.as_array().unwrap().iter().map(|row| self.expected(row)).collect();
            let prefix = format!("{table}/");
            let found = state.keys().filter(|key| key.starts_with(&prefix)).count();
            assert_eq!(found, rows.len(), "{}: {table}: {state:?}", self.name);
            for expected in rows {
                let key = self.key(table, &expected);
                let row = state.get(&key).unwrap_or_else(|| panic!("{}: {key} in {state:?}", self.name));
                self.assert_same(table, &expected, row);
            }
        }
    }

    fn expected(&self, row: &Value) -> Row {
        row.as_object().unwrap().iter().map(|(name, value)| (self.column_name(name), value.clone())).collect()
    }

    fn key(&self, table: &str, row: &Row) -> String {
        let names = self.spec["tables"][table]["pk"].as_array().unwrap().iter();
        let cells = names.map(|name| plain(&row[&self.column_name(name.as_str().unwrap())]));
        format!("{table}/{}", cells.collect::<Vec<_>>().join("/"))
    }

    fn assert_same(&self, table: &str, expected: &Row, row: &Row) {
        let columns = self.spec["tables"][table]["columns"].as_array().unwrap();
        for (name, value) in expected {
            let of_name = |column: &&Value| self.column_name(column[0].as_str().unwrap()) == *name;
            let float = columns.iter().find(of_name).is_some_and(|column| column[1] == "FLOAT");
            let found = row.get(name).unwrap_or(&Value::Null);
            assert!(same(value, found, float), "{}: {table}.{name}: {value} is {found}", self.name);
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Numbers by their value, everything else by its text.
fn same(expected: &Value, found: &Value, float: bool) -> bool {
    let (expected, found) = (plain(expected), plain(found));
    match (expected.parse::<f64>(), found.parse::<f64>()) {
        // The same float, not one nearby.
        (Ok(expected), Ok(found)) if float => (expected as f32).to_bits() == (found as f32).to_bits(),
        (Ok(expected), Ok(found)) => expected.to_bits() == found.to_bits(),
        _ => expected == found,
    }
}
