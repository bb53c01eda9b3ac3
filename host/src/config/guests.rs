//! Steps: guests found, loaded, pinned and started with their configuration.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use sluicegate_connector::{TransformError, TransformFactory as _};
use sluicegate_keys::KeyRing;
use sluicegate_transforms::BUILT_INS;
use sluicegate_wasm::{GuestError, GuestSource, Host, HostOptions, Step, StepOptions};

use super::error::{ConfigErrors, Problem};
use super::key_grants;
use super::load::Loaded;
use super::locate::Node;
use super::nearest::{did_you_mean, listed};
use super::secrets::redact;
use super::steps::{StepEntry, names};
use super::structure::Structure;

/// The WebAssembly engine of this process. Compiled guests are kept in the user's cache directory.
///
/// # Errors
/// [`GuestError::Engine`].
pub(super) fn host() -> Result<Host, GuestError> {
    static HOST: OnceLock<Host> = OnceLock::new();
    if let Some(host) = HOST.get() {
        return Ok(host.clone());
    }
    let host = Host::new(HostOptions { cache_dir: cache_directory() })?;
    Ok(HOST.get_or_init(|| host).clone())
}

fn cache_directory() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
    Some(caches.join("sluicegate").join("guests"))
}

/// The steps of a file, each of them tried: what is wrong with a guest or its `with:` shows here.
///
/// # Errors
/// Of all steps that cannot be used.
pub(super) fn steps(loaded: &Loaded, ring: &KeyRing) -> Result<Vec<Step>, ConfigErrors> {
    steps_where(loaded, ring, &|_| true)
}

/// As [`steps`], of those with a name that is wanted; the others are not looked at.
pub(super) fn steps_where(
    loaded: &Loaded,
    ring: &KeyRing,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Step>, ConfigErrors> {
    let host = host().map_err(|error| loaded.error(Problem::new(error.to_string())))?;
    let nodes = loaded.tree.get("steps").map(Node::items).unwrap_or_default();
    let mut problems = Vec::new();
    let mut steps = Vec::new();
    let named = loaded.pipeline.steps.iter().zip(names(&loaded.pipeline.steps)).zip(nodes);
    for ((entry, name), node) in named.filter(|((_, name), _)| wanted(name)) {
        let maker = Maker { loaded, host: &host, ring, entry, node };
        match maker.step(name) {
            Ok(step) => steps.push(step),
            Err(found) => problems.extend(found),
        }
    }
    loaded.check(problems)?;
    Ok(steps)
}

struct Maker<'a> {
    loaded: &'a Loaded,
    host: &'a Host,
    ring: &'a KeyRing,
    entry: &'a StepEntry,
    node: &'a Node,
}

impl Maker<'_> {
    fn step(&self, name: String) -> Result<Step, Vec<Problem>> {
        let file = &self.loaded.pipeline;
        let options = StepOptions {
            name: name.clone(),
            guest: self.guest().map_err(|problem| vec![problem])?,
            pin: self.entry.sha256.clone(),
            with: self.entry.with.clone(),
            grants: self.entry.keys.clone(),
            keys: Arc::new(self.ring.clone()),
            limits: self.entry.limits.clone(),
            pipeline: file.pipeline.clone(),
            time_zone: file.time_zone.as_ref().map_or("UTC", |zone| zone.0.as_str()).to_owned(),
        };
        let ungranted = key_grants::check(&name, self.entry, self.node, self.ring);
        if !ungranted.is_empty() {
            return Err(ungranted);
        }
        let step = Step::new(self.host, options).map_err(|error| vec![self.refused(&error)])?;
        match step.instance() {
            Ok(_) => Ok(step),
            Err(error) => Err(self.misconfigured(&name, &step, &error)),
        }
    }

    fn guest(&self) -> Result<GuestSource, Problem> {
        let uses = &self.entry.uses;
        if let Some(guest) = sluicegate_transforms::built_in(uses) {
            return Ok(GuestSource::new(guest.name, guest.wasm));
        }
        if self.entry.is_path() {
            return GuestSource::file(&self.entry.path(&self.loaded.directory))
                .map_err(|error| self.refused(&error));
        }
        let known = || BUILT_INS.iter().map(|guest| guest.name);
        let message = format!("there is no built-in transform `{uses}`{}", did_you_mean(uses, known()));
        let help = format!("built in are {}; a path has a `/` in it or ends in `.wasm`", listed(known()));
        Err(self.problem("use", message).help(help))
    }

    /// A problem at the value of a key of the step, or at the step.
    fn problem(&self, key: &str, message: String) -> Problem {
        let problem = Problem::new(redact(&message, self.node));
        match self.node.get(key).or_else(|| self.node.get("use")) {
            Some(node) => problem.at(node.place).label("here"),
            None => problem.at(self.node.place),
        }
    }

    fn refused(&self, error: &GuestError) -> Problem {
        let key = match error {
            GuestError::BadPin { .. } | GuestError::WrongPin { .. } => "sha256",
            _ => "use",
        };
        self.problem(key, error.to_string())
    }

    /// What is wrong with a `with:` block: by the guest's own schema, with places, and where that finds nothing, in
    /// the guest's words.
    fn misconfigured(&self, name: &str, step: &Step, error: &TransformError) -> Vec<Problem> {
        let mut found = Vec::new();
        if let (Ok(description), Some(entry)) = (step.describe(), self.node.entry("with")) {
            let mut with = entry.value.clone();
            Structure::new(&description.config_schema).check(&mut with, "with", entry.place, &mut found);
        }
        if found.is_empty() {
            let message = redact(&format!("step `{name}`: {error}"), self.node);
            let problem = Problem::new(message);
            let entry = self.node.entry("with").or_else(|| self.node.entry("use"));
            found.push(match entry {
                Some(entry) => problem.at(entry.place).label("configured here"),
                None => problem.at(self.node.place),
            });
        }
        found
    }
}
