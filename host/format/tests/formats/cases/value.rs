//! Values, and when an expected one is a found one: by the rules of the target's column.

use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sluicegate_model::{Column, field};

use super::geometry;

/// A cell that is not missing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Bytes(Vec<u8>),
    /// Everything else, as JSON has it; decimals with a type as text.
    Plain(Value),
}

impl Cell {
    /// `written` is the cell as the format `json` writes it.
    pub(crate) fn new(field: &Field, column: &Column, row: usize, written: Value) -> Self {
        match field.data_type() {
            DataType::Binary if !written.is_null() => {
                Self::Bytes(column.values().as_binary::<i32>().value(row).to_vec())
            }
            // A parser of JSON would make a float of them.
            DataType::Utf8
                if !written.is_null()
                    && field.metadata().get(field::JSON).is_some_and(|json| json == field::JSON_NUMBER) =>
            {
                Self::Plain(Value::String(column.values().as_string::<i32>().value(row).to_owned()))
            }
            _ => Self::Plain(written),
        }
    }

    /// Whether it is what a case expects in a column of a MySQL type.
    pub(crate) fn is(&self, expected: &Value, kind: &str) -> bool {
        if expected.is_null() || *self == Self::Plain(Value::Null) {
            return expected.is_null() && *self == Self::Plain(Value::Null);
        }
        if let Some(hex) = expected["hex"].as_str() {
            return self.bytes(kind).is_some_and(|bytes| padded(bytes, kind) == padded(from_hex(hex), kind));
        }
        if !expected["json"].is_null() {
            return self.json().is_some_and(|found| found == expected["json"]);
        }
        if let Some(wkt) = expected["wkt"].as_str() {
            return self.geometry().is_some_and(|found| found == geometry::from_wkt(wkt));
        }
        if !expected["geojson"].is_null() {
            return self
                .geometry()
                .is_some_and(|found| found == geometry::from_geojson(&expected["geojson"]));
        }
        let Self::Plain(found) = self else { return false };
        let (expected, found) = (plain(expected), plain(found));
        match kind.split(['(', ' ']).next().unwrap_or_default() {
            // The same float, not one nearby.
            "FLOAT" => same_float(&expected, &found, |value| f64::from(value as f32)),
            "REAL" | "DOUBLE" => same_float(&expected, &found, |value| value),
            "DECIMAL" | "NUMERIC" | "FIXED" | "INT" | "INTEGER" | "BIGINT" | "SMALLINT" | "TINYINT"
            | "MEDIUMINT" | "BOOL" | "BOOLEAN" | "YEAR" => digits(&expected) == digits(&found),
            "DATETIME" | "TIMESTAMP" | "TIME" => clock(&expected) == clock(&found),
            _ => expected == found,
        }
    }

    /// The bytes of a binary column; of a BIT that came as a number, those of the number.
    fn bytes(&self, kind: &str) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Plain(Value::String(text)) => STANDARD.decode(text).ok(),
            Self::Plain(number) if kind.starts_with("BIT") => {
                let bits: u32 = kind.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(1);
                let number: u64 = digits(&plain(number)).parse().ok()?;
                Some(number.to_be_bytes()[8 - bits.div_ceil(8) as usize..].to_vec())
            }
            Self::Plain(_) => None,
        }
    }

    fn json(&self) -> Option<Value> {
        match self {
            Self::Plain(Value::String(text)) => serde_json::from_str(text).ok(),
            Self::Plain(value) => Some(value.clone()),
            Self::Bytes(_) => None,
        }
    }

    /// MySQL's own form is the number of the reference system before the well-known bytes.
    fn geometry(&self) -> Option<Value> {
        match self {
            Self::Bytes(bytes) => geometry::from_wkb(bytes.get(4..)?),
            Self::Plain(Value::String(text)) => Some(geometry::from_wkt(text)),
            Self::Plain(_) => None,
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn same_float(expected: &str, found: &str, width: impl Fn(f64) -> f64) -> bool {
    let number = |text: &str| text.parse().ok().map(|value: f64| width(value).to_bits());
    number(expected).is_some_and(|expected| number(found) == Some(expected))
}

/// An exact number without zeros that say nothing; a boolean is 0 or 1.
fn digits(text: &str) -> String {
    match text {
        "true" => return "1".to_owned(),
        "false" => return "0".to_owned(),
        _ => {}
    }
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    let digits = digits.trim_start_matches('0');
    match digits {
        "" => "0".to_owned(),
        _ if digits.starts_with('.') => format!("{sign}0{digits}"),
        _ => format!("{sign}{digits}"),
    }
}

/// A time without the zeros at the end of its fraction, in UTC where it says so.
fn clock(text: &str) -> String {
    let text = text.trim_end_matches('Z').replace('T', " ");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// BINARY(n) is filled up with zeros by a target, and cut by some sources.
fn padded(mut bytes: Vec<u8>, kind: &str) -> Vec<u8> {
    if kind.starts_with("BINARY") {
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        bytes.truncate(end);
    }
    bytes
}

pub(super) fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
