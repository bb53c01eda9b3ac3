//! Lines to fields.

use super::Line;
use super::plan::Body;
use crate::convert::Token;

/// The fields of the lines of a body.
pub(super) fn lines(body: &[u8], form: &Body, wanted: usize) -> Vec<Line> {
    let Body::Csv { column, row, enclose, escape, skip } = form else { return Vec::new() };
    let mut lines = Vec::new();
    let mut reader = Reader { rest: body, column, row, enclose: *enclose, escape: *escape };
    while !reader.rest.is_empty() {
        let start = reader.rest;
        // Blank lines are passed over.
        if let Some(rest) = reader.rest.strip_prefix(row.as_slice()) {
            reader.rest = rest;
            continue;
        }
        let fields = reader.line();
        let text = String::from_utf8_lossy(&start[..start.len() - reader.rest.len()]).into_owned();
        let found = fields.len();
        let tokens: Result<Vec<Option<Token>>, String> = fields
            .into_iter()
            .map(|field| match field {
                Field::Null => Ok(Some(Token::Null)),
                Field::Bytes(bytes) => String::from_utf8(bytes)
                    .map(|text| Some(Token::Text(text)))
                    .map_err(|_| "Invalid UTF-8 row".to_owned()),
            })
            .collect();
        let shown = |separator: &[u8]| String::from_utf8_lossy(separator).escape_default().to_string();
        let fields = match tokens {
            Ok(_) if found != wanted => Err(format!(
                "Target column count: {wanted} doesn't match source value column count: {found}. Column separator: '{}', \
                 Row delimiter: '{}'",
                shown(column),
                shown(row)
            )),
            other => other,
        };
        lines.push(Line { fields, text });
    }
    lines.drain(..(*skip).min(lines.len()));
    lines
}

enum Field {
    Null,
    Bytes(Vec<u8>),
}

struct Reader<'a> {
    rest: &'a [u8],
    column: &'a [u8],
    row: &'a [u8],
    enclose: Option<u8>,
    escape: Option<u8>,
}

impl Reader<'_> {
    fn line(&mut self) -> Vec<Field> {
        let mut fields = Vec::new();
        loop {
            let (field, ended) = self.field();
            // Not even what encloses it makes text of it.
            fields.push(if field == b"\\N" { Field::Null } else { Field::Bytes(field) });
            if ended {
                return fields;
            }
        }
    }

    /// A field, and whether the line ends behind it.
    fn field(&mut self) -> (Vec<u8>, bool) {
        let mut field = Vec::new();
        let mut inside = false;
        if self.enclose.is_some() && self.rest.first().copied() == self.enclose {
            inside = true;
            self.rest = &self.rest[1..];
        }
        loop {
            let Some((&byte, after)) = self.rest.split_first() else { return (field, true) };
            if Some(byte) == self.escape {
                field.extend(after.first());
                self.rest = after.get(1..).unwrap_or_default();
            } else if inside && Some(byte) == self.enclose {
                if after.first().copied() == self.enclose {
                    field.push(byte);
                    self.rest = &after[1..];
                } else {
                    inside = false;
                    self.rest = after;
                }
            } else if !inside && self.rest.starts_with(self.column) {
                self.rest = &self.rest[self.column.len()..];
                return (field, false);
            } else if !inside && self.rest.starts_with(self.row) {
                self.rest = &self.rest[self.row.len()..];
                return (field, true);
            } else {
                field.push(byte);
                self.rest = after;
            }
        }
    }
}
