//! From the text of a cases file to its cases, with the places of all mistakes.

use std::path::{Path, PathBuf};

use arrow_schema::DataType;
use sluicegate_model::data_type;

use super::discover::default_pipeline;
use super::file::{
    Case, CasesFile, Expect, Expected, ExpectedReject, ExpectedStop, Input, KeySecrets, Places, Secret,
    TableSpec,
};
use super::read_rows;
use super::schema;
use crate::config::ConfigErrors;
use crate::config::error::Problem;
use crate::config::locate::{Content, Node, Place};
use crate::config::structure::Structure;

/// Reads a file.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn load(path: &Path) -> Result<CasesFile, ConfigErrors> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigErrors::new(path, "", vec![Problem::new(format!("the file cannot be read: {error}"))])
    })?;
    parse(text, path)
}

/// Reads the text of a file.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn parse(text: String, path: &Path) -> Result<CasesFile, ConfigErrors> {
    let mut tree = Node::parse(&text)
        .map_err(|error| ConfigErrors::new(path, "", vec![crate::config::syntax(&error)]))?;
    let mut problems = Vec::new();
    hide(&mut tree);
    let covered = crate::config::cover(&text, &tree);
    Structure::new(schema::of_types()).called("cases file").check(
        &mut tree,
        "",
        Place::default(),
        &mut problems,
    );
    ConfigErrors::check(path, &covered, std::mem::take(&mut problems))?;
    let reader = Reader { tree: &tree, text: &text, path };
    let read = reader.file(&mut problems);
    ConfigErrors::check(path, &covered, problems)?;
    match read {
        Some((pipeline, env, keys, tables, cases)) => {
            Ok(CasesFile { path: path.to_owned(), pipeline, env, keys, tables, cases, text })
        }
        // What could not be read has left a problem.
        None => Err(ConfigErrors::new(path, &covered, vec![Problem::new("the file cannot be read")])),
    }
}

/// The text with the secrets that stand in it covered.
pub(super) fn covered(text: &str, mut tree: Node) -> String {
    hide(&mut tree);
    crate::config::cover(text, &tree)
}

/// Marks the secrets of a cases file.
fn hide(tree: &mut Node) {
    fn all(node: &mut Node) {
        node.hidden = true;
        node.children_mut().into_iter().for_each(all);
    }
    if let Content::Map(entries) = &mut tree.content {
        entries.iter_mut().filter(|entry| entry.key == "keys").for_each(|entry| all(&mut entry.value));
    }
}

type Read = (
    PathBuf,
    std::collections::BTreeMap<String, String>,
    Vec<KeySecrets>,
    Vec<(String, TableSpec)>,
    Vec<Case>,
);

struct Reader<'a> {
    tree: &'a Node,
    text: &'a str,
    path: &'a Path,
}

impl Reader<'_> {
    fn file(&self, problems: &mut Vec<Problem>) -> Option<Read> {
        let pipeline = self.pipeline(problems);
        let texts = |node: &Node| node.text().unwrap_or_default().to_owned();
        let env = entries(self.tree, "env").map(|(name, _, value)| (name.to_owned(), texts(value))).collect();
        let keys = entries(self.tree, "keys")
            .map(|(key, place, versions)| KeySecrets {
                key: key.to_owned(),
                place,
                versions: versions
                    .entries()
                    .iter()
                    .map(|version| (version.key.clone(), version.place, Secret(texts(&version.value))))
                    .collect(),
            })
            .collect();
        let tables = entries(self.tree, "tables")
            .map(|(table, _, node)| (table.to_owned(), table_spec(node, problems)))
            .collect();
        let nodes = self.tree.get("cases").map(Node::items).unwrap_or_default();
        let cases: Vec<Option<Case>> = nodes.iter().map(|node| self.case(node, problems)).collect();
        names_are_told_apart(nodes, problems);
        Some((pipeline?, env, keys, tables, cases.into_iter().collect::<Option<_>>()?))
    }

    fn pipeline(&self, problems: &mut Vec<Problem>) -> Option<PathBuf> {
        if let Some(node) = self.tree.get("pipeline").filter(|node| node.text().is_some()) {
            let path = self.path.with_file_name(node.text().unwrap_or_default());
            if !path.is_file() {
                let problem = Problem::new(format!("there is no pipeline file {}", path.display()));
                problems.push(problem.at(node.place).label("here").help("the path is relative to this file"));
                return None;
            }
            return Some(path);
        }
        match default_pipeline(self.path) {
            Ok(path) => Some(path),
            Err(why) => {
                problems
                    .push(Problem::new(why).help("say which it is: `pipeline: PATH`, relative to this file"));
                None
            }
        }
    }

    fn case(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<Case> {
        let before = problems.len();
        let name = node.get("name").and_then(Node::text).unwrap_or_default().to_owned();
        let meta =
            node.get("meta").map(|meta| read_rows::meta(meta, self.text, problems)).unwrap_or_default();
        let input = self.input(node, &name, &meta, problems);
        let steps = node.get("steps").filter(|steps| !is_null(steps)).map(|steps| {
            let name = |step: &Node| (step.text().unwrap_or_default().to_owned(), step.place);
            steps.items().iter().map(name).collect()
        });
        let expect = node.entry("expect").filter(|entry| !is_null(&entry.value));
        let case = Case {
            name,
            table: node.get("table").and_then(Node::text).map(str::to_owned),
            spec: table_spec(node, problems),
            input: input?,
            steps,
            expect: expect.map(|entry| self.expect(&entry.value, problems)),
            places: Places {
                map: node.place,
                first_key: node.entries().first().map_or(node.place, |entry| entry.place),
                expect: node.entry("expect").map(|entry| (entry.place, entry.value.place)),
            },
        };
        (problems.len() == before).then_some(case)
    }

    fn input(
        &self,
        node: &Node,
        name: &str,
        meta: &[(String, super::literal::Literal)],
        problems: &mut Vec<Problem>,
    ) -> Option<Input> {
        let at = |problem: Problem| match node.entry("name") {
            Some(entry) => problem.at(entry.value.place).label("this case"),
            None => problem.at(node.place),
        };
        match (node.entry("rows"), node.entry("messages")) {
            (Some(rows), None) => {
                let rows = rows.value.items().iter();
                Some(Input::Rows(rows.map(|row| read_rows::input(row, meta, self.text, problems)).collect()))
            }
            (None, Some(messages)) => {
                if let Some(useless) =
                    ["table", "schema", "key", "meta"].iter().find_map(|key| node.entry(key))
                {
                    let message = format!("`{}` is about rows, and this case has messages", useless.key);
                    problems.push(Problem::new(message).at(useless.place).label("take it out"));
                }
                let messages = messages.value.items().iter();
                Some(Input::Messages(
                    messages.map(|message| read_rows::message(message, self.text, problems)).collect(),
                ))
            }
            (Some(_), Some(messages)) => {
                let problem = Problem::new(format!("case `{name}` has rows and messages"));
                problems.push(problem.at(messages.place).label("beside `rows`").help("keep one of them"));
                None
            }
            (None, None) => {
                let problem = at(Problem::new(format!("case `{name}` has nothing to start from")));
                problems.push(problem.help("give it `rows` or `messages`"));
                None
            }
        }
    }

    fn expect(&self, node: &Node, problems: &mut Vec<Problem>) -> Expect {
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
        let texts = |key: &str| {
            let node = node.get(key).filter(|node| !is_null(node))?;
            Some(node.items().iter().filter_map(|item| item.text().map(str::to_owned)).collect::<Vec<_>>())
        };
        let number = |node: &Node, key: &str| node.get(key).and_then(|node| node.to_json().as_u64());
        let reject = |node: &Node| ExpectedReject {
            row: number(node, "row").unwrap_or_default(),
            part: number(node, "part").and_then(|part| u32::try_from(part).ok()),
            step: text(node, "step"),
            output: text(node, "output"),
            reason: text(node, "reason"),
        };
        let stops = node.get("stops").filter(|stops| !is_null(stops));
        Expect {
            columns: texts("columns"),
            outputs: node.get("outputs").map(|node| self.expected(node, problems)).unwrap_or_default(),
            schema: entries(node, "schema")
                .map(|(table, _, node)| (table.to_owned(), types(node, problems)))
                .collect(),
            rejects: node.get("rejects").map(Node::items).unwrap_or_default().iter().map(reject).collect(),
            events: texts("events").unwrap_or_default(),
            stops: stops.map(|node| ExpectedStop { step: text(node, "step"), reason: text(node, "reason") }),
            after: entries(node, "after")
                .map(|(step, _, node)| (step.to_owned(), self.expected(node, problems)))
                .collect(),
        }
    }

    fn expected(&self, node: &Node, problems: &mut Vec<Problem>) -> Expected {
        let mut unit = |row: &Node| read_rows::unit(row, self.text, problems);
        let tables = node.entries().iter();
        tables.map(|table| (table.key.clone(), table.value.items().iter().map(&mut unit).collect())).collect()
    }
}

fn names_are_told_apart(cases: &[Node], problems: &mut Vec<Problem>) {
    let name = |case: &Node| case.get("name").and_then(Node::text).unwrap_or_default().to_owned();
    for (number, case) in cases.iter().enumerate() {
        if cases[..number].iter().any(|earlier| name(earlier) == name(case)) {
            let place = case.get("name").map_or(case.place, |node| node.place);
            let problem = Problem::new(format!("two cases are called `{}`", name(case)));
            problems.push(problem.at(place).label("the second"));
        }
    }
}

fn is_null(node: &Node) -> bool {
    matches!(node.content, Content::Null)
}

/// The entries of a map within a map: key, its place, value.
fn entries<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = (&'a str, Place, &'a Node)> {
    let entries = node.get(key).map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.as_str(), entry.place, &entry.value))
}

fn table_spec(node: &Node, problems: &mut Vec<Problem>) -> TableSpec {
    let schema = node.get("schema").filter(|schema| !is_null(schema));
    let key = node.get("key").filter(|key| !is_null(key));
    TableSpec {
        schema: schema.map(|schema| types(schema, problems)),
        key: key.map(|key| key.items().iter().filter_map(|name| name.text().map(str::to_owned)).collect()),
    }
}

fn types(node: &Node, problems: &mut Vec<Problem>) -> Vec<(String, DataType)> {
    let mut types = Vec::new();
    for entry in node.entries() {
        match data_type::parse(entry.value.text().unwrap_or_default()) {
            Ok(data_type) => types.push((entry.key.clone(), data_type)),
            Err(error) => {
                problems.push(Problem::new(error.to_string()).at(entry.value.place).label("this type"));
            }
        }
    }
    types
}
