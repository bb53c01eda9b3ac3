//! The file as a tree in which every part knows where it stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

/// Where a part of the file stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The first byte.
    pub(crate) start: usize,
    /// Bytes.
    pub(crate) length: usize,
    /// The line, from 1.
    pub(crate) line: u64,
    /// The character in the line, from 1.
    pub(crate) column: u64,
}

impl Place {
    pub(crate) fn of(location: &Location) -> Self {
        let span = location.span();
        let number =
            |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
        Self {
            start: number(span.byte_offset()),
            length: number(span.byte_len()),
            line: location.line(),
            column: location.column(),
        }
    }
}

/// A value of the file.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) place: Place,
    /// Whether the value must never be shown: it stands where secrets do, or was put in for a `${...}`.
    pub(crate) hidden: bool,
    /// The text as it was written, where something was put in for a `${...}` or a `$[...]`.
    pub(crate) written: Option<String>,
}

/// What a value is.
#[derive(Clone)]
pub(crate) enum Content {
    Null,
    Flag(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

impl Node {
    /// Reads YAML, of which JSON is a part.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_saphyr::Error> {
        serde_saphyr::from_str(text)
    }

    /// The value without its places.
    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Flag(flag) => Value::Bool(*flag),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The entry of a key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value at the end of a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether anything in it must not be shown.
    pub(crate) fn hides(&self) -> bool {
        self.hidden || self.children().any(Self::hides)
    }

    /// Values beneath this one.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Self> {
        self.items().iter().chain(self.entries().iter().map(|entry| &entry.value))
    }

    /// Values beneath this one, to be changed.
    pub(crate) fn children_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.content {
            Content::List(items) => items.iter_mut().collect(),
            Content::Map(entries) => entries.iter_mut().map(|entry| &mut entry.value).collect(),
            _ => Vec::new(),
        }
    }

    /// A map of some of its entries, in the same place.
    pub(crate) fn with_entries(&self, keep: impl Fn(&str) -> bool) -> Self {
        let entries = self.entries().iter().filter(|entry| keep(&entry.key)).cloned().collect();
        Self { content: Content::Map(entries), ..self.clone() }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Self { content: spanned.value, place: Place::of(&spanned.defined), hidden: false, written: None })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyContent)
    }
}

struct AnyContent;

impl<'de> Visitor<'de> for AnyContent {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Content, E> {
        Ok(Content::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Content, E> {
        Ok(Content::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Content, E> {
        Ok(Content::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Content, E> {
        Number::from_f64(number).map(Content::Number).ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut entries = Vec::<Entry>::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value = map.next_value()?;
            if entries.iter().any(|entry| entry.key == key.value) {
                return Err(A::Error::custom(format_args!("the key `{}` stands here twice", key.value)));
            }
            entries.push(Entry { place: Place::of(&key.defined), key: key.value, value });
        }
        Ok(Content::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_knows_its_place() {
        let text = "a: 1\nb:\n  - {c: \"x y\", 7: ~}\n";
        let node = Node::parse(text).unwrap();
        let entry = node.entry("b").unwrap();
        assert_eq!((entry.place.line, entry.place.column), (2, 1));
        let inner = entry.value.items()[0].entry("c").unwrap();
        assert_eq!(&text[inner.place.start..][..inner.place.length], "c");
        let value = &inner.value.place;
        assert_eq!(&text[value.start..][..value.length], "\"x y\"");
        assert_eq!(node.to_json(), serde_json::json!({ "a": 1, "b": [{ "c": "x y", "7": null }] }));
    }

    #[test]
    fn json_is_yaml() {
        let node = Node::parse("{\"a\": [1.5, true, null, \"x\"]}").unwrap();
        assert_eq!(node.to_json(), serde_json::json!({ "a": [1.5, true, null, "x"] }));
    }

    #[test]
    fn a_key_twice_is_refused() {
        assert!(Node::parse("a: 1\na: 2\n").is_err());
    }
}
