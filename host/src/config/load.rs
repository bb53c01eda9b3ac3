//! From a file to the types of this module: places, substitution, structure, values, each for all mistakes at once.

use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use sluicegate_format::options::TimeZone;

use super::error::{ConfigErrors, Problem};
use super::locate::{Content, Node, Place};
use super::pipeline::PipelineFile;
use super::stand_ins::StandIns;
use super::structure::Structure;
use super::substitute::Surroundings;
use super::{read, schema, secrets};

/// A file that was read.
pub(super) struct Loaded {
    /// What messages call it.
    pub(super) file: PathBuf,
    /// What its paths are relative to.
    pub(super) directory: PathBuf,
    /// Its text, secrets covered.
    pub(super) covered: String,
    pub(super) tree: Node,
    pub(super) pipeline: PipelineFile,
    /// The dates that were put in for `$[...]`.
    pub(super) dates: Vec<String>,
}

impl Loaded {
    /// The errors of this file.
    pub(super) fn check(&self, problems: Vec<Problem>) -> Result<(), ConfigErrors> {
        ConfigErrors::check(&self.file, &self.covered, problems)
    }

    /// One error of this file.
    pub(super) fn error(&self, problem: Problem) -> ConfigErrors {
        ConfigErrors::new(&self.file, &self.covered, vec![problem])
    }
}

/// Reads the text of a pipeline file. `stand_ins` come before what is really there.
pub(super) fn load(text: &str, file: &Path, stand_ins: &StandIns) -> Result<Loaded, ConfigErrors> {
    let mut tree = Node::parse(text).map_err(|error| ConfigErrors::new(file, "", vec![syntax(&error)]))?;
    secrets::mark(&mut tree);
    let covered = secrets::cover(text, &tree);
    let wrong = |problems| ConfigErrors::check(file, &covered, problems);

    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let names = names.chain(stand_ins.variables.keys().cloned()).collect();
    let variables = |name: &str| stand_ins.variables.get(name).cloned().or_else(|| std::env::var(name).ok());
    let remedy = stand_ins.remedy;
    let (mut problems, mut dates) = (Vec::new(), Vec::new());
    stand_ins.put_secrets(&mut tree);
    let mut around = Surroundings {
        directory: &directory,
        variables: &variables,
        names,
        remedy,
        today: NaiveDateTime::MIN,
    };
    around.today = stand_ins.today.clock(time_zone(&tree, &around));
    around.substitute(&mut tree, &mut problems, &mut dates);
    wrong(std::mem::take(&mut problems))?;

    Structure::new(schema::of_types()).check(&mut tree, "", Place::default(), &mut problems);
    wrong(std::mem::take(&mut problems))?;

    let pipeline = read::pipeline(&tree, &mut problems);
    wrong(problems)?;
    let Ok(pipeline) = pipeline else {
        // Every section that could not be read has left a problem.
        return Err(ConfigErrors::new(file, &covered, vec![Problem::new("the file cannot be read")]));
    };
    Ok(Loaded { file: file.to_owned(), directory, covered, tree, pipeline, dates })
}

/// The time zone of a file, whose clock dates are read from. What is none is told later, and the file is refused.
fn time_zone(tree: &Node, around: &Surroundings<'_>) -> TimeZone {
    let Some(mut zone) = tree.get("time_zone").cloned() else { return TimeZone::UTC };
    around.substitute(&mut zone, &mut Vec::new(), &mut Vec::new());
    match &zone.content {
        Content::Text(name) => name.parse().unwrap_or(TimeZone::UTC),
        _ => TimeZone::UTC,
    }
}

/// A file that is no YAML. Its lines are not shown: which of them hold secrets is not known.
pub(crate) fn syntax(error: &serde_saphyr::Error) -> Problem {
    let problem = match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            Problem::new(format!("the key `{key}` stands here twice"))
        }
        error => {
            let mut options = serde_saphyr::RenderOptions::default();
            options.snippets = serde_saphyr::SnippetMode::Off;
            let text = error.render_with_options(options);
            // The place is told our own way.
            let text = text.lines().next().unwrap_or_default().split(" at line ").next().unwrap_or_default();
            Problem::new(format!("this is no valid YAML: {}", text.trim_end_matches(['.', ':'])))
        }
    };
    match error.location() {
        Some(location) => problem.at(Place::of(&location)).hidden(true),
        None => problem,
    }
}
