//! What the tests of a pipeline ask of it: its steps by name, its keys, how its messages are read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use sluicegate_connector::TransformFactory;
use sluicegate_format::Decode;
use sluicegate_format::options::DeclaredTypes;
use sluicegate_keys::KeyRing;

use super::locate::Node;
use super::steps::StepEntry;
use super::{Config, ConfigErrors, guests};

/// How a cell is sealed: what opening it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedAs {
    /// The column, where the seal is known to be on one of this name.
    pub(crate) column: Option<String>,
    /// The key's name.
    pub(crate) key: String,
    /// The text that was authenticated with it.
    pub(crate) context: String,
    /// The columns whose cells were.
    pub(crate) bind: Vec<String>,
}

impl Config {
    /// The steps with these names, in the order of the file. The others are not even loaded.
    pub(crate) fn chain_factories_of(
        &self,
        names: &BTreeSet<String>,
    ) -> Result<Vec<Arc<dyn TransformFactory>>, ConfigErrors> {
        let steps = guests::steps_where(&self.loaded, &self.ring, &|name| names.contains(name))?;
        Ok(steps.into_iter().map(|step| Arc::new(step) as Arc<dyn TransformFactory>).collect())
    }

    /// The keys of the pipeline.
    pub(crate) fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// What reads the source's messages, and the name that its rows have as their topic.
    pub(crate) fn decoder(&self) -> Option<(Arc<dyn Decode>, String)> {
        let source = &self.loaded.pipeline.source;
        let topic = source.names().first().cloned().unwrap_or_default();
        Some((source.format()?.decoder().ok()?, topic))
    }

    /// The types that the source's format declares.
    pub(crate) fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.loaded.pipeline.source.format()?.declared_types()
    }

    /// The primary key that the source's format declares.
    pub(crate) fn declared_key(&self) -> Option<&[String]> {
        self.loaded.pipeline.source.format()?.declared_key()
    }

    /// What the built-in `crypt` seals, step by step.
    pub(crate) fn sealed_columns(&self) -> Vec<SealedAs> {
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        let sealed = |step: &Node| -> Vec<SealedAs> {
            let columns = step.at(&["with", "seal"]).map(Node::entries).unwrap_or_default();
            let sealed = columns.iter().map(|column| SealedAs {
                column: Some(column.key.clone()),
                key: text(&column.value, "key"),
                context: text(&column.value, "context"),
                bind: column
                    .value
                    .get("bind")
                    .map(Node::items)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|name| name.text().map(str::to_owned))
                    .collect(),
            });
            sealed.collect()
        };
        let nodes = self.loaded.tree.get("steps").map(Node::items).unwrap_or_default();
        let is_crypt = |step: &StepEntry| step.uses == "crypt";
        self.loaded
            .pipeline
            .steps
            .iter()
            .zip(nodes)
            .filter(|(step, _)| is_crypt(step))
            .flat_map(|(_, node)| sealed(node))
            .collect()
    }

    /// What messages call the file.
    pub(crate) fn file(&self) -> &Path {
        &self.loaded.file
    }
}

/// The versions of each key that the text of a pipeline file names; none where it cannot be read.
pub(crate) fn key_versions(text: &str) -> BTreeMap<String, Vec<String>> {
    let Ok(tree) = Node::parse(text) else { return BTreeMap::new() };
    let keys = tree.get("keys").map(Node::entries).unwrap_or_default();
    let versions = |key: &Node| {
        let versions = key.get("versions").map(Node::entries).unwrap_or_default();
        versions.iter().map(|version| version.key.clone()).collect()
    };
    keys.iter().map(|key| (key.key.clone(), versions(&key.value))).collect()
}
