//! The type of a column that is made.

use arrow_schema::{DataType, Field, TimeUnit};
use sluicegate_model::field::{JSON, JSON_NUMBER, JSON_RAW};

/// Characters of a text in a key: with four bytes each, four of them fit the 3,072 bytes of an index.
const KEY_TEXT: u32 = 190;

/// A column's type in a `CREATE TABLE`, exact for the values of a field. `in_key`: it is a part of the primary key.
///
/// # Errors
/// For a type that no column holds, in words.
pub fn column_definition(field: &Field, in_key: bool) -> Result<String, String> {
    let name = match field.data_type() {
        DataType::Boolean => "TINYINT(1)".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::UInt8 => "TINYINT UNSIGNED".to_owned(),
        DataType::UInt16 => "SMALLINT UNSIGNED".to_owned(),
        DataType::UInt32 => "INT UNSIGNED".to_owned(),
        DataType::UInt64 => "BIGINT UNSIGNED".to_owned(),
        DataType::Float32 => "FLOAT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            decimal(*precision, *scale)?
        }
        DataType::Date32 => "DATE".to_owned(),
        DataType::Duration(unit) => format!("TIME({})", digits(*unit)),
        // Instants too: TIMESTAMP ends in 2038 on most servers.
        DataType::Timestamp(unit, _) => format!("DATETIME({})", digits(*unit)),
        DataType::Utf8 => return Ok(text(field, in_key)),
        DataType::Binary if in_key => "VARBINARY(255)".to_owned(),
        DataType::Binary => "LONGBLOB".to_owned(),
        DataType::FixedSizeBinary(width) => format!("BINARY({width})"),
        // A column of NULLs: anything may come in it later.
        DataType::Null => "LONGTEXT".to_owned(),
        other => return Err(format!("no column of the server holds {other}")),
    };
    Ok(name)
}

fn text(field: &Field, in_key: bool) -> String {
    let json = field.metadata().get(JSON).map(String::as_str);
    if in_key {
        // As exact as the source's: a key that differs in its case alone is another key.
        return format!("VARCHAR({KEY_TEXT}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    }
    match json {
        Some(JSON_RAW) => "JSON".to_owned(),
        Some(JSON_NUMBER) => "DECIMAL(65,30)".to_owned(),
        _ => "LONGTEXT CHARACTER SET utf8mb4".to_owned(),
    }
}

fn decimal(precision: u8, scale: i8) -> Result<String, String> {
    let whole = i16::from(precision) - i16::from(scale);
    let (precision, scale) = if scale < 0 { (whole, 0) } else { (i16::from(precision), i16::from(scale)) };
    if precision > 65 || scale > 30 {
        return Err(format!("DECIMAL({precision},{scale}) is wider than the server's DECIMAL(65,30)"));
    }
    Ok(format!("DECIMAL({precision},{scale})"))
}

fn digits(unit: TimeUnit) -> u32 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond | TimeUnit::Nanosecond => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_exact() {
        let made = |data_type: DataType| column_definition(&Field::new("c", data_type, true), false);
        assert_eq!(made(DataType::UInt64).unwrap(), "BIGINT UNSIGNED");
        assert_eq!(made(DataType::Decimal256(65, 30)).unwrap(), "DECIMAL(65,30)");
        assert_eq!(made(DataType::Decimal128(5, -2)).unwrap(), "DECIMAL(7,0)");
        assert_eq!(made(DataType::Timestamp(TimeUnit::Microsecond, None)).unwrap(), "DATETIME(6)");
        assert!(made(DataType::Decimal256(76, 0)).unwrap_err().contains("wider"));
        let key = column_definition(&Field::new("k", DataType::Utf8, false), true).unwrap();
        assert!(key.starts_with("VARCHAR(190)") && key.ends_with("utf8mb4_bin"));
    }
}
