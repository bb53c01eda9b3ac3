//! The reference for people, made of the schema.

use std::fmt::Write as _;

use serde_json::Value;

use super::keys::{Key, Section, sections};
use super::schema::{built_ins, of_types};

/// The reference of all keys as Markdown: `docs/configuration.md`.
pub fn reference_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    write(of_types(), "", "Pipeline", &mut text);
    text.push_str("\n# Built-in transforms\n\nWhat stands under `with:` of a step.\n");
    for (name, schema) in built_ins() {
        write(&schema, "with", name, &mut text);
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

/// Describes a schema, whose first section is called `title`.
fn write(schema: &Value, path: &str, title: &str, text: &mut String) {
    for section in sections(schema, path) {
        let heading = if section.path == path { title.to_owned() } else { format!("`{}`", section.path) };
        write_section(&section, &heading, text);
    }
}

fn write_section(section: &Section, heading: &str, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(text, "\n## {heading}\n");
    if let Some(about) = &section.about {
        let _ = write!(text, "\n{about}\n");
    }
    text.push_str("\n| key | value | |\n|---|---|---|\n");
    for key in &section.keys {
        let _ = writeln!(text, "| `{}` | {} | {} |", key.name, key.kind, about(key).trim());
    }
}

fn about(key: &Key) -> String {
    let mut about = key.about.replace("\n\n", " ").replace('\n', " ").replace('|', "\\|");
    for (word, meaning) in &key.words {
        let _ = write!(about, "<br>`{word}`: {}", meaning.replace('\n', " "));
    }
    if key.required {
        about = format!("**Required.** {about}");
    } else if let Some(default) = key.default.as_ref().filter(|_| !about.contains("Default")) {
        let _ = write!(about, " Default: `{default}`.");
    }
    about
}
