//! How the rows of a schema are written to a table.

use std::sync::Arc;

use arrow_schema::Field;
use sluicegate_model::ChangeBatch;
use sluicegate_tables::name::same;
use sluicegate_tables::{Fit, Moment, OnSchemaChange, Target};

use super::evolve;
use super::options::WriteMode;
use super::rows::split;
use crate::schema::{Table, UniqueKey};
use crate::types::{ColumnType, fit};

/// A column that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedColumn {
    /// Its name in the table.
    pub name: String,
    /// Its place in the schema of the rows.
    pub field: usize,
    /// How its values are written.
    pub fit: Fit,
    /// Digits of the second that it keeps.
    pub digits: u32,
    /// How it stands in a line that is loaded.
    pub load: Load,
}

/// How a column stands in a line that is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// As its literal, nearly.
    AsItIs,
    /// By the digits of its bytes.
    Digits,
    /// Not at all.
    Never,
}

impl Load {
    fn of(column: &ColumnType) -> Self {
        match column {
            ColumnType::Bytes => Self::Digits,
            // A text would be taken for its bytes.
            ColumnType::Bit => Self::Never,
            _ => Self::AsItIs,
        }
    }
}

/// How the rows of a schema are written to a table.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is for.
    pub target: Target,
    /// What becomes of a row.
    pub write: WriteMode,
    /// Whether rows are only added because neither they nor the table have a key: an update has no row to go to.
    pub keyless: bool,
    /// The columns that are written, in order.
    pub columns: Vec<PlannedColumn>,
    /// Columns that a new row must have, and these rows do not: they only change rows that are there, or remove them. So
    /// it is where a source sends what changed, and all rows of a batch lack the same columns.
    pub lacks: Vec<String>,
    /// Whether the table has no other columns: a row that goes and comes anew loses nothing.
    pub covers: bool,
    /// Places among the columns of the key's, in the key's order; empty where there is no key.
    pub key: Vec<usize>,
    /// Whether rows are written one after another as they come: another unique key, or a foreign key, makes it matter
    /// which row goes first.
    pub ordered: bool,
}

impl Plan {
    /// A plan for batches of this schema.
    ///
    /// # Errors
    /// Everything that does not fit, a sentence each.
    pub fn new(
        table: &Table,
        batch: &ChangeBatch,
        (write, on_schema_change): (WriteMode, OnSchemaChange),
        moment: Moment,
    ) -> Result<Arc<Self>, Vec<String>> {
        let mut misfits = Vec::new();
        if !table.is_transactional() {
            misfits.push(format!(
                "its engine, {}, knows no transactions: use InnoDB, or rows could be doubled",
                table.engine
            ));
        }
        let columns = columns(table, batch, on_schema_change, &mut misfits);
        let keyless = write != WriteMode::Insert && batch.primary_key().is_empty() && table.unique.is_empty();
        let write = if keyless { WriteMode::Insert } else { write };
        let mut key = Vec::new();
        let mut chosen = None;
        if write != WriteMode::Insert {
            match choose_key(table, batch) {
                Ok(unique) => {
                    for name in &unique.columns {
                        match columns.iter().position(|column| same(&column.name, name)) {
                            Some(place) => key.push(place),
                            None => misfits.push(format!(
                                "the rows have no column {name}, which is part of its key {}",
                                unique.name
                            )),
                        }
                    }
                    chosen = Some(unique);
                }
                Err(why) => misfits.push(why),
            }
        }
        let is_written = |name: &String| columns.iter().any(|planned| planned.name == *name);
        let lacks = table.columns.iter().filter(|column| column.required && !is_written(&column.name));
        let lacks: Vec<String> = lacks.map(|column| column.name.clone()).collect();
        if moment == Moment::Start {
            let told = |column: &String| {
                format!("its column {column} takes no NULL and has no default, and the rows do not have it")
            };
            misfits.extend(lacks.iter().map(told));
        }
        let covers = table.columns.iter().all(|column| column.generated || is_written(&column.name));
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let others = table.unique.iter().any(|unique| chosen.is_some_and(|chosen| chosen != unique));
        Ok(Arc::new(Self {
            target: Target::new(&table.name, batch),
            write,
            keyless,
            columns,
            lacks,
            covers,
            key,
            ordered: write != WriteMode::Insert && (others || table.foreign_keys),
        }))
    }

    /// Names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Names of the key's columns.
    pub fn key_names(&self) -> impl Iterator<Item = &str> {
        self.key.iter().map(|place| self.columns[*place].name.as_str())
    }

    /// Whether a row with these cells could be a new one.
    pub fn is_whole(&self, cells: &[u8]) -> bool {
        self.lacks.is_empty() && split(cells).filter(|cell| !cell.is_empty()).count() == self.columns.len()
    }

    /// Whether the same columns of the same table are written in the same way.
    pub fn writes_like(&self, other: &Self) -> bool {
        self.target.table == other.target.table
            && self.write == other.write
            && self.names().eq(other.names())
            && self.key == other.key
    }
}

impl sluicegate_tables::Plan for Plan {
    fn target(&self) -> &Target {
        &self.target
    }
}

fn columns(
    table: &Table,
    batch: &ChangeBatch,
    on_schema_change: OnSchemaChange,
    misfits: &mut Vec<String>,
) -> Vec<PlannedColumn> {
    let mut columns: Vec<PlannedColumn> = Vec::new();
    for (place, field) in batch.schema().fields().iter().enumerate() {
        let Some(column) = table.column(field.name()) else {
            // What was to be added is there by now, or goes without.
            if on_schema_change == OnSchemaChange::Exception {
                misfits.push(missing_column(table, field));
            }
            continue;
        };
        if columns.iter().any(|planned| planned.name == column.name) {
            misfits.push(format!("two columns of the rows are called {} there", column.name));
            continue;
        }
        if column.generated {
            misfits.push(format!(
                "its column {} is computed by the server: drop it from the rows in a step",
                column.name
            ));
            continue;
        }
        match fit(field.data_type(), &column.column_type) {
            Ok(fit) => columns.push(PlannedColumn {
                name: column.name.clone(),
                field: place,
                fit,
                digits: column.column_type.digits(),
                load: Load::of(&column.column_type),
            }),
            Err(why) => misfits.push(format!("its column {} is {}: {why}", column.name, column.described)),
        }
    }
    columns
}

fn missing_column(table: &Table, field: &Field) -> String {
    let statement = evolve::statement(table, &[field], evolve::INSTANT).unwrap_or_else(|why| why);
    format!(
        "it has no column {}: add it ({statement}), drop it in a step, or set `on_schema_change` to `evolve` or `ignore`",
        field.name()
    )
}

/// The key by which rows are found: the primary key, or the unique key that has the columns of the rows' key.
fn choose_key<'a>(table: &'a Table, batch: &ChangeBatch) -> Result<&'a UniqueKey, String> {
    let own = batch.primary_key();
    let is_own = |unique: &&UniqueKey| {
        unique.columns.len() == own.len()
            && own.iter().all(|name| unique.columns.iter().any(|column| same(column, name)))
    };
    if !own.is_empty()
        && let Some(unique) = table.unique.iter().find(is_own)
    {
        return Ok(unique);
    }
    match table.primary_key() {
        Some(primary) if own.is_empty() => Ok(primary),
        Some(primary) => Err(format!(
            "its primary key is ({}), and the key of the rows is ({}): give it that unique key, or change the rows' key \
             in a step",
            primary.columns.join(", "),
            own.join(", ")
        )),
        None => Err(
            "it has no primary key, so a row to change cannot be found: give it one, or set `write: insert`"
                .to_owned(),
        ),
    }
}
