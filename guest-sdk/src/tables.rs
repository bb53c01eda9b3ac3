//! The tables that a step works on, and columns that their rows should have.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::pattern::TablePattern;
use crate::{Batch, Failure, warn};

/// Tables that are remembered; more are looked at again, which costs little.
const MOST_TABLES: usize = 4096;

/// The tables of a `tables:` key: full names or regular expressions, or all tables.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    patterns: Option<Vec<TablePattern>>,
    /// Whether a table is meant.
    known: HashMap<String, bool>,
}

impl Tables {
    /// Reads the patterns; none means all tables.
    ///
    /// # Errors
    /// [`Failure::stop`] with the place of a text that is no regular expression.
    pub fn read(texts: Option<&[String]>) -> Result<Self, Failure> {
        let one = |(place, text): (usize, &String)| {
            TablePattern::new(text).map_err(|error| {
                Failure::stop(format!("with.tables[{place}]: {error}")).with("code", "config")
            })
        };
        let patterns = texts.map(|texts| texts.iter().enumerate().map(one).collect()).transpose()?;
        Ok(Self { patterns, known: HashMap::new() })
    }

    /// Whether the table of a batch is meant. Where all are, the host is not even asked for its name.
    pub fn has(&mut self, batch: &Batch) -> bool {
        self.patterns.is_none() || self.has_name(&batch.table())
    }

    /// Whether a table is meant.
    pub fn has_name(&mut self, table: &str) -> bool {
        let Some(patterns) = &self.patterns else { return true };
        if let Some(meant) = self.known.get(table) {
            return *meant;
        }
        let meant = patterns.iter().any(|pattern| pattern.matches(table));
        if self.known.len() >= MOST_TABLES {
            self.known.clear();
        }
        self.known.insert(table.to_owned(), meant);
        meant
    }
}

/// What happens where a column is named that the rows lack.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum MissingColumns {
    /// It is passed over, with a line in the log: a batch of partial rows may lack a column. A column of that name in
    /// another case stops the pipeline all the same.
    #[default]
    Ignore,
    /// The pipeline stops.
    Stop,
}

/// Columns that rows lacked, each told once a table.
#[derive(Clone, Debug, Default)]
pub struct Lacking {
    warned: HashMap<String, Vec<String>>,
}

impl Lacking {
    /// A batch lacks a column that a step called `step` works on. A slip in the name would let it pass untouched, so
    /// the likeliest one, a name in another case, stops the pipeline whatever is configured.
    ///
    /// # Errors
    /// [`Failure::stop`] with the columns that there are.
    pub fn tell(
        &mut self,
        step: &str,
        batch: &Batch,
        column: &str,
        configured: MissingColumns,
    ) -> Result<(), Failure> {
        let table = batch.table();
        let names: Vec<String> = batch.fields().into_iter().map(|field| field.name).collect();
        if let Some(why) = stops(column, &names, configured) {
            let message = format!("table {table} has no column {column}{why}");
            return Err(Failure::stop(message).with("code", "no-such-column").with("column", column));
        }
        if self.warned.len() >= MOST_TABLES {
            self.warned.clear();
        }
        let warned = self.warned.entry(table.clone()).or_default();
        if !warned.iter().any(|known| known == column) {
            warn!("rows of table {table} came without column {column}, which {step} works on");
            warned.push(column.to_owned());
        }
        Ok(())
    }
}

/// Why the lack of a column stops the pipeline, as the end of a sentence; none where it does not.
fn stops(column: &str, names: &[String], configured: MissingColumns) -> Option<String> {
    let same = |name: &&String| name.to_lowercase() == column.to_lowercase();
    match names.iter().find(same) {
        Some(near) => Some(format!("; it has {near}, and names of columns are case-sensitive")),
        None if configured == MissingColumns::Stop && !names.is_empty() => {
            Some(format!("; it has {}", names.join(", ")))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tables_or_those_that_match() {
        assert!(Tables::read(None).unwrap().has_name("any"));
        let texts = [r"shop\..*".to_owned(), "V$SESSION".to_owned()];
        let mut tables = Tables::read(Some(&texts)).unwrap();
        for _ in 0..2 {
            assert!(
                tables.has_name("shop.a") && tables.has_name("V$SESSION") && !tables.has_name("myshop.a")
            );
        }
        let error = Tables::read(Some(&["a".to_owned(), "(".to_owned()])).unwrap_err();
        assert!(error.message.starts_with("with.tables[1]: "), "{}", error.message);
    }

    #[test]
    fn a_name_in_another_case_always_stops() {
        let names = ["ID".to_owned(), "PHONE".to_owned()];
        let why = stops("phone", &names, MissingColumns::Ignore).unwrap();
        assert_eq!(why, "; it has PHONE, and names of columns are case-sensitive");
        assert_eq!(stops("mail", &names, MissingColumns::Ignore), None);
        assert_eq!(stops("mail", &names, MissingColumns::Stop).unwrap(), "; it has ID, PHONE");
        assert_eq!(stops("mail", &[], MissingColumns::Stop), None);
    }
}
