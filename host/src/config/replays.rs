//! What the verbs about dead letters need of a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluicegate_connector::{Error, Source, TransformFactory};
use sluicegate_engine::{Counters, Pipeline, StopAfter};
use sluicegate_file::LetterRecords;
use sluicegate_format::Decode;
use sluicegate_kafka::{ChangeReader, Identity};
use sluicegate_model::{Lane, Position};

use super::error::{ConfigErrors, Problem};
use super::sink::SinkEntry;
use super::source::SourceEntry;
use super::{Config, letters};
use crate::replay::done::LANE;
use crate::replay::{Changes, Decided, Done, LetterPlaces, OpenLetters, Tools};

impl Config {
    /// Where the pipeline's letters are.
    ///
    /// # Errors
    /// Where it has no dead letters.
    pub(crate) fn letter_places(&self) -> Result<LetterPlaces, ConfigErrors> {
        let file = &self.loaded.pipeline;
        let Some(entry) = &file.dead_letters else {
            let problem = Problem::new("the pipeline has no `dead_letters:`, so nothing is put aside")
                .help("without it the first row that cannot be handled stops the pipeline");
            return Err(self.loaded.error(problem));
        };
        let topic = entry.kafka.as_ref().map(|on| (on.connection.clone(), on.options.topic.clone()));
        let named = entry.file.as_ref().map(|file| self.loaded.directory.join(file));
        let file = named.or_else(|| topic.is_some().then(|| letters::default_overflow(&file.pipeline)));
        Ok(LetterPlaces { pipeline: self.name().to_owned(), topic, file })
    }

    /// What opens the pipeline's letters; `None` where they are not sealed.
    ///
    /// # Errors
    /// Where the key cannot open anything.
    pub(crate) fn letter_opener(&self) -> Result<Option<Arc<dyn OpenLetters>>, ConfigErrors> {
        let Some(key) = self.loaded.pipeline.dead_letters.as_ref().and_then(|letters| letters.seal.as_ref())
        else {
            return Ok(None);
        };
        let opener = letters::opener(&self.ring, key).map_err(|why| {
            let problem = Problem::new(format!("the dead letters cannot be opened: {why}"));
            self.loaded.error(match self.loaded.tree.at(&["dead_letters", "seal"]) {
                Some(node) => problem.at(node.place).label("this key"),
                None => problem,
            })
        })?;
        Ok(Some(opener))
    }

    /// What reads the records of letters.
    ///
    /// # Errors
    /// Where the source has no records: rows of a file of columns are read together.
    pub(crate) fn letter_decoder(&self) -> Result<Arc<dyn Decode>, ConfigErrors> {
        let decoder: Result<Arc<dyn Decode>, Error> = match &self.loaded.pipeline.source {
            SourceEntry::Kafka(from) => from.options.decoder(),
            SourceEntry::MySql(_) => {
                Err(Error::configuration("letters of tables are not sent again from here")
                    .help("mend the rows at the source: any update of them brings them again, and so does a query of them"))
            }
            SourceEntry::File(options) => match LetterRecords::new(options, &self.loaded.directory) {
                Ok(records) => Ok(Arc::new(records)),
                Err(error) => Err(error),
            },
        };
        decoder.map_err(|error| self.refused("source", &error))
    }

    /// What a replay needs.
    ///
    /// # Errors
    /// As [`Config::letter_places`], [`Config::letter_opener`] and [`Config::letter_decoder`].
    pub(crate) fn replay_tools(&self) -> Result<Tools, ConfigErrors> {
        let changes = match &self.loaded.pipeline.source {
            SourceEntry::Kafka(from) => {
                let (connection, options) = (from.connection.clone(), from.options.clone());
                let group = from.options.group.clone().unwrap_or_else(|| self.name().to_owned());
                let open = Arc::new(move || ChangeReader::open(&connection, &options));
                Some(Changes { open, group })
            }
            SourceEntry::MySql(_) | SourceEntry::File(_) => None,
        };
        Ok(Tools {
            places: self.letter_places()?,
            opener: self.letter_opener()?,
            decode: self.letter_decoder()?,
            changes,
        })
    }

    /// What the pipeline and its replays have decided.
    ///
    /// # Errors
    /// Of the systems.
    pub(crate) async fn decided(&self) -> Result<Decided, Error> {
        let pipeline = self.recorded(self.name()).await?;
        let replays = self.recorded(&self.replay_name()).await?;
        let replays = replays.get(&Lane::from(LANE)).map(Done::from_position).transpose()?;
        Ok(Decided { pipeline, replays: replays.unwrap_or_default() })
    }

    async fn recorded(&self, pipeline: &str) -> Result<BTreeMap<Lane, Position>, Error> {
        let shown = self.position_admin_of(pipeline).await?.show().await?;
        Ok(shown.into_iter().filter_map(|lane| Some((lane.lane, lane.position?))).collect())
    }

    /// What replays keep their position under: a name that no pipeline can have. A directory of files keeps positions
    /// of its one pipeline.
    fn replay_name(&self) -> String {
        match &self.loaded.pipeline.sink {
            SinkEntry::Kafka(_) | SinkEntry::MySql(_) | SinkEntry::StarRocks(_) => {
                format!("{}/replay", self.name())
            }
            SinkEntry::File(_) => self.name().to_owned(),
        }
    }

    /// Puts a pipeline together that sends letters again, with steps of the caller's. It ends with them. No number of
    /// letters that fail again stops it: they are no more than they were.
    ///
    /// # Errors
    /// As [`Config::assemble`].
    pub(crate) fn assemble_replay(
        &self,
        source: Box<dyn Source>,
        steps: Vec<Arc<dyn TransformFactory>>,
    ) -> Result<Pipeline, ConfigErrors> {
        let file = &self.loaded.pipeline;
        let identity = Identity::new(self.replay_name(), self.identity()?.instance);
        let mut route =
            letters::route(&self.loaded, &self.ring).map_err(|error| self.refused("dead_letters", &error))?;
        let sink = file
            .sink
            .build(&self.loaded.pipeline.source, &self.setting(&identity), None, route.joined.as_ref())
            .map_err(|error| self.refused("sink", &error))?;
        route.engine.stop_after = StopAfter { failed: u64::MAX, of: u64::MAX };
        Ok(Pipeline {
            name: file.pipeline.clone(),
            source,
            steps,
            sink,
            outputs: Vec::new(),
            dead_letters: route.engine,
            options: self.engine_options(),
            bounded: true,
            counters: Arc::new(Counters::default()),
        })
    }
}
