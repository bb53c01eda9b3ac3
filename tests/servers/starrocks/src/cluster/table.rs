//! Tables and their rows.

use std::collections::BTreeMap;

use super::Aggregate;
use super::aggregate::compare;
use crate::column_type::ColumnType;
use crate::convert::Cell;

/// What a table does with rows of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// `PRIMARY KEY`: the last one counts; rows can be deleted and changed in part.
    Primary,
    /// `UNIQUE KEY`: the last one counts.
    Unique,
    /// `AGGREGATE KEY`: their values become one.
    Aggregate,
    /// `DUPLICATE KEY`: all are kept.
    Duplicate,
}

impl Model {
    /// `COLUMN_KEY` of the key's columns.
    pub fn key_mark(self) -> &'static str {
        match self {
            Self::Primary => "PRI",
            Self::Unique => "UNI",
            Self::Aggregate => "AGG",
            Self::Duplicate => "DUP",
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether it is a part of the key.
    pub key: bool,
    /// What it has where nothing is given.
    pub default: Option<String>,
    /// What becomes of several values, in an aggregate table.
    pub aggregate: Option<Aggregate>,
}

/// A row of a load, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whether the row of the key is removed.
    pub delete: bool,
    /// Of each column; `None` where the load does not say, in a partial update.
    pub cells: Vec<Option<Cell>>,
    /// The place of the column whose value decides whether it takes the place of the row of its key: only where it is not
    /// smaller. NULL is the smallest.
    pub condition: Option<usize>,
}

impl Row {
    /// Whether the row that is there has the larger value.
    fn is_outdone_by(&self, old: &[Cell]) -> bool {
        let Some(place) = self.condition else { return false };
        match (&old[place], self.cells.get(place)) {
            (Some(old), Some(Some(Some(new)))) => compare(old, new).is_gt(),
            (Some(_), _) => true,
            (None, _) => false,
        }
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it does with rows of one key.
    pub model: Model,
    /// Its columns, those of the key first.
    pub columns: Vec<Column>,
    by_key: BTreeMap<Vec<Cell>, Vec<Cell>>,
    all: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows.
    pub fn new(model: Model, columns: Vec<Column>) -> Self {
        Self { model, columns, by_key: BTreeMap::new(), all: Vec::new() }
    }

    /// The place of a column.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Its rows.
    pub fn rows(&self) -> Box<dyn Iterator<Item = &Vec<Cell>> + '_> {
        match self.model {
            Model::Duplicate => Box::new(self.all.iter()),
            Model::Primary | Model::Unique | Model::Aggregate => Box::new(self.by_key.values()),
        }
    }

    /// Adds a column, with its default in the rows that are there.
    pub fn add_column(&mut self, column: Column) {
        let cell: Cell = column.default.clone().map(String::into_bytes);
        self.by_key.values_mut().chain(self.all.iter_mut()).for_each(|row| row.push(cell.clone()));
        self.columns.push(column);
    }

    /// Applies the rows of a transaction, in order.
    pub fn apply(&mut self, rows: &[Row]) {
        for row in rows {
            self.apply_one(row);
        }
    }

    fn apply_one(&mut self, row: &Row) {
        let default = |place: usize| self.columns[place].default.clone().map(String::into_bytes);
        let whole = |old: Option<&Vec<Cell>>| -> Vec<Cell> {
            // A load that began before the table got a column has no cell for it.
            let cell = |place: usize| match (row.cells.get(place), old) {
                (Some(Some(cell)), _) => cell.clone(),
                (Some(None), Some(old)) => old[place].clone(),
                (None, _) | (Some(None), None) => default(place),
            };
            (0..self.columns.len()).map(cell).collect()
        };
        if self.model == Model::Duplicate {
            let row = whole(None);
            self.all.push(row);
            return;
        }
        let key: Vec<Cell> = self
            .columns
            .iter()
            .zip(&row.cells)
            .filter(|(column, _)| column.key)
            .map(|(_, cell)| cell.clone().unwrap_or_default())
            .collect();
        if row.delete {
            self.by_key.remove(&key);
            return;
        }
        let old = self.by_key.get(&key);
        if old.is_some_and(|old| row.is_outdone_by(old)) {
            return;
        }
        let row = match (self.model, old) {
            (Model::Aggregate, Some(old)) => {
                let new = whole(None);
                let one = |(place, column): (usize, &Column)| match column.aggregate {
                    Some(aggregate) => aggregate.of(&old[place], &new[place]),
                    None => new[place].clone(),
                };
                self.columns.iter().enumerate().map(one).collect()
            }
            _ => whole(old),
        };
        self.by_key.insert(key, row);
    }
}
