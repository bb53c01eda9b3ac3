//! Rows, messages and meta values as they are written.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use sluicegate_model::{RowKind, meta};

use super::columns;
use super::file::{InputRow, RawMessage, Row, RowCell, Unit};
use super::literal::{Literal, is_form, unescaped};
use crate::config::error::Problem;
use crate::config::locate::{Content, Node};
use crate::config::nearest::{did_you_mean, listed};

/// The words about a row beside its cells.
const ABOUT: [&str; 4] = ["$kind", "$before", "$meta", "$table"];

/// The words of [`RowKind`].
pub(super) const KINDS: [(&str, RowKind); 3] =
    [("insert", RowKind::Insert), ("update", RowKind::UpdateAfter), ("delete", RowKind::Delete)];

/// A row of a case, with the meta values that all rows of it have.
pub(super) fn input(
    node: &Node,
    common: &[(String, Literal)],
    source: &str,
    problems: &mut Vec<Problem>,
) -> InputRow {
    let mut unit = unit(node, source, problems);
    for (name, value) in common {
        if !unit.meta.iter().any(|(own, _)| own == name) {
            unit.meta.push((name.clone(), value.clone()));
        }
    }
    for cell in unit.row.0.iter().chain(unit.before.iter().flat_map(|row| &row.0)) {
        if let Literal::Sealed(sealed) = &cell.literal
            && (sealed.key.is_none() || !sealed.bind.is_empty())
        {
            let problem =
                Problem::new("a cell that comes in is sealed with a `key`, bound to no other cells");
            let help = "write { $seal: VALUE, key: NAME }, with `context` where there is one";
            problems.push(problem.at(cell.place).label("this cell").help(help));
        }
    }
    InputRow { table: node.get("$table").and_then(Node::text).map(str::to_owned), unit }
}

/// A row or a pair.
pub(super) fn unit(node: &Node, source: &str, problems: &mut Vec<Problem>) -> Unit {
    let kind = node.get("$kind").and_then(Node::text).unwrap_or("insert");
    let kind = KINDS.iter().find(|(word, _)| *word == kind).map_or(RowKind::Insert, |(_, kind)| *kind);
    let before = node.entry("$before").filter(|entry| !matches!(entry.value.content, Content::Null));
    if let Some(entry) = before
        && kind != RowKind::UpdateAfter
    {
        let problem = Problem::new("only an update has a row before it").at(entry.place).label("here");
        problems.push(problem.help("say `$kind: update`"));
    }
    Unit {
        kind,
        before: before.map(|entry| row(&entry.value, false, source, problems)),
        row: row(node, true, source, problems),
        meta: node.get("$meta").map(|node| meta(node, source, problems)).unwrap_or_default(),
        place: node.place,
    }
}

fn row(node: &Node, about: bool, source: &str, problems: &mut Vec<Problem>) -> Row {
    let mut cells = Vec::new();
    for entry in node.entries() {
        if is_form(&entry.key) {
            if !about || !ABOUT.contains(&entry.key.as_str()) {
                let known = if about { &ABOUT[..] } else { &[] };
                let near = did_you_mean(&entry.key, known.iter().copied());
                let problem = Problem::new(format!("`{}` says nothing about a row{near}", entry.key));
                problems.push(
                    problem.at(entry.place).label("unknown").help(format!(
                        "a column whose name begins with a dollar is written `${}`",
                        entry.key
                    )),
                );
            }
            continue;
        }
        match Literal::read(&entry.value, source) {
            Ok(literal) => cells.push(RowCell {
                column: unescaped(&entry.key).to_owned(),
                literal,
                place: if entry.value.place.length == 0 { entry.place } else { entry.value.place },
            }),
            Err(problem) => problems.push(problem),
        }
    }
    Row(cells)
}

/// Meta values by name. Text stands for its bytes where bytes are meant.
pub(super) fn meta(node: &Node, source: &str, problems: &mut Vec<Problem>) -> Vec<(String, Literal)> {
    let mut values = Vec::new();
    for entry in node.entries() {
        let literal = match Literal::read(&entry.value, source) {
            Ok(Literal::Null) => continue,
            Ok(literal) => literal,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let literal = match entry.key.as_str() {
            meta::KEY => as_bytes(literal),
            meta::HEADERS => match literal {
                Literal::Map(headers) => {
                    Literal::Map(headers.into_iter().map(|(name, value)| (name, as_bytes(value))).collect())
                }
                other => other,
            },
            _ => literal,
        };
        let Some(data_type) = meta::data_type_of(&entry.key) else {
            // The structure was checked: all names are known.
            continue;
        };
        match columns::column(&[Some(&literal)], &data_type, None) {
            Ok(_) => values.push((entry.key.clone(), literal)),
            Err(misfits) => {
                let why = misfits.into_iter().next().map(|misfit| misfit.why).unwrap_or_default();
                problems.push(
                    Problem::new(format!("`{}`: {why}", entry.key)).at(entry.value.place).label("here"),
                );
            }
        }
    }
    values
}

fn as_bytes(literal: Literal) -> Literal {
    match literal {
        Literal::Text(text) | Literal::Number(text) => Literal::Bytes(text.into_bytes()),
        other => other,
    }
}

/// A message: its value, or a map of its parts.
pub(super) fn message(node: &Node, source: &str, problems: &mut Vec<Problem>) -> RawMessage {
    if let Some(text) = node.text() {
        return RawMessage { value: Some(text.as_bytes().to_vec()), ..RawMessage::default() };
    }
    let mut bytes = |node: &Node| match Literal::read(node, source).map(as_bytes) {
        Ok(Literal::Bytes(bytes)) => Some(bytes),
        Ok(Literal::Null) => None,
        Ok(other) => {
            let known = ["text", "{ $hex: ... }", "{ $base64: ... }"];
            let problem = Problem::new(format!("this is {}", other.what())).at(node.place).label("here");
            problems.push(problem.help(format!("it may be {}", listed(known))));
            None
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let value = node.get("value").and_then(&mut bytes);
    let key = node.get("key").and_then(&mut bytes);
    let headers = node.get("headers").map(Node::entries).unwrap_or_default();
    let headers = headers.iter().map(|header| (header.key.clone(), bytes(&header.value))).collect();
    let timestamp_us = node.get("timestamp").and_then(|node| {
        let micros = node.text().and_then(moment);
        if micros.is_none() {
            let problem = Problem::new("this is no moment such as 2026-01-31T08:00:00Z");
            problems.push(problem.at(node.place).label("here"));
        }
        micros
    });
    RawMessage { key, value, timestamp_us, headers }
}

/// Microseconds since 1970.
fn moment(text: &str) -> Option<i64> {
    let literal = Literal::Text(text.to_owned());
    let column = columns::column(&[Some(&literal)], &meta::data_type_of(meta::EVENT_TIME)?, None).ok()?;
    Some(column.values().as_primitive::<TimestampMicrosecondType>().value(0))
}
