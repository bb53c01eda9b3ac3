//! The keys that a JSON Schema allows, for people: maps, their keys, and what stands under each.
//!
//! The schema may be a stranger's (`sluicegate inspect`), so nothing of it is followed without end.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::Value;

/// A map that a schema describes.
pub(crate) struct Section {
    /// Where it stands: `tables[].cast.NAME`; empty for the whole.
    pub(crate) path: String,
    /// What it is for.
    pub(crate) about: Option<String>,
    /// Its keys, in the order of the schema.
    pub(crate) keys: Vec<Key>,
}

/// A key of a map.
pub(crate) struct Key {
    pub(crate) name: String,
    /// What its value is, in a few words: `list of text`.
    pub(crate) kind: String,
    pub(crate) required: bool,
    /// A default that is worth a word.
    pub(crate) default: Option<String>,
    pub(crate) about: String,
    /// The words that the value may be, with what each means.
    pub(crate) words: Vec<(String, String)>,
}

/// The sections of a schema, each right behind the one that it belongs to. `path` is where the whole stands.
pub(crate) fn sections(root: &Value, path: &str) -> Vec<Section> {
    let mut reader = Reader { root, seen: BTreeSet::new(), looks: Cell::new(LOOKS) };
    let mut found = Vec::new();
    let mut pending = vec![(path.to_owned(), root)];
    while !pending.is_empty() && found.len() < SECTIONS {
        let (path, schema) = pending.remove(0);
        let (section, beneath) = reader.section(&path, schema);
        found.extend(section);
        // Depth first, so that a section stands near the one that it belongs to.
        pending.splice(0..0, beneath);
    }
    found
}

/// Most sections that are shown of one schema.
const SECTIONS: usize = 500;
/// Parts of a schema that are looked at.
const LOOKS: u32 = 200_000;
/// How many references are followed to one part, and how deep a value's kind is told.
const DEPTH: u32 = 16;

struct Reader<'a> {
    root: &'a Value,
    seen: BTreeSet<String>,
    looks: Cell<u32>,
}

/// A map that is still to be described: where it stands, and its schema.
type Pending<'a> = (String, &'a Value);

impl<'a> Reader<'a> {
    fn section(&mut self, path: &str, schema: &'a Value) -> (Option<Section>, Vec<Pending<'a>>) {
        let mut pending = Vec::new();
        let schema = self.resolve(schema);
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return (None, pending);
        };
        let required: BTreeSet<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut keys = Vec::with_capacity(properties.len());
        for (name, property) in properties {
            let target = self.resolve(property);
            keys.push(Key {
                name: name.clone(),
                kind: self.kind(property, DEPTH),
                required: required.contains(name.as_str()),
                default: default_of(property),
                about: description(property).or_else(|| description(target)).unwrap_or_default(),
                words: self.words(target),
            });
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.beneath(&path, property, DEPTH, &mut pending);
        }
        (Some(Section { path: path.to_owned(), about: description(schema), keys }), pending)
    }

    /// The maps that a value may hold, which get sections of their own.
    fn beneath(&mut self, path: &str, schema: &'a Value, depth: u32, pending: &mut Vec<Pending<'a>>) {
        if depth == 0 || !self.look() {
            return;
        }
        if let Some(name) = schema.get("$ref").and_then(Value::as_str)
            && !self.seen.insert(name.to_owned())
        {
            return;
        }
        let schema = self.resolve(schema);
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let is_choice = schema.get("additionalProperties") == Some(&Value::Bool(false))
                && properties.len() == 1
                && schema.get("required").is_some();
            match properties.iter().next() {
                Some((only, inner)) if is_choice => {
                    self.beneath(&format!("{path}.{only}"), inner, depth - 1, pending);
                }
                _ => pending.push((path.to_owned(), schema)),
            }
            return;
        }
        for word in ["oneOf", "anyOf"] {
            for branch in schema.get(word).and_then(Value::as_array).into_iter().flatten() {
                self.beneath(path, branch, depth - 1, pending);
            }
        }
        if let Some(items) = schema.get("items") {
            self.beneath(&format!("{path}[]"), items, depth - 1, pending);
        }
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            self.beneath(&format!("{path}.NAME"), values, depth - 1, pending);
        }
    }

    /// The words that a value may be, with what each means.
    fn words(&self, schema: &'a Value) -> Vec<(String, String)> {
        let branches = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        let word = |branch: &'a Value| {
            let branch = self.resolve(branch);
            let word = branch.get("const").and_then(Value::as_str)?;
            Some((word.to_owned(), description(branch).unwrap_or_default()))
        };
        branches.filter_map(word).collect()
    }

    /// What a value is, in a few words.
    fn kind(&self, schema: &'a Value, depth: u32) -> String {
        if depth == 0 || !self.look() {
            return "any".to_owned();
        }
        let schema = self.resolve(schema);
        for word in ["oneOf", "anyOf"] {
            if let Some(branches) = schema.get(word).and_then(Value::as_array)
                && schema.get("properties").is_none()
            {
                let mut kinds: Vec<String> =
                    branches.iter().map(|branch| self.kind(branch, depth - 1)).collect();
                kinds.retain(|kind| !kind.is_empty());
                kinds.sort();
                kinds.dedup();
                return kinds.join(" or ");
            }
        }
        if schema.get("const").is_some() || schema.get("enum").is_some() {
            return "word".to_owned();
        }
        let kinds: Vec<&str> = match schema.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return "any".to_owned(),
        };
        let name = |kind: &str| match kind {
            "string" => "text".to_owned(),
            "boolean" => "true or false".to_owned(),
            "integer" => "whole number".to_owned(),
            "array" => match schema.get("items") {
                Some(items) => format!("list of {}", self.kind(items, depth - 1)),
                None => "list".to_owned(),
            },
            "object" => "map".to_owned(),
            other => other.to_owned(),
        };
        kinds.into_iter().filter(|kind| *kind != "null").map(name).collect::<Vec<_>>().join(" or ")
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..DEPTH {
            let Some(target) = schema.get("$ref").and_then(Value::as_str) else { break };
            let Some(found) = self.root.pointer(target.trim_start_matches('#')) else { break };
            schema = found;
        }
        schema
    }

    /// Whether one more part may be looked at.
    fn look(&self) -> bool {
        let left = self.looks.get();
        self.looks.set(left.saturating_sub(1));
        left > 0
    }
}

fn description(schema: &Value) -> Option<String> {
    schema.get("description").and_then(Value::as_str).map(str::to_owned)
}

/// A default that is worth a word: not an empty one.
fn default_of(schema: &Value) -> Option<String> {
    match schema.get("default")? {
        Value::Null | Value::Object(_) => None,
        Value::Array(items) if items.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_within_maps_are_sections_of_their_own() {
        let schema = json!({
            "properties": {
                "keep": { "type": "integer", "default": 1, "description": "Characters that stay." },
                "tables": { "type": "array", "items": { "$ref": "#/$defs/Table" } },
                "mode": { "oneOf": [{ "const": "a", "description": "One." }, { "const": "b" }] },
            },
            "required": ["tables"],
            "$defs": { "Table": { "type": "object", "properties": { "name": { "type": ["string", "null"] } } } },
        });
        let sections = sections(&schema, "with");
        assert_eq!(
            sections.iter().map(|section| &*section.path).collect::<Vec<_>>(),
            ["with", "with.tables[]"]
        );
        let keys = &sections[0].keys;
        let kinds: Vec<_> =
            keys.iter().map(|key| (&*key.kind, key.required, key.default.as_deref())).collect();
        assert_eq!(
            kinds,
            [("whole number", false, Some("1")), ("list of map", true, None), ("word", false, None)]
        );
        assert_eq!(keys[2].words, [("a".to_owned(), "One.".to_owned()), ("b".to_owned(), String::new())]);
        assert_eq!(sections[1].keys[0].kind, "text");
    }

    #[test]
    fn a_schema_that_goes_round_in_circles_ends() {
        let twice = |name: &str| json!({ "oneOf": [{ "$ref": name }, { "$ref": name }] });
        let schema = json!({
            "properties": {
                "a": { "$ref": "#/$defs/a" }, "b": { "$ref": "#/$defs/b" }, "c": { "$ref": "#/$defs/c" },
            },
            "$defs": {
                "a": { "$ref": "#/$defs/a" },
                "b": { "type": "array", "items": { "$ref": "#/$defs/b" } },
                "c": twice("#/$defs/c"),
            },
        });
        let sections = sections(&schema, "");
        assert_eq!(sections[0].keys.len(), 3);
        assert!(sections[0].keys[1].kind.starts_with("list of list of"));
    }
}
