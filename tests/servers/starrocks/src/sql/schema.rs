//! Tables of `information_schema`.

use super::{Refused, Rows, cell};
use crate::cluster::{Alter, State};
use crate::column_type::ColumnType;
use crate::convert::Cell;

impl State {
    /// A table by its name, as its columns and rows.
    pub(super) fn rows_of(&mut self, database: &str, table: &str) -> Result<Rows, Refused> {
        if database.eq_ignore_ascii_case("information_schema") {
            return match table.to_ascii_lowercase().as_str() {
                "columns" => Ok(self.columns()),
                "tables" => Ok(self.tables()),
                "loads" => Ok(self.loads()),
                _ => Err(Refused::of(format!("Unknown table 'information_schema.{table}'"))),
            };
        }
        let found = self.database(database)?.tables.get(table);
        let found = found.ok_or_else(|| Refused::of(format!("Unknown table '{database}.{table}'")))?;
        let columns = found.columns.iter().map(|column| column.name.clone()).collect();
        Ok(Rows { columns, rows: found.rows().cloned().collect() })
    }

    fn columns(&self) -> Rows {
        let names = [
            "TABLE_SCHEMA",
            "TABLE_NAME",
            "COLUMN_NAME",
            "ORDINAL_POSITION",
            "COLUMN_DEFAULT",
            "IS_NULLABLE",
            "DATA_TYPE",
            "CHARACTER_MAXIMUM_LENGTH",
            "NUMERIC_PRECISION",
            "NUMERIC_SCALE",
            "COLUMN_TYPE",
            "COLUMN_KEY",
            "GENERATION_EXPRESSION",
        ];
        let mut rows = Vec::new();
        for (database, found) in &self.databases {
            for (table, found) in &found.tables {
                for (place, column) in found.columns.iter().enumerate() {
                    let (length, digits) = sizes(column.column_type);
                    rows.push(vec![
                        cell(database.as_str()),
                        cell(table.as_str()),
                        cell(column.name.as_str()),
                        cell((place + 1).to_string()),
                        column.default.clone().and_then(cell),
                        cell(if column.nullable { "YES" } else { "NO" }),
                        cell(column.column_type.data_type()),
                        length,
                        digits.map(|(precision, _)| precision.to_string().into_bytes()),
                        digits.map(|(_, scale)| scale.to_string().into_bytes()),
                        cell(column.column_type.column_type()),
                        cell(if column.key { found.model.key_mark() } else { "" }),
                        None,
                    ]);
                }
            }
        }
        Rows { columns: names.map(str::to_owned).to_vec(), rows }
    }

    /// Jobs that change tables of a database, oldest first.
    pub(super) fn alters_of(&mut self, database: &str) -> Result<Rows, Refused> {
        let names = ["JobId", "TableName", "CreateTime", "FinishTime", "State", "Msg"];
        // Times have no part of a second; here all are the same one.
        let time = || cell("2026-03-01 08:00:00");
        let row = |job: &Alter| {
            let end = if job.state.is_final() { time() } else { None };
            let [id, state] = [job.id.to_string(), job.state.name().to_owned()].map(cell);
            vec![id, cell(job.table.as_str()), time(), end, state, cell(job.reason.as_str())]
        };
        let rows = self.database(database)?.alters.iter().map(row).collect();
        Ok(Rows { columns: names.map(str::to_owned).to_vec(), rows })
    }

    fn tables(&self) -> Rows {
        let mut rows = Vec::new();
        for (database, found) in &self.databases {
            for (name, table) in &found.tables {
                let count = table.rows().count().to_string();
                let kind = ["BASE TABLE", "StarRocks"].map(cell);
                let [kind, engine] = kind;
                rows.push(vec![cell(database.as_str()), cell(name.as_str()), kind, engine, cell(count)]);
            }
        }
        let names = ["TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE", "ENGINE", "TABLE_ROWS"];
        Rows { columns: names.map(str::to_owned).to_vec(), rows }
    }

    /// Loads; their states by other names than those of transactions.
    fn loads(&self) -> Rows {
        let mut rows = Vec::new();
        for (database, found) in &self.databases {
            for transaction in found.transactions.iter() {
                let state = match transaction.state.name() {
                    "PREPARE" => "LOADING",
                    // As the server spells it.
                    "COMMITTED" => "COMMITED",
                    "VISIBLE" => "FINISHED",
                    "ABORTED" => "CANCELLED",
                    other => other,
                };
                rows.push(vec![
                    cell(transaction.id.to_string()),
                    cell(transaction.label.as_str()),
                    cell(database.as_str()),
                    cell(transaction.table.as_str()),
                    cell(state),
                    cell(transaction.counts.loaded.to_string()),
                    cell(transaction.counts.filtered.to_string()),
                    cell(transaction.reason.as_str()),
                ]);
            }
        }
        let names =
            ["ID", "LABEL", "DB_NAME", "TABLE_NAME", "STATE", "SINK_ROWS", "FILTERED_ROWS", "ERROR_MSG"];
        Rows { columns: names.map(str::to_owned).to_vec(), rows }
    }
}

/// Length in bytes, and precision with scale.
fn sizes(column_type: ColumnType) -> (Cell, Option<(u8, u8)>) {
    match column_type {
        ColumnType::Char(bytes) | ColumnType::Varchar(bytes) | ColumnType::Varbinary(bytes) => {
            (cell(bytes.to_string()), None)
        }
        ColumnType::Decimal(precision, scale) => (None, Some((precision, scale))),
        _ => (None, None),
    }
}
