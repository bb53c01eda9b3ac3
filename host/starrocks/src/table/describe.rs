//! Asking the cluster about tables.

use sluicegate_connector::Error;
use sluicegate_tables::TableRef;

use super::{Column, ColumnType, Model, Table};
use crate::sql::{Session, text};

/// Name, type, whether it may be NULL, key, default, how it is computed.
type Described = (String, String, String, Option<String>, Option<String>, Option<String>);

impl Table {
    /// A table; `None` where there is none.
    ///
    /// # Errors
    /// The server's.
    pub async fn read(session: &mut Session, name: &TableRef) -> Result<Option<Self>, Error> {
        let what = format!("table {name} cannot be looked at");
        let sql = format!(
            "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY, COLUMN_DEFAULT, GENERATION_EXPRESSION FROM \
             information_schema.columns WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
            text(&name.database),
            text(&name.name)
        );
        let rows: Vec<Described> = session.rows(&sql, &what).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let marks: Vec<String> =
            rows.iter().filter_map(|row| row.3.clone()).filter(|mark| !mark.is_empty()).collect();
        let model = match marks.first().map(String::as_str) {
            Some("PRI") => Model::Primary,
            Some("UNI") => Model::Unique,
            Some("AGG") => Model::Aggregate,
            _ => Model::Duplicate,
        };
        let column = |(name, described, nullable, key, default, generated): Described| Column {
            column_type: ColumnType::parse(&described),
            name,
            described,
            nullable: nullable.eq_ignore_ascii_case("yes"),
            key: key.is_some_and(|key| !key.is_empty()),
            has_default: default.is_some(),
            generated: generated.is_some_and(|expression| !expression.is_empty()),
        };
        let columns = rows.into_iter().map(column).collect();
        Ok(Some(Self { name: name.clone(), model, columns }))
    }
}
