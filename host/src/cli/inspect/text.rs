//! What a guest is, for people.

use std::fmt::Write as _;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::Inspected;
use crate::cli::table::printable;
use crate::cli::terminal::Terminal;
use crate::config::keys::{Key, Section, sections};

/// How wide text is where nothing says how wide it may be.
const WIDTH: usize = 100;
/// The documentation of a key never gets narrower.
const NARROWEST: usize = 30;
/// Bytes of a number's groups of digits.
const GROUP: usize = 3;

pub(super) fn render(inspected: &Inspected, terminal: &Terminal) -> String {
    let inspection = &inspected.inspection;
    let said = &inspection.description;
    let width = terminal.width.unwrap_or(WIDTH).min(WIDTH);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} {}", printable(&said.name), printable(&said.version));
    for line in wrapped(&printable(&said.summary), width) {
        let _ = writeln!(text, "{line}");
    }
    text.push('\n');
    let kind = if inspection.component {
        "a component, loaded as it is"
    } else {
        "a core module with its component type, wrapped into a component when it is loaded"
    };
    let imports =
        if inspection.imports.is_empty() { "none".to_owned() } else { inspection.imports.join(", ") };
    let mut facts = vec![
        ("interface", format!("sluicegate:transform {}", inspection.interface)),
        ("kind", kind.to_owned()),
        ("imports", imports),
    ];
    for (name, value) in &said.properties {
        facts.push((name.as_str(), value.clone()));
    }
    facts.push(("size", format!("{} bytes", grouped(inspection.size))));
    facts.push(("sha256", inspection.sha256.clone()));
    let millis = inspected.compiled_in.as_secs_f64() * 1e3;
    facts.push(("compiled in", format!("{millis:.0} ms, once: pipelines keep what was compiled")));
    let names = facts.iter().map(|(name, _)| printable(name).width()).max().unwrap_or(0).min(20);
    for (name, value) in &facts {
        let name = printable(name);
        let padding = " ".repeat((names + 2).saturating_sub(name.width()));
        for (number, line) in
            wrapped(&printable(value), width.saturating_sub(names + 2).max(NARROWEST)).enumerate()
        {
            let _ = match number {
                0 => writeln!(text, "{name}{padding}{line}"),
                _ => writeln!(text, "{}{line}", " ".repeat(names + 2)),
            };
        }
    }
    configuration(&said.config_schema, width, &mut text);
    in_a_pipeline(inspected, &mut text);
    text
}

/// The keys of the `with:` block, table after table.
fn configuration(schema: &Value, width: usize, text: &mut String) {
    let sections = sections(schema, "with");
    if sections.iter().all(|section| section.keys.is_empty()) {
        text.push_str("\nIt does not say what it takes under `with:`.\n");
        return;
    }
    for section in sections.iter().filter(|section| !section.keys.is_empty()) {
        let heading = match &section.about {
            Some(about) => format!("{}: {}", section.path, one_line(about)),
            None => format!("{}:", section.path),
        };
        text.push('\n');
        for line in wrapped(&printable(&heading), width) {
            let _ = writeln!(text, "{line}");
        }
        keys(section, width, text);
    }
}

fn keys(section: &Section, width: usize, text: &mut String) {
    let default = |key: &Key| match &key.default {
        _ if key.required => "required".to_owned(),
        Some(default) => printable(&format!("default {default}")).into_owned(),
        None => String::new(),
    };
    let rows: Vec<[String; 3]> = section
        .keys
        .iter()
        .map(|key| [printable(&key.name).into_owned(), printable(&key.kind).into_owned(), default(key)])
        .collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths = [widest(0).min(32), widest(1).min(32), widest(2).min(24)];
    let indent = 2 + widths.iter().filter(|width| **width > 0).map(|width| width + 2).sum::<usize>();
    let room = width.saturating_sub(indent);
    for (row, key) in rows.iter().zip(&section.keys) {
        let mut line = " ".to_owned();
        for (cell, width) in row.iter().zip(widths).filter(|(_, width)| *width > 0) {
            let _ = write!(line, " {cell}{} ", " ".repeat(width.saturating_sub(cell.width())));
        }
        let about = documentation(key, room.max(NARROWEST));
        // Where there is no room beside the key, the words stand below it.
        let fits = line.width() <= indent && room >= NARROWEST;
        let beside = if fits { indent } else { 6 };
        let mut below = about.as_slice();
        if let Some((first, others)) = below.split_first().filter(|_| fits) {
            let _ = writeln!(text, "{line} {first}");
            below = others;
        } else {
            let _ = writeln!(text, "{}", line.trim_end());
        }
        for more in below {
            let _ = writeln!(text, "{}{more}", " ".repeat(beside));
        }
    }
}

/// What is said of a key, then the words that it takes, each on a line of its own.
fn documentation(key: &Key, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = wrapped(&printable(&one_line(&key.about)), width).collect();
    for (word, meaning) in &key.words {
        let word = printable(&one_line(&format!("`{word}`: {meaning}"))).into_owned();
        lines.extend(wrapped(&word, width));
    }
    lines
}

/// The step as it can be pasted into a pipeline.
fn in_a_pipeline(inspected: &Inspected, text: &mut String) {
    text.push_str("\nIn a pipeline:\n\n");
    let _ = writeln!(text, "  - use: {}", printable(&inspected.uses));
    if !inspected.built_in {
        let _ = writeln!(text, "    sha256: {}", inspected.inspection.sha256);
    }
    let sections = sections(&inspected.inspection.description.config_schema, "with");
    let required: Vec<_> = sections
        .first()
        .into_iter()
        .flat_map(|section| &section.keys)
        .filter(|key| key.required)
        .map(|key| format!("{}: ...", printable(&key.name)))
        .collect();
    if !required.is_empty() {
        let _ = writeln!(text, "    with: {{ {} }}", required.join(", "));
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text in lines that break between words.
fn wrapped(text: &str, width: usize) -> std::vec::IntoIter<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.into_iter()
}

/// A number with its digits in groups.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(GROUP).rev().collect();
    groups.iter().map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_between_words() {
        assert_eq!(wrapped("a bb ccc dddd", 6).collect::<Vec<_>>(), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrapped("longerthanall b", 6).collect::<Vec<_>>(), ["longerthanall", "b"]);
    }

    #[test]
    fn digits_stand_in_groups() {
        assert_eq!([grouped(7), grouped(1_234), grouped(1_234_567)], ["7", "1,234", "1,234,567"]);
    }

    #[test]
    fn a_schema_reads_as_a_table() {
        let schema = serde_json::json!({
            "properties": {
                "columns": { "type": "array", "items": { "type": "string" }, "description": "The columns." },
                "keep": { "type": "integer", "default": 1, "description": "How many characters stay as they are." },
                "mode": { "oneOf": [{ "const": "a", "description": "One." }], "description": "How.\u{1b}[2J" },
            },
            "required": ["columns"],
        });
        let mut text = String::new();
        configuration(&schema, 70, &mut text);
        let expected = "\nwith:\n\
            \x20 columns  list of text  required   The columns.\n\
            \x20 keep     whole number  default 1  How many characters stay as they\n\
            \x20                                   are.\n\
            \x20 mode     word                     How.\\u{1b}[2J\n\
            \x20                                   `a`: One.\n";
        assert_eq!(text, expected);
    }
}
