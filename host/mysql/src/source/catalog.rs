//! How the tables of a log are read.

use std::collections::HashMap;
use std::sync::Arc;

use sluicegate_model::TableName;

use super::knowledge::{Knowledge, looks_like_bytes};
use super::options::ColumnsFrom;
use super::tables::Tables;
use crate::binlog::event::table_map::TableMap;
use crate::binlog::schema::known::KnownTable;
use crate::binlog::{BinlogError, Place, ReadOptions, Table};

/// Descriptions that are kept. A log sends each again where it needs it.
const MOST: usize = 4096;

/// The tables of a log, each by the descriptions that it has had.
#[derive(Debug)]
pub struct Catalog {
    tables: Arc<Tables>,
    options: ReadOptions,
    from: ColumnsFrom,
    knowledge: Knowledge,
    /// By the address of the description, which is kept so that no other comes to stand there.
    read: HashMap<usize, (Arc<TableMap>, Option<Arc<Table>>)>,
    /// The last description of each table: a new one that says the same is the same table.
    last: HashMap<TableName, Arc<Table>>,
}

impl Catalog {
    /// A catalog of the tables that are read.
    pub fn new(tables: Arc<Tables>, options: ReadOptions, from: ColumnsFrom, knowledge: Knowledge) -> Self {
        Self { tables, options, from, knowledge, read: HashMap::new(), last: HashMap::new() }
    }

    /// Which tables are read.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Whether something is known beside the log, which a change of a table makes old.
    pub fn depends_on_knowledge(&self) -> bool {
        self.from == ColumnsFrom::InformationSchema || self.knowledge != Knowledge::default()
    }

    /// Takes what information_schema says now.
    pub fn learn(&mut self, knowledge: Knowledge) {
        self.knowledge = knowledge;
        self.read.clear();
    }

    /// How rows of a description are read; `None` for a table that is not.
    ///
    /// # Errors
    /// [`BinlogError::Table`] where too little is known.
    pub fn table(&mut self, map: &Arc<TableMap>, place: &Place) -> Result<Option<Arc<Table>>, BinlogError> {
        let address = Arc::as_ptr(map).addr();
        if let Some((_, table)) = self.read.get(&address) {
            return Ok(table.clone());
        }
        let table = if self.tables.take(&map.database, &map.table) {
            Some(self.describe(map).map_err(|why| BinlogError::Table {
                place: place.clone(),
                table: TableName::new(format!("{}.{}", map.database, map.table)),
                why,
            })?)
        } else {
            None
        };
        if self.read.len() >= MOST {
            self.read.clear();
        }
        self.read.insert(address, (Arc::clone(map), table.clone()));
        Ok(table)
    }

    fn describe(&mut self, map: &TableMap) -> Result<Arc<Table>, String> {
        let name = TableName::new(format!("{}.{}", map.database, map.table));
        let takes = |column: &str| self.tables.take_column(&name, column);
        let known = self.knowledge.get(&map.database, &map.table);
        let by = |known: Option<&KnownTable>| Table::describe(map, known, takes, self.options);
        let table = if map.metadata.is_full() {
            // The log is right; what is known beside tells types apart, as long as it is of the same columns.
            match known.filter(|known| looks_like_bytes(known)).map(|known| by(Some(known))) {
                Some(Ok(table)) => table,
                Some(Err(_)) | None => by(None)?,
            }
        } else if self.from == ColumnsFrom::InformationSchema {
            by(Some(known.ok_or("information_schema does not have it: it was removed or named anew since")?))?
        } else {
            by(None).map_err(|why| {
                format!(
                    "{why}. On the server `SET GLOBAL binlog_row_metadata = FULL` makes the log of new changes say it; for \
                     those before, set `columns_from: information-schema` of the source if the table was not changed since"
                )
            })?
        };
        let last = self.last.get(&name).filter(|last| ***last == table);
        let table = last.map_or_else(|| Arc::new(table), Arc::clone);
        self.last.insert(name, Arc::clone(&table));
        Ok(table)
    }
}
