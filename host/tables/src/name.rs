//! Names of tables and columns, as MySQL and what speaks its dialect write them.

use std::fmt;

use serde::Deserialize;

/// A name in backquotes; one in it is doubled.
pub fn push(name: &str, into: &mut Vec<u8>) {
    into.push(b'`');
    for byte in name.bytes() {
        if byte == b'`' {
            into.push(b'`');
        }
        into.push(byte);
    }
    into.push(b'`');
}

/// A name as text.
pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Names with commas between.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>, into: &mut Vec<u8>) {
    for (place, name) in names.into_iter().enumerate() {
        if place > 0 {
            into.push(b',');
        }
        push(name, into);
    }
}

/// Whether two names of columns are the same one: their case does not count.
pub fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}

/// A table of a server: database and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct TableRef {
    /// The database.
    pub database: String,
    /// The name.
    pub name: String,
}

impl TableRef {
    /// As SQL text.
    pub fn push(&self, into: &mut Vec<u8>) {
        push(&self.database, into);
        into.push(b'.');
        push(&self.name, into);
    }

    /// As SQL text.
    pub fn quoted(&self) -> String {
        format!("{}.{}", quoted(&self.database), quoted(&self.name))
    }
}

/// For people: `ods.orders`.
impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_more_than_case() {
        assert!(same("Größe", "GRÖSSE".replace("SS", "ß").as_str()) && same("a", "A"));
        assert!(!same("a", "b"));
    }

    #[test]
    fn backquotes_are_doubled() {
        let table = TableRef { database: "a".to_owned(), name: "b`; DROP".to_owned() };
        let mut text = Vec::new();
        table.push(&mut text);
        assert_eq!(text, b"`a`.`b``; DROP`");
        assert_eq!(table.quoted().as_bytes(), text);
        let mut columns = Vec::new();
        list(["x", "y`"], &mut columns);
        assert_eq!(columns, b"`x`,`y```");
    }
}
