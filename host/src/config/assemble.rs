//! From a configuration to a pipeline that runs.

use std::str::FromStr;
use std::sync::Arc;

use sluicegate_connector::{Error, PositionAdmin, TransformFactory};
use sluicegate_engine::{Counters, Pipeline};
use sluicegate_kafka::source::Moment;
use sluicegate_kafka::{Identity, KafkaPositions, KafkaSink, KafkaSource, Until};
use sluicegate_model::{Lane, Position};

use super::error::{ConfigErrors, Problem};
use super::sink::SinkEntry;
use super::source::SourceEntry;
use super::{Config, guests, letters, plan};

/// What a run is told beside its configuration.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Where the run ends by itself; `None`: never.
    pub until: Option<RunUntil>,
    /// Whether to start beside processes of the pipeline that have other steps.
    pub takeover: bool,
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
        let (SourceEntry::Kafka(from), SinkEntry::Kafka(to)) = (&file.source, &file.sink);
        let steps = self.chain_factories()?;
        let identity = self.identity()?.with_plan(plan::hash(&self.loaded)).taking_over(run.takeover);
        let source = KafkaSource::new(&from.connection, from.options.clone(), &identity)
            .map_err(|error| self.refused("source", &error))?;
        let source = match run.until.clone() {
            Some(until) => source.until(until.into()),
            None => source,
        };
        let refused_sink = |error: Error| self.refused("sink", &error);
        let mut sink = KafkaSink::new(&to.connection, to.options.clone(), &identity, Some(source.group()))
            .map_err(refused_sink)?;
        let route =
            letters::route(&self.loaded, &self.ring).map_err(|error| self.refused("dead_letters", &error))?;
        if let Some(topic) = &route.joined {
            sink = sink.with_dead_letters(topic).map_err(|error| self.refused("dead_letters", &error))?;
        }
        Ok(Pipeline {
            name: file.pipeline.clone(),
            source: Box::new(source),
            steps,
            sink: Box::new(sink),
            dead_letters: route.engine,
            options: file.engine.clone(),
            bounded: run.until.is_some(),
            counters: Arc::new(Counters::default()),
        })
    }

    /// The steps alone, each of them tried.
    ///
    /// # Errors
    /// Of guests that cannot be used and `with:` blocks that they refuse.
    pub fn chain_factories(&self) -> Result<Vec<Arc<dyn TransformFactory>>, ConfigErrors> {
        guests::steps(&self.loaded, &self.ring)
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
        let (SourceEntry::Kafka(from), SinkEntry::Kafka(to)) = (&file.source, &file.sink);
        let identity = Identity { pipeline: pipeline.to_owned(), ..self.identity()? };
        let source = KafkaSource::new(&from.connection, from.options.clone(), &identity)?;
        let positions = to.options.positions.clone();
        Ok(Box::new(KafkaPositions::new(&to.connection, positions, identity, source.group())?))
    }

    /// Positions before offsets of lanes, for [`PositionAdmin::set`], which completes and checks them.
    ///
    /// # Errors
    /// None with Kafka.
    #[allow(clippy::unused_async, reason = "other sources must be asked what a number stands for")]
    pub async fn positions_at(&self, moves: &[(Lane, i64)]) -> Result<Vec<(Lane, Position)>, Error> {
        let position = |offset: i64| Position {
            v: 1,
            source: String::new(),
            at: serde_json::Map::from_iter([("offset".to_owned(), offset.into())]),
        };
        Ok(moves.iter().map(|(lane, offset)| (lane.clone(), position(*offset))).collect())
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
