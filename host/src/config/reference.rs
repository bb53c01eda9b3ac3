//! The reference for people, made of the schema.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::schema::{built_ins, of_types};

/// The reference of all keys as Markdown: `docs/configuration.md`.
pub fn reference_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    Reference::new(of_types()).write("", of_types(), "Pipeline", &mut text);
    text.push_str("\n# Built-in transforms\n\nWhat stands under `with:` of a step.\n");
    for (name, schema) in built_ins() {
        Reference::new(&schema).write("with", &schema, name, &mut text);
    }
    text
}

const INTRODUCTION: &str = "\
# Configuration

One pipeline a file, in YAML or JSON. This page is made of the code: `sluicegate schema` prints the same as JSON Schema,
for editors.

In values, `${VARIABLE}` stands for an environment variable and `${file:PATH}` for what is in a file, without the line
end; `$$` is a dollar. They are replaced in values only, never in the text of the file. Paths are relative to the
directory of the pipeline file. Sizes are written with a unit (`64MiB`), lengths of time too (`100ms`).
";

struct Reference<'a> {
    root: &'a Value,
    seen: BTreeSet<String>,
}

/// A map that is still to be described: where it stands, its schema, its name.
type Pending<'a> = (String, &'a Value, String);

impl<'a> Reference<'a> {
    fn new(root: &'a Value) -> Self {
        Self { root, seen: BTreeSet::new() }
    }

    /// Describes a map, then the maps beneath it, each once.
    fn write(&mut self, path: &str, schema: &'a Value, title: &str, text: &mut String) {
        let mut pending: Vec<Pending<'a>> = vec![(path.to_owned(), schema, title.to_owned())];
        while !pending.is_empty() {
            let (path, schema, title) = pending.remove(0);
            let found = self.section(&path, schema, &title, text);
            // Depth first, so that a section stands near the one that it belongs to.
            pending.splice(0..0, found);
        }
    }

    fn section(&mut self, path: &str, schema: &'a Value, title: &str, text: &mut String) -> Vec<Pending<'a>> {
        let mut pending = Vec::new();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return pending };
        let heading = if path.is_empty() || path == "with" { title.to_owned() } else { format!("`{path}`") };
        let _ = write!(text, "\n## {heading}\n");
        if let Some(about) = description(schema) {
            let _ = write!(text, "\n{about}\n");
        }
        text.push_str("\n| key | value | |\n|---|---|---|\n");
        let required: BTreeSet<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (key, property) in properties {
            let target = self.resolve(property);
            let about = description(property).or_else(|| description(target)).unwrap_or_default();
            let mut about = about.replace("\n\n", " ").replace('\n', " ").replace('|', "\\|");
            about.push_str(&self.words(target));
            if required.contains(key.as_str()) {
                about = format!("**Required.** {about}");
            } else if let Some(default) = default_of(property).filter(|_| !about.contains("Default")) {
                let _ = write!(about, " Default: `{default}`.");
            }
            let _ = writeln!(text, "| `{key}` | {} | {} |", self.kind(property), about.trim());
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            self.beneath(&path, property, &mut pending);
        }
        pending
    }

    /// The maps that a value may hold, which get sections of their own.
    fn beneath(&mut self, path: &str, schema: &'a Value, pending: &mut Vec<Pending<'a>>) {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str)
            && !self.seen.insert(name.to_owned())
        {
            return;
        }
        let schema = self.resolve(schema);
        if schema.get("properties").is_some() {
            let only: Vec<&String> =
                schema["properties"].as_object().into_iter().flat_map(|map| map.keys()).collect();
            let is_choice = schema.get("additionalProperties") == Some(&Value::Bool(false))
                && only.len() == 1
                && schema.get("required").is_some();
            if is_choice {
                let inner = &schema["properties"][only[0]];
                return self.beneath(&format!("{path}.{}", only[0]), inner, pending);
            }
            pending.push((path.to_owned(), schema, String::new()));
            return;
        }
        for word in ["oneOf", "anyOf"] {
            for branch in schema.get(word).and_then(Value::as_array).into_iter().flatten() {
                self.beneath(path, branch, pending);
            }
        }
        if let Some(items) = schema.get("items") {
            self.beneath(&format!("{path}[]"), items, pending);
        }
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            self.beneath(&format!("{path}.NAME"), values, pending);
        }
    }

    /// The words that a value may be, with what each means.
    fn words(&self, schema: &'a Value) -> String {
        let mut text = String::new();
        for branch in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
            let branch = self.resolve(branch);
            if let Some(word) = branch.get("const").and_then(Value::as_str) {
                let about = description(branch).unwrap_or_default().replace('\n', " ");
                let _ = write!(text, "<br>`{word}`: {about}");
            }
        }
        text
    }

    /// What a value is, in a few words.
    fn kind(&self, schema: &'a Value) -> String {
        let schema = self.resolve(schema);
        for word in ["oneOf", "anyOf"] {
            if let Some(branches) = schema.get(word).and_then(Value::as_array)
                && schema.get("properties").is_none()
            {
                let mut kinds: Vec<String> = branches.iter().map(|branch| self.kind(branch)).collect();
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
                Some(items) => format!("list of {}", self.kind(items)),
                None => "list".to_owned(),
            },
            "object" => "map".to_owned(),
            other => other.to_owned(),
        };
        kinds.into_iter().filter(|kind| *kind != "null").map(name).collect::<Vec<_>>().join(" or ")
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        while let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let Some(found) = self.root.pointer(target.trim_start_matches('#')) else { break };
            schema = found;
        }
        schema
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
