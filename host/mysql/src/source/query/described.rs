//! The columns of a query's answer as a table.
//!
//! A column that is a column of a table has its type from information_schema: it knows the labels of ENUM and more. For
//! what is calculated the type is that of the protocol's column definitions
//! (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html>).

use std::collections::HashMap;

use mysql_async::Column;
use mysql_async::consts::{ColumnFlags, ColumnType};
use sluicegate_connector::Error;
use sluicegate_model::TableName;

use crate::binlog::schema::known::{KnownColumn, KnownTable};
use crate::binlog::{ReadOptions, Table};
use crate::client::ReadSession;
use crate::source::knowledge::Knowledge;
use crate::source::options::SourceOptions;
use crate::source::tables::Tables;

/// The collation of what is no text.
const BINARY: u16 = 63;

/// Bytes of a character of a session's character set, at most.
const BYTES: u32 = 4;

/// Characters of the longest VARCHAR.
const VARCHAR: u32 = 16_383;

/// What information_schema says of tables that answers come from, kept for the next answer.
#[derive(Debug)]
pub struct Sources {
    every: Tables,
    known: HashMap<(String, String), Option<KnownTable>>,
}

impl Sources {
    /// Nothing is known yet.
    ///
    /// # Errors
    /// None that is known.
    pub fn new() -> Result<Self, Error> {
        Ok(Self { every: Tables::new(&SourceOptions::new(["^.*"]), None)?, known: HashMap::new() })
    }

    /// The column that a column of an answer is.
    async fn column(
        &mut self,
        session: &mut ReadSession,
        column: &Column,
    ) -> Result<Option<KnownColumn>, Error> {
        let (schema, table, name) = (column.schema_str(), column.org_table_str(), column.org_name_str());
        if schema.is_empty() || table.is_empty() || name.is_empty() {
            return Ok(None);
        }
        let of = (schema.into_owned(), table.into_owned());
        if !self.known.contains_key(&of) {
            let known = Knowledge::of_table(session, &of.0, &of.1, &self.every).await?;
            self.known.insert(of.clone(), known);
        }
        let known = self.known.get(&of).and_then(Option::as_ref);
        Ok(known.and_then(|known| known.columns.iter().find(|column| column.name == name).cloned()))
    }

    /// The primary key of a table, as the columns of an answer are called that have it; none where they do not.
    fn key(&self, (database, table): (&str, &str), columns: &[Column]) -> Vec<String> {
        let known = self.known.get(&(database.to_owned(), table.to_owned())).and_then(Option::as_ref);
        let Some(known) = known else { return Vec::new() };
        let column = |key: &String| {
            let is_key = |column: &&Column| {
                column.schema_str() == database
                    && column.org_table_str() == table
                    && column.org_name_str() == *key
            };
            columns.iter().find(is_key).map(|column| column.name_str().into_owned())
        };
        known.primary_key.iter().map(column).collect::<Option<_>>().unwrap_or_default()
    }

    /// The columns of an answer as a table. `of` is the table that was asked, whose primary key it has unless `key` names
    /// another.
    ///
    /// # Errors
    /// The server's; [`sluicegate_connector::Class::Configuration`] for columns that cannot be a table's.
    pub async fn describe(
        &mut self,
        session: &mut ReadSession,
        name: TableName,
        of: Option<(&str, &str)>,
        key: Option<&[String]>,
        (columns, read): (&[Column], ReadOptions),
    ) -> Result<(Table, KnownTable), Error> {
        let mut known = KnownTable::default();
        for column in columns {
            let own = shown(column);
            if known.columns.iter().any(|other| other.name == own.name) {
                return Err(Error::configuration(format!(
                    "two columns of the query are called {:?}",
                    own.name
                ))
                .table(&name)
                .help("give one of them another name: `AS other`"));
            }
            let stored = self
                .column(session, column)
                .await?
                .map(|stored| KnownColumn { name: own.name.clone(), ..stored });
            // What is called like a column need not be it: a value of a temporary table may have another type.
            let agree = |stored: &KnownColumn| {
                let types = [stored, &own].map(|column| {
                    let one = KnownTable { columns: vec![column.clone()], primary_key: Vec::new() };
                    let table = Table::listed(name.clone(), &one, |_| true, read).ok()?;
                    Some(table.schema.field(0).data_type().clone())
                });
                types[0] == types[1] || types[1].is_none()
            };
            known.columns.push(stored.filter(agree).unwrap_or(own));
        }
        known.primary_key = match key {
            Some(key) => {
                if let Some(other) =
                    key.iter().find(|key| !known.columns.iter().any(|column| column.name == **key))
                {
                    return Err(Error::configuration(format!(
                        "the query has no column {other:?}, which `key` names"
                    ))
                    .table(&name));
                }
                key.to_vec()
            }
            None => of.map(|of| self.key(of, columns)).unwrap_or_default(),
        };
        let table = Table::listed(name.clone(), &known, |_| true, read).map_err(|why| {
            Error::configuration(why).table(&name).help("leave the column out, or CAST it in `sql`")
        })?;
        Ok((table, known))
    }
}

/// A column by what the protocol says of it.
fn shown(column: &Column) -> KnownColumn {
    KnownColumn::new(column.name_str().into_owned(), source_type(column), None, String::new())
}

/// The type of a column, as the server writes types.
pub fn source_type(column: &Column) -> String {
    let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    let integer = |name: &str| format!("{name}{}", if unsigned { " unsigned" } else { "" });
    let length = column.column_length();
    // 31 is for as many digits as there are.
    let seconds = |name: &str| match column.decimals() {
        0 => name.to_owned(),
        digits => format!("{name}({})", digits.min(6)),
    };
    let is_text = column.character_set() != BINARY;
    match column.column_type() {
        ColumnType::MYSQL_TYPE_TINY => integer("tinyint"),
        ColumnType::MYSQL_TYPE_SHORT => integer("smallint"),
        ColumnType::MYSQL_TYPE_INT24 => integer("mediumint"),
        ColumnType::MYSQL_TYPE_LONG => integer("int"),
        ColumnType::MYSQL_TYPE_LONGLONG => integer("bigint"),
        ColumnType::MYSQL_TYPE_YEAR => "year".to_owned(),
        ColumnType::MYSQL_TYPE_FLOAT => "float".to_owned(),
        ColumnType::MYSQL_TYPE_DOUBLE => "double".to_owned(),
        ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => {
            // With its sign and its point.
            let scale = u32::from(column.decimals());
            let precision = length.saturating_sub(u32::from(!unsigned) + u32::from(scale > 0));
            format!("decimal({},{scale})", precision.clamp(scale.max(1), 65))
        }
        ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => "date".to_owned(),
        ColumnType::MYSQL_TYPE_TIME | ColumnType::MYSQL_TYPE_TIME2 => seconds("time"),
        ColumnType::MYSQL_TYPE_DATETIME | ColumnType::MYSQL_TYPE_DATETIME2 => seconds("datetime"),
        ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => seconds("timestamp"),
        ColumnType::MYSQL_TYPE_BIT => format!("bit({})", length.clamp(1, 64)),
        ColumnType::MYSQL_TYPE_JSON => "json".to_owned(),
        ColumnType::MYSQL_TYPE_GEOMETRY => "geometry".to_owned(),
        ColumnType::MYSQL_TYPE_STRING
        | ColumnType::MYSQL_TYPE_VAR_STRING
        | ColumnType::MYSQL_TYPE_VARCHAR
            if length <= VARCHAR * BYTES =>
        {
            if is_text {
                format!("varchar({})", length.div_ceil(BYTES))
            } else {
                format!("varbinary({length})")
            }
        }
        ColumnType::MYSQL_TYPE_NULL => "varchar(1)".to_owned(),
        _ => if is_text { "longtext" } else { "longblob" }.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_the_protocol() {
        let column = |kind, length, charset, decimals| {
            Column::new(kind).with_column_length(length).with_character_set(charset).with_decimals(decimals)
        };
        let decimal = column(ColumnType::MYSQL_TYPE_NEWDECIMAL, 20, BINARY, 2);
        assert_eq!(source_type(&decimal), "decimal(18,2)");
        let unsigned = decimal.with_flags(ColumnFlags::UNSIGNED_FLAG);
        assert_eq!(source_type(&unsigned), "decimal(19,2)");
        assert_eq!(source_type(&column(ColumnType::MYSQL_TYPE_NEWDECIMAL, 67, BINARY, 30)), "decimal(65,30)");
        assert_eq!(source_type(&column(ColumnType::MYSQL_TYPE_VAR_STRING, 40, 45, 0)), "varchar(10)");
        assert_eq!(source_type(&column(ColumnType::MYSQL_TYPE_VAR_STRING, 40, BINARY, 0)), "varbinary(40)");
        assert_eq!(source_type(&column(ColumnType::MYSQL_TYPE_BLOB, u32::MAX, 45, 0)), "longtext");
        assert_eq!(source_type(&column(ColumnType::MYSQL_TYPE_DATETIME, 26, BINARY, 31)), "datetime(6)");
    }
}
