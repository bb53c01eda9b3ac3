//! Tables as the server describes them.

use sluicegate_connector::Error;
use sluicegate_tables::TableRef;
use sluicegate_tables::name::same;

use crate::client::Session;
use crate::sql::text::quoted;
use crate::types::{ColumnType, Described};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name as the table has it.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// The type as a person reads it: `int unsigned`.
    pub described: String,
    /// Whether every new row must name it: it takes no NULL and has no default.
    pub required: bool,
    /// Whether the server computes it: nothing can be written to it.
    pub generated: bool,
}

/// A unique key, the primary one included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// Its name; `PRIMARY` is the primary key.
    pub name: String,
    /// Names of its columns, in its order; empty where it is over something else than whole columns.
    pub columns: Vec<String>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: TableRef,
    /// What keeps its rows.
    pub engine: String,
    /// Its columns, in order.
    pub columns: Vec<TableColumn>,
    /// Its unique keys.
    pub unique: Vec<UniqueKey>,
    /// Whether a foreign key leads to it or from it.
    pub foreign_keys: bool,
}

impl Table {
    /// Reads a table; `None` where there is none.
    ///
    /// # Errors
    /// The server's, also where the user may not see the table.
    pub async fn read(session: &mut Session, name: &TableRef) -> Result<Option<Self>, Error> {
        let what = format!("table {name} cannot be looked at");
        let place =
            format!("TABLE_SCHEMA = {} AND TABLE_NAME = {}", quoted(&name.database), quoted(&name.name));
        let engine: Option<(Option<String>, String)> = session
            .first(format!("SELECT ENGINE, TABLE_TYPE FROM information_schema.TABLES WHERE {place}"), &what)
            .await?;
        let Some((engine, kind)) = engine else { return Ok(None) };
        if kind.contains("VIEW") {
            let what = format!("{name} is a view");
            return Err(Error::configuration(what).help("write to the table beneath it"));
        }
        let columns = Self::columns(session, &place, &what).await?;
        let unique = Self::unique(session, &place, &what).await?;
        let foreign = session
            .number(
                format!(
                    "SELECT COUNT(*) FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL \
                     AND (({place}) OR (REFERENCED_TABLE_SCHEMA = {} AND REFERENCED_TABLE_NAME = {}))",
                    quoted(&name.database),
                    quoted(&name.name)
                ),
                &what,
            )
            .await?;
        Ok(Some(Self {
            name: name.clone(),
            engine: engine.unwrap_or_default(),
            columns,
            unique,
            foreign_keys: foreign.is_some_and(|count| count > 0),
        }))
    }

    async fn columns(session: &mut Session, place: &str, what: &str) -> Result<Vec<TableColumn>, Error> {
        type Row =
            (String, String, String, Option<u64>, Option<u64>, Option<u64>, String, Option<Vec<u8>>, String);
        let sql = format!(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, \
             IS_NULLABLE, COLUMN_DEFAULT, EXTRA FROM information_schema.COLUMNS WHERE {place} ORDER BY ORDINAL_POSITION"
        );
        let rows: Vec<Row> = session.rows(sql, what).await?;
        let column = |row: Row| {
            let (name, data_type, described, precision, scale, digits, nullable, default, extra) = row;
            let column_type = ColumnType::new(&Described {
                data_type: &data_type,
                column_type: &described,
                precision,
                scale,
                digits,
            });
            let extra = extra.to_ascii_uppercase();
            let generated = ["VIRTUAL", "STORED", "PERSISTENT"].iter().any(|word| extra.contains(word));
            let filled = generated || default.is_some() || extra.contains("AUTO_INCREMENT");
            TableColumn { name, column_type, described, required: nullable == "NO" && !filled, generated }
        };
        Ok(rows.into_iter().map(column).collect())
    }

    async fn unique(session: &mut Session, place: &str, what: &str) -> Result<Vec<UniqueKey>, Error> {
        let sql = format!(
            "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS WHERE {place} AND NON_UNIQUE = 0 \
             ORDER BY INDEX_NAME, SEQ_IN_INDEX"
        );
        let rows: Vec<(String, Option<String>, Option<u64>)> = session.rows(sql, what).await?;
        let mut keys: Vec<(UniqueKey, bool)> = Vec::new();
        for (index, column, part) in rows {
            if keys.last().is_none_or(|(key, _)| key.name != index) {
                keys.push((UniqueKey { name: index, columns: Vec::new() }, true));
            }
            if let Some((key, whole)) = keys.last_mut() {
                *whole &= column.is_some() && part.is_none();
                key.columns.extend(column);
            }
        }
        let key = |(key, whole): (UniqueKey, bool)| {
            if whole { key } else { UniqueKey { columns: Vec::new(), ..key } }
        };
        Ok(keys.into_iter().map(key).collect())
    }

    /// The primary key, if there is one.
    pub fn primary_key(&self) -> Option<&UniqueKey> {
        self.unique.iter().find(|key| key.name == "PRIMARY" && !key.columns.is_empty())
    }

    /// A column by its name, in any case, as the server compares them.
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|column| same(&column.name, name))
    }

    /// Whether its rows come and go in transactions.
    pub fn is_transactional(&self) -> bool {
        let plain = ["MyISAM", "Aria", "MEMORY", "CSV", "ARCHIVE", "MRG_MYISAM", "BLACKHOLE", "FEDERATED"];
        !plain.iter().any(|engine| engine.eq_ignore_ascii_case(&self.engine))
    }
}
