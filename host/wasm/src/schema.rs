//! The configuration schema of a guest, made fit for use.
//!
//! It is followed when a `with:` block is checked, and shown to people. So it must not lead in a circle, and its
//! texts must be texts.

use serde_json::{Map, Value};
use sluicegate_interface::text;

/// Words under which schemas stand that hold for the same value. A circle through these alone has no end; one
/// through `properties` or `items` ends with the value.
const SAME_VALUE: [&str; 3] = ["anyOf", "oneOf", "allOf"];
/// References and forms that one value may lead to: forms of forms of forms multiply.
const FORMS: u32 = 1_000;
/// The same, of all values.
const ALL_FORMS: u32 = 500_000;

/// The schema with its texts made harmless.
///
/// # Errors
/// Where a reference leads back to itself, or to too much.
pub(crate) fn fit(schema: Value) -> Result<Value, String> {
    let mut left = ALL_FORMS;
    follow_all(&schema, &schema, &mut left)?;
    Ok(harmless(schema))
}

/// Follows every schema in the tree from where it stands.
fn follow_all(root: &Value, schema: &Value, left: &mut u32) -> Result<(), String> {
    let mut forms = FORMS.min(*left);
    let given = forms;
    follow(root, schema, &mut forms)?;
    *left -= given - forms;
    match schema {
        Value::Object(map) => map.values().try_for_each(|value| follow_all(root, value, left)),
        Value::Array(items) => items.iter().try_for_each(|value| follow_all(root, value, left)),
        _ => Ok(()),
    }
}

fn follow(root: &Value, schema: &Value, left: &mut u32) -> Result<(), String> {
    *left = left.checked_sub(1).ok_or("its references lead in a circle, or to too much")?;
    if let Some(target) = schema.get("$ref").and_then(Value::as_str)
        && let Some(found) = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer))
    {
        follow(root, found, left)?;
    }
    let forms = SAME_VALUE.iter().filter_map(|word| schema.get(word)?.as_array()).flatten();
    forms.into_iter().try_for_each(|form| follow(root, form, left))
}

fn harmless(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(harmless).collect()),
        Value::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| (plain(key), harmless(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// Text without what moves a cursor; lines stay lines.
fn plain(text: String) -> String {
    let bad = |c: char| text::is_hidden(c) && c != '\n' && c != '\t';
    if text.contains(bad) { text.replace(bad, "\u{fffd}") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn circles_are_refused() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
            json!({"properties": {"x": {"anyOf": [{"type": "null"}, {"$ref": "#/properties/x"}]}}}),
        ] {
            assert!(fit(schema.clone()).unwrap_err().contains("circle"), "{schema}");
        }
        let next = |n: u32| vec![json!({"$ref": format!("#/$defs/{}", n + 1)}); 10];
        let defs: Map<_, _> = (0..30).map(|n| (n.to_string(), json!({"anyOf": next(n)}))).collect();
        assert!(fit(json!({"$defs": defs})).is_err(), "ten forms of ten forms of ten forms ..");
    }

    #[test]
    fn trees_of_values_are_no_circles() {
        let tree = json!({
            "$ref": "#/$defs/node",
            "$defs": {"node": {"properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}}
        });
        assert_eq!(fit(tree.clone()), Ok(tree));
    }

    #[test]
    fn texts_are_harmless() {
        let schema = json!({"properties": {"a\u{1b}[2J": {"description": "two\nlines\u{202e}"}}});
        let fit = fit(schema).unwrap();
        assert_eq!(fit["properties"]["a\u{fffd}[2J"]["description"], "two\nlines\u{fffd}");
    }
}
