//! What a cases file may say, and its JSON Schema.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use sluicegate_format::options::TypeName;

/// The JSON Schema of a cases file.
pub fn schema() -> Value {
    of_types().clone()
}

pub(super) fn of_types() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<CasesEntry>().to_value()
    })
}

/// Cases that a pipeline is tested with. Nothing is connected: what a case gives goes through the steps alone.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Cases")]
#[allow(dead_code, reason = "its schema is what a file is checked against")]
struct CasesEntry {
    /// The pipeline file, relative to this one. Default: by name, `orders.test.yaml` and `orders.tests/ANY.yaml` test
    /// `orders.yaml`.
    #[schemars(default)]
    pipeline: Option<String>,
    /// Environment variables that the pipeline is read with. They come before those of the process.
    #[schemars(default)]
    env: BTreeMap<String, String>,
    /// Secrets for tests, by key and version: `{ card: { v1: "..." } }`. They take the place of those that the pipeline
    /// names, which are then not read.
    #[schemars(default)]
    keys: BTreeMap<String, BTreeMap<String, String>>,
    /// What is known of tables beside their rows.
    #[schemars(default)]
    tables: BTreeMap<String, TableEntry>,
    /// The cases.
    cases: Vec<CaseEntry>,
}

/// What is known of a table.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Table")]
#[allow(dead_code, reason = "its schema is what a file is checked against")]
struct TableEntry {
    /// The columns with their types. A column that a row does not name is then missing in it. Default: what the rows
    /// name, of the types that the source's format gives.
    #[schemars(default)]
    schema: Option<BTreeMap<String, TypeName>>,
    /// The columns of the primary key, in its order.
    #[schemars(default)]
    key: Option<Vec<String>>,
}

/// A case: rows or messages in, and what must become of them.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Case")]
#[allow(dead_code, reason = "its schema is what a file is checked against")]
struct CaseEntry {
    /// What is tested, in words of your own.
    name: String,
    /// The table of rows that name none.
    #[schemars(default)]
    table: Option<String>,
    /// The columns of the table with their types, as under `tables`.
    #[schemars(default)]
    schema: Option<BTreeMap<String, TypeName>>,
    /// The columns of the primary key, as under `tables`.
    #[schemars(default)]
    key: Option<Vec<String>>,
    /// Values about every row: `event-time`, `key`, `headers` and others.
    #[schemars(default)]
    meta: Option<MetaEntry>,
    /// The rows that come in.
    #[schemars(default)]
    rows: Option<Vec<InputRowEntry>>,
    /// In the place of rows: messages as the source gives them, read by its format.
    #[schemars(default)]
    messages: Option<Vec<MessageEntry>>,
    /// The names of the steps to run, where not all are meant.
    #[schemars(default)]
    steps: Option<Vec<String>>,
    /// What must become of them. What is not named must not be there. `sluicegate test --update` writes it.
    #[schemars(default)]
    expect: Option<ExpectEntry>,
}

/// What must become of the rows.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Expect")]
#[allow(dead_code, reason = "its schema is what a file is checked against")]
struct ExpectEntry {
    /// The only columns that are compared. Default: all.
    #[schemars(default)]
    columns: Option<Vec<String>>,
    /// The rows after the last step, by table.
    #[schemars(default)]
    outputs: Option<BTreeMap<String, Vec<RowEntry>>>,
    /// The types of columns after the last step, by table. The columns that are named must be all that there are.
    #[schemars(default)]
    schema: Option<BTreeMap<String, BTreeMap<String, TypeName>>>,
    /// The rows that are refused.
    #[schemars(default)]
    rejects: Option<Vec<RejectEntry>>,
    /// Events beside rows that messages hold: `truncate TABLE`, `schema change TABLE`.
    #[schemars(default)]
    events: Option<Vec<String>>,
    /// The step that stops the pipeline.
    #[schemars(default)]
    stops: Option<StopEntry>,
    /// The rows after a step, by its name and table. Steps that are not named are not compared.
    #[schemars(default)]
    after: Option<BTreeMap<String, BTreeMap<String, Vec<RowEntry>>>>,
}

/// A row that is refused.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Reject")]
#[allow(dead_code, reason = "its schema is what a file is checked against")]
struct RejectEntry {
    /// The place of the row or message in the case, from 0.
    row: u64,
    /// Which row of the message, from 0, where it holds several.
    #[schemars(default)]
    part: Option<u32>,
    /// The step that refuses it; `decode` where its message cannot be read.
    #[schemars(default)]
    step: Option<String>,
    /// The table that it was on its way to.
    #[schemars(default)]
    output: Option<String>,
    /// A part of the reason.
    #[schemars(default)]
    reason: Option<String>,
}

/// A step that stops the pipeline.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Stop")]
#[allow(dead_code, reason = "its schema is what a file is checked against")]
struct StopEntry {
    /// Its name.
    #[schemars(default)]
    step: Option<String>,
    /// A part of the reason.
    #[schemars(default)]
    reason: Option<String>,
}

/// A message: its value as text, or a map with its other parts.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Message")]
#[allow(dead_code, reason = "its schema is what a file is checked against")]
enum MessageEntry {
    /// The value.
    Text(String),
    /// The value and what is beside it.
    Whole(WholeMessage),
}

/// A message with all of its parts.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "its schema is what a file is checked against")]
struct WholeMessage {
    /// The value: text, or bytes as `{ $hex: "..." }`. Left out or null: a tombstone.
    #[schemars(default)]
    value: Option<Value>,
    /// The key: text or bytes.
    #[schemars(default)]
    key: Option<Value>,
    /// When it entered the topic: `2026-01-31T08:00:00Z`.
    #[schemars(default)]
    timestamp: Option<String>,
    /// Headers: text or bytes by name.
    #[schemars(default)]
    headers: Option<BTreeMap<String, Value>>,
}

/// Values about a row.
struct MetaEntry;

impl JsonSchema for MetaEntry {
    fn schema_name() -> Cow<'static, str> {
        "Meta".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Values about a row.",
            "properties": {
                "event-time": { "type": "string", "description": "When the change was made." },
                "ingest-time": { "type": "string", "description": "When the message entered the topic." },
                "key": { "description": "The message's key: text or bytes." },
                "partition": { "type": "integer", "description": "The message's partition." },
                "offset": { "type": "integer", "description": "The message's offset." },
                "headers": { "type": "object", "description": "The message's headers: text or bytes by name." },
                "source-position": { "type": "string", "description": "The position in the source's own terms." },
                "transaction": { "type": "string", "description": "The transaction, by the source's own name for it." },
            },
            "additionalProperties": false,
        })
    }
}

/// A row that is expected.
struct RowEntry;

/// A row that is given.
struct InputRowEntry;

fn row(generator: &mut SchemaGenerator, input: bool) -> Schema {
    let meta = generator.subschema_for::<MetaEntry>();
    let mut schema = json_schema!({
        "type": "object",
        "description": "A row: its cells by column. A cell that is not written is missing, null is NULL. Bytes are \
                        { $hex: \"...\" } or { $base64: \"...\" }.",
        "properties": {
            "$kind": {
                "enum": ["insert", "update", "delete"],
                "description": "What it does to its table. Default: insert.",
            },
            "$before": { "type": "object", "description": "The row before the update: both are one unit." },
            "$meta": meta,
        },
    });
    if input && let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let table = serde_json::json!({ "type": "string", "description": "The table of the row." });
        properties.insert("$table".to_owned(), table);
    }
    schema
}

impl JsonSchema for RowEntry {
    fn schema_name() -> Cow<'static, str> {
        "Row".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        row(generator, false)
    }
}

impl JsonSchema for InputRowEntry {
    fn schema_name() -> Cow<'static, str> {
        "InputRow".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        row(generator, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let text = of_types().to_string();
        for target in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(of_types().pointer(target).is_some(), "{target}");
        }
        assert!(text.contains("\"$kind\"") && text.contains("\"$table\""));
    }
}
