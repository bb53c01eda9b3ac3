//! What is known of a column beside the log.

use crate::binlog::charset::Charset;

/// A column as `information_schema.columns` has it. A log under the servers' default settings names neither
/// columns nor labels, so somebody has to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownColumn {
    /// Its name.
    pub name: String,
    /// Its type in the server's words (`column_type`): `int unsigned`, `enum('a','b')`.
    pub source_type: String,
    /// The character set of text, ENUM and SET; `None` for other types.
    pub charset: Option<Charset>,
    /// The labels of ENUM and SET.
    pub labels: Vec<String>,
    /// Its comment; empty for none.
    pub comment: String,
}

impl KnownColumn {
    /// A column of a type in the server's words. `charset` is that of text, ENUM and SET.
    pub fn new(name: String, source_type: String, charset: Option<Charset>, comment: String) -> Self {
        let labels = match source_type.split_once('(') {
            Some(("enum" | "set", labels)) => labels_of(labels),
            _ => Vec::new(),
        };
        Self { name, source_type, charset, labels, comment }
    }

    /// The first word of the type, in lower case: `int`, `enum`.
    pub(super) fn word(&self) -> String {
        let end =
            self.source_type.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.source_type.len());
        self.source_type[..end].to_ascii_lowercase()
    }

    /// Whether a number has no sign.
    pub(super) fn is_unsigned(&self) -> bool {
        let words = self.source_type.to_ascii_lowercase();
        words.split_ascii_whitespace().any(|word| matches!(word, "unsigned" | "zerofill"))
    }

    /// Digits of the fraction of a second.
    pub(super) fn digits(&self) -> u8 {
        let inside = self.source_type.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        inside.and_then(|(digits, _)| digits.trim().parse().ok()).unwrap_or(0)
    }
}

/// What is known of a table beside the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownTable {
    /// All columns, in the table's order.
    pub columns: Vec<KnownColumn>,
    /// Names of the primary key's columns, in the key's order.
    pub primary_key: Vec<String>,
}

/// The texts of `'a','it''s')`.
fn labels_of(text: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let mut rest = text.chars().peekable();
    while rest.by_ref().any(|letter| letter == '\'') {
        let mut label = String::new();
        while let Some(letter) = rest.next() {
            // A quote in a label is doubled.
            if letter == '\'' && rest.next_if_eq(&'\'').is_none() {
                break;
            }
            label.push(letter);
        }
        labels.push(label);
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_from_the_type() {
        let labels = |source_type: &str| {
            KnownColumn::new("c".to_owned(), source_type.to_owned(), None, String::new()).labels
        };
        assert_eq!(labels("enum('a','it''s','x,y','','(')"), ["a", "it's", "x,y", "", "("]);
        assert_eq!(labels("set('a')"), ["a"]);
        assert!(labels("varchar(10)").is_empty() && labels("int").is_empty());
    }
}
