//! The `with:` block of a step, read with errors that say where and what to write instead.

use serde::de::DeserializeOwned;

use crate::Failure;

/// How unlike a key may be to be offered as the nearest one, from 0 to 1 (the same).
const ALIKE: f64 = 0.6;

/// Reads a configuration. No text at all is the empty block.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    read(text).or_else(|error| {
        // A step without a block: `()` takes null, everything else an empty block.
        match text.trim() {
            "{}" => read("null").map_err(|_| error),
            "null" => read("{}"),
            _ => Err(error),
        }
    })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let message = explain(&error.into_inner().to_string());
        Failure::stop(match path.as_str() {
            "." => format!("with: {message}"),
            path => format!("with.{path}: {message}"),
        })
        .with("code", "config")
        .with("path", path)
    })?;
    json.end().map_err(|error| Failure::stop(format!("with: {error}")).with("code", "config"))?;
    Ok(value)
}

/// Drops the place in the JSON text, which nobody wrote, and offers the nearest key.
fn explain(message: &str) -> String {
    let message = message.split_once(" at line ").map_or(message, |(message, _)| message);
    match nearest(message) {
        Some(near) => format!("{message}; did you mean `{near}`?"),
        None => message.to_owned(),
    }
}

/// The known word that is most like the unknown one, out of serde's own message:
/// "unknown field `a`, expected one of `b`, `c`".
fn nearest(message: &str) -> Option<&str> {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let found = quoted.next()?;
    quoted
        .map(|known| (strsim::jaro(&found.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Step {
        #[serde(default)]
        keep: usize,
        #[serde(default)]
        columns: BTreeMap<String, Column>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Column {
        on_bad: OnBad,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum OnBad {
        Reject,
        Null,
    }

    fn message(text: &str) -> String {
        parse::<Step>(text).unwrap_err().message
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest() {
        assert_eq!(
            message(r#"{"kep": 1}"#),
            "with.kep: unknown field `kep`, expected `keep` or `columns`; did you mean `keep`?"
        );
        assert_eq!(message(r#"{"zzz": 1}"#), "with.zzz: unknown field `zzz`, expected `keep` or `columns`");
    }

    #[test]
    fn the_path_leads_to_the_mistake() {
        let text = r#"{"columns": {"phone": {"on_bad": "rejet"}}}"#;
        assert_eq!(
            message(text),
            "with.columns.phone.on_bad: unknown variant `rejet`, expected `reject` or `null`; did you mean `reject`?"
        );
    }

    #[test]
    fn a_wrong_type_is_said_without_a_place_in_the_json() {
        assert_eq!(message(r#"{"keep": "two"}"#), "with.keep: invalid type: string \"two\", expected usize");
    }

    #[test]
    fn no_block_is_an_empty_one() {
        for text in ["", "null", "{}"] {
            assert_eq!(parse::<Step>(text).unwrap(), Step { keep: 0, columns: BTreeMap::new() });
            parse::<()>(text).unwrap();
        }
    }

    #[test]
    fn more_after_the_block_is_refused() {
        assert!(message("{} {}").starts_with("with: trailing characters"));
    }
}
