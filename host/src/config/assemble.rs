//! From a configuration to a pipeline that runs.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_connector::{Error, PositionAdmin, TransformFactory};
use sluicegate_engine::{Counters, Options, Pipeline};
use sluicegate_kafka::source::Moment;
use sluicegate_kafka::{Identity, Until};
use sluicegate_model::{ByteSize, ChangeBatch, Lane, Position, TimeSpan};
use sluicegate_wasm::Step;

use super::error::{ConfigErrors, Problem};
use super::outputs::Outputs;
use super::sink::SinkEntry;
use super::source::SourceEntry;
use super::systems::{BuiltSource, Setting};
use super::{Config, guests, letters, plan};

/// What a run is told beside its configuration.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Where the run ends by itself; `None`: never.
    pub until: Option<RunUntil>,
    /// Whether to start beside processes of the pipeline that have other steps.
    pub takeover: bool,
    /// Tables of the source that are read again, all where none is named; `None`: no table is.
    pub resnapshot: Option<Vec<String>>,
}

/// Where a run ends by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum RunUntil {
    /// At the end of the source as it was at the start.
    End,
    /// At the first message of this time or later.
    Time(Moment),
}

impl FromStr for RunUntil {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "end" => Ok(Self::End),
            time => time.parse().map(Self::Time).map_err(|error| format!("{error}; or write `end`")),
        }
    }
}

impl From<RunUntil> for Until {
    fn from(until: RunUntil) -> Self {
        match until {
            RunUntil::End => Self::End,
            RunUntil::Time(moment) => Self::Time(moment),
        }
    }
}

impl Config {
    /// Puts the pipeline together. Guests are loaded and tried; files for dead letters are opened; no broker is asked
    /// anything yet.
    ///
    /// # Errors
    /// Whatever a person must change.
    pub fn assemble(&self, run: &RunOptions) -> Result<Pipeline, ConfigErrors> {
        let file = &self.loaded.pipeline;
        let steps = self.chain_factories()?;
        let plan = plan::hash(&self.loaded, self.steps()?);
        let identity = self.identity()?.with_plan(plan).taking_over(run.takeover);
        let setting = self.setting(&identity);
        let BuiltSource { source, group, ends } =
            file.source.build(&setting, run).map_err(|error| self.refused("source", &error))?;
        let route =
            letters::route(&self.loaded, &self.ring).map_err(|error| self.refused("dead_letters", &error))?;
        let sink = file
            .sink
            .build(&file.source, &setting, group, route.joined.as_ref())
            .map_err(|error| self.refused("sink", &error))?;
        Ok(Pipeline {
            name: file.pipeline.clone(),
            source,
            outputs: self.known_outputs(&steps),
            steps,
            sink,
            dead_letters: route.engine,
            options: self.engine_options(),
            bounded: ends,
            counters: Arc::new(Counters::default()),
        })
    }

    /// The outputs that are known before the first row. A step that cannot say is no reason not to run: `validate` tells
    /// of it, and the row that it cannot handle comes perhaps never.
    fn known_outputs(&self, steps: &[Arc<dyn TransformFactory>]) -> Vec<ChangeBatch> {
        self.declared_outputs(steps).map(Outputs::into_batches).unwrap_or_default()
    }

    /// The steps alone, each of them tried.
    ///
    /// # Errors
    /// Of guests that cannot be used and `with:` blocks that they refuse.
    pub fn chain_factories(&self) -> Result<Vec<Arc<dyn TransformFactory>>, ConfigErrors> {
        Ok(self.steps()?.iter().map(|step| Arc::new(step.clone()) as Arc<dyn TransformFactory>).collect())
    }

    /// The same as guests. They are read once: what runs is what the plan was made of, whatever becomes of the files.
    pub(super) fn steps(&self) -> Result<&[Step], ConfigErrors> {
        if let Some(steps) = self.steps.get() {
            return Ok(steps);
        }
        let steps = guests::steps(&self.loaded, &self.ring)?;
        Ok(self.steps.get_or_init(|| steps))
    }

    /// What is committed, for people. No group is joined.
    ///
    /// # Errors
    /// Of the configuration or the system.
    pub async fn position_admin(&self) -> Result<Box<dyn PositionAdmin>, Error> {
        self.position_admin_of(self.name()).await
    }

    /// As [`Config::position_admin`], of what the pipeline committed under another name.
    ///
    /// # Errors
    /// Of the configuration or the system.
    #[allow(
        clippy::unused_async,
        reason = "a store of positions that must be connected to first will wait here"
    )]
    pub async fn position_admin_of(&self, pipeline: &str) -> Result<Box<dyn PositionAdmin>, Error> {
        let file = &self.loaded.pipeline;
        let identity = Identity { pipeline: pipeline.to_owned(), ..self.identity()? };
        file.sink.positions(&file.source, &self.setting(&identity))
    }

    /// The positions that texts mean in lanes: offsets of a topic, lines of a text, rows of a file of columns, places in a
    /// log. `admin` knows where lanes are committed.
    ///
    /// # Errors
    /// Where the source has no such lane, or no such point in it.
    pub async fn positions_at(
        &self,
        moves: &[(Lane, String)],
        admin: &mut dyn PositionAdmin,
    ) -> Result<Vec<(Lane, Position)>, Error> {
        let identity = self.identity()?;
        let terms = self.loaded.pipeline.source.terms(&self.setting(&identity))?;
        let known = if terms.builds_on_known() { admin.show().await? } else { Vec::new() };
        let mut positions = Vec::with_capacity(moves.len());
        for (lane, text) in moves {
            let known = known.iter().find(|known| known.lane == *lane);
            let known = known.and_then(|known| known.position.as_ref());
            positions.push((lane.clone(), terms.position(lane, text, known).await?));
        }
        Ok(positions)
    }

    /// Whether rows go to standard output, where nothing else may be written then.
    pub fn writes_to_stdout(&self) -> bool {
        matches!(&self.loaded.pipeline.sink, SinkEntry::File(options) if options.is_stdout())
    }

    /// What a person should know of the guarantee before a run, if it is less than exactly once.
    pub fn cautions(&self) -> Vec<&'static str> {
        let mut cautions = Vec::new();
        if matches!(&self.loaded.pipeline.source, SourceEntry::File(options) if options.is_stdin()) {
            cautions.push(
                "standard input is read at least once: it cannot be read again, and no position is kept",
            );
        }
        if self.writes_to_stdout() {
            cautions.push("standard output is written at least once: what it took is not remembered");
        }
        cautions
    }

    /// How the pipeline runs. A file of columns is whole with its epoch, and many small ones are no good to anybody:
    /// what is not set is longer there.
    pub(super) fn engine_options(&self) -> Options {
        let mut options = self.loaded.pipeline.engine.clone();
        let is_set = |key: &str| self.loaded.tree.at(&["engine", key]).is_some();
        let seconds = |seconds| TimeSpan(Duration::from_secs(seconds));
        // Each load makes a version of each tablet, of which there may not be many.
        if matches!(&self.loaded.pipeline.sink, SinkEntry::StarRocks(_)) {
            if !is_set("max_epoch") {
                options.max_epoch = options.max_epoch.max(seconds(30));
            }
            if !is_set("max_delay") {
                options.max_delay = seconds(10).min(options.max_epoch);
            }
        }
        if matches!(&self.loaded.pipeline.sink, SinkEntry::File(sink) if sink.format.is_columns()) {
            if !is_set("max_epoch") {
                options.max_epoch = seconds(60);
            }
            if !is_set("max_delay") {
                options.max_delay = seconds(10).min(options.max_epoch);
            }
            if !is_set("epoch_bytes") {
                options.epoch_bytes = ByteSize(512 << 20);
            }
        }
        options
    }

    /// Who runs, for the systems.
    pub(super) fn setting<'a>(&'a self, identity: &'a Identity) -> Setting<'a> {
        let connections = &self.loaded.pipeline.connections;
        let dates = &self.loaded.dates;
        Setting { identity, directory: &self.loaded.directory, connections, dates }
    }

    pub(super) fn identity(&self) -> Result<Identity, ConfigErrors> {
        let file = &self.loaded.pipeline;
        let instance = match &file.instance {
            Some(instance) => instance.clone(),
            None => host_name().ok_or_else(|| {
                self.loaded.error(
                    Problem::new("this host has no name")
                        .help("name this process with `instance:` in the pipeline file"),
                )
            })?,
        };
        Ok(Identity::new(file.pipeline.clone(), instance))
    }

    /// A refusal of a system as a problem of a section.
    pub(super) fn refused(&self, section: &str, error: &Error) -> ConfigErrors {
        let problem = Problem::new(super::secrets::redact(&error.to_string(), &self.loaded.tree));
        self.loaded.error(match self.loaded.tree.entry(section) {
            Some(entry) => problem.at(entry.place).label("here"),
            None => problem,
        })
    }
}

/// The name of this machine, as far as it is one.
fn host_name() -> Option<String> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = kernel.or_else(|| std::env::var("HOSTNAME").ok())?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_word_or_a_time() {
        assert_eq!("end".parse(), Ok(RunUntil::End));
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(RunUntil::Time(Moment(1_000))));
        let message = "tomorrow".parse::<RunUntil>().unwrap_err();
        assert!(message.contains("2026-01-31T08:00:00Z") && message.ends_with("or write `end`"), "{message}");
    }

    #[test]
    fn this_host_has_a_name() {
        assert!(host_name().is_some());
    }
}
