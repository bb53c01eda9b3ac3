//! How much of the tables was read: a part of the lane's positions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sluicegate_model::{Position, TableName};

use crate::binlog::record_number;

/// The key of a position's map.
const KEY: &str = "snapshot";

/// How much of the tables was read. Tables are read one after the other, and each in the order of its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Tables that need no reading any more.
    #[serde(default)]
    done: BTreeSet<String>,
    /// The table that is being read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    /// The key up to which it was read; empty at its beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
    /// The number of the last record that was a part of a table.
    #[serde(default)]
    last: u64,
    /// Where it is not all tables that are read, those that are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<BTreeSet<String>>,
    /// The run that asked for tables to be read again: once is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_by: Option<u64>,
}

impl Progress {
    /// What a position says; `None` where its lane has no snapshot.
    ///
    /// # Errors
    /// Where it says what this program does not know.
    pub fn of(position: &Position) -> Result<Option<Self>, serde_json::Error> {
        position.at.get(KEY).map(Self::deserialize).transpose()
    }

    /// Puts it into a position.
    pub fn add_to(&self, position: &mut Position) {
        // Sets, texts and numbers: nothing that cannot be written.
        if let Ok(value) = serde_json::to_value(self) {
            position.at.insert(KEY.to_owned(), value);
        }
    }

    /// Nothing is to be read: the log alone brings rows.
    pub fn none() -> Self {
        Self { only: Some(BTreeSet::new()), ..Self::default() }
    }

    /// Whether a table is to be read, or read on.
    pub fn wants(&self, table: &str) -> bool {
        !self.done.contains(table) && self.only.as_ref().is_none_or(|only| only.contains(table))
    }

    /// Has tables read again from their beginnings, as a run asks. Numbers of parts go on growing.
    pub fn again(&mut self, tables: impl IntoIterator<Item = String>, run: u64) {
        self.asked_by = Some(run);
        for table in tables {
            if self.table.as_deref() == Some(&table) {
                (self.table, self.after) = (None, Vec::new());
            }
            self.done.remove(&table);
            if let Some(only) = &mut self.only {
                only.insert(table);
            }
        }
    }

    /// Whether a run has had its tables put down to be read again.
    pub fn was_asked_by(&self, run: u64) -> bool {
        self.asked_by == Some(run)
    }

    /// Nothing was read, and records that come have numbers above those of before.
    pub fn begin_again(&self) -> Self {
        Self { last: self.last, ..Self::default() }
    }

    /// Up to where a table was read; `None` where it was not begun.
    pub fn after(&self, table: &TableName) -> Option<&[String]> {
        let begun = self.table.as_deref() == Some(table.as_str()) && !self.after.is_empty();
        begun.then_some(&*self.after)
    }

    /// The table that was begun.
    pub fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    /// Notes that a part was given, up to a key; `None` for the end of the table.
    pub fn read(&mut self, table: &TableName, up_to: Option<&[String]>) {
        if let Some(key) = up_to {
            self.table = Some(table.as_str().to_owned());
            self.after = key.to_vec();
        } else {
            self.finish(table.as_str());
        }
    }

    /// Notes that a table needs no reading any more.
    pub fn finish(&mut self, table: &str) {
        if self.table.as_deref() == Some(table) {
            (self.table, self.after) = (None, Vec::new());
        }
        match &mut self.only {
            Some(only) => drop(only.remove(table)),
            None => drop(self.done.insert(table.to_owned())),
        }
    }

    /// A number for a part that comes after a number of events, above those of all parts before it, and above what the
    /// sink may hold already.
    pub fn number(&mut self, events: u64, ahead: Option<u64>) -> u64 {
        let event = events.checked_sub(1).map_or(0, record_number);
        self.last = event.max(self.last).max(ahead.unwrap_or(0)) + 1;
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_travels_in_positions() {
        let mut progress = Progress::default();
        progress.read(&"shop.a".into(), None);
        progress.read(&"shop.b".into(), Some(&["7".to_owned(), "0a".to_owned()]));
        progress.number(3, None);
        let mut position = Position { v: 1, source: "s".to_owned(), at: serde_json::Map::default() };
        assert_eq!(Progress::of(&position).unwrap(), None);
        progress.add_to(&mut position);
        assert_eq!(Progress::of(&position).unwrap(), Some(progress.clone()));
        assert!(!progress.wants("shop.a") && progress.after(&"shop.a".into()).is_none());
        assert_eq!(progress.after(&"shop.b".into()).unwrap(), ["7", "0a"]);
        progress.read(&"shop.b".into(), None);
        assert!(!progress.wants("shop.b") && progress.table().is_none());
    }

    #[test]
    fn tables_are_read_again_once_a_run() {
        let mut all = Progress::default();
        all.read(&"shop.a".into(), None);
        all.read(&"shop.b".into(), Some(&["7".to_owned()]));
        let last = all.number(1, None);
        all.again(["shop.a".to_owned(), "shop.b".to_owned()], 17);
        assert!(all.wants("shop.a") && all.after(&"shop.b".into()).is_none() && all.was_asked_by(17));
        assert!(all.number(1, None) > last);
        // A lane that began in the log goes on without tables that come later.
        let mut one = Progress::none();
        one.again(["shop.a".to_owned()], 18);
        assert!(one.wants("shop.a") && !one.wants("shop.later"));
        one.read(&"shop.a".into(), None);
        assert!(!one.wants("shop.a") && one == Progress { last: 0, asked_by: Some(18), ..Progress::none() });
    }

    #[test]
    fn parts_have_numbers_between_those_of_events() {
        let mut progress = Progress::default();
        let before_any = progress.number(0, None);
        assert!(before_any < record_number(0));
        let first = progress.number(1, None);
        let second = progress.number(1, None);
        assert!(record_number(0) < first && first < second && second < record_number(1));
        // What a part of the sink holds from before a crash is not taken for a part that is read again.
        assert!(progress.number(1, Some(second + 5)) > second + 5);
    }
}
