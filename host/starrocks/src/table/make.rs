//! The statement that makes a table.

use std::fmt::Write as _;

use arrow_schema::{DataType, Field};
use sluicegate_model::ChangeBatch;
use sluicegate_model::field::{JSON, JSON_NUMBER, JSON_RAW};
use sluicegate_tables::TableRef;
use sluicegate_tables::name::{quoted, same};

/// Bytes of a text in a key.
const KEY_TEXT: u32 = 760;

/// The statement that makes the table for batches of this schema: a primary key table where rows have a key and follow
/// changes, else a duplicate key table. `copies`: of each row; `None` as many as the cluster makes.
///
/// # Errors
/// Why there is none, in words.
pub fn create_statement(
    table: &TableRef,
    batch: &ChangeBatch,
    append: bool,
    copies: Option<u16>,
) -> Result<String, String> {
    let fields = batch.schema().fields();
    let find = |part: &String| {
        fields
            .iter()
            .find(|field| same(field.name(), part))
            .ok_or_else(|| format!("the rows have no column {part}, which is part of their key"))
    };
    let key = batch.primary_key().iter().map(find).collect::<Result<Vec<_>, String>>()?;
    if key.is_empty() && !append {
        return Err("the rows have no key, by which those of a table are found".to_owned());
    }
    let Some(first) = fields.first() else { return Err("the rows have no columns".to_owned()) };
    // Columns of the key come first.
    let others = fields.iter().filter(|field| !key.contains(field));
    let mut statement = format!("CREATE TABLE IF NOT EXISTS {} (", table.quoted());
    for (place, field) in key.iter().copied().chain(others).enumerate() {
        let in_key = key.contains(&field);
        let definition =
            column_definition(field, in_key).map_err(|why| format!("column {}: {why}", field.name()))?;
        let comma = if place == 0 { "" } else { ", " };
        let null = if in_key { "NOT NULL" } else { "NULL" };
        let _ = write!(statement, "{comma}{} {definition} {null}", quoted(field.name()));
    }
    let names: Vec<String> = match key.as_slice() {
        [] => vec![quoted(first.name())],
        key => key.iter().map(|field| quoted(field.name())).collect(),
    };
    let names = names.join(", ");
    let model = if append { "DUPLICATE" } else { "PRIMARY" };
    let _ = write!(
        statement,
        ") {model} KEY({names}) DISTRIBUTED BY HASH({names}) PROPERTIES(\"fast_schema_evolution\"=\"true\""
    );
    if !append {
        statement.push_str(",\"enable_persistent_index\"=\"true\"");
    }
    if let Some(copies) = copies {
        let _ = write!(statement, ",\"replication_num\"=\"{copies}\"");
    }
    statement.push(')');
    Ok(statement)
}

/// A column's type, exact for the values of a field.
///
/// # Errors
/// For a type that no column holds, in words.
pub fn column_definition(field: &Field, in_key: bool) -> Result<String, String> {
    let json = field.metadata().get(JSON).map(String::as_str);
    Ok(match field.data_type() {
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 | DataType::UInt8 => "SMALLINT".to_owned(),
        DataType::Int32 | DataType::UInt16 => "INT".to_owned(),
        DataType::Int64 | DataType::UInt32 => "BIGINT".to_owned(),
        DataType::UInt64 => "LARGEINT".to_owned(),
        DataType::Float32 | DataType::Float64 if in_key => {
            return Err("a float is no key: two of them that look alike may differ".to_owned());
        }
        DataType::Float32 => "FLOAT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale)
            if *precision <= 38 && *scale >= 0 =>
        {
            format!("DECIMAL({precision},{scale})")
        }
        // Wider decimals came with 4.0 only.
        DataType::Decimal128(..) | DataType::Decimal256(..) => "VARCHAR(80)".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(..) => "DATETIME".to_owned(),
        DataType::Duration(_) | DataType::Time64(_) => "VARCHAR(17)".to_owned(),
        DataType::Utf8 if in_key => format!("VARCHAR({KEY_TEXT})"),
        DataType::Utf8 if json == Some(JSON_RAW) => "JSON".to_owned(),
        DataType::Utf8 if json == Some(JSON_NUMBER) => "DECIMAL(38,10)".to_owned(),
        DataType::Utf8 | DataType::Null => "VARCHAR(1048576)".to_owned(),
        DataType::Binary | DataType::FixedSizeBinary(_) => "VARBINARY".to_owned(),
        DataType::List(_) | DataType::Struct(_) | DataType::Map(..) if !in_key => "JSON".to_owned(),
        other => return Err(format!("no column holds {other}")),
    })
}
