//! The text of a type, from a column's.

use arrow_schema::{DataType, Field, TimeUnit};
use sluicegate_model::field;

use super::MysqlType;

/// The type of a column, and its text.
pub(super) fn write(column: &Field) -> (MysqlType, String) {
    let about = column.metadata();
    if let Some(text) = about.get(field::SOURCE_TYPE) {
        let kind = MysqlType::parse(text);
        if kind != MysqlType::Other && kind.data_type() == *column.data_type() {
            return (kind, text.clone());
        }
    }
    let text = match column.data_type() {
        DataType::Boolean => "tinyint(1)".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "int".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::UInt8 => "tinyint unsigned".to_owned(),
        DataType::UInt16 => "smallint unsigned".to_owned(),
        DataType::UInt32 => "int unsigned".to_owned(),
        DataType::UInt64 => "bigint unsigned".to_owned(),
        DataType::Float32 => "float".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Decimal128(precision, scale @ 0..) | DataType::Decimal256(precision, scale @ 0..) => {
            format!("decimal({precision},{scale})")
        }
        DataType::Decimal128(..) | DataType::Decimal256(..) => "decimal".to_owned(),
        DataType::Binary => "longblob".to_owned(),
        DataType::FixedSizeBinary(width) => format!("binary({width})"),
        DataType::Date32 => "date".to_owned(),
        DataType::Duration(unit) | DataType::Time64(unit) => with_fraction("time", *unit),
        DataType::Timestamp(unit, None) => with_fraction("datetime", *unit),
        DataType::Timestamp(unit, Some(_)) => with_fraction("timestamp", *unit),
        DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => "json".to_owned(),
        DataType::Utf8 => match about.get(field::JSON).map(String::as_str) {
            Some(field::JSON_NUMBER) => "decimal".to_owned(),
            Some(field::JSON_RAW) => "json".to_owned(),
            _ => "longtext".to_owned(),
        },
        _ => "longtext".to_owned(),
    };
    (MysqlType::parse(&text), text)
}

/// A type of time with as many digits as its unit has; MySQL has no nanoseconds.
fn with_fraction(word: &str, unit: TimeUnit) -> String {
    match unit {
        TimeUnit::Second => word.to_owned(),
        TimeUnit::Millisecond => format!("{word}(3)"),
        TimeUnit::Microsecond => format!("{word}(6)"),
        TimeUnit::Nanosecond => "varchar(64)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_model::data_type;

    #[test]
    fn types_come_back() {
        for name in [
            "int8",
            "uint16",
            "int32",
            "uint64",
            "float32",
            "float64",
            "decimal128(18,2)",
            "decimal256(65,30)",
            "binary",
            "date32",
            "duration(us)",
            "timestamp(us)",
            "timestamp(us,UTC)",
            "utf8",
        ] {
            let data_type = data_type::parse(name).unwrap();
            let (kind, text) = write(&Field::new("a", data_type.clone(), true));
            assert_eq!(kind.data_type(), data_type, "{text}");
        }
    }

    #[test]
    fn the_sources_own_words_are_kept_while_they_are_true() {
        let text = "decimal(10,2) unsigned";
        let column = MysqlType::parse(text).field("a", text);
        assert_eq!(write(&column).1, text);
        assert_eq!(write(&column.clone().with_data_type(DataType::Int64)).1, "bigint");
        let label = MysqlType::parse("enum('a')").field("a", "enum('a')");
        assert_eq!(write(&label).0, MysqlType::Enum(["a".to_owned()].into()));
    }
}
