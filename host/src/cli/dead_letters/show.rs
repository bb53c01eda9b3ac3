//! `sluicegate dead-letters show`

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Map, Value, json};
use sluicegate_model::{ChangeBatch, DeadLetter, Decoded, Item};

use super::super::Output;
use super::super::exit::Failure;
use super::super::table::cell::{shown, value};
use super::super::table::printable;
use super::{blocking, moment};
use crate::config::Config;
use crate::replay::LetterStore;
use crate::replay::rows::rows_of;

/// Bytes of a key or value that are shown without `--full`.
const SHOWN: usize = 4_096;

/// The command line of `dead-letters show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The pipeline file.
    file: PathBuf,
    /// The letter, as `dead-letters list` names it.
    id: String,
    /// Show all bytes, however many there are.
    #[arg(long)]
    full: bool,
    /// Write the bytes of the value to standard output, as they came, and nothing else.
    #[arg(long, conflicts_with = "full")]
    raw: bool,
}

pub(super) const LONG: &str = "\
A sealed letter is opened with the pipeline's key. Bytes that are JSON are laid out, other text is shown as it is, and \
what is no text in hexadecimal digits.

With --output json one object is printed; `key`, `value` and header values are objects with either `text` or `hex`.

Examples:
  sluicegate dead-letters show orders.yaml orders/ogg.orders/0/4711
  sluicegate dead-letters show orders.yaml orders/ogg.orders/0/4711 --raw > message.json";

pub(super) async fn show(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let config = Config::load(&arguments.file)?;
    let (places, opener) = (config.letter_places()?, config.letter_opener()?);
    let id = arguments.id.clone();
    let found = blocking(move || {
        let mut store = LetterStore::open(&places)?;
        let mut found = None;
        let mut copies = 0;
        store.each(&|_| 0, &mut |stored| {
            if stored.letter.id() == id {
                copies += 1;
                // The same row may have failed again: what was said last counts.
                found = Some((stored.when, stored.letter));
            }
            true
        })?;
        Ok(found.map(|(when, letter)| (when, letter, copies)))
    })
    .await?;
    let Some((when, mut letter, copies)) = found else {
        return Err(Failure::usage(format!(
            "there is no dead letter {:?}; `sluicegate dead-letters list` names those that there are",
            arguments.id
        )));
    };
    if let Some(opener) = opener {
        opener
            .open(&mut letter)
            .map_err(|why| Failure::usage(format!("the dead letter cannot be opened: {why}")))?;
    }
    if arguments.raw {
        let bytes = letter.raw.value.as_deref().unwrap_or_default();
        return std::io::stdout()
            .write_all(bytes)
            .map_err(|error| Failure::failed(format!("standard output: {error}")));
    }
    // Without a format the bytes are all there is.
    let decoded = config.letter_decoder().map(|decode| rows_of(decode.as_ref(), &letter)).unwrap_or_default();
    match output {
        Output::Json => println!("{}", as_json(&letter, when, copies, &decoded)),
        Output::Text => print!("{}", as_text(&letter, when, copies, &decoded, arguments.full)),
    }
    Ok(())
}

/// Bytes as people read them.
fn readable(bytes: &[u8], full: bool) -> String {
    let mut text = match std::str::from_utf8(bytes) {
        Ok(text) => match serde_json::from_str::<Value>(text) {
            Ok(json @ (Value::Object(_) | Value::Array(_))) => {
                serde_json::to_string_pretty(&json).unwrap_or_else(|_| text.to_owned())
            }
            _ => text.lines().map(printable).collect::<Vec<_>>().join("\n"),
        },
        Err(_) => hex(bytes),
    };
    if !full && text.len() > SHOWN {
        let mut cut = SHOWN;
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        let rest = text.len() - cut;
        text.truncate(cut);
        // Writing to a text cannot fail.
        let _ = write!(text, "\n... and {rest} more; --full shows all");
    }
    text
}

/// `7b22 6122`, 32 bytes a line.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 5 / 2);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 2 == 0 {
            text.push(if place % 32 == 0 { '\n' } else { ' ' });
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn as_text(
    letter: &DeadLetter,
    when: Option<DateTime<Utc>>,
    copies: usize,
    decoded: &Decoded,
    full: bool,
) -> String {
    let mut lines = vec![("id", letter.id()), ("when", moment(when))];
    if copies > 1 {
        lines.push(("copies", copies.to_string()));
    }
    lines.push(("position", format!("{}, {}", letter.lane, letter.position)));
    lines.extend(letter.part.map(|part| ("part", part.to_string())));
    lines.extend(letter.output.as_ref().map(|output| ("output", output.to_string())));
    lines.push(("step", letter.why.step.clone()));
    lines.push(("reason", letter.why.reason.clone()));
    for (name, value) in &letter.raw.headers {
        let value = value.as_ref().map_or_else(|| "(none)".to_owned(), |value| readable(value, full));
        lines.push(("header", format!("{name} = {value}")));
    }
    let mut text = String::new();
    for (name, value) in lines {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{:<10}{}", format!("{name}:"), printable(&value));
    }
    for (name, bytes) in [("key", &letter.raw.key), ("value", &letter.raw.value)] {
        let Some(bytes) = bytes else {
            let _ = writeln!(text, "{name}: (none)");
            continue;
        };
        let _ = writeln!(text, "{name}, {} bytes:", bytes.len());
        for line in readable(bytes, full).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text.push_str(&rows_text(decoded));
    text
}

fn rows_text(decoded: &Decoded) -> String {
    let mut text = String::new();
    for reject in &decoded.rejects {
        let _ = writeln!(text, "as the format reads it now: {}", printable(&reject.reason));
    }
    for item in &decoded.items {
        match item {
            Item::Control(event) => {
                let _ = writeln!(text, "as the format reads it now: no row, a {}", event.name());
            }
            Item::Rows(batch) => {
                let _ = writeln!(text, "rows of {}, as the format reads them now:", batch.table());
                for row in 0..batch.len() {
                    let _ = writeln!(text, "  {}", batch.kind(row));
                    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                        let cell = shown(column.cell(row), value(column, row).as_deref());
                        let _ = writeln!(text, "    {} = {cell}", printable(field.name()));
                    }
                }
            }
        }
    }
    text
}

fn as_json(letter: &DeadLetter, when: Option<DateTime<Utc>>, copies: usize, decoded: &Decoded) -> Value {
    let bytes = |bytes: Option<&Vec<u8>>| match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => Value::Null,
        Some((_, Ok(text))) => json!({ "text": text }),
        Some((bytes, Err(_))) => json!({ "hex": hex(bytes).replace([' ', '\n'], "") }),
    };
    let headers: Vec<Value> = letter
        .raw
        .headers
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": bytes(value.as_ref()) }))
        .collect();
    let rows: Vec<Value> = decoded
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Rows(batch) => Some(rows_json(batch)),
            Item::Control(_) => None,
        })
        .flatten()
        .collect();
    let rejects: Vec<&str> = decoded.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    json!({
        "id": letter.id(), "when": when.map(|when| when.to_rfc3339()), "copies": copies, "lane": letter.lane,
        "position": letter.position.at, "ordinal": letter.ordinal, "part": letter.part, "output": letter.output,
        "step": letter.why.step, "reason": letter.why.reason, "headers": headers,
        "key": bytes(letter.raw.key.as_ref()), "value": bytes(letter.raw.value.as_ref()),
        "rows": rows, "unreadable": rejects,
    })
}

fn rows_json(batch: &ChangeBatch) -> Vec<Value> {
    let row = |row: usize| {
        let mut cells = Map::new();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            if !column.is_missing(row) {
                cells.insert(field.name().clone(), value(column, row).map_or(Value::Null, Value::String));
            }
        }
        json!({ "table": batch.table(), "kind": batch.kind(row).short(), "cells": cells })
    };
    (0..batch.len()).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_what_they_are() {
        assert_eq!(readable(br#"{"a":1}"#, false), "{\n  \"a\": 1\n}");
        assert_eq!(readable(b"no json\x1b[31m", false), "no json\\u{1b}[31m");
        assert_eq!(readable(&[0xff, 0, 1], false), "ff00 01");
        let long = "x".repeat(SHOWN + 10);
        assert!(readable(long.as_bytes(), false).ends_with("\n... and 10 more; --full shows all"));
        assert_eq!(readable(long.as_bytes(), true), long);
    }
}
