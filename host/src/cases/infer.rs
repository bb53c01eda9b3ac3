//! The types of columns that nobody declared: those that the formats of the gateway give.

use std::collections::HashMap;

use arrow_schema::{DataType, Field};
use sluicegate_model::{Column, field};

use super::columns::{self, Misfit};
use super::literal::Literal;

/// A column of literals by what they are: text, flags, bytes, numbers by their digits, or JSON of any kind.
///
/// # Errors
/// Where bytes stand beside something else.
pub(super) fn column(name: &str, cells: &[Option<&Literal>]) -> Result<(Field, Column), Vec<Misfit>> {
    let values = || cells.iter().copied().flatten().filter(|literal| **literal != Literal::Null);
    let all = |is: fn(&Literal) -> bool| values().all(is);
    let (data_type, json) = if all(|literal| matches!(literal, Literal::Text(_))) {
        (DataType::Utf8, None)
    } else if all(|literal| matches!(literal, Literal::Number(_))) {
        (DataType::Utf8, Some(field::JSON_NUMBER))
    } else if all(|literal| matches!(literal, Literal::Flag(_))) {
        (DataType::Boolean, None)
    } else if all(|literal| matches!(literal, Literal::Bytes(_))) {
        (DataType::Binary, None)
    } else {
        (DataType::Utf8, Some(field::JSON_RAW))
    };
    let made = if json == Some(field::JSON_RAW) {
        let texts = of_json(cells)?;
        let texts: Vec<Option<&Literal>> = texts.iter().map(Option::as_ref).collect();
        columns::column(&texts, &data_type, json)?
    } else {
        columns::column(cells, &data_type, json)?
    };
    let metadata = json.map(|json| HashMap::from([(field::JSON.to_owned(), json.to_owned())]));
    Ok((Field::new(name, data_type, true).with_metadata(metadata.unwrap_or_default()), made))
}

fn of_json(cells: &[Option<&Literal>]) -> Result<Vec<Option<Literal>>, Vec<Misfit>> {
    let mut misfits = Vec::new();
    let mut texts = Vec::with_capacity(cells.len());
    for (row, cell) in cells.iter().enumerate() {
        texts.push(match cell {
            None => None,
            Some(Literal::Null) => Some(Literal::Null),
            Some(literal) => {
                let text = literal.to_json().map(Literal::Text);
                if text.is_none() {
                    let why = format!("this is {}, and other cells of the column are not", literal.what());
                    misfits.push(Misfit { row, why });
                }
                text
            }
        });
    }
    if misfits.is_empty() { Ok(texts) } else { Err(misfits) }
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn a_column_is_what_its_cells_are() {
        let number = Literal::Number("1.50".to_owned());
        let text = Literal::Text("a".to_owned());
        let kind = |cells: &[Option<&Literal>]| {
            let (field, column) = column("c", cells).unwrap();
            let json = found::json_of(&field).map(str::to_owned);
            (field.data_type().clone(), json.clone(), found::cells(&column, json.as_deref()))
        };
        assert_eq!(kind(&[Some(&text), None]), (DataType::Utf8, None, vec![Some(text.clone()), None]));
        let (data_type, json, cells) = kind(&[Some(&number), Some(&Literal::Null)]);
        assert_eq!((data_type, json.as_deref()), (DataType::Utf8, Some("number")));
        assert_eq!(cells, [Some(number.clone()), Some(Literal::Null)]);
        let (_, json, cells) = kind(&[Some(&number), Some(&text)]);
        assert_eq!(json.as_deref(), Some("raw"));
        assert_eq!(cells[1], Some(Literal::Text("\"a\"".to_owned())));
        assert!(column("c", &[Some(&number), Some(&Literal::Bytes(vec![1]))]).is_err());
    }
}
