//! The examples of `docs/formats.md`: what stands below messages is what they become. `UPDATE=1` writes it anew.
//!
//! A `yaml` block says the format, the `json` or `csv` block after it has a message a line, and the `text` block after
//! that has their rows.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::{decode, encode, encoder};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef};
use serde::Deserialize;
use sluicegate_format::FormatOptions;
use sluicegate_model::{ChangeBatch, ControlEvent, Decoded, Item, data_type, field, meta};

/// The part of a source that an example shows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    format: FormatOptions,
}

fn shown(decoded: &Decoded) -> String {
    let mut text = String::new();
    for item in &decoded.items {
        match item {
            Item::Rows(batch) => rows(batch, &mut text),
            Item::Control(ControlEvent::SchemaChange { table, ddl, .. }) => {
                writeln!(text, "schema change of {table}: {}", ddl.as_deref().unwrap_or_default()).unwrap();
            }
            Item::Control(ControlEvent::Truncate { table }) => writeln!(text, "truncate of {table}").unwrap(),
            Item::Control(event) => writeln!(text, "{}", event.name()).unwrap(),
        }
    }
    for reject in &decoded.rejects {
        writeln!(text, "message {} to the dead letters: {}", reject.ordinal - 99, reject.reason).unwrap();
    }
    text
}

/// The table with its key and types, then its rows, each with what is known about it.
fn rows(batch: &ChangeBatch, text: &mut String) {
    write!(text, "{}", batch.table()).unwrap();
    if !batch.primary_key().is_empty() {
        write!(text, ", key {}", batch.primary_key().join(", ")).unwrap();
    }
    let columns = batch.schema().fields().iter().map(|field| {
        let name = match field.metadata().get(field::JSON).map(String::as_str) {
            Some(field::JSON_NUMBER) => "digits".to_owned(),
            Some(_) => "JSON".to_owned(),
            None => data_type::name_of(field.data_type()).unwrap(),
        };
        format!("{} {name}", field.name())
    });
    writeln!(text, ": {}", columns.collect::<Vec<_>>().join(", ")).unwrap();
    let writer = encoder("json: { deletes: flag, timestamps: sql }");
    for row in 0..batch.len() {
        let object = encode(&*writer, &batch.slice(row, 1)).remove(0).unwrap();
        let object = object.replace("{\"__deleted\":true}", "{}").replace(",\"__deleted\":true", "");
        writeln!(text, "  {} {object}{}", batch.kind(row), about(batch, row)).unwrap();
    }
}

fn about(batch: &ChangeBatch, row: usize) -> String {
    let of = |name: &str| batch.meta().get(name).filter(|column| column.is_valid(row));
    let word = |column: &ArrayRef| column.as_string::<i32>().value(row).to_owned();
    let time = of(meta::EVENT_TIME).map(|column| {
        let times = column.as_primitive::<TimestampMicrosecondType>();
        format!("at {}", times.value_as_datetime(row).unwrap())
    });
    let position = of(meta::SOURCE_POSITION).map(|column| format!("position {}", word(column)));
    let transaction = of(meta::TRANSACTION).map(|column| format!("transaction {}", word(column)));
    let known: Vec<String> = [time, position, transaction].into_iter().flatten().collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}

#[test]
fn the_examples_become_what_they_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (mut written, mut rest, mut examples) = (String::new(), text.as_str(), 0);
    let mut format = None;
    let mut messages: Option<Vec<&str>> = None;
    while let Some(start) = rest.find("\n```") {
        let (before, block) = rest.split_at(start + 1);
        let (language, after) = block[3..].split_once('\n').unwrap();
        let end = after.find("```").unwrap();
        let (content, following) = (&after[..end], &after[end + 3..]);
        writeln!(written, "{before}```{language}").unwrap();
        match language {
            "yaml" => format = serde_saphyr::from_str::<Source>(content).ok().map(|source| source.format),
            "json" | "csv" => messages = Some(content.lines().collect()),
            _ => {}
        }
        match (language, messages.take_if(|_| language == "text"), &format) {
            ("text", Some(messages), Some(format)) => {
                written.push_str(&shown(&decode(&*format.decoder().unwrap(), &messages)));
                examples += 1;
            }
            _ => written.push_str(content),
        }
        written.push_str("```");
        rest = following;
    }
    written.push_str(rest);
    assert!(examples >= 6, "the page has {examples} examples");
    if written == text {
        return;
    }
    assert!(std::env::var_os("UPDATE").is_some(), "UPDATE=1 writes it anew. The page is:\n{written}");
    std::fs::write(&page, written).unwrap();
}
