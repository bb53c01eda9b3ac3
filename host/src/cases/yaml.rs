//! Literals and expectations as YAML.

use std::fmt::Write as _;

use super::columns::type_name;
use super::file::{Expect, Expected, Row, Unit};
use super::literal::{Literal, escaped, is_number, json_text};
use super::read_rows::KINDS;

/// Lines get no longer than this where they can be divided.
const WIDTH: usize = 110;

/// Text that YAML would take for something else.
const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// A value in YAML, on one line.
pub(super) fn inline(literal: &Literal) -> String {
    flow(literal, scalar)
}

/// A value about a row as it is written: a key and headers are bytes, and mostly text.
pub(super) fn of_meta(literal: &Literal) -> Literal {
    match literal {
        Literal::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => Literal::Text(text.to_owned()),
            _ => literal.clone(),
        },
        Literal::Map(entries) => {
            Literal::Map(entries.iter().map(|(name, value)| (name.clone(), of_meta(value))).collect())
        }
        other => other.clone(),
    }
}

/// A value in JSON, which is YAML too, on one line.
fn json(literal: &Literal) -> String {
    flow(literal, json_text)
}

fn flow(literal: &Literal, text: fn(&str) -> String) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Flag(flag) => flag.to_string(),
        Literal::Number(digits) => digits.clone(),
        Literal::Text(value) => text(value),
        Literal::Bytes(bytes) => {
            let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
                // Writing to a string cannot fail.
                let _ = write!(digits, "{byte:02x}");
                digits
            });
            // Digits alone would be a number: they are in quotes either way.
            format!("{{ {}: {} }}", text("$hex"), json_text(&digits))
        }
        Literal::List(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, text)).collect();
            format!("[{}]", items.join(", "))
        }
        Literal::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Literal::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, value)| format!("{}: {}", text(name), flow(value, text)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Literal::Sealed(sealed) => {
            let list = |names: &[String]| Literal::List(names.iter().cloned().map(Literal::Text).collect());
            let mut entries = vec![("$open".to_owned(), Literal::Text(sealed.value.clone()))];
            entries.extend(sealed.key.iter().map(|key| ("key".to_owned(), Literal::Text(key.clone()))));
            if !sealed.context.is_empty() {
                entries.push(("context".to_owned(), Literal::Text(sealed.context.clone())));
            }
            if !sealed.bind.is_empty() {
                entries.push(("bind".to_owned(), list(&sealed.bind)));
            }
            flow(&Literal::Map(entries), text)
        }
    }
}

/// Text as a YAML scalar: plain where nothing can be misunderstood, else in double quotes.
fn scalar(text: &str) -> String {
    let inner = |c: char| {
        c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '*' | ' ' | '$' | '+' | '(' | ')')
    };
    let first = text.chars().next();
    let plain = first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$' | '/'))
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_lowercase().as_str())
        && !is_number(text);
    if plain { text.to_owned() } else { json_text(text) }
}

fn texts(texts: &[String]) -> Literal {
    Literal::List(texts.iter().cloned().map(Literal::Text).collect())
}

/// Cells, with names and forms escaped as they are written.
fn cells(row: &Row) -> Vec<(String, Literal)> {
    row.0.iter().map(|cell| (escaped(&cell.column), nested(&cell.literal))).collect()
}

/// Names within a value that begin with a dollar.
fn nested(literal: &Literal) -> Literal {
    match literal {
        Literal::List(items) => Literal::List(items.iter().map(nested).collect()),
        Literal::Map(entries) => {
            Literal::Map(entries.iter().map(|(name, value)| (escaped(name), nested(value))).collect())
        }
        other => other.clone(),
    }
}

fn unit(unit: &Unit) -> Literal {
    let mut entries = Vec::new();
    if let Some((word, _)) = KINDS.iter().skip(1).find(|(_, kind)| *kind == unit.kind) {
        entries.push(("$kind".to_owned(), Literal::Text((*word).to_owned())));
    }
    entries.extend(unit.before.as_ref().map(|before| ("$before".to_owned(), Literal::Map(cells(before)))));
    if !unit.meta.is_empty() {
        let metas = unit.meta.iter().map(|(name, value)| (name.clone(), of_meta(value)));
        entries.push(("$meta".to_owned(), Literal::Map(metas.collect())));
    }
    entries.extend(cells(&unit.row));
    Literal::Map(entries)
}

fn tables(tables: &Expected) -> Literal {
    let rows = |units: &[Unit]| Literal::List(units.iter().map(unit).collect());
    Literal::Map(tables.iter().map(|(table, units)| (table.clone(), rows(units))).collect())
}

/// The keys of an expectation, each with how many levels below it stand on lines of their own.
fn keys(expect: &Expect) -> Vec<(&'static str, Literal, usize)> {
    let mut keys = Vec::new();
    keys.extend(expect.columns.as_ref().map(|columns| ("columns", texts(columns), 0)));
    if !expect.outputs.is_empty() {
        keys.push(("outputs", tables(&expect.outputs), 2));
    }
    if !expect.schema.is_empty() {
        let types = |columns: &[(String, arrow_schema::DataType)]| {
            Literal::Map(
                columns.iter().map(|(name, of)| (name.clone(), Literal::Text(type_name(of)))).collect(),
            )
        };
        let schema = expect.schema.iter().map(|(table, columns)| (table.clone(), types(columns))).collect();
        keys.push(("schema", Literal::Map(schema), 1));
    }
    let optional = |name: &str, text: &Option<String>| {
        text.as_ref().map(|text| (name.to_owned(), Literal::Text(text.clone())))
    };
    if !expect.rejects.is_empty() {
        let reject = |reject: &super::file::ExpectedReject| {
            let mut entries = vec![("row".to_owned(), Literal::Number(reject.row.to_string()))];
            entries.extend(reject.part.map(|part| ("part".to_owned(), Literal::Number(part.to_string()))));
            entries.extend(optional("step", &reject.step));
            entries.extend(optional("output", &reject.output));
            entries.extend(optional("reason", &reject.reason));
            Literal::Map(entries)
        };
        keys.push(("rejects", Literal::List(expect.rejects.iter().map(reject).collect()), 1));
    }
    if !expect.events.is_empty() {
        keys.push(("events", texts(&expect.events), 0));
    }
    if let Some(stops) = &expect.stops {
        let entries = optional("step", &stops.step).into_iter().chain(optional("reason", &stops.reason));
        keys.push(("stops", Literal::Map(entries.collect()), 0));
    }
    if !expect.after.is_empty() {
        let after = expect.after.iter().map(|(step, expected)| (step.clone(), tables(expected))).collect();
        keys.push(("after", Literal::Map(after), 3));
    }
    keys
}

/// `expect:` with what stands below it, at a depth of `indent` characters; the first line has none, and the last has no
/// line end.
pub(super) fn expect_block(expect: &Expect, indent: usize) -> String {
    let keys = keys(expect);
    if keys.is_empty() {
        return "expect: {}".to_owned();
    }
    let mut text = "expect:".to_owned();
    for (name, value, levels) in keys {
        entry(name, &value, indent + 2, levels, &mut text);
    }
    text
}

/// `"expect": {...}` on one line.
pub(super) fn expect_flow(expect: &Expect) -> String {
    let entries = keys(expect).into_iter().map(|(name, value, _)| (name.to_owned(), value)).collect();
    format!("\"expect\": {}", json(&Literal::Map(entries)))
}

/// A line break, a key and its value.
fn entry(name: &str, value: &Literal, indent: usize, levels: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    text.push('\n');
    text.push_str(&pad);
    text.push_str(&scalar(name));
    text.push(':');
    below(value, indent, levels, text);
}

/// A value after its key: on the same line, or below it.
fn below(value: &Literal, indent: usize, levels: usize, text: &mut String) {
    let line = inline(value);
    let last = text.rsplit('\n').next().unwrap_or_default().chars().count();
    let fits = levels == 0 && last + 1 + line.chars().count() <= WIDTH;
    match value {
        Literal::Map(entries) if !fits && !entries.is_empty() => {
            for (name, value) in entries {
                entry(name, value, indent + 2, levels.saturating_sub(1), text);
            }
        }
        Literal::List(items) if !fits && !items.is_empty() => {
            for value in items {
                item(value, indent + 2, text);
            }
        }
        _ => {
            text.push(' ');
            text.push_str(&line);
        }
    }
}

/// A line break and an item of a list.
fn item(value: &Literal, indent: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    let line = inline(value);
    text.push('\n');
    text.push_str(&pad);
    text.push_str("- ");
    match value {
        Literal::Map(entries) if indent + 2 + line.chars().count() > WIDTH => {
            for (number, (name, value)) in entries.iter().enumerate() {
                if number > 0 {
                    text.push('\n');
                    text.push_str(&pad);
                    text.push_str("  ");
                }
                text.push_str(&scalar(name));
                text.push(':');
                below(value, indent + 2, 0, text);
            }
        }
        _ => text.push_str(&line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::locate::Node;

    #[test]
    fn every_text_is_read_as_it_was() {
        for text in [
            "Ann",
            "A**",
            "",
            " ",
            "a ",
            "1",
            "1.5",
            "-",
            "~",
            "null",
            "No",
            "y",
            "a: b",
            "a #b",
            "[x",
            "{",
            "x,y",
            "a\nb",
            "\u{7}",
            "北京",
            "é",
            "\"",
            "'",
            "$x",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "0x10",
            "1_000",
            "2026-01-31",
            ".nan",
            ".inf",
            "=",
            "<<",
            "true",
            "a-b.c/d",
            "+1",
            "(a)",
            "|",
            ">",
            "? a",
            "- a",
        ] {
            let yaml = format!("{{ a: {}, {}: b }}", scalar(text), scalar(text));
            let node = Node::parse(&yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"));
            assert_eq!(node.get("a").and_then(Node::text), Some(text), "{yaml}");
            assert_eq!(node.entries()[1].key, text, "{yaml}");
        }
    }

    #[test]
    fn forms_are_written_as_they_are_read() {
        let text = "{ a: { $hex: \"00ff\" }, b: { $open: \"138\", key: card, context: c.d, bind: [id] }, c: [1.50, null], d: {} }";
        let node = Node::parse(text).unwrap();
        let literal = Literal::read(&node, text).unwrap();
        assert_eq!(inline(&literal), text);
    }
}
