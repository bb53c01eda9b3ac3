//! From a checked tree to types, section by section, so that a mistake in one does not hide those of others.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::connections::{CONNECTION, ConnectionEntry, LIBRDKAFKA, On, Reach};
use super::dead_letters::DeadLettersEntry;
use super::error::Problem;
use super::locate::{Content, Node};
use super::nearest::{did_you_mean, listed};
use super::pipeline::PipelineFile;
use super::sink::SinkEntry;
use super::source::SourceEntry;
use super::steps::StepEntry;

/// A mistake was found, and is among the problems.
pub(super) struct Told;

/// The whole file.
///
/// # Errors
/// Where anything of it cannot be read.
pub(super) fn pipeline(tree: &Node, problems: &mut Vec<Problem>) -> Result<PipelineFile, Told> {
    let mut reader = Reader { tree, problems, connections: BTreeMap::new() };
    for entry in tree.get("connections").into_iter().flat_map(Node::entries) {
        let connection = reader.value(&entry.value, &format!("connections.{}", entry.key));
        reader.connections.insert(entry.key.clone(), connection.ok());
    }
    // All sections are read before the first mistake ends it.
    let pipeline = reader.at(&["pipeline"]);
    let instance = reader.at(&["instance"]);
    let time_zone = reader.at(&["time_zone"]);
    let source = reader.source();
    let steps = reader.steps();
    let sink = reader.sink();
    let dead_letters = reader.dead_letters();
    let keys = reader.at(&["keys"]);
    let engine = reader.at(&["engine"]);
    let connections: Option<BTreeMap<_, _>> =
        reader.connections.into_iter().map(|(name, connection)| Some((name, connection?))).collect();
    Ok(PipelineFile {
        // The structure was checked: what is required is there.
        pipeline: pipeline?.ok_or(Told)?,
        instance: instance?,
        time_zone: time_zone?,
        connections: connections.ok_or(Told)?,
        source: source?,
        steps: steps?,
        sink: sink?,
        dead_letters: dead_letters?,
        keys: keys?.unwrap_or_default(),
        engine: engine?.unwrap_or_default(),
    })
}

struct Reader<'a> {
    tree: &'a Node,
    problems: &'a mut Vec<Problem>,
    /// Those that could be read; `None` for those that are there and could not.
    connections: BTreeMap<String, Option<ConnectionEntry>>,
}

impl Reader<'_> {
    /// The value at a path, where one is there and is not empty.
    fn at<T: DeserializeOwned>(&mut self, path: &[&str]) -> Result<Option<T>, Told> {
        match self.tree.at(path).filter(|node| !matches!(node.content, Content::Null)) {
            Some(node) => self.value(node, &path.join(".")).map(Some),
            None => Ok(None),
        }
    }

    fn value<T: DeserializeOwned>(&mut self, node: &Node, path: &str) -> Result<T, Told> {
        match serde_path_to_error::deserialize(node.to_json()) {
            Ok(value) => Ok(value),
            Err(error) => {
                let (node, path) = follow(node, path, error.path());
                self.problems.push(refused(node, &path, error.inner()));
                Err(Told)
            }
        }
    }

    /// Where rows come from. The structure was checked: one system is there.
    fn source(&mut self) -> Result<SourceEntry, Told> {
        if self.tree.at(&["source", "file"]).is_some() {
            return self.at(&["source", "file"])?.map(|file| SourceEntry::File(Box::new(file))).ok_or(Told);
        }
        if let Some(mysql) = self.block(&["source", "mysql"], false)? {
            return Ok(SourceEntry::MySql(Box::new(mysql)));
        }
        self.block(&["source", "kafka"], true)?.map(|kafka| SourceEntry::Kafka(Box::new(kafka))).ok_or(Told)
    }

    /// Where rows go.
    fn sink(&mut self) -> Result<SinkEntry, Told> {
        if self.tree.at(&["sink", "file"]).is_some() {
            return self.at(&["sink", "file"])?.map(|file| SinkEntry::File(Box::new(file))).ok_or(Told);
        }
        if let Some(mysql) = self.block(&["sink", "mysql"], false)? {
            return Ok(SinkEntry::MySql(Box::new(mysql)));
        }
        if let Some(starrocks) = self.block(&["sink", "starrocks"], false)? {
            return Ok(SinkEntry::StarRocks(Box::new(starrocks)));
        }
        self.block(&["sink", "kafka"], true)?.map(|kafka| SinkEntry::Kafka(Box::new(kafka))).ok_or(Told)
    }

    /// A block on a system; `own` says whether its options have a `librdkafka:` beside the connection's.
    fn block<C: Reach, O: DeserializeOwned>(
        &mut self,
        path: &[&str],
        own: bool,
    ) -> Result<Option<On<C, O>>, Told> {
        let Some(node) = self.tree.at(path) else { return Ok(None) };
        let name = node.get(CONNECTION);
        let connection = match (name, node.entry(C::ADDRESS)) {
            (Some(name), None) => self.named(name),
            (None, Some(_)) => {
                self.value(&node.with_entries(|key| C::IN_PLACE.contains(&key)), &path.join("."))
            }
            (Some(_), Some(address)) => {
                let message = format!("`{}` names a connection and describes one too", path.join("."));
                let problem = Problem::new(message).at(address.place).label("in place");
                self.problems.push(problem.help(format!("keep `connection` or `{}`, not both", C::ADDRESS)));
                Err(Told)
            }
            (None, None) => {
                let message = format!("`{}` has no connection", path.join("."));
                let place =
                    self.tree.at(&path[..path.len() - 1]).and_then(|node| node.entry(path[path.len() - 1]));
                let problem =
                    Problem::new(message).at(place.map_or(node.place, |entry| entry.place)).label("here");
                let help =
                    format!("name one with `connection`, or describe it in place with `{}`", C::ADDRESS);
                self.problems.push(problem.help(help));
                Err(Told)
            }
        };
        if name.is_some() {
            self.only_in_place::<C>(node, own);
        }
        let in_place = |key: &str| (!own || key != LIBRDKAFKA) && C::IN_PLACE.contains(&key);
        let options =
            self.value(&node.with_entries(|key| key != CONNECTION && !in_place(key)), &path.join("."));
        let name = name.and_then(Node::text).map(str::to_owned);
        Ok(Some(On { name, connection: connection?, options: options? }))
    }

    fn named<C: Reach>(&mut self, node: &Node) -> Result<C, Told> {
        let name = node.text().unwrap_or_default();
        match self.connections.get(name) {
            Some(Some(entry)) => C::of(entry).cloned().ok_or_else(|| {
                let message =
                    format!("the connection `{name}` is {}, and {} is wanted", entry.kind(), C::KIND);
                self.problems.push(Problem::new(message).at(node.place).label("another system"));
                Told
            }),
            // It is there, and what is wrong with it was told.
            Some(None) => Err(Told),
            None => {
                let known = || self.connections.keys().map(String::as_str);
                let shown = node.written.as_deref().unwrap_or(name);
                let message = format!("there is no connection `{shown}`{}", did_you_mean(name, known()));
                let help = format!("`connections:` has {}", listed(known()));
                self.problems.push(Problem::new(message).at(node.place).label("unknown").help(help));
                Err(Told)
            }
        }
    }

    /// Refuses keys of a connection beside the name of one.
    fn only_in_place<C: Reach>(&mut self, node: &Node, own: bool) {
        let of_connection =
            |key: &str| key != C::ADDRESS && C::IN_PLACE.contains(&key) && !(own && key == LIBRDKAFKA);
        for entry in node.entries().iter().filter(|entry| of_connection(&entry.key)) {
            let message = format!("`{}` is a key of the connection, which is named here", entry.key);
            let help = "write it under `connections:`";
            self.problems.push(Problem::new(message).at(entry.place).label("not here").help(help));
        }
    }

    fn steps(&mut self) -> Result<Vec<StepEntry>, Told> {
        let nodes = self.tree.get("steps").map(Node::items).unwrap_or_default();
        let read = |(number, node)| self.value(node, &format!("steps[{number}]"));
        let steps: Vec<Result<StepEntry, Told>> = nodes.iter().enumerate().map(read).collect();
        steps.into_iter().collect()
    }

    fn dead_letters(&mut self) -> Result<Option<DeadLettersEntry>, Told> {
        let Some(node) = self.tree.get("dead_letters") else { return Ok(None) };
        if matches!(node.content, Content::Null) {
            return Ok(None);
        }
        let kafka = self.block(&["dead_letters", "kafka"], false);
        let file = self.at(&["dead_letters", "file"]);
        let seal = self.at(&["dead_letters", "seal"]);
        let stop_after = self.at(&["dead_letters", "stop_after"]);
        Ok(Some(DeadLettersEntry { kafka: kafka?, file: file?, seal: seal?, stop_after: stop_after? }))
    }
}

/// The node that a path of serde ends at, as far as it can be followed, and its path in the file.
fn follow<'a>(mut node: &'a Node, path: &str, steps: &serde_path_to_error::Path) -> (&'a Node, String) {
    let mut path = path.to_owned();
    for step in steps {
        let next = match step {
            Segment::Seq { index } => node.items().get(*index).map(|item| (item, format!("[{index}]"))),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                node.get(key).map(|value| (value, format!(".{key}")))
            }
            Segment::Unknown => None,
        };
        let Some((found, name)) = next else { break };
        node = found;
        path.push_str(&name);
    }
    (node, path)
}

/// A value that its type does not take.
fn refused(node: &Node, path: &str, error: &serde_json::Error) -> Problem {
    let problem = match &node.written {
        Some(written) => Problem::new(format!("`{path}`: what `{written}` stands for does not do here")),
        // Serde's words quote the value.
        None if node.hides() => {
            Problem::new(format!("the value of `{path}` does not do")).hidden(node.hidden)
        }
        None => Problem::new(format!("`{path}`: {error}")),
    };
    problem.at(node.place).label("this value")
}
