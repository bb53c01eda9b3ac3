//! `preview` of a file in each format: rows of any of them are readable.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::{command, expect, finish};

/// Formats with their options. The messages are those that the tests of the formats have.
const FORMATS: &[(&str, &str)] = &[
    ("ogg-json", "ogg-json"),
    ("canal-json", "canal-json"),
    ("debezium-json", "debezium-json"),
    ("maxwell-json", "maxwell-json"),
    ("json", "{ json: { table: shop.orders } }"),
    (
        "delimited",
        "{ delimited: { columns: [op, id, customer, amount, note], header: false, kind_column: op, table: shop.orders } }",
    ),
];

#[test]
fn rows_of_every_format_are_readable() {
    let directory = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("format/tests/formats/samples");
    let mut text = String::new();
    for (format, options) in FORMATS {
        std::fs::copy(samples.join(format!("{format}.msgs")), directory.path().join("messages")).unwrap();
        let pipeline = format!(
            "pipeline: preview\nsource:\n  file: {{ paths: messages, format: {options} }}\nsink:\n  file: {{ directory: out, path: rows, format: json }}\n"
        );
        std::fs::write(directory.path().join("preview.yaml"), pipeline).unwrap();
        let mut preview =
            command(directory.path(), &["preview", "preview.yaml", "--rows", "20", "--log", "error"]);
        preview.env("COLUMNS", "160");
        let finished = finish(preview);
        assert_eq!(finished.code, 0, "{format}: {}", finished.transcript());
        writeln!(text, "== {format}\n{}", finished.transcript()).unwrap();
    }
    expect("preview-formats.txt", &text);
}
