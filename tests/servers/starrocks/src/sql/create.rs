//! Making and changing tables.

use std::time::Instant;

use super::tokens::{Word, Words};
use super::{Given, Refused};
use crate::cluster::{Aggregate, Alter, AlterState, Column, Database, Model, State, Table};
use crate::column_type::ColumnType;

impl State {
    /// `CREATE TABLE`, behind those words. Distribution, partitions and properties are not looked at.
    pub(super) fn create_table(&mut self, words: &mut Words, current: &str) -> Result<Given, Refused> {
        let lenient = words.take_all(&["if", "not", "exists"]);
        let (database, name) = words.table(current)?;
        words.want('(')?;
        let mut columns = vec![column(words)?];
        while words.symbol(',') {
            columns.push(column(words)?);
        }
        words.want(')')?;
        let (mut model, mut key) = (Model::Duplicate, Vec::new());
        while !words.is_empty() {
            let models = [
                ("primary", Model::Primary),
                ("unique", Model::Unique),
                ("aggregate", Model::Aggregate),
                ("duplicate", Model::Duplicate),
            ];
            let found = models.into_iter().find(|(word, _)| words.take_all(&[word, "key"]));
            match found {
                Some((_, found)) => {
                    model = found;
                    key = words.names()?;
                }
                None => drop(words.next()),
            }
        }
        if key.is_empty() {
            key = columns.iter().take(1).map(|column| column.name.clone()).collect();
        }
        for (place, part) in key.iter().enumerate() {
            let Some(column) = columns.get_mut(place).filter(|column| column.name.eq_ignore_ascii_case(part))
            else {
                return Err(Refused::of(
                    "Getting analyzing error. Detail message: Key columns must be the first few columns of the schema and the order of the key columns must be consistent with the order of the schema.",
                ));
            };
            if !column.column_type.may_be_key() {
                return Err(Refused::of(format!(
                    "Invalid data type of key column '{}': '{}'",
                    column.name, column.column_type
                )));
            }
            column.key = true;
            if model == Model::Primary {
                column.nullable = false;
            }
        }
        if let Some(column) = columns
            .iter()
            .find(|column| model == Model::Aggregate && !column.key && column.aggregate.is_none())
        {
            return Err(Refused::of(format!(
                "AGG_KEYS table should specify aggregate type for non-key column[{}]",
                column.name
            )));
        }
        let tables = &mut self.database(&database)?.tables;
        if tables.contains_key(&name) {
            return if lenient {
                Ok(Given::Done)
            } else {
                Err(Refused::of(format!("Table '{name}' already exists")))
            };
        }
        tables.insert(name, Table::new(model, columns));
        Ok(Given::Done)
    }

    /// `ALTER TABLE`, behind those words: a job adds a column.
    pub(super) fn alter_table(&mut self, words: &mut Words, current: &str) -> Result<Given, Refused> {
        let (database, name) = words.table(current)?;
        let (id, due) = (self.next_transaction(), Instant::now() + self.alter_takes);
        let Database { tables, alters, .. } = self.database(&database)?;
        let table = tables.get(&name);
        let table = table.ok_or_else(|| Refused::of(format!("Unknown table '{database}.{name}'")))?;
        if !words.take_all(&["add", "column"]) {
            return Err(words.unexpected("ADD COLUMN"));
        }
        let column = column(words)?;
        if table.place(&column.name).is_some() {
            return Err(Refused::of(format!("Duplicate column name '{}'", column.name)));
        }
        if alters.iter().any(|job| job.table == name && !job.state.is_final()) {
            return Err(Refused::of(format!(
                "Table[{name}]'s state(SCHEMA_CHANGE) is not NORMAL. Do not allow doing ALTER ops"
            )));
        }
        let (state, reason) = (AlterState::Running, String::new());
        alters.push(Alter { id, table: name, column, state, reason, due });
        Ok(Given::Done)
    }
}

/// A column, up to the comma or bracket behind it.
fn column(words: &mut Words) -> Result<Column, Refused> {
    let name = words.name()?;
    let type_name = words.name()?;
    let mut arguments = Vec::new();
    if words.symbol('(') {
        while let Some(Word::Number(digits)) = words.next() {
            arguments.push(digits.parse().map_err(|_| Refused::of(format!("{digits} is no length")))?);
            if !words.symbol(',') {
                break;
            }
        }
        words.want(')')?;
    }
    let column_type = ColumnType::parse(&type_name, &arguments).ok_or_else(|| {
        Refused::of(format!("the simulator does not know the type {type_name}{arguments:?}"))
    })?;
    let mut column = Column { name, column_type, nullable: true, key: false, default: None, aggregate: None };
    loop {
        if matches!(words.peek(), None | Some(Word::Symbol(',' | ')'))) {
            return Ok(column);
        }
        if words.take_all(&["not", "null"]) {
            column.nullable = false;
        } else if words.take("default") {
            column.default = match words.next() {
                Some(Word::Text(text) | Word::Number(text)) => Some(text),
                _ => None,
            };
        } else if let Some(Word::Name(word)) = words.next()
            && let Some(aggregate) = Aggregate::parse(&word)
        {
            column.aggregate = Some(aggregate);
        }
    }
}
