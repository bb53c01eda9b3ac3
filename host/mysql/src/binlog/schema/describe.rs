//! Table map and knowledge as one table.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{Field, Schema};
use sluicegate_model::{TableName, field};

use super::known::KnownTable;
use super::wire::Sides;
use super::{ReadOptions, Table, TableColumn};
use crate::binlog::event::table_map::TableMap;

impl Table {
    /// The table that a map describes. `known` is what is known beside the log, as of the map's place in it;
    /// it is not needed where the map describes itself
    /// ([`crate::binlog::event::metadata::Metadata::is_full`]), but tells MariaDB's INET6 and UUID from bytes
    /// even there. `takes` says whether a column is read at all.
    ///
    /// # Errors
    /// What does not fit or is not known, with what to do.
    pub fn describe(
        map: &TableMap,
        known: Option<&KnownTable>,
        takes: impl Fn(&str) -> bool,
        options: ReadOptions,
    ) -> Result<Self, String> {
        if known.is_none() && !map.metadata.is_full() {
            return Err("its columns have no names in the log, and nothing is known of it beside".to_owned());
        }
        if let Some(known) = known
            && known.columns.len() != map.columns.len()
        {
            return Err(format!(
                "it is known with {} columns, the log has {}: its schema was changed in a way that was not \
                 followed. Read the schema anew, or start after the change",
                known.columns.len(),
                map.columns.len()
            ));
        }
        let mut columns = Vec::with_capacity(map.columns.len());
        let mut fields = Vec::new();
        for (place, wire) in map.columns.iter().enumerate() {
            let about = &map.metadata.columns[place];
            let known = known.map(|known| &known.columns[place]);
            let name = match (&about.name, known) {
                (Some(name), Some(known)) if *name != known.name => {
                    return Err(format!(
                        "column {} is known as {:?}, the log has {name:?}: its schema was changed in a way \
                         that was not followed",
                        place + 1,
                        known.name
                    ));
                }
                (Some(name), _) => name.clone(),
                (None, Some(known)) => known.name.clone(),
                // Seen to above: one of the two has names.
                (None, None) => format!("column {}", place + 1),
            };
            let sides = Sides { wire: *wire, about, known };
            let cell = sides.cell(options).map_err(|why| format!("column {name}: {why}"))?;
            let field = takes(&name).then(|| {
                let source_type = known.map_or_else(|| sides.type_name(), |known| known.source_type.clone());
                let mut metadata = HashMap::from([(field::SOURCE_TYPE.to_owned(), source_type)]);
                if let Some(known) = known.filter(|known| !known.comment.is_empty()) {
                    metadata.insert(field::COMMENT.to_owned(), known.comment.clone());
                }
                fields.push(Field::new(&name, cell.data_type(), true).with_metadata(metadata));
                fields.len() - 1
            });
            columns.push(TableColumn { name, cell, field });
        }
        let primary_key: Arc<[String]> = match (&map.metadata.primary_key, known) {
            (Some(places), _) => places.iter().map(|place| columns[*place].name.clone()).collect(),
            (None, Some(known)) => known.primary_key.iter().cloned().collect(),
            (None, None) => Arc::default(),
        };
        let name = TableName::new(format!("{}.{}", map.database, map.table));
        Ok(Self { name, columns, schema: Arc::new(Schema::new(fields)), primary_key })
    }
}
