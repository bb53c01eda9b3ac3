//! What of a file must never be shown.

use super::connections::LIBRDKAFKA;
use super::locate::{Content, Node};

/// Marks the values that stand where secrets do: under `keys:`, under `librdkafka:`, passwords, URLs with a user.
pub(super) fn mark(tree: &mut Node) {
    if let Content::Map(entries) = &mut tree.content {
        for entry in entries {
            let hidden = entry.key == LIBRDKAFKA || entry.key.ends_with("password");
            mark_if(&mut entry.value, hidden || entry.key == "keys");
        }
    }
}

fn mark_if(node: &mut Node, hidden: bool) {
    node.hidden |= hidden || node.text().is_some_and(names_user);
    match &mut node.content {
        Content::Map(entries) => {
            for entry in entries {
                let own = entry.key == LIBRDKAFKA || entry.key.ends_with("password");
                mark_if(&mut entry.value, hidden || own);
            }
        }
        Content::List(items) => items.iter_mut().for_each(|item| mark_if(item, hidden)),
        _ => {}
    }
}

/// Whether a text is a URL with a user in it, and so perhaps with a password.
fn names_user(text: &str) -> bool {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    authority.is_some_and(|authority| authority.contains('@'))
}

/// The text of the file with secrets that stand in it covered by stars; each character keeps its place. A `${...}`
/// may be shown as it is written.
pub(crate) fn cover(text: &str, tree: &Node) -> String {
    let mut bytes = text.as_bytes().to_vec();
    cover_node(&mut bytes, tree);
    // Whole values are covered, so whole characters are; were one cut, the text would be lost, not shown.
    String::from_utf8(bytes).unwrap_or_default()
}

fn cover_node(bytes: &mut [u8], node: &Node) {
    let is_reference = node.text().is_some_and(|text| text.starts_with("${") && text.ends_with('}'));
    let is_scalar = !matches!(node.content, Content::Map(_) | Content::List(_) | Content::Null);
    let end = node.place.start.saturating_add(node.place.length).min(bytes.len());
    if node.hidden && is_scalar && !is_reference && node.place.start < end {
        for byte in &mut bytes[node.place.start..end] {
            if *byte != b'\n' {
                *byte = b'*';
            }
        }
    }
    node.children().for_each(|child| cover_node(bytes, child));
}

/// A message without what was put in for `${...}` anywhere in a tree: where a value stands in it, the reference is
/// written instead.
pub(super) fn redact(message: &str, tree: &Node) -> String {
    let mut values = Vec::new();
    collect(tree, &mut values);
    // The longer first: one value may be a part of another.
    values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    values
        .iter()
        .fold(message.to_owned(), |message, (value, written)| message.replace(value.as_str(), written))
}

fn collect(node: &Node, values: &mut Vec<(String, String)>) {
    if let (Some(written), Some(value)) = (&node.written, scalar(node))
        && node.hidden
        && !value.is_empty()
    {
        values.push((value, written.clone()));
    }
    node.children().for_each(|child| collect(child, values));
}

fn scalar(node: &Node) -> Option<String> {
    match &node.content {
        Content::Text(text) => Some(text.clone()),
        Content::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_secrets_are_covered() {
        let text = "keys: { card: { versions: { v1: \"hüsh\", v2: \"${file:k}\" } } }\n\
                    a: { security: { sasl: { username: u, password: hush } } }\n\
                    b: { librdkafka: { sasl.oauthbearer.config: hush, x: 1 } }\n\
                    c: { url: \"mysql://root:hush@db/x\" }\n";
        let mut tree = Node::parse(text).unwrap();
        mark(&mut tree);
        let covered = cover(text, &tree);
        assert_eq!(covered.len(), text.len());
        assert!(!covered.contains("hush") && !covered.contains("hüsh"), "{covered}");
        assert!(covered.contains("username: u,") && covered.contains("${file:k}"), "{covered}");
    }
}
