//! How far a query was read, as positions have it.

use sluicegate_connector::Error;
use sluicegate_model::Position;

use crate::source::snapshot::Progress;

/// What positions name as their source: any server that has the tables.
const SOURCE: &str = "query";

/// The version of these positions.
const VERSION: u32 = 1;

/// How far a query was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which query.
    pub query: String,
    /// Counts the queries that were read, and their repetitions.
    pub run: u64,
    /// It was read to its end.
    pub ended: bool,
    /// Of which tables, up to where.
    pub progress: Progress,
}

impl Reached {
    /// The beginning of a query, after another where there was one.
    pub fn begin(query: &str, run: u64, before: Option<&Self>) -> Self {
        let progress = before.map(|before| before.progress.begin_again()).unwrap_or_default();
        Self { query: query.to_owned(), run, ended: false, progress }
    }

    /// What a position says.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] where it is none of a query.
    pub fn of(position: &Position) -> Result<Self, Error> {
        let unknown =
            || Error::fatal("the position is none of a query that this program knows").position(position);
        let query = position.at.get("query").and_then(|query| query.as_str());
        let run = position.at.get("run").and_then(serde_json::Value::as_u64);
        let ended = position.at.get("ended").and_then(serde_json::Value::as_bool);
        let progress = Progress::of(position).map_err(|error| unknown().caused_by(error))?;
        match (query, run, ended, progress) {
            (Some(query), Some(run), Some(ended), Some(progress)) if position.source == SOURCE => {
                Ok(Self { query: query.to_owned(), run, ended, progress })
            }
            _ => Err(unknown()),
        }
    }

    /// As it is stored.
    pub fn to_position(&self) -> Position {
        let mut at = serde_json::Map::new();
        at.insert("query".to_owned(), self.query.as_str().into());
        at.insert("run".to_owned(), self.run.into());
        at.insert("ended".to_owned(), self.ended.into());
        let mut position = Position { v: VERSION, source: SOURCE.to_owned(), at };
        self.progress.add_to(&mut position);
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_travels_in_positions() {
        let mut first = Reached::begin("abc", 1, None);
        first.progress.read(&"shop.a".into(), Some(&["7".to_owned()]));
        let number = first.progress.number(0, None);
        assert_eq!(Reached::of(&first.to_position()).unwrap(), first);
        let mut second = Reached::begin("def", 2, Some(&first));
        assert!(second.progress.after(&"shop.a".into()).is_none());
        assert!(second.progress.number(0, None) > number, "numbers of records grow");
        let none = Position { source: "mariadb-1".to_owned(), ..first.to_position() };
        assert!(Reached::of(&none).is_err());
    }
}
