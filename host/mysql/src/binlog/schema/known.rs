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
