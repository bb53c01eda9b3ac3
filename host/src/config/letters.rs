//! Dead letters: sealed, and to their place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluicegate_connector::{DeadLetters, Error};
use sluicegate_engine::{DeadLetterRoute, SealLetters};
use sluicegate_file::FileDeadLetters;
use sluicegate_kafka::{DeadLetterOptions, KafkaDeadLetters};
use sluicegate_keys::{KeyRing, Use};
use sluicegate_model::{DeadLetter, RawRecord};

use super::dead_letters::DeadLettersEntry;
use super::load::Loaded;
use super::sink::SinkEntry;
use crate::replay::OpenLetters;

/// Where the letters of a pipeline go.
pub(super) struct Route {
    /// What the engine is given.
    pub(super) engine: DeadLetterRoute,
    /// The topic of the sink's own cluster that takes them into its transactions.
    pub(super) joined: Option<DeadLetterOptions>,
}

/// The place of letters that are too large for their topic, where none is named.
pub(super) fn default_overflow(pipeline: &str) -> PathBuf {
    Path::new("sluicegate-dead-letters").join(format!("{pipeline}.ndjson"))
}

/// Opens what is to be opened now.
///
/// # Errors
/// Of a file that cannot be written, or options that librdkafka does not take.
pub(super) fn route(loaded: &Loaded, ring: &KeyRing) -> Result<Route, Error> {
    // What was opened must not come to light in a reason.
    let unquoted = loaded.pipeline.source.decrypt().is_some();
    let Some(entry) = &loaded.pipeline.dead_letters else {
        let engine = DeadLetterRoute { unquoted, ..DeadLetterRoute::default() };
        return Ok(Route { engine, joined: None });
    };
    let sealed = entry.seal.is_some();
    let open = |path: PathBuf| -> Result<Box<dyn DeadLetters>, Error> {
        let file = FileDeadLetters::open(path)?;
        Ok(Box::new(if sealed { file.sealed() } else { file }))
    };
    let file = entry.file.as_ref().map(|file| loaded.directory.join(file));
    let joined = joined(entry, &loaded.pipeline.sink);
    let (outside, overflow) = match &entry.kafka {
        None => (file.map(open).transpose()?, None),
        Some(topic) => {
            let outside: Option<Box<dyn DeadLetters>> = if joined.is_some() {
                None
            } else {
                Some(Box::new(KafkaDeadLetters::new(&topic.connection, &topic.options)?))
            };
            let overflow: Box<dyn DeadLetters> = if let Some(file) = file {
                open(file)?
            } else {
                let file = FileDeadLetters::when_needed(default_overflow(&loaded.pipeline.pipeline));
                Box::new(if sealed { file.sealed() } else { file })
            };
            (outside, Some(overflow))
        }
    };
    let seal = entry.seal.clone().map(|key| {
        let binds = ring.algorithm(&key).is_ok_and(sluicegate_keys::Algorithm::binds);
        Arc::new(Sealer { ring: ring.clone(), key, binds }) as Arc<dyn SealLetters>
    });
    let stop_after = entry.stop_after.unwrap_or_default();
    let engine = DeadLetterRoute { open: true, outside, overflow, stop_after, seal, unquoted };
    Ok(Route { engine, joined })
}

/// The topic, where it is on the connection of a sink with transactions.
fn joined(entry: &DeadLettersEntry, sink: &SinkEntry) -> Option<DeadLetterOptions> {
    let SinkEntry::Kafka(sink) = sink else { return None };
    let topic = entry.kafka.as_ref()?;
    let same = topic.name.is_some() && topic.name == sink.name;
    (same && sink.options.transactions).then(|| topic.options.clone())
}

/// Seals letters with a key of the ring. What a part of a letter is, is authenticated with it: `dead-letter/ID/key`,
/// `dead-letter/ID/value`, `dead-letter/ID/header/NAME`. A key that cannot bind seals without.
struct Sealer {
    ring: KeyRing,
    key: String,
    binds: bool,
}

impl Sealer {
    fn context(&self, id: &str, part: &str) -> String {
        if self.binds { format!("dead-letter/{id}/{part}") } else { String::new() }
    }
}

/// Changes the parts that a letter has, each by its bytes, the id of the letter and its own name.
fn each_part(
    letter: &mut DeadLetter,
    change: impl Fn(&[u8], &str, &str) -> Result<Vec<u8>, String>,
) -> Result<(), String> {
    let id = letter.id();
    let RawRecord { key, value, headers } = &mut letter.raw;
    let headers = headers.iter_mut().map(|(name, value)| (format!("header/{name}"), value));
    for (part, bytes) in [("key".to_owned(), key), ("value".to_owned(), value)].into_iter().chain(headers) {
        if let Some(bytes) = bytes {
            *bytes = change(bytes, &id, &part)?;
        }
    }
    Ok(())
}

/// What opens letters that were sealed with a key.
///
/// # Errors
/// In words, for a key that opens nothing.
pub(super) fn opener(ring: &KeyRing, key: &str) -> Result<Arc<dyn OpenLetters>, String> {
    let algorithm = ring.algorithm(key).map_err(|error| error.to_string())?;
    if !algorithm.allows(Use::Open) {
        return Err(format!("a key of {algorithm} opens nothing"));
    }
    Ok(Arc::new(Sealer { ring: ring.clone(), key: key.to_owned(), binds: algorithm.binds() }))
}

impl OpenLetters for Sealer {
    fn open(&self, letter: &mut DeadLetter) -> Result<(), String> {
        each_part(letter, |bytes, id, part| {
            let opened = self.ring.open_value(bytes, &self.key, &self.context(id, part));
            opened.map_err(|error| error.to_string())?.map_err(|why| format!("its {part}: {why}"))
        })
    }
}

impl SealLetters for Sealer {
    fn seal(&self, letter: &mut DeadLetter) -> Result<(), String> {
        each_part(letter, |bytes, id, part| {
            let sealed = self.ring.seal_value(bytes, &self.key, &self.context(id, part));
            sealed.map_err(|error| error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sluicegate_keys::{Algorithm, KeySpec, Secret};
    use sluicegate_model::dead_letter::Reason;
    use sluicegate_model::{Lane, Position, RawRecord};

    use super::*;

    fn ring(algorithm: Algorithm) -> KeyRing {
        let secret = Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let specs = BTreeMap::from([("card".to_owned(), KeySpec::new(algorithm, "v1", secret))]);
        KeyRing::build(&specs).unwrap()
    }

    fn letter() -> DeadLetter {
        DeadLetter {
            pipeline: "orders".to_owned(),
            lane: Lane::from("t/0"),
            position: Position { v: 1, source: String::new(), at: serde_json::Map::new() },
            ordinal: 7,
            part: None,
            output: None,
            why: Reason { step: "decode".to_owned(), reason: "no JSON".to_owned() },
            raw: RawRecord {
                key: Some(b"key".to_vec()),
                value: Some(b"value".to_vec()),
                headers: vec![("h".to_owned(), Some(b"header".to_vec())), ("n".to_owned(), None)],
            },
        }
    }

    #[test]
    fn every_part_is_sealed_and_opens_in_its_place_alone() {
        let ring = ring(Algorithm::Xaes256Gcm);
        let mut letter = letter();
        Sealer { ring: ring.clone(), key: "card".to_owned(), binds: true }.seal(&mut letter).unwrap();
        let open = |bytes: &[u8], part: &str| {
            ring.open_value(bytes, "card", &format!("dead-letter/orders/t/0/7/{part}")).unwrap()
        };
        let value = letter.raw.value.unwrap();
        assert_eq!(open(&value, "value").unwrap(), b"value");
        assert_eq!(open(&letter.raw.key.unwrap(), "key").unwrap(), b"key");
        assert_eq!(open(letter.raw.headers[0].1.as_ref().unwrap(), "header/h").unwrap(), b"header");
        assert_eq!(letter.raw.headers[1].1, None);
        assert!(open(&value, "key").is_err());
    }

    #[test]
    fn a_letter_is_opened_as_it_was_sealed_and_as_no_other() {
        let ring = ring(Algorithm::Xaes256Gcm);
        let mut sealed = letter();
        Sealer { ring: ring.clone(), key: "card".to_owned(), binds: true }.seal(&mut sealed).unwrap();
        let opener = opener(&ring, "card").unwrap();
        let mut opened = sealed.clone();
        opener.open(&mut opened).unwrap();
        assert_eq!(opened.raw, letter().raw);
        let mut moved = DeadLetter { ordinal: 8, ..sealed };
        assert!(opener.open(&mut moved).unwrap_err().contains("its key"));
        assert!(super::opener(&ring, "other").is_err());
    }

    #[test]
    fn a_key_that_binds_nothing_seals_too() {
        let ring = ring(Algorithm::AesEcbPkcs5);
        let mut letter = letter();
        Sealer { ring: ring.clone(), key: "card".to_owned(), binds: false }.seal(&mut letter).unwrap();
        assert_eq!(ring.open_value(&letter.raw.value.unwrap(), "card", "").unwrap().unwrap(), b"value");
    }
}
