//! `steps:`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use sluicegate_keys::Use;
use sluicegate_wasm::Limits;

/// A transform, built in or your own.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(super) struct StepEntry {
    /// The name of a built-in transform, or the path of a WebAssembly file, relative to the pipeline file.
    #[serde(rename = "use")]
    pub(super) uses: String,
    /// The name of the step in logs, metrics and dead letters. Default: what is used.
    pub(super) name: Option<String>,
    /// The configuration of the transform. What it takes `sluicegate inspect` shows.
    #[serde(default)]
    pub(super) with: Value,
    /// The SHA-256 of the WebAssembly file: another file is refused.
    pub(super) sha256: Option<String>,
    /// What the transform may do with which key: `{ card-2026: [seal] }`. Nothing by default.
    #[serde(default)]
    pub(super) keys: BTreeMap<String, BTreeSet<Use>>,
    /// Limits of the transform.
    #[serde(default)]
    pub(super) limits: Limits,
}

impl StepEntry {
    /// Whether a path is meant and no built-in.
    pub(super) fn is_path(&self) -> bool {
        self.uses.contains(['/', '\\']) || Path::new(&self.uses).extension().is_some()
    }

    /// The path of the file.
    pub(super) fn path(&self, directory: &Path) -> PathBuf {
        // Without the `./`, so that a message shows the path as a person would write it.
        directory.join(Path::new(&self.uses).strip_prefix("./").unwrap_or(Path::new(&self.uses)))
    }

    /// The name where none is given.
    fn default_name(&self) -> String {
        let stem = Path::new(&self.uses).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        stem.filter(|_| self.is_path()).unwrap_or_else(|| self.uses.clone())
    }
}

/// The names of steps, each once: a second `crypt` is `crypt-2`.
pub(super) fn names(steps: &[StepEntry]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(steps.len());
    for step in steps {
        let wanted = step.name.clone().unwrap_or_else(|| step.default_name());
        let taken = |name: &str| names.iter().any(|known| known == name);
        let mut name = wanted.clone();
        let mut number = 1;
        while taken(&name) {
            number += 1;
            name = format!("{wanted}-{number}");
        }
        names.push(name);
    }
    names
}
