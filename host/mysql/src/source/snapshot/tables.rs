//! Which tables are to be read, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use sluicegate_connector::Error;

use crate::client::ReadSession;
use crate::source::tables::Tables;

/// Database and table.
type Name = (String, String);

/// Tables of the server that are read.
///
/// # Errors
/// The server's.
pub async fn all(session: &mut ReadSession, tables: &Tables) -> Result<Vec<Name>, Error> {
    let sql = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', \
               'SYSTEM VERSIONED') AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys')";
    let all: Vec<Name> = session.rows(sql, "the tables of the server cannot be listed").await?;
    let matching: Vec<_> = all.into_iter().filter(|(database, table)| tables.take(database, table)).collect();
    if matching.is_empty() {
        tracing::warn!(
            "`tables` of the source names no table that is there: only those that are made later are read"
        );
    }
    Ok(matching)
}

/// Tables in the order in which they are read: those that others refer to by a foreign key come before these, so that a
/// target with the same keys takes the rows; else by name.
///
/// # Errors
/// The server's.
pub async fn in_order(session: &mut ReadSession, tables: Vec<Name>) -> Result<Vec<Name>, Error> {
    let sql = "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME FROM \
               information_schema.REFERENTIAL_CONSTRAINTS";
    let references: Vec<(String, String, String, String)> =
        session.rows(sql, "the foreign keys of tables cannot be listed").await?;
    let references = references.into_iter().map(|(database, table, other_database, other)| Reference {
        from: (database, table),
        to: (other_database, other),
    });
    Ok(ordered(tables, references))
}

/// A foreign key.
struct Reference {
    from: Name,
    to: Name,
}

/// Tables by name, but for those that have to wait for others. Of tables that refer to one another in a circle the one with
/// the least name comes first.
fn ordered(tables: Vec<Name>, references: impl IntoIterator<Item = Reference>) -> Vec<Name> {
    let mut left: BTreeMap<Name, BTreeSet<Name>> =
        tables.into_iter().map(|table| (table, BTreeSet::new())).collect();
    for Reference { from, to } in references {
        if from != to
            && left.contains_key(&to)
            && let Some(before) = left.get_mut(&from)
        {
            before.insert(to);
        }
    }
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = left.iter().find(|(_, before)| before.is_empty()).or_else(|| left.first_key_value());
        let Some(next) = free.map(|(table, _)| table.clone()) else { break };
        left.remove(&next);
        for before in left.values_mut() {
            before.remove(&next);
        }
        ordered.push(next);
    }
    ordered
}

/// Those of tables that have no primary key.
///
/// # Errors
/// The server's.
pub async fn without_key(session: &mut ReadSession, tables: &[String]) -> Result<Vec<String>, Error> {
    let sql = "SELECT DISTINCT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.STATISTICS WHERE INDEX_NAME \
               = 'PRIMARY'";
    let keyed: Vec<String> = session.rows(sql, "the keys of tables cannot be listed").await?;
    Ok(tables.iter().filter(|table| !keyed.contains(table)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(tables: &[&str], references: &[(&str, &str)]) -> String {
        let name = |table: &&str| ("shop".to_owned(), (*table).to_owned());
        let references = references.iter().map(|(from, to)| Reference { from: name(from), to: name(to) });
        let ordered = ordered(tables.iter().map(name).collect(), references);
        ordered.into_iter().map(|(_, table)| table).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tables_come_behind_those_that_they_refer_to() {
        assert_eq!(order(&["c", "a", "b"], &[]), "a b c");
        assert_eq!(order(&["a", "b", "c"], &[("a", "c"), ("b", "a")]), "c a b");
        assert_eq!(order(&["a", "b"], &[("a", "a"), ("a", "elsewhere"), ("other", "b")]), "a b");
        assert_eq!(order(&["a", "b", "c"], &[("a", "b"), ("b", "a"), ("b", "c")]), "c a b", "a circle");
    }
}
