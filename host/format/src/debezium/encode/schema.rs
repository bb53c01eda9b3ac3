//! The schema that stands beside an event.

use serde_json::{Value, json};

use super::images::Images;

/// The beginning of every message: the wrapper up to the payload.
pub(super) fn head(table: &str, images: &Images<'_>) -> Vec<u8> {
    let field = |kind: &str, key: &str| json!({ "type": kind, "optional": true, "field": key });
    let image = |key: &str| -> Value {
        json!({ "type": "struct", "fields": images.fields(), "optional": true, "name": format!("{table}.Value"), "field": key })
    };
    let source = json!({
        "type": "struct",
        "fields": [
            field("string", "connector"), field("string", "db"), field("string", "schema"), field("string", "table"),
            field("int64", "ts_ms"), field("int64", "ts_us"), field("string", "file"), field("int64", "pos"),
            field("int64", "lsn"), field("string", "sequence"),
        ],
        "optional": false,
        "name": "sluicegate.Source",
        "field": "source",
    });
    let transaction = json!({
        "type": "struct",
        "fields": [{ "type": "string", "optional": false, "field": "id" }],
        "optional": true,
        "name": "event.block",
        "version": 1,
        "field": "transaction",
    });
    let schema = json!({
        "type": "struct",
        "fields": [
            image("before"), image("after"), source, transaction,
            { "type": "string", "optional": false, "field": "op" },
        ],
        "optional": false,
        "name": format!("{table}.Envelope"),
        "version": 2,
    });
    format!("{{\"schema\":{schema},\"payload\":").into_bytes()
}
