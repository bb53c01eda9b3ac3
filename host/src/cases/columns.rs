//! From literals to columns of a type, exactly.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, FixedSizeBinaryArray, ListArray, MapArray, NullArray, StringArray,
    StructArray,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, FieldRef, Fields};
use sluicegate_model::{Column, data_type, field};

use super::literal::Literal;

/// A literal that does not fit its column.
#[derive(Debug)]
pub(super) struct Misfit {
    /// Which of the literals.
    pub(super) row: usize,
    /// Why, in a sentence without a full stop.
    pub(super) why: String,
}

/// A column of literals; `None` is a missing cell. `json` is how a text column's text is to be taken
/// ([`field::JSON`]).
///
/// # Errors
/// Every literal that does not fit.
pub(super) fn column(
    cells: &[Option<&Literal>],
    data_type: &DataType,
    json: Option<&str>,
) -> Result<Column, Vec<Misfit>> {
    let presence: BooleanBuffer = cells.iter().map(Option::is_some).collect();
    let values: Vec<Option<&Literal>> =
        cells.iter().map(|cell| cell.filter(|literal| **literal != Literal::Null)).collect();
    let array = array(&values, data_type, json)?;
    Ok(Column::with_presence(array, Some(presence)))
}

/// The name of a type, for people.
pub(super) fn type_name(of: &DataType) -> String {
    data_type::name_of(of).unwrap_or_else(|| of.to_string())
}

fn array(cells: &[Option<&Literal>], to: &DataType, json: Option<&str>) -> Result<ArrayRef, Vec<Misfit>> {
    match to {
        DataType::Null => {
            all(cells, to, |_| None::<()>)?;
            Ok(Arc::new(NullArray::new(cells.len())))
        }
        DataType::Boolean => {
            let flags = all(cells, to, |literal| match literal {
                Literal::Flag(flag) => Some(*flag),
                _ => None,
            })?;
            Ok(Arc::new(BooleanArray::from(flags)))
        }
        DataType::Utf8 => {
            let number = json == Some(field::JSON_NUMBER);
            let texts = all(cells, to, |literal| match literal {
                Literal::Text(text) => Some(text.as_str()),
                Literal::Number(digits) if number => Some(digits.as_str()),
                _ => None,
            })?;
            Ok(Arc::new(StringArray::from(texts)))
        }
        DataType::Binary => Ok(Arc::new(BinaryArray::from(bytes(cells, to)?))),
        DataType::FixedSizeBinary(width) => fixed(cells, *width, to),
        DataType::List(item) => list(cells, item, to),
        DataType::Struct(fields) => structs(cells, fields, to),
        DataType::Map(entries, sorted) => maps(cells, entries, *sorted, to),
        _ => through_text(cells, to),
    }
}

/// What each literal is, where all are of the kind that is wanted.
fn all<'a, T>(
    cells: &[Option<&'a Literal>],
    to: &DataType,
    wanted: impl Fn(&'a Literal) -> Option<T>,
) -> Result<Vec<Option<T>>, Vec<Misfit>> {
    let mut misfits = Vec::new();
    let mut values = Vec::with_capacity(cells.len());
    for (row, cell) in cells.iter().enumerate() {
        let value = cell.and_then(&wanted);
        if let (Some(literal), None) = (cell, &value) {
            misfits.push(Misfit { row, why: of_another_kind(literal, to) });
        }
        values.push(value);
    }
    if misfits.is_empty() { Ok(values) } else { Err(misfits) }
}

fn of_another_kind(literal: &Literal, to: &DataType) -> String {
    let takes = match to {
        DataType::Null => "takes nothing but null",
        DataType::Boolean => "takes true or false",
        DataType::Utf8 => "takes text: put it in quotes",
        DataType::Binary | DataType::FixedSizeBinary(_) => {
            "takes bytes: write { $hex: \"...\" } or { $base64: \"...\" }"
        }
        DataType::List(_) => "takes a list",
        DataType::Struct(_) => "takes a map",
        DataType::Map(_, _) => "takes a map, or a list of { key, value }",
        DataType::Decimal128(_, _) | DataType::Decimal256(_, _) => "takes a number",
        to if to.is_numeric() => "takes a number without quotes",
        _ => "takes text",
    };
    format!("this is {}, and {} {takes}", literal.what(), type_name(to))
}

fn bytes<'a>(cells: &[Option<&'a Literal>], to: &DataType) -> Result<Vec<Option<&'a [u8]>>, Vec<Misfit>> {
    all(cells, to, |literal| match literal {
        Literal::Bytes(bytes) => Some(bytes.as_slice()),
        _ => None,
    })
}

fn fixed(cells: &[Option<&Literal>], width: i32, to: &DataType) -> Result<ArrayRef, Vec<Misfit>> {
    let bytes = bytes(cells, to)?;
    let misfits: Vec<Misfit> = bytes
        .iter()
        .enumerate()
        .filter_map(|(row, bytes)| Some((row, bytes.as_ref()?.len())))
        .filter(|(_, length)| i32::try_from(*length) != Ok(width))
        .map(|(row, length)| Misfit {
            row,
            why: format!("this is {length} bytes, and {} takes {width}", type_name(to)),
        })
        .collect();
    if !misfits.is_empty() {
        return Err(misfits);
    }
    let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes.into_iter(), width);
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| whole(&error))
}

/// A mistake of no literal in particular.
fn whole(error: &arrow_schema::ArrowError) -> Vec<Misfit> {
    vec![Misfit { row: 0, why: error.to_string() }]
}

/// Numbers, dates and times: by their text, as the host's own cast reads it.
fn through_text(cells: &[Option<&Literal>], to: &DataType) -> Result<ArrayRef, Vec<Misfit>> {
    let decimal = matches!(to, DataType::Decimal128(_, _) | DataType::Decimal256(_, _));
    let floating = to.is_floating();
    let number = to.is_numeric();
    let texts = all(cells, to, |literal| match literal {
        Literal::Number(digits) if number => Some(digits.as_str()),
        Literal::Text(text) if !number || decimal => Some(text.as_str()),
        Literal::Text(text) if floating && matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => {
            Some(text.as_str())
        }
        _ => None,
    })?;
    let text = Column::new(Arc::new(StringArray::from(texts)));
    match sluicegate_kernels::cast(&text, to, &[]) {
        Ok(made) if made.failed.is_empty() => Ok(Arc::clone(made.column.values())),
        Ok(made) => Err(made
            .failed
            .into_iter()
            .map(|failed| Misfit { row: failed.row as usize, why: failed.reason })
            .collect()),
        Err(error) => Err(vec![Misfit { row: 0, why: error.to_string() }]),
    }
}

/// The mistakes of children, as those of the cells that they are in.
fn of_parents(misfits: Vec<Misfit>, parents: &[usize]) -> Vec<Misfit> {
    misfits.into_iter().map(|misfit| Misfit { row: parents[misfit.row], ..misfit }).collect()
}

fn nulls(cells: &[Option<&Literal>]) -> NullBuffer {
    NullBuffer::from(cells.iter().map(Option::is_some).collect::<Vec<bool>>())
}

/// A child that is NULL has no literal.
fn value(literal: &Literal) -> Option<&Literal> {
    Some(literal).filter(|literal| **literal != Literal::Null)
}

fn list(cells: &[Option<&Literal>], item: &FieldRef, to: &DataType) -> Result<ArrayRef, Vec<Misfit>> {
    let lists = all(cells, to, |literal| match literal {
        Literal::List(items) => Some(items.as_slice()),
        _ => None,
    })?;
    let (mut children, mut parents) = (Vec::new(), Vec::new());
    for (row, items) in lists.iter().enumerate() {
        for item in items.iter().flat_map(|items| items.iter()) {
            children.push(value(item));
            parents.push(row);
        }
    }
    let lengths = lists.iter().map(|items| items.map_or(0, <[_]>::len));
    let values = array(&children, item.data_type(), None).map_err(|misfits| of_parents(misfits, &parents))?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    let array = ListArray::try_new(Arc::clone(item), offsets, values, Some(nulls(cells)));
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| whole(&error))
}

fn structs(cells: &[Option<&Literal>], fields: &Fields, to: &DataType) -> Result<ArrayRef, Vec<Misfit>> {
    let rows = all(cells, to, |literal| match literal {
        Literal::Map(entries) => Some(entries.as_slice()),
        _ => None,
    })?;
    let mut misfits = Vec::new();
    for (row, entries) in rows.iter().enumerate() {
        for (name, _) in entries.iter().flat_map(|entries| entries.iter()) {
            if !fields.iter().any(|field| field.name() == name) {
                misfits.push(Misfit { row, why: format!("{} has no field `{name}`", type_name(to)) });
            }
        }
    }
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let child = |entries: Option<&[(String, Literal)]>| -> Option<Literal> {
            let (_, literal) = entries?.iter().find(|(name, _)| name == field.name())?;
            value(literal).cloned()
        };
        let children: Vec<Option<Literal>> = rows.iter().map(|entries| child(*entries)).collect();
        let children: Vec<Option<&Literal>> = children.iter().map(Option::as_ref).collect();
        match array(&children, field.data_type(), None) {
            Ok(column) => columns.push(column),
            Err(found) => misfits.extend(found),
        }
    }
    if !misfits.is_empty() {
        return Err(misfits);
    }
    let array = StructArray::try_new_with_length(fields.clone(), columns, Some(nulls(cells)), cells.len());
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| whole(&error))
}

/// A map of text to something is a map; any map is a list of its entries.
fn maps(
    cells: &[Option<&Literal>],
    entries: &FieldRef,
    sorted: bool,
    to: &DataType,
) -> Result<ArrayRef, Vec<Misfit>> {
    let DataType::Struct(pair) = entries.data_type() else {
        return Err(vec![Misfit { row: 0, why: format!("{to} is no map") }]);
    };
    let pairs = all(cells, to, |literal| match literal {
        Literal::Map(entries) => Some(
            entries
                .iter()
                .map(|(name, value)| (Literal::Text(name.clone()), value.clone()))
                .collect::<Vec<_>>(),
        ),
        Literal::List(items) => items.iter().map(key_and_value).collect(),
        _ => None,
    })?;
    let (mut keys, mut values, mut parents) = (Vec::new(), Vec::new(), Vec::new());
    for (row, pairs) in pairs.iter().enumerate() {
        for (key, child) in pairs.iter().flatten() {
            keys.push(value(key));
            values.push(value(child));
            parents.push(row);
        }
    }
    let children = |cells: &[Option<&Literal>], place: usize| {
        array(cells, pair[place].data_type(), None).map_err(|misfits| of_parents(misfits, &parents))
    };
    let (keys, values) = (children(&keys, 0)?, children(&values, 1)?);
    let lengths = pairs.iter().map(|pairs| pairs.as_ref().map_or(0, Vec::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let made = StructArray::try_new(pair.clone(), vec![keys, values], None)
        .and_then(|inner| MapArray::try_new(Arc::clone(entries), offsets, inner, Some(nulls(cells)), sorted));
    made.map(|array| Arc::new(array) as ArrayRef).map_err(|error| whole(&error))
}

fn key_and_value(literal: &Literal) -> Option<(Literal, Literal)> {
    let Literal::Map(entries) = literal else { return None };
    let get = |wanted: &str| entries.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    Some((get("key")?, get("value")?))
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    fn number(digits: &str) -> Literal {
        Literal::Number(digits.to_owned())
    }

    fn text(text: &str) -> Literal {
        Literal::Text(text.to_owned())
    }

    /// What a literal is when it was a cell of a type.
    fn there_and_back(name: &str, literal: &Literal) -> Result<Literal, String> {
        let data_type = data_type::parse(name).unwrap();
        let made = column(&[Some(literal), None, Some(&Literal::Null)], &data_type, None);
        let made = made.map_err(|misfits| misfits[0].why.clone())?;
        let cells = found::cells(&made, None);
        assert_eq!((&cells[1], &cells[2]), (&None, &Some(Literal::Null)), "{name}");
        Ok(cells[0].clone().unwrap())
    }

    #[test]
    fn what_fits_comes_back() {
        let map = |entries: &[(&str, Literal)]| {
            Literal::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
        };
        for (name, literal) in [
            ("int64", number("-7")),
            ("uint64", number("18446744073709551615")),
            ("float64", number("1.5")),
            ("float64", text("NaN")),
            ("decimal(18,2)", text("12.50")),
            ("decimal(65,4)", text("-1234567890123456789012345678901234567890.1000")),
            ("boolean", Literal::Flag(true)),
            ("utf8", text("1")),
            ("binary", Literal::Bytes(vec![0, 255])),
            ("fixed(2)", Literal::Bytes(vec![0, 255])),
            ("date", text("2026-01-31")),
            ("timestamp(us)", text("2026-01-31T08:00:00.000001")),
            ("timestamp(us,UTC)", text("2026-01-31T08:00:00Z")),
            ("duration(us)", text("-25:00:00")),
            ("list(int32)", Literal::List(vec![number("1"), Literal::Null])),
            ("struct(a:int32,b:utf8)", map(&[("a", number("1")), ("b", Literal::Null)])),
            ("map(utf8,list(int8))", map(&[("k", Literal::List(vec![number("3")]))])),
        ] {
            assert_eq!(there_and_back(name, &literal), Ok(literal), "{name}");
        }
        assert_eq!(there_and_back("decimal(18,2)", &number("12.5")), Ok(text("12.50")));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        for (name, literal, why) in [
            ("utf8", number("1"), "takes text: put it in quotes"),
            ("int64", text("1"), "takes a number without quotes"),
            ("uint8", number("256"), "256"),
            ("decimal(4,1)", text("1.25"), "1.25"),
            ("binary", text("x"), "$hex"),
            ("fixed(2)", Literal::Bytes(vec![1]), "this is 1 bytes, and fixed(2) takes 2"),
            ("struct(a:int32)", Literal::Map(vec![("b".to_owned(), Literal::Null)]), "has no field `b`"),
            ("list(int8)", Literal::List(vec![number("1"), text("x")]), "takes a number"),
        ] {
            let told = there_and_back(name, &literal).unwrap_err();
            assert!(told.contains(why), "{name}: {told}");
        }
    }
}
