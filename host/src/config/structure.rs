//! Keys and kinds of values against a JSON Schema, with the places of what does not fit.
//!
//! The schemas are those that `schemars` makes of the types that are read afterwards, so this says earlier, for all
//! mistakes at once and with what was meant, what reading would say of the first one alone.

use serde_json::Value;

use super::error::Problem;
use super::locate::{Content, Entry, Node, Place};
use super::nearest::{did_you_mean, listed, nearest};

/// A schema, and the definitions that it refers to.
#[derive(Clone, Copy)]
pub(crate) struct Structure<'a> {
    root: &'a Value,
    /// What the whole is called in messages.
    whole: &'a str,
}

/// What a node is called in a message, and where to point when it is itself empty.
#[derive(Clone)]
struct Name {
    path: String,
    key: Place,
    /// What is meant where the path is empty.
    whole: String,
}

impl Name {
    fn child(&self, entry: &Entry) -> Self {
        let path = match self.path.as_str() {
            "" => entry.key.clone(),
            path => format!("{path}.{}", entry.key),
        };
        Self { path, key: entry.place, whole: self.whole.clone() }
    }

    fn item(&self, number: usize, node: &Node) -> Self {
        Self { path: format!("{}[{number}]", self.path), key: node.place, whole: self.whole.clone() }
    }
}

impl<'a> Structure<'a> {
    /// A schema with its `$defs`.
    pub(crate) fn new(root: &'a Value) -> Self {
        Self { root, whole: "pipeline" }
    }

    /// Names the whole of which the tree is: `pipeline` otherwise.
    pub(crate) fn called(self, whole: &'a str) -> Self {
        Self { whole, ..self }
    }

    /// Checks a tree. A value that was put in for a `${...}` is text; where a number or a flag is wanted and the text
    /// is one, it becomes that.
    pub(crate) fn check(self, node: &mut Node, path: &str, key: Place, problems: &mut Vec<Problem>) {
        self.walk(
            node,
            self.root,
            &Name { path: path.to_owned(), key, whole: self.whole.to_owned() },
            problems,
        );
    }

    fn walk(self, node: &mut Node, schema: &'a Value, name: &Name, problems: &mut Vec<Problem>) {
        let schema = self.resolve(schema);
        if schema.get("properties").is_none()
            && let Some(branches) = ["oneOf", "anyOf"].iter().find_map(|word| schema.get(word)?.as_array())
        {
            let branches = self.flatten(branches);
            return self.one_of(node, &branches, name, problems);
        }
        coerce(node, schema);
        if let Some(expected) = wrong_kind(node, schema) {
            return problems.push(of_kind(node, name, &expected));
        }
        if let Some(words) = words(schema) {
            word(node, &words, name, problems);
        }
        match &mut node.content {
            Content::Map(_) => self.map(node, schema, name, problems),
            Content::List(items) => {
                if let Some(of_items) = schema.get("items") {
                    for (number, item) in items.iter_mut().enumerate() {
                        let name = name.item(number, item);
                        self.walk(item, of_items, &name, problems);
                    }
                }
            }
            _ => {}
        }
    }

    fn map(self, node: &mut Node, schema: &'a Value, name: &Name, problems: &mut Vec<Problem>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let known = || properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str));
        let others = schema.get("additionalProperties");
        let hidden = node.hidden;
        let Content::Map(entries) = &mut node.content else { return };
        for entry in entries.iter_mut() {
            let own = name.child(entry);
            match properties.and_then(|properties| properties.get(&entry.key)).or(others) {
                Some(Value::Bool(false)) => problems.push(unknown(entry, known(), name).hidden(hidden)),
                Some(schema) => self.walk(&mut entry.value, schema, &own, problems),
                None => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for key in required.filter_map(Value::as_str) {
            // A key that was misspelt has been told already.
            let is_known = |entry: &Entry| properties.is_some_and(|known| known.contains_key(&entry.key));
            let is_meant = |entry: &Entry| !is_known(entry) && nearest(&entry.key, known()) == Some(key);
            if entries.iter().any(|entry| entry.key == key || is_meant(entry)) {
                continue;
            }
            let property = properties.and_then(|properties| properties.get(key));
            let about = property
                .and_then(|property| {
                    property.get("description").or_else(|| self.resolve(property).get("description"))
                })
                .and_then(Value::as_str);
            problems.push(missing_key(key, about, name, hidden));
        }
    }

    /// A value that may take several forms: the one is meant that its kind and its keys fit.
    fn one_of(self, node: &mut Node, branches: &[&'a Value], name: &Name, problems: &mut Vec<Problem>) {
        let of_text: Vec<&str> = branches.iter().filter_map(|branch| words(branch)).flatten().collect();
        let fitting: Vec<&'a Value> = branches
            .iter()
            .copied()
            .filter(|branch| {
                let mut node = node.clone();
                coerce(&mut node, branch);
                wrong_kind(&node, branch).is_none()
            })
            .collect();
        let only_words = |branch: &&Value| words(branch).is_some();
        match (&node.content, &*fitting) {
            (Content::Map(_), [_, _, ..]) => self.one_map_of(node, &fitting, name, problems),
            (Content::Text(_), _) if !fitting.is_empty() && fitting.iter().all(only_words) => {
                word(node, &of_text, name, problems);
            }
            (_, [first, ..]) => self.walk(node, first, name, problems),
            (_, []) => {
                let mut kinds: Vec<String> = branches.iter().filter_map(|branch| kind_of(branch)).collect();
                kinds.dedup();
                problems.push(of_kind(node, name, &kinds.join(" or ")));
            }
        }
    }

    /// Several maps: that one is meant which knows the first key.
    fn one_map_of(self, node: &mut Node, branches: &[&'a Value], name: &Name, problems: &mut Vec<Problem>) {
        let properties = |branch: &'a Value| branch.get("properties").and_then(Value::as_object);
        let first = node.entries().first().cloned();
        let knows = |branch: &&&'a Value| {
            first
                .as_ref()
                .is_some_and(|entry| properties(branch).is_some_and(|known| known.contains_key(&entry.key)))
        };
        let meant = branches.iter().find(knows);
        if let Some(branch) = meant {
            return self.walk(node, branch, name, problems);
        }
        let known: Vec<&str> = branches
            .iter()
            .filter_map(|branch| properties(branch))
            .flat_map(|known| known.keys())
            .map(String::as_str)
            .collect();
        problems.push(match &first {
            Some(entry) => unknown(entry, known.iter().copied(), name).hidden(node.hidden),
            None => Problem::new(format!("`{}` is empty", name.path))
                .at(name.key)
                .label("nothing in it")
                .help(format!("it needs one of {}", listed(known))),
        });
    }

    /// The schema that a reference names.
    fn resolve(self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        while let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let Some(found) = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else {
                break;
            };
            schema = found;
        }
        schema
    }

    /// The forms that a value may take, with forms of forms in their place.
    fn flatten(self, branches: &'a [Value]) -> Vec<&'a Value> {
        let mut flat = Vec::new();
        for branch in branches {
            let branch = self.resolve(branch);
            let inner = ["oneOf", "anyOf"].iter().find_map(|word| branch.get(word)?.as_array());
            match inner.filter(|_| branch.get("properties").is_none()) {
                Some(inner) => flat.extend(self.flatten(inner)),
                None => flat.push(branch),
            }
        }
        flat
    }
}

fn word(node: &Node, words: &[&str], name: &Name, problems: &mut Vec<Problem>) {
    let Content::Text(text) = &node.content else { return };
    if words.contains(&text.as_str()) {
        return;
    }
    let problem = if node.hidden {
        Problem::new(format!("the value of `{}` is none that is known", name.path))
            .hidden(node.written.is_none())
    } else {
        Problem::new(format!(
            "`{}` cannot be `{text}`{}",
            name.path,
            did_you_mean(text, words.iter().copied())
        ))
    };
    problems.push(
        problem.at(node.place).label("unknown").help(format!("it may be {}", listed(words.iter().copied()))),
    );
}

/// Makes a number or a flag of text that was put in, where one is wanted and text is not.
fn coerce(node: &mut Node, schema: &Value) {
    let (Some(_), Content::Text(text)) = (&node.written, &node.content) else { return };
    let allowed = kinds(schema);
    if allowed.is_empty() || allowed.contains(&"string") {
        return;
    }
    let parsed = serde_json::from_str::<Value>(text.trim()).ok();
    match parsed {
        Some(Value::Bool(flag)) if allowed.contains(&"boolean") => node.content = Content::Flag(flag),
        Some(Value::Number(number)) if allowed.contains(&"integer") || allowed.contains(&"number") => {
            node.content = Content::Number(number);
        }
        _ => {}
    }
}

fn unknown<'a>(entry: &Entry, known: impl Iterator<Item = &'a str> + Clone, name: &Name) -> Problem {
    let near = nearest(&entry.key, known.clone());
    let within = if name.path.is_empty() { format!("a {}", name.whole) } else { format!("`{}`", name.path) };
    Problem::new(format!("unknown key `{}`{}", entry.key, did_you_mean(&entry.key, known.clone())))
        .at(entry.place)
        .label(format!("not a key of {within}"))
        .help_if(near.is_none().then(|| format!("the keys of {within} are {}", listed(known))))
}

fn missing_key(key: &str, about: Option<&str>, name: &Name, hidden: bool) -> Problem {
    let about = about.map(|about| format!("`{key}`: {}", first_sentence(about)));
    let problem = if name.path.is_empty() {
        Problem::new(format!("the {} has no `{key}`", name.whole))
    } else {
        Problem::new(format!("`{}` has no `{key}`", name.path)).at(name.key).label("here")
    };
    problem.help_if(about).hidden(hidden)
}

fn of_kind(node: &Node, name: &Name, expected: &str) -> Problem {
    let found = match &node.content {
        Content::Null => "empty",
        Content::Flag(_) => "true or false",
        Content::Number(_) => "a number",
        Content::Text(_) => "text",
        Content::List(_) => "a list",
        Content::Map(_) => "a map",
    };
    let place = if node.place.length == 0 { name.key } else { node.place };
    let quotes = matches!(node.content, Content::Number(_) | Content::Flag(_)) && expected == "text";
    let path = if name.path.is_empty() { format!("the {}", name.whole) } else { format!("`{}`", name.path) };
    let problem = match &node.written {
        Some(written) => {
            Problem::new(format!("{path} must be {expected}, and what `{written}` stands for is not"))
        }
        None => Problem::new(format!("{path} must be {expected}, and is {found}")).hidden(node.hidden),
    };
    problem.at(place).label(format!("not {expected}")).help_if(quotes.then(|| "put it in quotes".to_owned()))
}

/// What a value must be, where it is something else.
fn wrong_kind(node: &Node, schema: &Value) -> Option<String> {
    let allowed = kinds(schema);
    let fits = |kind: &&str| match &node.content {
        Content::Null => *kind == "null",
        Content::Flag(_) => *kind == "boolean",
        Content::Number(number) => *kind == "number" || (*kind == "integer" && !number.is_f64()),
        Content::Text(_) => *kind == "string",
        Content::List(_) => *kind == "array",
        Content::Map(_) => *kind == "object",
    };
    (!allowed.is_empty() && !allowed.iter().any(fits)).then(|| kind_of(schema).unwrap_or_default())
}

/// The kinds of values that a schema allows; none where it allows all.
fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ if words(schema).is_some() => vec!["string"],
        _ => Vec::new(),
    }
}

/// The kinds of values that a schema allows, for people.
fn kind_of(schema: &Value) -> Option<String> {
    let names: Vec<&str> = kinds(schema)
        .into_iter()
        .filter_map(|kind| match kind {
            "boolean" => Some("true or false"),
            "number" => Some("a number"),
            "integer" => Some("a whole number"),
            "string" => Some("text"),
            "array" => Some("a list"),
            "object" => Some("a map"),
            _ => None,
        })
        .collect();
    (!names.is_empty()).then(|| names.join(" or "))
}

/// The words that a schema allows, where it allows no other text.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return Some(vec![word]);
    }
    Some(schema.get("enum")?.as_array()?.iter().filter_map(Value::as_str).collect())
}

/// The first sentence of a description.
pub(crate) fn first_sentence(text: &str) -> String {
    let line = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    match line.find(". ") {
        Some(end) => line[..=end].to_owned(),
        None => line,
    }
}
