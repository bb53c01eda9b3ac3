//! A table as information_schema lists it, without a table map: for rows that are read from the table itself.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{Field, Schema};
use sluicegate_format::MysqlType;
use sluicegate_model::{TableName, field};

use super::known::{KnownColumn, KnownTable};
use super::{CellType, ReadOptions, Table, TableColumn};
use crate::binlog::charset::Charset;

impl Table {
    /// The table that information_schema describes. `takes` says whether a column is read at all.
    ///
    /// # Errors
    /// A column whose type is not known here.
    pub fn listed(
        name: TableName,
        known: &KnownTable,
        takes: impl Fn(&str) -> bool,
        options: ReadOptions,
    ) -> Result<Self, String> {
        let mut columns = Vec::with_capacity(known.columns.len());
        let mut fields = Vec::new();
        for column in &known.columns {
            let cell = cell(column, options).map_err(|why| format!("column {}: {why}", column.name))?;
            let field = takes(&column.name).then(|| {
                let mut metadata =
                    HashMap::from([(field::SOURCE_TYPE.to_owned(), column.source_type.clone())]);
                if !column.comment.is_empty() {
                    metadata.insert(field::COMMENT.to_owned(), column.comment.clone());
                }
                fields.push(Field::new(&column.name, cell.data_type(), true).with_metadata(metadata));
                fields.len() - 1
            });
            columns.push(TableColumn { name: column.name.clone(), cell, field });
        }
        let primary_key: Arc<[String]> = known.primary_key.iter().cloned().collect();
        Ok(Self { name, columns, schema: Arc::new(Schema::new(fields)), primary_key })
    }
}

/// What a column's values become: the same as from the log. Lengths before values are the log's alone.
fn cell(column: &KnownColumn, options: ReadOptions) -> Result<CellType, String> {
    let zero = options.zero_dates;
    let text = || match column.charset.unwrap_or(Charset::Utf8) {
        Charset::Binary => CellType::Bytes { prefix: 0, width: 0 },
        charset => CellType::Text { prefix: 0, charset },
    };
    Ok(match MysqlType::parse(&column.source_type) {
        MysqlType::Integer { bytes, unsigned } => CellType::Integer { bytes, unsigned },
        MysqlType::Decimal { digits: Some((precision, scale)) } => CellType::Decimal { precision, scale },
        MysqlType::Float => CellType::Float,
        MysqlType::Double => CellType::Double,
        MysqlType::Bit { width } => CellType::Bit { bytes: width.div_ceil(8) },
        MysqlType::Year => CellType::Year,
        MysqlType::Date => CellType::Date(zero),
        MysqlType::Time { precision } => CellType::Time { digits: Some(precision) },
        MysqlType::DateTime { precision } => CellType::DateTime { digits: Some(precision), zero },
        MysqlType::Timestamp { precision } => CellType::Timestamp { digits: Some(precision), zero },
        MysqlType::Text => text(),
        MysqlType::Binary { .. } | MysqlType::Geometry => CellType::Bytes { prefix: 0, width: 0 },
        MysqlType::Enum(_) => CellType::Enum { bytes: 2, labels: column.labels.clone().into() },
        MysqlType::Set(_) => CellType::Set { bytes: 8, labels: column.labels.clone().into() },
        MysqlType::Json => CellType::Json { prefix: 0 },
        _ => match column.word().as_str() {
            "inet4" => CellType::Inet4,
            "inet6" => CellType::Inet6,
            "uuid" => CellType::Uuid,
            _ => return Err(format!("columns of type {} are not known here", column.source_type)),
        },
    })
}
