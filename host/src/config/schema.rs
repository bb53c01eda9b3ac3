//! The JSON Schema of a pipeline file.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use sluicegate_transforms::BUILT_INS;
use sluicegate_wasm::GuestSource;

use super::guests;
use super::pipeline::PipelineFile;

/// The schema of the types that a file is read into.
pub(super) fn of_types() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<PipelineFile>().to_value()
    })
}

/// The schema of a pipeline file, for editors and other tools: with what each built-in transform takes under `with:`,
/// which it is asked for.
pub fn schema() -> Value {
    let mut schema = of_types().clone();
    let mut definitions = Map::new();
    let mut rules = Vec::new();
    for (name, mut with) in built_ins() {
        let prefix = format!("{name}.");
        if let Some(Value::Object(own)) = with.as_object_mut().and_then(|with| with.remove("$defs")) {
            for (definition, mut schema) in own {
                rebase(&mut schema, &prefix);
                definitions.insert(format!("{prefix}{definition}"), schema);
            }
        }
        rebase(&mut with, &prefix);
        if let Some(with) = with.as_object_mut() {
            with.remove("$schema");
        }
        definitions.insert(name.to_owned(), with);
        rules.push(json!({
            "if": { "properties": { "use": { "const": name } } },
            "then": { "properties": { "with": { "$ref": format!("#/$defs/{name}") } } },
        }));
    }
    if let Some(all) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        if let Some(step) = all.get_mut("Step").and_then(Value::as_object_mut) {
            step.insert("allOf".to_owned(), Value::Array(rules));
        }
        all.extend(definitions);
    }
    schema
}

/// The built-in transforms with the schemas of their `with:` blocks. One that cannot be asked is left out: its block
/// is then open.
pub(super) fn built_ins() -> Vec<(&'static str, Value)> {
    let Ok(host) = guests::host() else { return Vec::new() };
    let ask = |guest: &sluicegate_transforms::Guest| {
        let inspection = host.inspect(&GuestSource::new(guest.name, guest.wasm)).ok()?;
        Some((guest.name, inspection.description.config_schema))
    };
    BUILT_INS.iter().filter_map(ask).collect()
}

/// Points references at definitions that were given a prefix.
fn rebase(schema: &mut Value, prefix: &str) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(target) if key == "$ref" => {
                        if let Some(name) = target.strip_prefix("#/$defs/") {
                            *target = format!("#/$defs/{prefix}{name}");
                        }
                    }
                    inner => rebase(inner, prefix),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rebase(item, prefix)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(target) if key == "$ref" => found.push(target.clone()),
                        inner => references(inner, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = schema();
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(found.len() > 20);
        for target in found {
            assert!(schema.pointer(target.trim_start_matches('#')).is_some(), "{target}");
        }
    }

    #[test]
    fn built_ins_bring_their_own_keys() {
        let schema = schema();
        for name in BUILT_INS.iter().map(|guest| guest.name) {
            assert!(schema["$defs"][name]["properties"].is_object(), "{name}");
        }
    }

    #[test]
    fn every_key_says_what_it_is() {
        fn walk(schema: &Value, path: &str, silent: &mut Vec<String>) {
            let Some(map) = schema.as_object() else { return };
            if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                for (key, property) in properties {
                    let said = property.get("description").is_some() || property.get("const").is_some();
                    if !said && property.get("$ref").is_none() {
                        silent.push(format!("{path}.{key}"));
                    }
                }
            }
        }
        let schema = schema();
        let mut silent = Vec::new();
        walk(&schema, "", &mut silent);
        for (name, definition) in schema["$defs"].as_object().unwrap() {
            walk(definition, name, &mut silent);
        }
        assert!(silent.is_empty(), "{silent:?}");
    }
}
