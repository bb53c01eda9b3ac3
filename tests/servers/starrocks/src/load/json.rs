//! Documents to fields.

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Fields, Line};
use crate::convert::Token;

/// The fields of the objects of a body.
///
/// # Errors
/// The words with which a load ends whose body is no JSON.
pub(super) fn lines(body: &[u8], keys: &[String], strip_outer_array: bool) -> Result<Vec<Line>, String> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => return Ok(Vec::new()),
        Some(b'{' | b'[') => {}
        Some(other) => {
            let shown = char::from(*other);
            return Err(format!("illegal json started with [{shown}]"));
        }
    }
    let mut lines = Vec::new();
    for document in serde_json::Deserializer::from_slice(body).into_iter::<Box<RawValue>>() {
        let document = document.map_err(|error| format!("Unrecognized json format, error: {error}"))?;
        let text = document.get();
        if !text.starts_with('[') {
            lines.push(line(text, keys));
        } else if strip_outer_array {
            let rows: Vec<Box<RawValue>> = serde_json::from_str(text)
                .map_err(|error| format!("Unrecognized json format, error: {error}"))?;
            lines.extend(rows.iter().map(|row| line(row.get(), keys)));
        } else {
            let why = "JSON document is an array, strip_outer_array must be set true".to_owned();
            lines.push(Line { fields: Err(why), text: text.chars().take(200).collect() });
        }
    }
    Ok(lines)
}

fn line(text: &str, keys: &[String]) -> Line {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fields = Object { keys }.deserialize(&mut deserializer).map_err(|error| format!("{error}"));
    Line { fields, text: text.to_owned() }
}

/// Of keys that come twice the first counts.
struct Object<'a> {
    keys: &'a [String],
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields: Fields = vec![None; self.keys.len()];
        while let Some(key) = map.next_key::<String>()? {
            let value: Box<RawValue> = map.next_value()?;
            for (place, _) in self.keys.iter().enumerate().filter(|(_, name)| **name == key) {
                if fields[place].is_none() {
                    fields[place] = Some(token(&value));
                }
            }
        }
        Ok(fields)
    }
}

fn token(value: &RawValue) -> Token {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'n') => Token::Null,
        Some(b't') => Token::Bool(true),
        Some(b'f') => Token::Bool(false),
        Some(b'"') => Token::Text(
            String::deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap_or_default(),
        ),
        Some(b'{' | b'[') => Token::Nested(text.to_owned()),
        _ => Token::Number(text.to_owned()),
    }
}
