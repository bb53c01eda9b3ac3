//! Which statement it is.

use super::select::narrow;
use super::tokens::Words;
use super::{Given, Refused, Rows, cell};
use crate::cluster::{Database, State};

impl State {
    /// Runs a statement. `current` is the database of names that have none.
    pub(crate) fn run(&mut self, sql: &str, current: &mut String) -> Result<Given, Refused> {
        self.publish();
        let mut words = Words::of(sql)?;
        if words.take("select") {
            return self.select(&mut words, current).map(Given::Rows);
        }
        if words.is_empty() || words.take("set") || words.take("begin") || words.take("commit") {
            return Ok(Given::Done);
        }
        if words.take("use") {
            let name = words.name()?;
            self.database(&name)?;
            *current = name;
            return Ok(Given::Done);
        }
        if words.take_all(&["create", "database"]) {
            let lenient = words.take_all(&["if", "not", "exists"]);
            let name = words.name()?;
            if self.databases.contains_key(&name) && !lenient {
                return Err(Refused::of(format!("Can't create database '{name}'; database exists")));
            }
            self.databases.entry(name).or_default();
            return Ok(Given::Done);
        }
        if words.take_all(&["drop", "database"]) {
            let lenient = words.take_all(&["if", "exists"]);
            let name = words.name()?;
            if self.databases.remove(&name).is_none() && !lenient {
                return Err(Refused::of(format!("Unknown database '{name}'")));
            }
            return Ok(Given::Done);
        }
        if words.take_all(&["create", "table"]) {
            return self.create_table(&mut words, current);
        }
        if words.take_all(&["alter", "table"]) {
            return self.alter_table(&mut words, current);
        }
        if words.take_all(&["drop", "table"]) {
            let lenient = words.take_all(&["if", "exists"]);
            let (database, name) = words.table(current)?;
            if self.database(&database)?.tables.remove(&name).is_none() && !lenient {
                return Err(Refused::of(format!("Unknown table '{database}.{name}'")));
            }
            return Ok(Given::Done);
        }
        if words.take_all(&["show", "alter", "table", "column"]) {
            let name = if words.take("from") { words.name()? } else { current.clone() };
            let mut found = self.alters_of(&name)?;
            narrow(&mut words, &mut found)?;
            return Ok(Given::Rows(found));
        }
        if words.take_all(&["show", "databases"]) {
            let rows = self.databases.keys().map(|name| vec![cell(name.as_str())]).collect();
            return Ok(Given::Rows(Rows { columns: vec!["Database".to_owned()], rows }));
        }
        Err(Refused::of(format!("the simulator does not know the statement {sql}")))
    }

    /// A database.
    pub(super) fn database(&mut self, name: &str) -> Result<&mut Database, Refused> {
        self.databases.get_mut(name).ok_or_else(|| Refused::of(format!("Unknown database '{name}'")))
    }
}
