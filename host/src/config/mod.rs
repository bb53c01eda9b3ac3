//! The configuration: a pipeline a file, in YAML or JSON.
//!
//! | module | holds |
//! |---|---|
//! | `pipeline`, `connections`, `source`, `sink`, `steps`, `dead_letters`, `time_zone` | what a file may say |
//! | `load` | from text to these types |
//! | `locate` | the file as a tree that knows its places |
//! | `secrets` | what of it is never shown |
//! | `substitute` | `${VARIABLE}`, `${file:PATH}` and `$[DATE]` |
//! | `dates` | what a `$[DATE]` stands for |
//! | [`today`] | the day from which dates are counted |
//! | `structure` | keys and kinds of values against the schema |
//! | `read` | from the tree to the types |
//! | `check` | what fits together |
//! | `nearest` | what somebody may have meant |
//! | `plan` | what a pipeline does to rows, as a hash |
//! | `guests` | steps, found, loaded and tried |
//! | `needs` | what steps need of the rows that come in |
//! | `key_grants` | keys that `crypt` and `mask` name and are not granted |
//! | `letters` | where dead letters go, sealed |
//! | `replays` | what the verbs about dead letters need |
//! | `stand_ins` | what stands in for the environment and for secrets, in tests |
//! | `under_test` | what the tests of a pipeline ask of it |
//! | [`outputs`] | what the steps make of tables before there is a row |
//! | [`assemble`] | a pipeline that runs |
//! | `systems` | sources and sinks as parts that go together |
//! | `online` | what only the systems can tell |
//! | [`schema`] | the JSON Schema of a file |
//! | `keys` | the keys that a schema allows, for people |
//! | [`reference`] | the reference for people |
//! | [`error`], `excerpt` | [`ConfigErrors`]: what is wrong, and the line where |

pub mod assemble;
mod check;
mod connections;
mod dates;
mod dead_letters;
pub mod error;
mod excerpt;
mod guests;
mod key_grants;
pub(crate) mod keys;
mod letters;
mod load;
pub(crate) mod locate;
pub(crate) mod nearest;
mod needs;
mod online;
pub mod outputs;
mod pipeline;
mod plan;
mod read;
pub mod reference;
mod replays;
pub mod schema;
mod secrets;
mod sink;
mod source;
mod stand_ins;
mod steps;
pub(crate) mod structure;
mod substitute;
mod systems;
mod time_zone;
pub mod today;
pub(crate) mod under_test;

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

use sluicegate_keys::KeyRing;
use sluicegate_wasm::Step;

pub use assemble::{RunOptions, RunUntil};
pub use error::ConfigErrors;
pub use outputs::{OutputColumn, OutputTable};
pub use reference::reference_markdown;
pub use schema::schema;
pub use today::{Days, Today};

pub(crate) use load::syntax;
pub(crate) use secrets::cover;
pub(crate) use stand_ins::StandIns;

use error::Problem;
use load::Loaded;

/// The configuration of a pipeline: read, with all names in it known. What its guests say is not yet known:
/// [`Config::check`] asks them.
pub struct Config {
    loaded: Loaded,
    ring: KeyRing,
    /// The steps, once they were asked for.
    steps: OnceLock<Vec<Step>>,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// All that is wrong with it, as far as the file alone can tell.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        Self::load_as_of(path, Today::default())
    }

    /// As [`Config::load`], with dates counted from a day.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_as_of(path: &Path, today: Today) -> Result<Self, ConfigErrors> {
        let unreadable = |error: std::io::Error| {
            ConfigErrors::new(path, "", vec![Problem::new(format!("the file cannot be read: {error}"))])
        };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::parse_with(&text, path, &StandIns { today, ..StandIns::default() })
    }

    /// Reads the text of a file. `path` is what messages call it, and what paths in it are relative to the directory
    /// of; the file need not be there.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigErrors> {
        Self::parse_with(text, path, &StandIns::default())
    }

    /// As [`Config::parse`], with something else in the place of the environment or of secrets.
    pub(crate) fn parse_with(text: &str, path: &Path, stand_ins: &StandIns) -> Result<Self, ConfigErrors> {
        let mut loaded = load::load(text, path, stand_ins)?;
        let mut problems = Vec::new();
        let ring = check::check(&loaded, &mut problems);
        loaded.pipeline.set_keys(&ring);
        loaded.check(problems)?;
        Ok(Self { loaded, ring, steps: OnceLock::new() })
    }

    /// Checks what reading does not: guests are loaded, each is given its `with:` block, and the tables that the source's
    /// format declares are put through all of them, without a row.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(&self) -> Result<(), ConfigErrors> {
        self.outputs().map(|_| ())
    }

    /// The name of the pipeline.
    pub fn name(&self) -> &str {
        &self.loaded.pipeline.pipeline
    }

    /// Whether anything of it is counted from today.
    pub fn has_dates(&self) -> bool {
        !self.loaded.dates.is_empty()
    }

    /// The names of the steps, in order.
    pub fn step_names(&self) -> Vec<String> {
        steps::names(&self.loaded.pipeline.steps)
    }
}

/// Name and file, nothing else: the rest may hold secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({:?} of {})", self.name(), self.loaded.file.display())
    }
}
