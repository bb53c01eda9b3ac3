//! The key of a message: the columns of the primary key, in its order.

use super::wrapper;
use crate::build::Table;
use crate::scan::{Fault, Scanner};

/// What `ByLogicalTableRouter` adds to a key, which is no column of the table.
const ADDED: &[u8] = b"__dbz__physicalTableIdentifier";

/// The names of the key's columns, which most often are those of the message before.
#[derive(Default)]
pub(super) struct KeyNames {
    names: Vec<String>,
    /// How the schema stood in the last key that had one.
    schema: Vec<u8>,
    scratch: Vec<u8>,
}

/// What is known of a message's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Nothing: there is none, or it names no columns.
    None,
    /// An object that holds the key's columns begins here.
    Object(usize),
}

impl KeyNames {
    /// Those that were read last.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Takes the names from the configuration.
    pub(super) fn set(&mut self, names: &[String]) {
        self.names = names.to_vec();
    }

    /// Finds the object of a key and, if `take`, its names. A key that is something else says nothing.
    pub(super) fn read(&mut self, key: Option<&[u8]>, take: bool) -> Key {
        let Some(mut scanner) = key.and_then(|key| Scanner::new(key).ok()) else { return Key::None };
        scanner.skip_space();
        let Ok(Some(at)) = self.object(&mut scanner) else { return Key::None };
        scanner.go_to(at);
        if take && self.take_names(&mut scanner).is_err() {
            return Key::None;
        }
        Key::Object(at)
    }

    /// Where the object of the columns begins.
    fn object(&mut self, scanner: &mut Scanner<'_>) -> Result<Option<usize>, Fault> {
        let start = scanner.at();
        if wrapper::open(scanner) {
            let at = scanner.at();
            let length = if !self.schema.is_empty() && scanner.rest().starts_with(&self.schema) {
                self.schema.len()
            } else {
                let text = scanner.value(1)?;
                self.schema.clear();
                if scanner.bytes()[text.start] == b'{' {
                    self.schema.extend_from_slice(&scanner.bytes()[text.clone()]);
                }
                text.len()
            };
            scanner.go_to(at + length);
            if wrapper::between(scanner) && scanner.peek() == b'{' {
                return Ok(Some(scanner.at()));
            }
        }
        scanner.go_to(start);
        if scanner.peek() != b'{' {
            return Ok(None);
        }
        let at = wrapper::find(scanner)?.map_or(start, |parts| parts.payload);
        Ok((scanner.bytes()[at] == b'{').then_some(at))
    }

    fn take_names(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let mut count = 0;
        let mut more = scanner.open_object()?;
        while more {
            let name = scanner.string()?;
            let name = scanner.resolve(&name, &mut self.scratch);
            if name != ADDED {
                if self.names.get(count).is_none_or(|known| known.as_bytes() != name) {
                    self.names.truncate(count);
                    self.names.push(String::from_utf8_lossy(name).into_owned());
                }
                count += 1;
            }
            scanner.colon()?;
            scanner.value(1)?;
            more = scanner.next_in_object()?;
        }
        self.names.truncate(count);
        Ok(())
    }
}

/// Reads the columns of a key into the cells of a row that have no value yet.
///
/// # Errors
/// Where the key, which was passed before, does not hold each of them.
pub(super) fn fill(
    table: &mut Table,
    row: usize,
    key: &[u8],
    at: usize,
    names: &[String],
) -> Result<(), String> {
    let missing = |table: &mut Table| names.iter().find(|name| !table.has_value(name, row)).cloned();
    if names.is_empty() || missing(table).is_none() {
        return Ok(());
    }
    let in_key = |reason: &dyn std::fmt::Display| format!("in the key of the message {reason}");
    let mut scanner = Scanner::new(key).map_err(|fault| in_key(&fault))?;
    scanner.go_to(at);
    table.read_only(names, row, &mut scanner).map_err(|fault| in_key(&fault))?;
    match missing(table) {
        None => Ok(()),
        Some(name) => Err(in_key(&format_args!("there is no value for column {name:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_keys_object() {
        let mut names = KeyNames::default();
        for key in [
            r#"{"id":1,"a":"x"}"#,
            r#"{"schema":{"type":"struct"},"payload":{"id":1,"a":2}}"#,
            r#"{"schema":{"type":"struct"},"payload":{"id":3,"a":4}}"#,
            r#"{ "payload" : {"id":1,"a":2}, "schema" : null }"#,
            r#"{"schema":null,"payload":{"id":1,"a":2,"__dbz__physicalTableIdentifier":"t"}}"#,
        ] {
            assert!(matches!(names.read(Some(key.as_bytes()), true), Key::Object(_)), "{key}");
            assert_eq!(names.names(), ["id", "a"], "{key}");
        }
        assert_ne!(names.read(Some(br#"{"b":1}"#), true), Key::None);
        assert_eq!(names.names(), ["b"]);
        for nothing in ["", "text", "12", "[1]", "{", r#"{"schema":null,"payload":7}"#, r#"{"a":}"#] {
            assert_eq!(names.read(Some(nothing.as_bytes()), true), Key::None, "{nothing}");
        }
        assert_eq!(names.read(None, true), Key::None);
    }
}
