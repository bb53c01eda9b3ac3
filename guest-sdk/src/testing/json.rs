//! Cells from JSON, and back. The host's casts read and write everything but text and numbers.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use serde_json::{Map, Number, Value};
use sluicegate_interface::{Cells, Values, nested, read, shape};
use sluicegate_model::{Column, data_type};

/// Cells in JSON: none is missing.
pub(super) type Json = Vec<Option<Value>>;

/// The type of cells that nothing is said of.
pub(super) fn type_of(cells: &Json) -> DataType {
    let mut found = None;
    for value in cells.iter().flatten() {
        let of = match value {
            Value::Null => continue,
            Value::Bool(_) => DataType::Boolean,
            Value::Number(number) if number.is_f64() => DataType::Float64,
            Value::Number(_) => DataType::Int64,
            _ => DataType::Utf8,
        };
        found = match found {
            None => Some(of),
            Some(known) if known == of => Some(known),
            Some(DataType::Int64 | DataType::Float64) if of.is_numeric() => Some(DataType::Float64),
            _ => Some(DataType::Utf8),
        };
    }
    found.unwrap_or(DataType::Utf8)
}

/// A column of a type.
///
/// # Errors
/// The first cell that is none of the type, and why.
pub(super) fn column(of: &DataType, cells: &Json) -> Result<Column, String> {
    let presence = presence(cells);
    let values = match of {
        DataType::Null => Column::new(arrow_array::new_null_array(of, cells.len())),
        DataType::Binary => {
            let bytes: Result<Vec<_>, String> = each(cells).map(|cell| cell.map(bytes).transpose()).collect();
            Column::new(Arc::new(bytes?.into_iter().collect::<BinaryArray>()))
        }
        DataType::List(item) => {
            let arrays = each(cells).map(|cell| match cell {
                None => Ok(None),
                Some(Value::Array(items)) => Ok(Some(items.iter().cloned().map(Some).collect::<Json>())),
                Some(other) => Err(format!("{other} is no list")),
            });
            let (offsets, items) = flat(arrays)?;
            let items = column(item.data_type(), &items)?;
            return nested(of, cells, Values::Offsets(offsets), vec![items]);
        }
        DataType::Map(entries, _) => return map(of, entries.data_type(), cells),
        DataType::Struct(fields) => {
            let child = |field: &arrow_schema::FieldRef| {
                let cells = each(cells).map(|cell| cell.and_then(|cell| cell.get(field.name())).cloned());
                // Inside of a struct there is no missing: what is not there is NULL.
                column(field.data_type(), &cells.map(|cell| Some(cell.unwrap_or(Value::Null))).collect())
            };
            let children = fields.iter().map(child).collect::<Result<_, _>>()?;
            return nested(of, cells, Values::Nothing, children);
        }
        _ => {
            let texts: StringArray = each(cells).map(|cell| cell.map(text)).collect();
            return cast(&Column::with_presence(Arc::new(texts), presence), of);
        }
    };
    Ok(Column::with_presence(values.into_parts().0, presence))
}

fn cast(column: &Column, to: &DataType) -> Result<Column, String> {
    let cast = sluicegate_kernels::cast(column, to, &[]).map_err(|error| error.to_string())?;
    match cast.failed.first() {
        Some(failed) => Err(format!("row {}: {}", failed.row, failed.reason)),
        None => Ok(cast.column),
    }
}

/// The values: none for NULL and missing.
fn each(cells: &Json) -> impl Iterator<Item = Option<&Value>> {
    cells.iter().map(|cell| cell.as_ref().filter(|value| !value.is_null()))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn bytes(value: &Value) -> Result<Vec<u8>, String> {
    let text = text(value);
    let Some(hex) = text.strip_prefix("0x") else { return Ok(text.into_bytes()) };
    let digits = |place| hex.get(place..place + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(digits).collect();
    bytes.ok_or_else(|| format!("{text:?} is no hexadecimal"))
}

fn presence(cells: &Json) -> Option<BooleanBuffer> {
    cells.iter().any(Option::is_none).then(|| cells.iter().map(Option::is_some).collect())
}

/// Offsets, and all items one behind the other.
fn flat(arrays: impl Iterator<Item = Result<Option<Json>, String>>) -> Result<(Vec<u32>, Json), String> {
    let (mut offsets, mut items) = (vec![0], Vec::new());
    for array in arrays {
        items.extend(array?.unwrap_or_default());
        offsets.push(items.len() as u32);
    }
    Ok((offsets, items))
}

fn map(of: &DataType, entries: &DataType, cells: &Json) -> Result<Column, String> {
    let DataType::Struct(pair) = entries else { return Err("a map holds pairs".to_owned()) };
    let mut keys = Vec::new();
    let arrays = each(cells).map(|cell| match cell {
        None => Ok(None),
        Some(Value::Object(pairs)) => {
            keys.extend(pairs.keys().map(|key| Some(Value::String(key.clone()))));
            Ok(Some(pairs.values().cloned().map(Some).collect::<Json>()))
        }
        Some(other) => Err(format!("{other} is no map")),
    });
    let (offsets, values) = flat(arrays)?;
    let children = vec![column(pair[0].data_type(), &keys)?, column(pair[1].data_type(), &values)?];
    nested(of, cells, Values::Offsets(offsets), children)
}

fn nested(of: &DataType, cells: &Json, values: Values, children: Vec<Column>) -> Result<Column, String> {
    let bits = |is: &dyn Fn(&Option<Value>) -> bool| {
        let mut bits = vec![0_u8; cells.len().div_ceil(8)];
        for (row, cell) in cells.iter().enumerate() {
            bits[row / 8] |= u8::from(is(cell)) << (row % 8);
        }
        Some(bits)
    };
    let validity = bits(&|cell| cell.as_ref().is_some_and(|value| !value.is_null()));
    let presence = bits(&Option::is_some);
    nested::column(of, cells.len() as u32, Cells { validity, presence, values }, children)
}

/// The cells of a column.
///
/// # Panics
/// For a type that has no text either: nothing that a transform can make.
pub(super) fn cells(column: &Column) -> Json {
    let values = values(column);
    values.into_iter().enumerate().map(|(row, value)| (!column.is_missing(row)).then_some(value)).collect()
}

fn values(column: &Column) -> Vec<Value> {
    let array = column.values();
    let valid = |row: &usize| array.is_valid(*row);
    let each = |value: &dyn Fn(usize) -> Value| {
        (0..array.len()).map(|row| Some(row).filter(valid).map_or(Value::Null, value)).collect()
    };
    match array.data_type() {
        DataType::Null => vec![Value::Null; array.len()],
        DataType::Utf8 => each(&|row| array.as_string::<i32>().value(row).into()),
        DataType::Boolean => each(&|row| array.as_boolean().value(row).into()),
        DataType::Binary => each(&|row| printed(array.as_binary::<i32>().value(row)).into()),
        of if of.is_integer() || of.is_floating() => {
            let texts = text_of(column);
            let floating = of.is_floating();
            each(&|row| number(texts.value(row), floating))
        }
        DataType::List(_) => {
            let items = values(&nested::children(column)[0]);
            let offsets = offsets(column);
            each(&|row| items[offsets[row]..offsets[row + 1]].to_vec().into())
        }
        DataType::Map(..) => {
            let children = nested::children(column);
            let (keys, items, offsets) = (text_of(&children[0]), values(&children[1]), offsets(column));
            each(&|row| {
                let pairs = offsets[row]..offsets[row + 1];
                pairs
                    .map(|pair| (keys.value(pair).to_owned(), items[pair].clone()))
                    .collect::<Map<_, _>>()
                    .into()
            })
        }
        DataType::Struct(fields) => {
            let children: Vec<Vec<Value>> = nested::children(column).iter().map(values).collect();
            each(&|row| {
                let pairs = fields.iter().zip(&children);
                pairs
                    .map(|(field, child)| (field.name().clone(), child[row].clone()))
                    .collect::<Map<_, _>>()
                    .into()
            })
        }
        _ => {
            let texts = text_of(column);
            each(&|row| texts.value(row).into())
        }
    }
}

/// Every digit of the host's own text.
fn number(text: &str, floating: bool) -> Value {
    let number = if floating {
        text.parse().ok().and_then(Number::from_f64)
    } else {
        text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
    };
    number.map_or_else(|| text.into(), Value::Number)
}

fn text_of(column: &Column) -> StringArray {
    let text = cast(column, &DataType::Utf8);
    let text = text.unwrap_or_else(|why| panic!("{} has no text: {why}", shape::name_of(column.data_type())));
    text.values().as_string::<i32>().clone()
}

fn offsets(column: &Column) -> Vec<usize> {
    match read::cells(column, 0, u32::MAX).map(|cells| cells.values) {
        Ok(Values::Offsets(offsets)) => offsets.into_iter().map(|offset| offset as usize).collect(),
        _ => Vec::new(),
    }
}

fn printed(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with("0x") && !text.contains(char::is_control) => text.to_owned(),
        _ => bytes.iter().fold("0x".to_owned(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
    }
}

/// The type of a name, as a configuration may write it.
pub(super) fn parse_type(name: &str) -> DataType {
    data_type::parse(name).unwrap_or_else(|why| panic!("{why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn round_trip(data_type: &str, given: Value) -> Value {
        let of = parse_type(data_type);
        let cells_given = given.as_array().unwrap().iter().cloned().map(Some).collect();
        Value::Array(cells(&column(&of, &cells_given).unwrap()).into_iter().map(Option::unwrap).collect())
    }

    #[test]
    fn every_type_goes_both_ways() {
        for (data_type, given) in [
            ("boolean", json!([true, null, false])),
            ("int8", json!([-128, null])),
            ("uint64", json!([u64::MAX, 0])),
            ("float64", json!([1.5, -0.25])),
            ("utf8", json!(["", "ä", null])),
            ("binary", json!(["abc", "0xff00", null])),
            ("decimal128(38,2)", json!(["123456789012345678901234567890123456.78", null])),
            ("date32", json!(["2024-02-29", null])),
            ("timestamp(us)", json!(["2024-02-29T12:00:00.5", null])),
            ("list(int32)", json!([[1, 2], [], null, [null]])),
            ("map(utf8,list(utf8))", json!([{ "a": ["x"], "b": null }, null, {}])),
            ("struct(a:int32,b:struct(c:utf8))", json!([{ "a": 1, "b": { "c": "x" } }, null])),
        ] {
            let printed = round_trip(data_type, given.clone());
            // The host's own text of a time is what comes back; its form is tested there.
            if !data_type.starts_with("timestamp") {
                assert_eq!(printed, given, "{data_type}");
            }
        }
    }

    #[test]
    fn a_key_that_is_not_there_is_missing() {
        let given = vec![Some(json!(1)), None, Some(Value::Null)];
        let made = column(&DataType::Int64, &given).unwrap();
        assert_eq!(cells(&made), given);
        assert!(made.is_missing(1) && !made.is_missing(2));
    }

    #[test]
    fn types_that_nobody_says_are_guessed() {
        let of = |cells: Value| type_of(&cells.as_array().unwrap().iter().cloned().map(Some).collect());
        assert_eq!(of(json!([null, 1])), DataType::Int64);
        assert_eq!(of(json!([1, 1.5])), DataType::Float64);
        assert_eq!(of(json!([1, "x"])), DataType::Utf8);
        assert_eq!(of(json!([null])), DataType::Utf8);
    }
}
