//! Tables as the log says that they are, against what the server says.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sluicegate_model::{Cell, ChangeBatch, Decoded, Item, Lane, RowKind};
use sluicegate_mysql::binlog::charset::Charset;
use sluicegate_mysql::binlog::event::table_map::TableMap;
use sluicegate_mysql::binlog::schema::known::{KnownColumn, KnownTable};
use sluicegate_mysql::binlog::{Decoder, Entry, ReadOptions, Record, RowsEntry, Table};

use super::captured::Captured;
use super::text;

/// A row's cells.
type Cells = Vec<Option<String>>;

/// How the tables of a database are read: by the log alone, or by what `information_schema` says besides.
pub struct Reader {
    pub known: BTreeMap<String, KnownTable>,
    pub options: ReadOptions,
    /// By their descriptions, which are kept, so that no other comes to stand in their place.
    tables: HashMap<*const TableMap, (Arc<TableMap>, Arc<Table>)>,
}

impl Reader {
    /// By the log alone.
    pub fn new() -> Self {
        Self { known: BTreeMap::new(), options: ReadOptions::default(), tables: HashMap::new() }
    }

    /// With what the server says now of a table.
    pub fn know(mut self, captured: &mut Captured, table: &str) -> Self {
        let name = captured.name.clone();
        let rows = captured
            .client()
            .rows(&format!(
                "SELECT column_name, column_type, character_set_name, column_key, column_comment \
                 FROM information_schema.columns \
                 WHERE table_schema = '{name}' AND table_name = '{table}' ORDER BY ordinal_position"
            ))
            .unwrap();
        let mut known = KnownTable::default();
        for row in rows {
            let [column, source_type, charset, key, comment] = &row[..] else { panic!("five columns") };
            let column = column.clone().unwrap();
            if key.as_deref() == Some("PRI") {
                known.primary_key.push(column.clone());
            }
            let source_type = source_type.clone().unwrap();
            let labels = match source_type.split_once('(') {
                Some(("enum" | "set", labels)) => {
                    let labels = labels.trim_end_matches(')');
                    labels.split("','").map(|label| label.trim_matches('\'').replace("''", "'")).collect()
                }
                _ => Vec::new(),
            };
            known.columns.push(KnownColumn {
                name: column,
                source_type,
                charset: charset.as_deref().and_then(Charset::named),
                labels,
                comment: comment.clone().unwrap_or_default(),
            });
        }
        self.known.insert(table.to_owned(), known);
        self
    }

    /// The rows among entries, with their tables.
    pub fn records(&mut self, entries: &[Entry], database: &str) -> Vec<Record> {
        let rows = entries.iter().filter_map(|entry| match entry {
            Entry::Rows(rows) if rows.map.database == database => Some(rows),
            _ => None,
        });
        rows.map(|entry| Record::Rows { table: self.table(entry), entry: entry.clone() }).collect()
    }

    fn table(&mut self, entry: &RowsEntry) -> Arc<Table> {
        let known = self.known.get(&entry.map.table);
        let options = self.options;
        let (_, table) = self.tables.entry(Arc::as_ptr(&entry.map)).or_insert_with(|| {
            let table = Table::describe(&entry.map, known, |_| true, options).unwrap();
            (Arc::clone(&entry.map), Arc::new(table))
        });
        Arc::clone(table)
    }

    /// The batches of a database's rows.
    pub fn decode(&mut self, captured: &mut Captured) -> Decoded {
        let entries = captured.entries();
        let records = self.records(&entries, &captured.name);
        Decoder::new(Lane::new("binlog")).decode(&records).unwrap()
    }
}

/// The batches of what was decoded.
pub fn batches(decoded: &Decoded) -> impl Iterator<Item = &ChangeBatch> {
    decoded.items.iter().filter_map(|item| match item {
        Item::Rows(batch) => Some(batch),
        Item::Control(_) => None,
    })
}

/// A table that batches were applied to.
#[derive(Debug, Default)]
pub struct Replayed {
    rows: Vec<Cells>,
}

impl Replayed {
    /// Applies a batch: missing cells stay as they were, rows are found by the key, or by all that is there.
    pub fn apply(&mut self, batch: &ChangeBatch) {
        let key: Vec<usize> =
            batch.primary_key().iter().map(|name| batch.schema().index_of(name).unwrap()).collect();
        let mut old: Option<usize> = None;
        for row in 0..batch.len() {
            let cells: Vec<Option<Option<String>>> = batch
                .columns()
                .iter()
                .zip(batch.schema().fields())
                .map(|(column, field)| {
                    (column.cell(row) != Cell::Missing).then(|| text::of(field, column, row))
                })
                .collect();
            let find = |rows: &[Cells]| {
                let same = |place: usize, known: &Cells| {
                    cells[place].as_ref().is_none_or(|cell| *cell == known[place])
                };
                let by_key = |known: &Cells| key.iter().all(|place| same(*place, known));
                let by_all = |known: &Cells| (0..cells.len()).all(|place| same(place, known));
                let found =
                    rows.iter().rposition(|known| if key.is_empty() { by_all(known) } else { by_key(known) });
                found.unwrap_or_else(|| panic!("no row {cells:?} among {rows:?}"))
            };
            match batch.kind(row) {
                RowKind::Insert => self.rows.push(cells.into_iter().map(Option::flatten).collect()),
                RowKind::UpdateBefore => {
                    assert!(batch.is_pair(row));
                    old = Some(find(&self.rows));
                }
                RowKind::UpdateAfter => {
                    let old = old.take().expect("an old image before the new one");
                    for (cell, known) in cells.into_iter().zip(&mut self.rows[old]) {
                        if let Some(cell) = cell {
                            *known = cell;
                        }
                    }
                }
                RowKind::Delete => {
                    let gone = find(&self.rows);
                    self.rows.swap_remove(gone);
                }
            }
        }
    }
}

/// Asserts that a table is, by its log, what it is.
pub fn assert_same(captured: &mut Captured, reader: &mut Reader, table: &str) -> Decoded {
    let decoded = reader.decode(captured);
    assert_eq!(decoded.rejects, [], "{table} on {}", captured.flavour);
    compare(captured, &decoded, table);
    decoded
}

/// Asserts that a table is what batches make of an empty one.
pub fn compare(captured: &mut Captured, decoded: &Decoded, table: &str) {
    let full_name = format!("{}.{table}", captured.name);
    let mut replayed = Replayed::default();
    let mut schema = None;
    for batch in batches(decoded).filter(|batch| batch.table().as_str() == full_name) {
        replayed.apply(batch);
        schema = Some(Arc::clone(batch.schema()));
    }
    let schema = schema.unwrap_or_else(|| panic!("no rows of {full_name}"));
    let questions: Vec<String> = schema.fields().iter().map(|field| text::question(field)).collect();
    let quoted = table.replace('`', "``");
    let sql = format!("SELECT {} FROM `{}`.`{quoted}`", questions.join(", "), captured.name);
    let mut expected: Vec<Cells> = captured
        .client()
        .rows(&sql)
        .unwrap()
        .into_iter()
        .map(|row| {
            row.into_iter().zip(schema.fields()).map(|(cell, field)| text::answer(field, cell)).collect()
        })
        .collect();
    expected.sort();
    replayed.rows.sort();
    for (found, expected) in replayed.rows.iter().zip(&expected) {
        for ((found, expected), field) in found.iter().zip(expected).zip(schema.fields()) {
            assert_eq!(found, expected, "column {} of {full_name} on {}", field.name(), captured.flavour);
        }
    }
    assert_eq!(replayed.rows.len(), expected.len(), "rows of {full_name}");
}
