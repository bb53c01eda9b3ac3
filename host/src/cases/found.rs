//! From batches to rows of literals.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field};
use sluicegate_model::{Cell, ChangeBatch, Column, RowKind, field};

use super::columns;
use super::literal::Literal;

/// A row of a batch.
#[derive(Clone, Debug)]
pub(super) struct FoundRow {
    batch: Arc<Cells>,
    row: usize,
}

/// A batch and its cells.
#[derive(Debug)]
struct Cells {
    batch: ChangeBatch,
    /// By column, then row; `None` is missing.
    cells: Vec<Vec<Option<Literal>>>,
}

/// A change: a row, or the two of a pair.
#[derive(Clone, Debug)]
pub(super) struct FoundUnit {
    pub(super) kind: RowKind,
    pub(super) before: Option<FoundRow>,
    pub(super) row: FoundRow,
}

/// The rows of several tables, in the order in which the tables came first.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables(pub(super) Vec<(String, Vec<FoundUnit>)>);

impl Tables {
    /// Adds the rows of a batch to those of its table.
    pub(super) fn add(&mut self, batch: &ChangeBatch) {
        if batch.is_empty() {
            return;
        }
        let units = units(batch);
        let name = batch.table().as_str();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.extend(units),
            None => self.0.push((name.to_owned(), units)),
        }
    }

    /// The rows of a table.
    pub(super) fn get(&self, table: &str) -> &[FoundUnit] {
        self.0.iter().find(|(known, _)| known == table).map(|(_, units)| units.as_slice()).unwrap_or_default()
    }
}

fn units(batch: &ChangeBatch) -> Vec<FoundUnit> {
    let cells = batch
        .columns()
        .iter()
        .zip(batch.schema().fields())
        .map(|(column, field)| cells(column, json_of(field)))
        .collect();
    let shared = Arc::new(Cells { batch: batch.clone(), cells });
    let mut units = Vec::new();
    let mut row = 0;
    while row < batch.len() {
        let unit = batch.unit_of(row);
        let last = unit.end - 1;
        let of = |row| FoundRow { batch: Arc::clone(&shared), row };
        let before = (unit.len() == 2).then(|| of(unit.start));
        units.push(FoundUnit { kind: batch.kind(last), before, row: of(last) });
        row = unit.end;
    }
    units
}

/// How the text of a field is to be taken.
pub(super) fn json_of(field: &Field) -> Option<&str> {
    field.metadata().get(field::JSON).map(String::as_str)
}

impl FoundRow {
    pub(super) fn batch(&self) -> &ChangeBatch {
        &self.batch.batch
    }

    pub(super) fn place(&self) -> usize {
        self.row
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.batch().schema().fields().iter().map(|field| field.name().as_str())
    }

    /// A cell; `None` where it is missing or there is no such column.
    pub(super) fn get(&self, column: &str) -> Option<&Literal> {
        let (place, _) = self.batch().schema().column_with_name(column)?;
        self.batch.cells[place][self.row].as_ref()
    }

    /// The cells that are there, in the order of the fields.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&str, &Literal)> {
        self.names()
            .zip(&self.batch.cells)
            .filter_map(|(name, cells)| Some((name, cells[self.row].as_ref()?)))
    }

    /// Whether a literal, as a cell of a column, is the cell that is there.
    pub(super) fn holds(&self, column: &str, literal: &Literal) -> bool {
        let Some(found) = self.get(column) else { return false };
        if found == literal {
            return true;
        }
        let Ok(field) = self.batch().schema().field_with_name(column) else { return false };
        is_same(literal, found, field.data_type(), json_of(field))
    }

    /// A meta value of the row: `None` where the batch has no such column, or it is NULL.
    pub(super) fn meta(&self, name: &str) -> Option<(Literal, DataType)> {
        let column = self.batch().meta().get(name)?;
        let cell = cells(&Column::new(column.slice(self.row, 1)), None).pop().flatten()?;
        (cell != Literal::Null).then(|| (cell, column.data_type().clone()))
    }
}

/// Whether a literal, as a value of a type, is the one that was found.
pub(super) fn is_same(literal: &Literal, found: &Literal, data_type: &DataType, json: Option<&str>) -> bool {
    columns::column(&[Some(literal)], data_type, json)
        .is_ok_and(|column| cells(&column, json).first().is_some_and(|cell| cell.as_ref() == Some(found)))
}

/// The cells of a column; `None` is missing.
pub(super) fn cells(column: &Column, json: Option<&str>) -> Vec<Option<Literal>> {
    let mut cells: Vec<Option<Literal>> = literals(column.values(), json).into_iter().map(Some).collect();
    for (row, cell) in cells.iter_mut().enumerate() {
        if column.cell(row) == Cell::Missing {
            *cell = None;
        }
    }
    cells
}

fn literals(array: &ArrayRef, json: Option<&str>) -> Vec<Literal> {
    let each = |value: &dyn Fn(usize) -> Literal| -> Vec<Literal> {
        let nulls = array.logical_nulls();
        let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        (0..array.len()).map(|row| if is_null(row) { Literal::Null } else { value(row) }).collect()
    };
    match array.data_type() {
        DataType::Null => vec![Literal::Null; array.len()],
        DataType::Boolean => each(&|row| Literal::Flag(array.as_boolean().value(row))),
        DataType::Utf8 => each(&|row| {
            let text = array.as_string::<i32>().value(row).to_owned();
            if json == Some(field::JSON_NUMBER) { Literal::Number(text) } else { Literal::Text(text) }
        }),
        DataType::Binary => each(&|row| Literal::Bytes(array.as_binary::<i32>().value(row).to_vec())),
        DataType::FixedSizeBinary(_) => {
            each(&|row| Literal::Bytes(array.as_fixed_size_binary().value(row).to_vec()))
        }
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let items = literals(list.values(), None);
            let offsets = list.value_offsets();
            each(&|row| Literal::List(items[offsets[row] as usize..offsets[row + 1] as usize].to_vec()))
        }
        DataType::Struct(fields) => {
            let columns: Vec<Vec<Literal>> =
                array.as_struct().columns().iter().map(|column| literals(column, None)).collect();
            each(&|row| {
                let names = fields.iter().map(|field| field.name().clone());
                Literal::Map(names.zip(columns.iter().map(|column| column[row].clone())).collect())
            })
        }
        DataType::Map(_, _) => {
            let map = array.as_map();
            let (keys, values) = (literals(map.keys(), None), literals(map.values(), None));
            let offsets = map.value_offsets();
            each(&|row| {
                let range = offsets[row] as usize..offsets[row + 1] as usize;
                entries(&keys[range.clone()], &values[range])
            })
        }
        data_type => {
            let plain = data_type.is_numeric()
                && !matches!(data_type, DataType::Decimal128(_, _) | DataType::Decimal256(_, _));
            let texts = texts(array);
            each(&|row| {
                let text = texts[row].clone();
                if plain && super::literal::is_number(&text) {
                    Literal::Number(text)
                } else {
                    Literal::Text(text)
                }
            })
        }
    }
}

/// A map of text is a map; any other is a list of its entries.
fn entries(keys: &[Literal], values: &[Literal]) -> Literal {
    let pairs = || keys.iter().zip(values);
    let of_text: Option<Vec<(String, Literal)>> = pairs()
        .map(|(key, value)| match key {
            Literal::Text(key) => Some((key.clone(), value.clone())),
            _ => None,
        })
        .collect();
    if let Some(entries) = of_text {
        return Literal::Map(entries);
    }
    let pair = |(key, value): (&Literal, &Literal)| {
        Literal::Map(vec![("key".to_owned(), key.clone()), ("value".to_owned(), value.clone())])
    };
    Literal::List(pairs().map(pair).collect())
}

/// The text of each value of a type that has one.
fn texts(array: &ArrayRef) -> Vec<String> {
    let column = Column::new(Arc::clone(array));
    if let Ok(made) = sluicegate_kernels::cast(&column, &DataType::Utf8, &[])
        && made.failed.is_empty()
    {
        let texts = made.column.values().as_string::<i32>();
        return texts.iter().map(|text| text.unwrap_or_default().to_owned()).collect();
    }
    match ArrayFormatter::try_new(array.as_ref(), &FormatOptions::default()) {
        Ok(formatter) => (0..array.len())
            .map(|row| formatter.value(row).try_to_string().unwrap_or_else(|error| format!("({error})")))
            .collect(),
        Err(error) => vec![format!("({error})"); array.len()],
    }
}
