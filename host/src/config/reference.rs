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

## Dates

`$[FORMAT]` stands for today, and `$[FORMAT-N]` for the day N days before, in any value: `$[yyyy-MM-dd-1]` is yesterday.

| a format has | |
|---|---|
| `yyyy`, `yy` | the year |
| `MM`, `dd` | month and day, of two digits |
| `HH`, `mm`, `ss` | hours (0 to 23), minutes, seconds |
| `'text'` | text: letters and digits that are no part of the date; `''` is a quote |
| anything else | itself |

After it may stand `+` or `-`, a number without leading zeros, and a unit: `d` days (also without a unit), `w` weeks, `M`
months, `y` years, `H` or `h` hours, `m` minutes, `s` seconds.

| on 2026-03-31 at 08:05 | is |
|---|---|
| `$[yyyy-MM-dd-8]` | 2026-03-23 |
| `$[yyyyMM-1M]` | 202602 |
| `$[yyyyMMdd-1M]` | 20260228: the last day of a shorter month |
| `$[yyyy-MM-'01']` | 2026-03-01 |
| `orders_$[yyyyMMdd]` | orders_20260331 |
| `$[yyyy-MM-dd HH:'00':'00'-1H]` | 2026-03-31 07:00:00 |

Today is what the clocks of `time_zone` show when the file is read; it does not move while a pipeline runs. Distances are
counted on that calendar and clock, as if it were never set forward or back. `--date 2026-11-01` of `run`, `validate`,
`preview` and `test` sets another day (at 00:00, or with a time: `2026-11-01T08:00`), and `run --until end --date
2026-11-01..2026-11-30` runs the days of a range one after another, the last one included; a day that fails ends it. What
is put in for `${..}` is not looked through for dates. `$$[` is no date but `$[`.
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
