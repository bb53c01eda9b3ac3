//! Cells as the server would show them.

use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::{DataType, Field};
use chrono::DateTime;
use sluicegate_model::{Cell, Column, field};

/// A cell: `None` is NULL. Not for missing ones.
pub fn of(field: &Field, column: &Column, row: usize) -> Option<String> {
    assert_ne!(column.cell(row), Cell::Missing, "{field:?}");
    if column.cell(row) == Cell::Null {
        return None;
    }
    let array = column.values();
    let source_type = &field.metadata()[field::SOURCE_TYPE];
    let digits = digits(source_type);
    Some(match field.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 if source_type.starts_with("year") => {
            format!("{:04}", array.as_primitive::<Int16Type>().value(row))
        }
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).to_string(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).to_string(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Float32 => format!("{:?}", f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => format!("{:?}", array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Decimal256(..) => array.as_primitive::<Decimal256Type>().value_as_string(row),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Binary => hex(array.as_binary::<i32>().value(row)),
        DataType::Date32 => array.as_primitive::<Date32Type>().value_as_date(row).unwrap().to_string(),
        DataType::Duration(_) => duration(array.as_primitive::<DurationMicrosecondType>().value(row), digits),
        DataType::Timestamp(..) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let clock = DateTime::from_timestamp_micros(micros).unwrap();
            let whole = clock.format("%Y-%m-%d %H:%M:%S").to_string();
            format!("{whole}{}", fraction(micros.rem_euclid(1_000_000) as u64, digits))
        }
        other => panic!("a column of {other}"),
    })
}

/// What to ask the server for, so that its text is that of [`of`].
pub fn question(field: &Field) -> String {
    let name = format!("`{}`", field.name().replace('`', "``"));
    let source_type = &field.metadata()[field::SOURCE_TYPE];
    match field.data_type() {
        // A number to HEX: without the zeros before it.
        DataType::Binary if source_type.starts_with("bit") => {
            format!("LPAD(HEX({name}), {}, '0')", digits(source_type).div_ceil(8) * 2)
        }
        DataType::Binary => format!("HEX({name})"),
        DataType::Float32 | DataType::Float64 => format!("{name} + 0e0"),
        _ => name,
    }
}

/// The server's answer as [`of`] writes it.
pub fn answer(field: &Field, text: Option<String>) -> Option<String> {
    match field.data_type() {
        DataType::Float32 | DataType::Float64 => {
            text.map(|text| format!("{:?}", text.parse::<f64>().unwrap()))
        }
        // Without the zeros of ZEROFILL.
        DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => text.map(|text| {
            let digits = text.trim_start_matches('0');
            let whole = if digits.is_empty() || digits.starts_with('.') { "0" } else { "" };
            format!("{whole}{digits}")
        }),
        _ => text,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02X}").unwrap();
        hex
    })
}

fn digits(source_type: &str) -> usize {
    let inside = source_type.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inside.and_then(|(digits, _)| digits.parse().ok()).unwrap_or(0)
}

fn fraction(micros: u64, digits: usize) -> String {
    if digits == 0 {
        assert_eq!(micros, 0);
        return String::new();
    }
    let text = format!("{micros:06}");
    assert!(text[digits..].bytes().all(|digit| digit == b'0'));
    format!(".{}", &text[..digits])
}

fn duration(micros: i64, digits: usize) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let magnitude = micros.unsigned_abs();
    let seconds = magnitude / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{}", fraction(magnitude % 1_000_000, digits))
}
