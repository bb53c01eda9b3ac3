//! Where in a value a difference lies: `$.a."b c"[3]`.
//! <https://dev.mysql.com/doc/refman/8.4/en/json.html#json-path-syntax>

use super::tree::Node;
use crate::binlog::error::Fault;

/// A step from a container to what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    Member(Vec<u8>),
    Item(usize),
}

/// The steps from the whole value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(pub(super) Vec<Leg>);

impl Path {
    pub(super) fn parse(text: &[u8]) -> Result<Self, Fault> {
        let wrong = || Fault::new(format!("{:?} is no path of JSON", String::from_utf8_lossy(text)));
        let path = std::str::from_utf8(text).map_err(|_| wrong())?;
        let mut rest = path.strip_prefix('$').ok_or_else(wrong)?;
        let mut legs = Vec::new();
        while !rest.is_empty() {
            if let Some(index) = rest.strip_prefix('[') {
                let (number, after) = index.split_once(']').ok_or_else(wrong)?;
                legs.push(Leg::Item(number.trim().parse().map_err(|_| wrong())?));
                rest = after;
            } else if let Some(name) = rest.strip_prefix('.') {
                let end = if name.starts_with('"') {
                    end_of_quoted(name).ok_or_else(wrong)?
                } else {
                    name.find(['.', '[']).unwrap_or(name.len())
                };
                let (name, after) = name.split_at(end);
                let name = if name.starts_with('"') {
                    serde_json::from_str::<String>(name).map_err(|_| wrong())?.into_bytes()
                } else {
                    name.as_bytes().to_vec()
                };
                legs.push(Leg::Member(name));
                rest = after;
            } else {
                return Err(wrong());
            }
        }
        Ok(Self(legs))
    }

    /// What stands at the end of some legs.
    pub(super) fn seek<'t, 'a>(legs: &[Leg], root: &'t mut Node<'a>) -> Option<&'t mut Node<'a>> {
        legs.iter().try_fold(root, |node, leg| match (node, leg) {
            (Node::Array(items), Leg::Item(place)) => items.get_mut(*place),
            (Node::Object(members), Leg::Member(key)) => {
                let place = Node::find(members, key).ok()?;
                Some(&mut members[place].1)
            }
            _ => None,
        })
    }
}

/// The place behind the closing quote.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(place + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let member = |name: &str| Leg::Member(name.as_bytes().to_vec());
        let cases = [
            ("$", vec![]),
            ("$.a", vec![member("a")]),
            ("$.a[3].b", vec![member("a"), Leg::Item(3), member("b")]),
            (r#"$."b c"."d\".e"[0]"#, vec![member("b c"), member("d\".e"), Leg::Item(0)]),
            ("$.\u{e9}t\u{e9}", vec![member("\u{e9}t\u{e9}")]),
        ];
        for (text, legs) in cases {
            assert_eq!(Path::parse(text.as_bytes()), Ok(Path(legs)), "{text}");
        }
        for text in ["", "a", "$a", "$[x]", "$[1", "$.\"a"] {
            assert!(Path::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
