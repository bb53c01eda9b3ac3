//! Formats as they are configured.

use crate::support::options;
use sluicegate_format::FormatOptions;

#[test]
fn a_format_is_a_name_or_a_name_with_options() {
    assert_eq!(options("ogg-json"), options("ogg-json: {}"));
    assert_eq!(options("json").name(), "json");
    assert_eq!(options("csv: { header: false }"), options("delimited: { header: false }"));
    assert_ne!(options("json"), options("json: { table: t }"));
}

#[test]
fn mistakes_are_named() {
    let names = FormatOptions::names().join(", ");
    let unknown = format!("unknown variant `orc`, expected one of {names}");
    let wanted = format!("the name of a format ({names})");
    for (yaml, message) in [
        ("orc", unknown.as_str()),
        ("orc: {}", &unknown),
        ("[json]", &wanted),
        ("json: { tabel: t }", "tabel"),
        ("{ json: {}, ogg-json: {} }", "one format is expected"),
        ("ogg-json: { time_zone: Mars }", "\"Mars\" is no time zone"),
        ("json: { schema: { t: { id: integr } } }", "\"integr\" is no type"),
        ("json: { deletes: never }", "never"),
    ] {
        let error = serde_saphyr::from_str::<FormatOptions>(yaml).unwrap_err().to_string();
        assert!(error.contains(message), "{yaml}: {error}");
    }
}

#[test]
fn options_of_the_other_direction_are_refused() {
    let read = options("json: { deletes: flag }").decoder().err().unwrap();
    assert_eq!(read.to_string(), "json: `deletes` is about writing, and here json is read: take it out");
    let written = options("json: { table: t }").encoder().err().unwrap();
    assert_eq!(written.to_string(), "json: `table` is about reading, and here json is written: take it out");
    let keyless = options("json: { on_tombstone: delete }").decoder().err().unwrap();
    assert_eq!(keyless.to_string(), "json: `on_tombstone: delete` needs `primary_key` to be set");
    assert!(options("ogg-json: { schema: {} }").encoder().is_err());
    assert!(options("ogg-json: { time_zone: UTC }").encoder().is_ok());
}

#[test]
fn every_option_is_documented_in_the_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(FormatOptions)).unwrap();
    let forms = schema["oneOf"].as_array().unwrap();
    assert_eq!(forms[0]["enum"], serde_json::json!(FormatOptions::names()));
    for options in ["JsonOptions", "OggOptions", "DebeziumOptions", "DelimitedOptions", "RawOptions"] {
        let definition = &schema["$defs"][options];
        assert_eq!(definition["additionalProperties"], false, "{options}");
        for (name, option) in definition["properties"].as_object().unwrap() {
            assert!(option["description"].is_string(), "{options}.{name}: {option}");
        }
    }
}
