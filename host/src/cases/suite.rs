//! The cases of one file with their pipeline.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use sluicegate_connector::TransformFactory;
use sluicegate_model::Decoded;

use super::compare::{self, Difference};
use super::expectation;
use super::file::{Case, CasesFile};
use super::opened::Opener;
use super::run::{self, Run};
use super::{input, read, twice, update};
use crate::config::error::Problem;
use crate::config::locate::Node;
use crate::config::nearest::{did_you_mean, listed};
use crate::config::under_test::key_versions;
use crate::config::{Config, ConfigErrors, StandIns, Today};

/// The cases of a file, ready to run.
pub(crate) struct Suite {
    file: CasesFile,
    config: Config,
    /// The steps that any case runs.
    steps: Vec<Arc<dyn TransformFactory>>,
    /// What each case starts from.
    starts: Vec<Decoded>,
}

/// What became of a case.
pub(crate) struct CaseResult {
    /// Which case of its file.
    number: usize,
    /// Its name.
    pub(crate) name: String,
    /// The line in its file.
    pub(crate) line: u64,
    pub(crate) verdict: Verdict,
    run: Run,
}

/// Whether a case is as expected.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is.
    Passed,
    /// It is not.
    Failed(Vec<Difference>),
    /// It was not, and its expectation was changed.
    Updated,
}

impl Suite {
    /// Reads a cases file and its pipeline. Nothing is connected.
    ///
    /// # Errors
    /// All that is wrong with either.
    pub(crate) fn load(path: &Path, today: Today) -> Result<Self, ConfigErrors> {
        let file = read::load(path)?;
        let unreadable = |error: std::io::Error| {
            ConfigErrors::new(
                &file.pipeline,
                "",
                vec![Problem::new(format!("the file cannot be read: {error}"))],
            )
        };
        let pipeline = std::fs::read_to_string(&file.pipeline).map_err(unreadable)?;
        keys_are_there(&file, &pipeline)?;
        let secrets = file.keys.iter().map(|key| {
            let versions =
                key.versions.iter().map(|(version, _, secret)| (version.clone(), secret.0.clone()));
            (key.key.clone(), versions.collect::<BTreeMap<_, _>>())
        });
        let stand_ins = StandIns {
            variables: file.env.clone(),
            secrets: secrets.collect(),
            remedy: "set it, or give it a value for tests under `env:` of the cases file",
            today,
        };
        let config = Config::parse_with(&pipeline, &file.pipeline, &stand_ins)?;
        steps_are_there(&file, &config)?;
        let steps = config.chain_factories_of(&steps_of(&file, &config))?;
        let mut problems = Vec::new();
        let starts: Vec<Option<Decoded>> = file
            .cases
            .iter()
            .map(|case| {
                // A case is judged by its own mistakes.
                let mut own = Vec::new();
                let start = input::decoded(case, &file, &config, &mut own);
                problems.extend(own);
                start
            })
            .collect();
        check(&file, problems)?;
        let starts = starts.into_iter().collect::<Option<Vec<_>>>().unwrap_or_default();
        Ok(Self { file, config, steps, starts })
    }

    /// The cases file.
    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }

    /// The pipeline file.
    pub(crate) fn pipeline(&self) -> &Path {
        self.config.file()
    }

    /// How many cases there are.
    pub(crate) fn len(&self) -> usize {
        self.file.cases.len()
    }

    /// Runs the cases whose names a filter is part of. `ask_twice`: each step must answer the same again.
    pub(crate) fn run(&self, filter: Option<&str>, ask_twice: bool) -> Vec<CaseResult> {
        let cases = self.file.cases.iter().zip(&self.starts).enumerate();
        let wanted = cases.filter(|(_, (case, _))| filter.is_none_or(|filter| case.name.contains(filter)));
        wanted.map(|(number, (case, start))| self.run_case(number, case, start, ask_twice)).collect()
    }

    fn run_case(&self, number: usize, case: &Case, start: &Decoded, ask_twice: bool) -> CaseResult {
        let steps: Vec<Arc<dyn TransformFactory>> =
            self.steps.iter().filter(|step| runs(case, step.name())).cloned().collect();
        let run = run::run(start, &steps);
        let opener = Opener::new(&self.config, case.expect.as_ref());
        let mut differences = if let Some(expect) = &case.expect {
            compare::compare(expect, &run, &opener)
        } else {
            let told = "it does not say what is expected: `--update` writes what comes out";
            vec![Difference::Other(told.to_owned())]
        };
        if ask_twice {
            let told = twice::differences(&steps, &run.inputs, &opener);
            differences.extend(told.into_iter().map(Difference::Other));
        }
        let verdict = if differences.is_empty() { Verdict::Passed } else { Verdict::Failed(differences) };
        let line = case.places.first_key.line;
        CaseResult { number, name: case.name.clone(), line, verdict, run }
    }

    /// Changes the expectations of the cases that failed to what came out, in the file. Cases that a step's changing
    /// answers failed stay as they are.
    ///
    /// # Errors
    /// A sentence, where the file cannot be changed in place; it is then as it was.
    pub(crate) fn update(&self, results: &mut [CaseResult]) -> Result<(), String> {
        let path = self.file.path.display();
        let changed = |result: &&mut CaseResult| {
            let case = &self.file.cases[result.number];
            let opener = Opener::new(&self.config, case.expect.as_ref());
            let differs = case
                .expect
                .as_ref()
                .is_none_or(|expect| !compare::compare(expect, &result.run, &opener).is_empty());
            differs && matches!(result.verdict, Verdict::Failed(_))
        };
        let changing: Vec<&mut CaseResult> = results.iter_mut().filter(changed).collect();
        if changing.is_empty() {
            return Ok(());
        }
        let expects = changing.iter().map(|result| {
            let case = &self.file.cases[result.number];
            let opener = Opener::new(&self.config, case.expect.as_ref());
            (case.places, expectation::of_run(&result.run, case.expect.as_ref(), &opener))
        });
        let expects: Vec<_> = expects.collect();
        let refused = |why: String| format!("{path} is not updated: {why}");
        let text = update::apply(&self.file.text, &expects).map_err(refused)?;
        // The file is only written when what is in it is what came out.
        let again =
            read::parse(text.clone(), &self.file.path).map_err(|errors| refused(errors.to_string()))?;
        for result in &changing {
            let case = again.cases.get(result.number).filter(|case| case.name == result.name);
            let expect = case.and_then(|case| case.expect.as_ref());
            let right = expect.is_some_and(|expect| {
                let opener = Opener::new(&self.config, Some(expect));
                compare::compare(expect, &result.run, &opener).is_empty()
            });
            if !right {
                return Err(refused(format!("case `{}` cannot be written in place", result.name)));
            }
        }
        std::fs::write(&self.file.path, text).map_err(|error| refused(error.to_string()))?;
        for result in changing {
            let Verdict::Failed(differences) = std::mem::replace(&mut result.verdict, Verdict::Updated)
            else {
                continue;
            };
            let kept: Vec<Difference> = differences.into_iter().filter(is_about_a_step).collect();
            if !kept.is_empty() {
                result.verdict = Verdict::Failed(kept);
            }
        }
        Ok(())
    }
}

/// Whether a difference is one that no expectation can remove.
fn is_about_a_step(difference: &Difference) -> bool {
    matches!(difference, Difference::Other(told) if told.contains(" answers differently "))
}

fn runs(case: &Case, step: &str) -> bool {
    case.steps.as_ref().is_none_or(|steps| steps.iter().any(|(name, _)| name == step))
}

/// The steps that any case runs.
fn steps_of(file: &CasesFile, config: &Config) -> BTreeSet<String> {
    let names = config.step_names();
    names.into_iter().filter(|name| file.cases.iter().any(|case| runs(case, name))).collect()
}

/// The problems of a cases file as its errors, with secrets covered.
fn check(file: &CasesFile, problems: Vec<Problem>) -> Result<(), ConfigErrors> {
    let covered = Node::parse(&file.text).map(|tree| read::covered(&file.text, tree)).unwrap_or_default();
    ConfigErrors::check(&file.path, &covered, problems)
}

fn keys_are_there(file: &CasesFile, pipeline: &str) -> Result<(), ConfigErrors> {
    let known = key_versions(pipeline);
    let mut problems = Vec::new();
    for key in &file.keys {
        let names = || known.keys().map(String::as_str);
        let Some(versions) = known.get(&key.key) else {
            let near = did_you_mean(&key.key, names());
            let problem = Problem::new(format!("the pipeline has no key `{}`{near}", key.key));
            problems.push(problem.at(key.place).label("unknown").help(format!("it has {}", listed(names()))));
            continue;
        };
        for (version, place, _) in &key.versions {
            if !versions.contains(version) {
                let versions = || versions.iter().map(String::as_str);
                let near = did_you_mean(version, versions());
                let problem = Problem::new(format!("the key `{}` has no version `{version}`{near}", key.key));
                problems
                    .push(problem.at(*place).label("unknown").help(format!("it has {}", listed(versions()))));
            }
        }
    }
    check(file, problems)
}

fn steps_are_there(file: &CasesFile, config: &Config) -> Result<(), ConfigErrors> {
    let names = config.step_names();
    let known = || names.iter().map(String::as_str);
    let mut problems = Vec::new();
    for case in &file.cases {
        for (step, place) in case.steps.iter().flatten() {
            if !names.contains(step) {
                let near = did_you_mean(step, known());
                let problem = Problem::new(format!("the pipeline has no step `{step}`{near}"));
                problems
                    .push(problem.at(*place).label("unknown").help(format!("it has {}", listed(known()))));
            }
        }
        let run = |step: &str| names.iter().any(|name| name == step) && runs(case, step);
        let after = case.expect.iter().flat_map(|expect| &expect.after);
        for (step, _) in after.filter(|(step, _)| !run(step)) {
            // A step that is there and left out by `steps` is no slip of the pen.
            let near = if names.contains(step) { String::new() } else { did_you_mean(step, known()) };
            let message = format!("`after` names the step `{step}`, which is not run{near}");
            let place = case.places.expect.map_or(case.places.first_key, |(key, _)| key);
            problems.push(Problem::new(message).at(place).label("of this case"));
        }
    }
    check(file, problems)
}
