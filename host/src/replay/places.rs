//! Where the letters of a pipeline lie: partitions of a topic, and a file.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sluicegate_connector::Error;
use sluicegate_file::reader::Letters;
use sluicegate_file::{read_letters, read_letters_from};
use sluicegate_kafka::Connection;
use sluicegate_kafka::letters::{LetterPartition, LetterTopicReader, TopicLetter};
use sluicegate_model::DeadLetter;

/// Where a pipeline puts its letters, as configured.
#[derive(Clone, Debug)]
pub struct LetterPlaces {
    /// The pipeline: others may share its topic, and their letters are not its own.
    pub pipeline: String,
    /// The topic, and how its cluster is reached.
    pub topic: Option<(Connection, String)>,
    /// The file. It need not be there.
    pub file: Option<PathBuf>,
}

/// One of the places, as it is now.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name: `orders.dead/0`, or a name for the file's content, the same wherever the file is.
    pub name: String,
    /// What it belongs to, so that a topic or a file that was made anew is another.
    pub source: String,
    /// One past the last letter: an offset, or a byte of the file.
    pub end: u64,
    lies: Lies,
}

#[derive(Clone, Debug)]
enum Lies {
    InTopic(LetterPartition),
    InFile(PathBuf),
}

/// A letter in its place.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The number of its place among [`LetterStore::places`].
    pub place: usize,
    /// Where in the place.
    pub at: u64,
    /// When it was put there.
    pub when: Option<DateTime<Utc>>,
    /// The letter; sealed, where letters are sealed.
    pub letter: DeadLetter,
}

/// The letters of a pipeline. Everything blocks; it belongs on a thread that may.
pub struct LetterStore {
    pipeline: String,
    places: Vec<Place>,
    topic: Option<LetterTopicReader>,
    /// A file that is being read, and the number of its place.
    lines: Option<(usize, Letters)>,
}

impl LetterStore {
    /// Opens what there is now. A topic or a file that is not there holds no letters.
    ///
    /// # Errors
    /// Of the brokers, or a file that cannot be read.
    pub fn open(places: &LetterPlaces) -> Result<Self, Error> {
        let mut found = Vec::new();
        let topic = match &places.topic {
            Some((connection, topic)) => LetterTopicReader::open(connection, topic)?,
            None => None,
        };
        for partition in topic.iter().flat_map(LetterTopicReader::partitions) {
            found.push(Place {
                name: partition.name.to_string(),
                source: partition.source.clone(),
                end: partition.end,
                lies: Lies::InTopic(partition.clone()),
            });
        }
        if let Some(path) = &places.file {
            found.extend(file_place(path)?);
        }
        Ok(Self { pipeline: places.pipeline.clone(), places: found, topic, lines: None })
    }

    /// The places.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Shows the pipeline's letters, place after place, each place from where `from` says, until `each` says false.
    ///
    /// # Errors
    /// Of the brokers, or a file that cannot be read.
    pub fn each(
        &mut self,
        from: &dyn Fn(&Place) -> u64,
        each: &mut dyn FnMut(Stored) -> bool,
    ) -> Result<(), Error> {
        for number in 0..self.places.len() {
            let place = self.places[number].clone();
            let mut going = true;
            let mut show = |at: u64, when: Option<DateTime<Utc>>, letter: DeadLetter| {
                if letter.pipeline == self.pipeline {
                    going = each(Stored { place: number, at, when, letter });
                }
                going
            };
            match (&place.lies, &mut self.topic) {
                (Lies::InTopic(partition), Some(topic)) => {
                    topic.each(partition, from(&place), &mut |found: TopicLetter| {
                        let when = found.at_ms.and_then(DateTime::from_timestamp_millis);
                        match found.letter {
                            Ok(letter) => show(found.offset, when, letter),
                            Err(why) => {
                                tracing::warn!(
                                    place = place.name,
                                    offset = found.offset,
                                    "a message in the topic of dead letters is no letter: {why}"
                                );
                                true
                            }
                        }
                    })?;
                }
                (Lies::InFile(path), _) => {
                    let mut lines = read_letters_from(path, from(&place))?;
                    loop {
                        let at = lines.next_place();
                        if at >= place.end {
                            break;
                        }
                        match lines.next() {
                            None => break,
                            Some(Err(error)) => tracing::warn!("{error}"),
                            Some(Ok(letter)) => {
                                let when = letter.at.as_deref().and_then(moment);
                                if !show(at, when, letter.into_dead_letter()) {
                                    break;
                                }
                            }
                        }
                    }
                }
                (Lies::InTopic(_), None) => {}
            }
            if !going {
                break;
            }
        }
        Ok(())
    }

    /// One letter. Letters that are asked for in the order of a place are read in one go.
    ///
    /// # Errors
    /// Where it is gone, or its place cannot be read.
    pub fn get(&mut self, number: usize, at: u64) -> Result<DeadLetter, Error> {
        let place = &self.places[number];
        let gone = || Error::fatal(format!("a dead letter is gone from {}, place {at}", place.name));
        match (&place.lies, &mut self.topic) {
            (Lies::InTopic(partition), Some(topic)) => {
                let found = topic.get(partition, at)?.ok_or_else(gone)?;
                found.letter.map_err(|_| gone())
            }
            (Lies::InFile(path), _) => {
                let standing =
                    self.lines.take().filter(|(open, lines)| *open == number && lines.next_place() == at);
                let mut lines = match standing {
                    Some((_, lines)) => lines,
                    None => read_letters_from(path, at)?,
                };
                let letter = lines.next().ok_or_else(gone)??;
                self.lines = Some((number, lines));
                Ok(letter.into_dead_letter())
            }
            (Lies::InTopic(_), None) => Err(gone()),
        }
    }
}

/// A file that holds letters. It is told from another by its first one: wherever the file is moved to, what was sent
/// again of it stays known, and a file that is begun anew under its name is another.
fn file_place(path: &Path) -> Result<Option<Place>, Error> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(None) };
    let Some(first) = read_letters(path)?.find_map(Result::ok) else { return Ok(None) };
    let source = format!("{} {}", first.id, first.at.as_deref().unwrap_or("at no time"));
    let lies = Lies::InFile(path.to_owned());
    Ok(Some(Place { name: format!("file that begins with {source}"), source, end: found.len(), lies }))
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc())
}
