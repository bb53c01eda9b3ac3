//! A row as it stands in the body of a load, on a line of its own.
//!
//! In JSON an object of its cells, in CSV a field for each planned column; where rows are upserted, with what says that it
//! is not removed. Workers write rows so, that most of a body need only be sent.

use super::plan::Plan;
use super::{csv, rows};
use crate::client::Format;

/// Ends an object.
const END: &[u8; 2] = b"}\n";
/// Ends an object that is not removed. The name is [`OP`](super::plan::OP).
const END_KEPT: &[u8; 11] = b",\"__op\":0}\n";
/// Ends an object that is removed.
const END_REMOVED: &[u8; 11] = b",\"__op\":1}\n";
/// Ends fields.
const END_FIELDS: &[u8; 1] = &[Format::BEHIND_ROWS];
/// Ends fields that are not removed.
const END_FIELDS_KEPT: &[u8; 3] = &[Format::BETWEEN_FIELDS, b'0', Format::BEHIND_ROWS];

/// What stands before the cells of a row.
fn head(plan: &Plan) -> &'static [u8] {
    if plan.format == Format::Json { b"{" } else { b"" }
}

/// What stands behind them.
fn tail(plan: &Plan) -> &'static [u8] {
    match (plan.format, plan.upserts) {
        (Format::Json, true) => END_KEPT,
        (Format::Json, false) => END,
        (Format::Csv, true) => END_FIELDS_KEPT,
        (Format::Csv, false) => END_FIELDS,
        // There are no lines.
        (Format::Arrow, _) => b"",
    }
}

/// Begins a row, whose cells come next.
#[inline]
pub fn begin(plan: &Plan, into: &mut Vec<u8>) {
    if plan.format == Format::Json {
        into.push(b'{');
    }
}

/// Ends a row that begins at `start`.
#[inline]
pub fn end(plan: &Plan, start: usize, into: &mut Vec<u8>) {
    if into.len() == start && plan.format == Format::Csv {
        into.extend_from_slice(csv::EMPTY);
    }
    // Each of a length that is known, so that none is a call.
    match (plan.format, plan.upserts) {
        (Format::Json, true) => into.extend_from_slice(END_KEPT),
        (Format::Json, false) => into.extend_from_slice(END),
        (Format::Csv, true) => into.extend_from_slice(END_FIELDS_KEPT),
        (Format::Csv, false) => into.extend_from_slice(END_FIELDS),
        (Format::Arrow, _) => {}
    }
}

/// The cells of a row.
pub fn cells<'a>(plan: &Plan, line: &'a [u8]) -> &'a [u8] {
    let (head, tail) = (head(plan).len(), tail(plan).len());
    line.get(head..line.len().saturating_sub(tail)).unwrap_or_default()
}

/// The later of two images of one row over the earlier: what it has counts, what it lacks stays.
pub fn merge(plan: &Plan, earlier: &[u8], later: &[u8]) -> Vec<u8> {
    let merge = if plan.format == Format::Csv { csv::merge } else { rows::merge };
    let merged = merge(cells(plan, earlier), cells(plan, later));
    [head(plan), &merged, tail(plan)].concat()
}

/// Appends a row of cells that are a part of the columns. It does not say whether it is removed.
pub fn write_part(plan: &Plan, line: &[u8], into: &mut Vec<u8>) {
    let cells = cells(plan, line);
    if plan.format == Format::Json {
        into.push(b'{');
        into.extend_from_slice(cells);
        into.extend_from_slice(END);
        return;
    }
    let start = into.len();
    csv::join(csv::split(cells).filter(|field| *field != csv::MISSING), into);
    if into.len() == start {
        into.extend_from_slice(csv::EMPTY);
    }
    into.extend_from_slice(END_FIELDS);
}

/// Appends a row that is removed: its key, and something for columns that take no NULL.
pub fn write_removed(plan: &Plan, key: &[u8], into: &mut Vec<u8>) {
    if plan.format == Format::Json {
        into.push(b'{');
        into.extend_from_slice(key);
        into.extend_from_slice(&plan.filler);
        into.extend_from_slice(END_REMOVED);
        return;
    }
    let key: Vec<&[u8]> = csv::split(key).collect();
    let fields = plan.columns.iter().enumerate().map(|(place, column)| {
        let part = plan.key.iter().position(|part| *part == place);
        match part {
            Some(part) => key[part],
            None if column.nullable => csv::NULL,
            None => column.column_type.any_value().trim_matches('"').as_bytes(),
        }
    });
    csv::join(fields.chain([&b"1"[..]]), into);
    into.extend_from_slice(END_FIELDS);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::plan::OP;

    #[test]
    fn rows_that_stay_say_so() {
        assert_eq!(END_KEPT, format!(",\"{OP}\":0}}\n").as_bytes());
        assert_eq!(END_REMOVED, format!(",\"{OP}\":1}}\n").as_bytes());
    }
}
