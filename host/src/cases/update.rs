//! Expectations written into their file. Only the text of `expect:` changes; everything else, comments too, stays.

use std::ops::Range;

use super::file::{Expect, Places};
use super::yaml;

/// What is put in the place of a stretch of the file.
#[derive(Debug, PartialEq, Eq)]
struct Edit {
    range: Range<usize>,
    text: String,
}

/// The text with the expectations of some cases changed.
///
/// # Errors
/// A sentence, where two of them stand in one place of the file or a place cannot be found.
pub(super) fn apply(text: &str, cases: &[(Places, Expect)]) -> Result<String, String> {
    let mut edits = Vec::new();
    for (places, expect) in cases {
        edits.push(
            edit(text, places, expect)
                .ok_or("a case of it is written in a way that cannot be changed in place")?,
        );
    }
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let overlap =
        edits.windows(2).any(|two| two[0].range.end > two[1].range.start || two[0].range == two[1].range);
    if overlap {
        return Err("two cases share one expectation".to_owned());
    }
    let mut changed = text.to_owned();
    for edit in edits.into_iter().rev() {
        changed.replace_range(edit.range, &edit.text);
    }
    Ok(changed)
}

fn edit(text: &str, places: &Places, expect: &Expect) -> Option<Edit> {
    let key = places.expect.map_or(places.first_key, |(key, _)| key).start;
    let column = block_column(text, key);
    match (places.expect, column) {
        (Some((key, value)), Some(column)) => {
            let is_flow = value.start > key.start && text[value.start..].starts_with('{');
            // What stands in brackets may end at any depth.
            let end = if is_flow {
                end_of_flow(text, value.start)?
            } else {
                end_of_block(text, key.start, column + 1)
            };
            Some(Edit { range: key.start..end, text: yaml::expect_block(expect, column) })
        }
        (Some((key, value)), None) => {
            if value.length == 0 || value.start <= key.start {
                return None;
            }
            let end = end_of_flow(text, value.start)?;
            Some(Edit { range: key.start..end, text: yaml::expect_flow(expect) })
        }
        (None, Some(column)) => {
            let end = end_of_block(text, key, column);
            let block = yaml::expect_block(expect, column);
            Some(Edit { range: end..end, text: format!("\n{}{block}", " ".repeat(column)) })
        }
        (None, None) => {
            let end = end_of_flow(text, places.map.start)? - 1;
            let before = text[..end].trim_end();
            let comma = if before.ends_with(',') || before.ends_with('{') { " " } else { ", " };
            Some(Edit { range: before.len()..end, text: format!("{comma}{} ", yaml::expect_flow(expect)) })
        }
    }
}

/// The depth of a key, where it begins its line or an item of a list: then its value goes on below it.
fn block_column(text: &str, key: usize) -> Option<usize> {
    let head = &text[text[..key].rfind('\n').map_or(0, |end| end + 1)..key];
    let mut rest = head;
    loop {
        rest = rest.trim_start_matches(' ');
        match rest.strip_prefix("- ") {
            Some(after) => rest = after,
            None => break,
        }
    }
    rest.is_empty().then(|| head.chars().count())
}

/// Where a block ends that begins on the line of `start`: before the first line that is less deep than `depth`.
fn end_of_block(text: &str, start: usize, depth: usize) -> usize {
    let mut end = line_end(text, start);
    let mut next = end;
    while next < text.len() {
        let line_start = next + 1;
        let stop = line_end(text, line_start.min(text.len()));
        let line = text.get(line_start..stop).unwrap_or_default();
        let own = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim();
        if !content.is_empty() {
            let deeper = own >= depth;
            let comment = content.starts_with('#');
            if !deeper && !comment {
                break;
            }
            // A comment belongs to what it is as deep as.
            if deeper {
                end = stop;
            }
        }
        next = stop;
    }
    let block = &text[start..end];
    start + block.trim_end().len()
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |end| from + end)
}

/// Where the map or list ends that begins at `start` with its bracket.
fn end_of_flow(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut comment = false;
    let mut last = ' ';
    for (place, c) in text[start..].char_indices() {
        match quote {
            _ if comment => comment = c != '\n',
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) => {
                if c == open {
                    quote = None;
                }
            }
            None => match c {
                // A quote within a word is no quote.
                '"' | '\'' if matches!(last, ' ' | '\n' | ',' | ':' | '[' | '{' | '\'') => quote = Some(c),
                '#' if last.is_whitespace() => comment = true,
                '{' | '[' => depth += 1,
                '}' | ']' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(start + place + 1);
                    }
                }
                _ if depth == 0 => return None,
                _ => {}
            },
        }
        last = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::file::ExpectedReject;
    use crate::config::locate::Node;

    /// The text with every case's expectation changed to one reject.
    fn updated(text: &str) -> Result<String, String> {
        let node = Node::parse(text).unwrap();
        let reject = ExpectedReject { row: 7, part: None, step: None, output: None, reason: None };
        let expect = Expect { rejects: vec![reject], ..Expect::default() };
        let cases: Vec<(Places, Expect)> = node
            .get("cases")
            .unwrap()
            .items()
            .iter()
            .map(|case| {
                let places = Places {
                    map: case.place,
                    first_key: case.entries()[0].place,
                    expect: case.entry("expect").map(|entry| (entry.place, entry.value.place)),
                };
                (places, expect.clone())
            })
            .collect();
        let changed = apply(text, &cases)?;
        let node = Node::parse(&changed).map_err(|error| format!("{changed}: {error}"))?;
        for case in node.get("cases").unwrap().items() {
            let expected = serde_json::json!({ "rejects": [{ "row": 7 }] });
            assert_eq!(case.get("expect").unwrap().to_json(), expected, "{changed}");
        }
        Ok(changed)
    }

    #[test]
    fn only_the_expectation_changes() {
        let text = "# é above\ncases:\n  # one\n  - name: a # the name\n    rows: [] # none\n    expect:\n      # gone\n      outputs:\n        t: []\n    # stays\n    table: t\n\n  # two\n  - name: b\n    expect: { outputs: { t: [ \"}\" ] },\n      rejects: [] }\n    rows: []\n";
        let expected = "# é above\ncases:\n  # one\n  - name: a # the name\n    rows: [] # none\n    expect:\n      rejects:\n        - { row: 7 }\n    # stays\n    table: t\n\n  # two\n  - name: b\n    expect:\n      rejects:\n        - { row: 7 }\n    rows: []\n";
        assert_eq!(updated(text).unwrap(), expected);
    }

    #[test]
    fn an_expectation_is_added() {
        let text =
            "cases:\n  - name: a\n    rows:\n    - {x: 1}\n\n  # two\n  - rows: []\n    name: b\n# end\n";
        let expected = "cases:\n  - name: a\n    rows:\n    - {x: 1}\n    expect:\n      rejects:\n        - { row: 7 }\n\n  # two\n  - rows: []\n    name: b\n    expect:\n      rejects:\n        - { row: 7 }\n# end\n";
        assert_eq!(updated(text).unwrap(), expected);
    }

    #[test]
    fn flow_stays_flow() {
        let text =
            "cases: [{ name: it's, expect: { outputs: {} }, rows: [] }, {\"name\": \"}\", \"rows\": []}]";
        let expected = "cases: [{ name: it's, \"expect\": { \"rejects\": [{ \"row\": 7 }] }, rows: [] }, {\"name\": \"}\", \"rows\": [], \"expect\": { \"rejects\": [{ \"row\": 7 }] } }]";
        assert_eq!(updated(text).unwrap(), expected);
    }

    #[test]
    fn expectations_first_and_last_are_found() {
        for text in [
            "cases:\n- expect: {}\n  name: a\n  rows: []",
            "cases:\n- name: a\n  rows: []\n  expect:",
            "cases:\n-   name: a\n    expect:\n        outputs: {}\n    rows: []\n",
        ] {
            updated(text).unwrap();
        }
    }
}
