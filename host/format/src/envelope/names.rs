//! A database and a table, in two parts.

use std::borrow::Cow;

use sluicegate_model::TableName;

use crate::build::Gatherer;
use crate::scan::{Scanner, Text};

/// A text with its escapes resolved.
pub(crate) fn text<'a>(scanner: &Scanner<'a>, text: &Text) -> Cow<'a, str> {
    let raw = String::from_utf8_lossy(&scanner.bytes()[text.range.clone()]);
    if !text.escaped {
        return raw;
    }
    let mut scratch = Vec::new();
    Cow::Owned(String::from_utf8_lossy(scanner.resolve(text, &mut scratch)).into_owned())
}

/// The two names of a message's table.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) database: Option<&'a Text>,
    pub(crate) table: Option<&'a Text>,
}

impl Names<'_> {
    /// `database.table`, or the one of them that the message has.
    pub(crate) fn name(self, scanner: &Scanner<'_>) -> Result<TableName, String> {
        let name = |part: Option<&Text>| part.map(|part| text(scanner, part));
        match (name(self.database), name(self.table)) {
            (Some(database), Some(table)) => Ok(TableName::new(format!("{database}.{table}"))),
            (Some(name), None) | (None, Some(name)) => Ok(TableName::from(&*name)),
            (None, None) => Err("byte 0: the message has neither `database` nor `table`".to_owned()),
        }
    }

    /// The table, whose rows the message has. `known_by` is room for the names as they stand in the message, by which
    /// the next message of the table is known again.
    pub(crate) fn table(
        self,
        scanner: &Scanner<'_>,
        gatherer: &mut Gatherer<'_>,
        known_by: &mut Vec<u8>,
    ) -> Result<usize, String> {
        let table = self.table.ok_or("byte 0: the message has no `table`")?;
        known_by.clear();
        // Neither holds a quote as it is, so that they have ends.
        for name in self.database.into_iter().chain([table]) {
            known_by.extend_from_slice(&scanner.bytes()[name.range.clone()]);
            known_by.push(b'"');
        }
        if let Some((table, _)) = gatherer.last_table(known_by) {
            return Ok(table);
        }
        let name = self.name(scanner)?;
        Ok(gatherer.table(name.as_str(), known_by))
    }
}
