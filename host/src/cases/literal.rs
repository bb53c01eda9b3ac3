//! A cell as it is written.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, StringArray};
use arrow_schema::DataType;
use sluicegate_model::Column;

use crate::config::error::Problem;
use crate::config::locate::{Content, Entry, Node, Place};
use crate::config::nearest::{did_you_mean, listed};

/// A value of a cell. A cell that is not written at all is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    Null,
    Flag(bool),
    /// A number, by its digits as they were written.
    Number(String),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Literal>),
    Map(Vec<(String, Literal)>),
    /// Expected: a sealed cell, by what it opens to. Given: a cell that is sealed before the first step.
    Sealed(Box<Sealed>),
}

/// What is in a sealed cell, and how it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Text, or a number by its digits.
    pub(crate) value: String,
    /// The key's name; none: as a `crypt` step of the pipeline seals it.
    pub(crate) key: Option<String>,
    pub(crate) context: String,
    pub(crate) bind: Vec<String>,
}

/// The words that begin with `$` in a cell.
const FORMS: [&str; 4] = ["$hex", "$base64", "$open", "$seal"];

/// The keys beside `$open` and `$seal`.
const SEALED_AS: [&str; 3] = ["key", "context", "bind"];

impl Literal {
    /// Reads a cell. `source` is the text of the file: numbers are taken from it digit for digit.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(node: &Node, source: &str) -> Result<Self, Problem> {
        Ok(match &node.content {
            Content::Null => Self::Null,
            Content::Flag(flag) => Self::Flag(*flag),
            Content::Number(number) => {
                let written = written(node.place, source);
                Self::Number(if is_number(written) { written.to_owned() } else { number.to_string() })
            }
            Content::Text(text) => Self::Text(text.clone()),
            Content::List(items) => {
                Self::List(items.iter().map(|item| Self::read(item, source)).collect::<Result<_, _>>()?)
            }
            Content::Map(entries) => match entries.iter().find(|entry| is_form(&entry.key)) {
                Some(form) => form_of(form, entries, source)?,
                None => Self::Map(
                    entries
                        .iter()
                        .map(|entry| {
                            Ok((unescaped(&entry.key).to_owned(), Self::read(&entry.value, source)?))
                        })
                        .collect::<Result<_, _>>()?,
                ),
            },
        })
    }

    /// What it is, for people.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Sealed(_) => "a sealed value",
        }
    }

    /// Its JSON text, as it stands in a column of JSON of any kind; bytes and sealed cells have none.
    pub(super) fn to_json(&self) -> Option<String> {
        Some(match self {
            Self::Null => "null".to_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(digits) => digits.clone(),
            Self::Text(text) => json_text(text),
            Self::Bytes(_) | Self::Sealed(_) => return None,
            Self::List(items) => {
                let items: Option<Vec<String>> = items.iter().map(Self::to_json).collect();
                format!("[{}]", items?.join(","))
            }
            Self::Map(entries) => {
                let entries: Option<Vec<String>> = entries
                    .iter()
                    .map(|(name, value)| Some(format!("{}:{}", json_text(name), value.to_json()?)))
                    .collect();
                format!("{{{}}}", entries?.join(","))
            }
        })
    }
}

/// Text in JSON's quotes.
pub(super) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a key of a map stands for something of ours. `$$` is a dollar.
pub(super) fn is_form(key: &str) -> bool {
    key.starts_with('$') && !key.starts_with("$$")
}

/// A name as it is meant: without the dollar that was doubled.
pub(super) fn unescaped(key: &str) -> &str {
    if key.starts_with("$$") { &key[1..] } else { key }
}

/// A name as it is written.
pub(super) fn escaped(name: &str) -> String {
    if name.starts_with('$') { format!("${name}") } else { name.to_owned() }
}

/// The text of the file at a place.
fn written(place: Place, source: &str) -> &str {
    source.get(place.start..place.start.saturating_add(place.length)).unwrap_or_default().trim()
}

/// Whether text is a number as JSON writes it.
pub(super) fn is_number(text: &str) -> bool {
    let digits = |text: &mut &str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let found = text.len() > rest.len();
        *text = rest;
        found
    };
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    if (rest.starts_with('0') && rest[1..].starts_with(|c: char| c.is_ascii_digit())) || !digits(&mut rest) {
        return false;
    }
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        if !digits(&mut rest) {
            return false;
        }
    }
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        rest = after.strip_prefix(['+', '-']).unwrap_or(after);
        if !digits(&mut rest) {
            return false;
        }
    }
    rest.is_empty()
}

/// A map with a word that begins with `$`.
fn form_of(form: &Entry, entries: &[Entry], source: &str) -> Result<Literal, Problem> {
    let name = form.key.as_str();
    if !FORMS.contains(&name) {
        let near = did_you_mean(name, FORMS);
        return Err(Problem::new(format!("`{name}` is nothing that a cell can be{near}"))
            .at(form.place)
            .label("unknown")
            .help(format!(
                "a cell may be {}; a name that begins with a dollar is written `$${}`",
                listed(FORMS),
                &name[1..]
            )));
    }
    let sealed = matches!(name, "$open" | "$seal");
    let known = |key: &str| key == name || (sealed && SEALED_AS.contains(&key));
    if let Some(other) = entries.iter().find(|entry| !known(&entry.key)) {
        let near = if sealed { did_you_mean(&other.key, SEALED_AS) } else { String::new() };
        return Err(Problem::new(format!("`{}` does not stand beside `{name}`{near}", other.key))
            .at(other.place)
            .label("unknown"));
    }
    if sealed {
        return sealed_cell(form, entries, source);
    }
    let encoding = &name[1..];
    let wrong = |why: String| Problem::new(why).at(form.value.place).label("these");
    let text = form.value.text().map(str::to_owned).or_else(|| match &form.value.content {
        // Digits alone are a number to YAML.
        Content::Number(_) => Some(written(form.value.place, source).to_owned()),
        _ => None,
    });
    let text = text.ok_or_else(|| wrong(format!("`{name}` takes text")))?;
    bytes_of(&text, encoding).map(Literal::Bytes).ok_or_else(|| wrong(format!("this is no {encoding}")))
}

fn sealed_cell(form: &Entry, entries: &[Entry], source: &str) -> Result<Literal, Problem> {
    let get = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value);
    let text = |node: &Node, what: &str| {
        let problem = || Problem::new(format!("{what} is text")).at(node.place).label("not text");
        node.text().map(str::to_owned).ok_or_else(problem)
    };
    let value = match Literal::read(&form.value, source)? {
        Literal::Text(text) | Literal::Number(text) => text,
        other => {
            let message = format!("`{}` takes text or a number, and this is {}", form.key, other.what());
            return Err(Problem::new(message).at(form.value.place).label("here"));
        }
    };
    let key = get("key").map(|key| text(key, "`key`")).transpose()?;
    if key.is_none() && form.key == "$seal" {
        return Err(Problem::new("`$seal` needs the `key` to seal with").at(form.place).label("here"));
    }
    let bind = get("bind").map(Node::items).unwrap_or_default();
    Ok(Literal::Sealed(Box::new(Sealed {
        value,
        key,
        context: get("context").map(|context| text(context, "`context`")).transpose()?.unwrap_or_default(),
        bind: bind.iter().map(|name| text(name, "a name in `bind`")).collect::<Result<_, _>>()?,
    })))
}

/// The bytes that a text stands for.
fn bytes_of(text: &str, encoding: &str) -> Option<Vec<u8>> {
    let column = Column::new(Arc::new(StringArray::from(vec![text])));
    let options = [("encoding".to_owned(), encoding.to_owned())];
    let decoded = sluicegate_kernels::cast(&column, &DataType::Binary, &options).ok()?;
    let values = decoded.column.values();
    decoded
        .failed
        .is_empty()
        .then(|| values.as_binary::<i32>().value(0).to_vec())
        .filter(|_| values.is_valid(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Literal, String> {
        let node = Node::parse(text).unwrap();
        Literal::read(node.get("a").unwrap(), text).map_err(|problem| {
            crate::config::ConfigErrors::new("t".as_ref(), text, vec![problem]).to_string()
        })
    }

    #[test]
    fn numbers_keep_their_digits() {
        for digits in ["1", "-1", "12.50", "1e3", "123456789012345678901234567890.10", "18446744073709551615"]
        {
            assert_eq!(
                read(&format!("ü: 1\na: {digits}")),
                Ok(Literal::Number(digits.to_owned())),
                "{digits}"
            );
            assert_eq!(
                read(&format!("{{ a: {digits} }}")),
                Ok(Literal::Number(digits.to_owned())),
                "{digits}"
            );
        }
        assert_eq!(read("a: 0x10"), Ok(Literal::Number("16".to_owned())));
        assert_eq!(read("a: '1'"), Ok(Literal::Text("1".to_owned())));
    }

    #[test]
    fn bytes_come_in_two_forms() {
        assert_eq!(read("a: { $hex: 00ff }"), Ok(Literal::Bytes(vec![0, 255])));
        assert_eq!(read("a: { $hex: 10 }"), Ok(Literal::Bytes(vec![16])));
        assert_eq!(read("a: { $base64: AP8= }"), Ok(Literal::Bytes(vec![0, 255])));
        assert!(read("a: { $hex: xy }").unwrap_err().contains("this is no hex"));
        assert!(read("a: { $hxe: xy }").unwrap_err().contains("did you mean `$hex`?"));
        assert!(read("a: { $hex: 00, b: 1 }").unwrap_err().contains("`b` does not stand beside `$hex`"));
        assert_eq!(
            read("a: { $$x: 1 }"),
            Ok(Literal::Map(vec![("$x".to_owned(), Literal::Number("1".to_owned()))]))
        );
    }

    #[test]
    fn sealed_cells_say_how() {
        let short = read("a: { $open: 138 }").unwrap();
        let Literal::Sealed(sealed) = short else { panic!("{short:?}") };
        assert_eq!((sealed.value.as_str(), sealed.key), ("138", None));
        assert!(read("a: { $seal: x }").unwrap_err().contains("needs the `key`"));
        assert!(read("a: { $open: x, kye: y }").unwrap_err().contains("did you mean `key`?"));
    }

    #[test]
    fn numbers_are_those_of_json() {
        for text in ["0", "-0.5", "1e+3", "10.25E-7"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "-", "01", "1.", ".5", "1e", "0x1", "1 ", "+1", "1_0"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
