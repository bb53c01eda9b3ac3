//! Why a guest or a step cannot be used, for the person who must act.

use std::path::PathBuf;

use sluicegate_connector::TransformError;
use sluicegate_interface::text;
use thiserror::Error;

/// A guest or a step that cannot be used. Nothing ran yet, or the guest failed before its first row.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GuestError {
    /// The file is not there, or cannot be read.
    #[error("the guest {} cannot be read: {source}; see that the path under `use:` is right", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The pin is no SHA-256.
    #[error("{pin:?} is no SHA-256 (64 hexadecimal digits): `sluicegate inspect` prints the one of {guest}")]
    BadPin {
        /// The guest.
        guest: String,
        /// What was written.
        pin: String,
    },
    /// The guest is another than the one that was pinned.
    #[error(
        "{guest} has the SHA-256 {found}, but the pipeline pins {pinned}: if the guest was changed on purpose, write \
         the new one under `sha256:`; if not, find out who changed it"
    )]
    WrongPin {
        /// The guest.
        guest: String,
        /// The configured sum.
        pinned: String,
        /// The guest's own.
        found: String,
    },
    /// The bytes are no WebAssembly.
    #[error("{guest} is no WebAssembly: {found}")]
    NotWasm {
        /// The guest.
        guest: String,
        /// What they are, as far as it can be told.
        found: String,
    },
    /// A WebAssembly file that is broken, or asks for what the host's engine lacks.
    #[error("{guest} is no valid WebAssembly component: {why}")]
    Invalid {
        /// The guest.
        guest: String,
        /// The engine's words.
        why: String,
    },
    /// A guest that is larger than a guest may be, in one way or another. Nothing of it was compiled.
    #[error("{guest} is refused before it is compiled: {why}")]
    Bounds {
        /// The guest.
        guest: String,
        /// What there is too much of.
        why: String,
    },
    /// Compiling was given up.
    #[error("{guest} cannot be compiled: {why}")]
    Compile {
        /// The guest.
        guest: String,
        /// Why.
        why: String,
    },
    /// WebAssembly, but no transform.
    #[error("{guest} is WebAssembly, but no transform: {why}")]
    NotTransform {
        /// The guest.
        guest: String,
        /// What it lacks.
        why: String,
    },
    /// A guest of another version of the interface.
    #[error(
        "{guest} was built for version {theirs} of the interface sluicegate:transform, this host has {ours}: build it \
         again with the interface (or SDK) of {ours}"
    )]
    Version {
        /// The guest.
        guest: String,
        /// The version that it was built for.
        theirs: String,
        /// The host's.
        ours: &'static str,
    },
    /// The guest asks for imports that no guest is given.
    #[error(
        "{guest} asks for imports that guests are not given: {}; a transform gets sluicegate:transform and nothing \
         else: build it without them (wasm32-unknown-unknown for Rust and C, --stub-wasi for Python and JavaScript)",
        listed(imports)
    )]
    Imports {
        /// The guest.
        guest: String,
        /// The names.
        imports: Vec<String>,
    },
    /// A guest of the right version that uses what this host does not have yet, or gives a function another type.
    #[error(
        "{guest} does not fit this host's interface {ours}: {why}; a newer sluicegate may have what it needs"
    )]
    Misfit {
        /// The guest.
        guest: String,
        /// The host's version.
        ours: &'static str,
        /// What does not fit.
        why: String,
    },
    /// A step was granted a key that the pipeline does not have.
    #[error(
        "step {step} is granted the key {key}, which the pipeline does not have (it has: {known}): add it to `keys:` \
         or take it out of the step"
    )]
    UnknownKey {
        /// The step.
        step: String,
        /// The key.
        key: String,
        /// Names that there are.
        known: String,
    },
    /// The guest trapped or failed when it was asked what it is.
    #[error("{guest} cannot be described: {why}")]
    Describe {
        /// The guest.
        guest: String,
        /// Why.
        why: String,
    },
    /// The host's own engine could not be set up.
    #[error("the WebAssembly engine cannot be set up: {why}")]
    Engine {
        /// Why.
        why: String,
    },
}

/// Names on one line, the first few of them: a guest may have a million, and they are its own words.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut list: Vec<String> = names.iter().take(SHOWN).map(|name| text::line(name, 100)).collect();
    if names.len() > SHOWN {
        list.push(format!("and {} more", names.len() - SHOWN));
    }
    list.join(", ")
}

impl From<GuestError> for TransformError {
    fn from(error: GuestError) -> Self {
        Self::Stop(error.to_string())
    }
}
