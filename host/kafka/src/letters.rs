//! The letters of a topic again: what [`crate::dead_letters`] wrote, read for people and to be sent again.

use std::sync::Arc;

use sluicegate_connector::Error;
use sluicegate_model::dead_letter::Reason;
use sluicegate_model::{DeadLetter, Lane, RawRecord};

use crate::Connection;
use crate::client::admin::{self, Offset};
use crate::client::{Handle, Kind, Partition, Settings};
use crate::range::{Owned, RangeReader};

/// A partition of a topic of dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterPartition {
    /// Its name, as a lane is named: `orders.dead/0`.
    pub name: Lane,
    /// What it belongs to: the ids of cluster and topic, so that a topic that was made anew is another.
    pub source: String,
    /// The first offset that is still there.
    pub first: u64,
    /// One past the last.
    pub end: u64,
}

/// A message of a topic of dead letters.
#[derive(Clone, Debug)]
pub struct TopicLetter {
    /// Its offset.
    pub offset: u64,
    /// When it was put there, in milliseconds since 1970.
    pub at_ms: Option<i64>,
    /// The letter; or why the message is none.
    pub letter: Result<DeadLetter, String>,
}

/// Messages that are read over rather than asked for anew.
const NEAR: u64 = 1_024;

/// Reads the letters of a topic. Everything blocks; it belongs on a thread that may.
pub struct LetterTopicReader {
    partitions: Vec<LetterPartition>,
    reader: RangeReader,
}

impl LetterTopicReader {
    /// Opens a topic, as it is now; `None` where there is none.
    ///
    /// # Errors
    /// The broker's, where none answers in the connection's time.
    pub fn open(connection: &Connection, topic: &str) -> Result<Option<Self>, Error> {
        let settings: Settings = connection.settings()?;
        let handle = Handle::new(Kind::Consumer, &settings)?;
        let cluster = handle.cluster_id(connection.connect_timeout.0)?;
        admin::connect(&handle);
        let described = admin::describe_topics(&handle, &[topic.to_owned()])?;
        let Some(described) = described.into_iter().next() else { return Ok(None) };
        let source = format!("{cluster}/{}", described.id);
        let partitions = extents(&handle, topic, described.partitions)?
            .into_iter()
            .map(|(partition, first, end)| LetterPartition {
                name: partition.lane(),
                source: source.clone(),
                first: first as u64,
                end: end as u64,
            })
            .collect();
        Ok(Some(Self { partitions, reader: RangeReader::new(&settings)? }))
    }

    /// All partitions, as they were when the topic was opened.
    pub fn partitions(&self) -> &[LetterPartition] {
        &self.partitions
    }

    /// Shows the letters of a partition from an offset to its end, until `each` says false.
    ///
    /// # Errors
    /// The broker's.
    pub fn each(
        &mut self,
        partition: &LetterPartition,
        from: u64,
        each: &mut dyn FnMut(TopicLetter) -> bool,
    ) -> Result<(), Error> {
        let from = from.max(partition.first);
        if from >= partition.end {
            return Ok(());
        }
        self.seek(partition, from)?;
        while let Some(message) = self.reader.next(partition.end as i64)? {
            if !each(TopicLetter::of(message)) {
                break;
            }
        }
        Ok(())
    }

    /// One letter by its offset; `None` where it is gone. Letters that are asked for in order are read in one go.
    ///
    /// # Errors
    /// The broker's.
    pub fn get(&mut self, partition: &LetterPartition, offset: u64) -> Result<Option<TopicLetter>, Error> {
        let lane = number(partition)?;
        // What stands between two letters of one reading are markers of transactions and letters that nobody wants.
        let near = self.reader.standing(&lane).is_some_and(|next| {
            let (next, wanted) = (next as u64, offset);
            next <= wanted && wanted - next < NEAR
        });
        if !near {
            self.reader.seek(&lane, offset as i64)?;
        }
        while let Some(message) = self.reader.next(partition.end as i64)? {
            match (message.offset as u64).cmp(&offset) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(Some(TopicLetter::of(message))),
                std::cmp::Ordering::Greater => break,
            }
        }
        Ok(None)
    }

    fn seek(&mut self, partition: &LetterPartition, offset: u64) -> Result<(), Error> {
        self.reader.seek(&number(partition)?, offset as i64)
    }
}

fn number(partition: &LetterPartition) -> Result<Partition, Error> {
    Partition::of(&partition.name)
        .ok_or_else(|| Error::fatal("a partition of dead letters has no number").lane(&partition.name))
}

/// First offsets and ends of all partitions of a topic, for readers of committed messages.
pub(crate) fn extents(
    handle: &Arc<Handle>,
    topic: &str,
    count: i32,
) -> Result<Vec<(Partition, i64, i64)>, Error> {
    let ask =
        |offset| -> Vec<_> { (0..count).map(|number| (Partition::new(topic, number), offset)).collect() };
    let first = admin::offsets(handle, &ask(Offset::Earliest), true)?;
    let ends = admin::offsets(handle, &ask(Offset::Latest), true)?;
    let mut extents: Vec<_> = first
        .into_iter()
        .map(|(partition, first)| {
            let end = ends.iter().find(|(other, _)| *other == partition).map_or(first, |(_, end)| *end);
            (partition, first, end)
        })
        .collect();
    extents.sort();
    Ok(extents)
}

impl TopicLetter {
    fn of(message: Owned) -> Self {
        let Owned { offset, timestamp_ms, key, value, headers } = message;
        let letter = letter_of(RawRecord { key, value, headers });
        Self { offset: offset as u64, at_ms: timestamp_ms, letter }
    }
}

/// The letter that a message is, by the headers that stand first in it.
///
/// # Errors
/// In words, for a message that is none.
pub fn letter_of(mut raw: RawRecord) -> Result<DeadLetter, String> {
    let about = |place: usize, name: &str| -> Result<String, String> {
        let found = raw.headers.get(place).filter(|(found, _)| found == name);
        let value = found.and_then(|(_, value)| value.as_deref());
        let text = value.and_then(|value| std::str::from_utf8(value).ok());
        text.map(str::to_owned).ok_or_else(|| format!("it has no header {name}"))
    };
    let id = about(0, "sluicegate-id")?;
    let pipeline = about(1, "sluicegate-pipeline")?;
    let lane = about(2, "sluicegate-lane")?;
    let position = about(3, "sluicegate-position")?;
    let step = about(4, "sluicegate-step")?;
    let reason = about(5, "sluicegate-reason")?;
    let no_id = || format!("its id is none: {id:?}");
    let rest = id
        .strip_prefix(&pipeline)
        .and_then(|rest| rest.strip_prefix('/')?.strip_prefix(&lane)?.strip_prefix('/'))
        .ok_or_else(no_id)?;
    // What the id says has a header of its own only where it is there: one of that name may be the message's own.
    let (number, output) = match rest.split_once('/') {
        Some((number, _)) => (number, Some(about(6, "sluicegate-output")?)),
        None => (rest, None),
    };
    let (ordinal, part) = match number.split_once('.') {
        Some((ordinal, part)) => (ordinal, Some(part.parse().map_err(|_| no_id())?)),
        None => (number, None),
    };
    let ordinal = ordinal.parse().map_err(|_| no_id())?;
    let position = serde_json::from_str(&position).map_err(|error| format!("its position: {error}"))?;
    raw.headers.drain(..if output.is_some() { 7 } else { 6 });
    Ok(DeadLetter {
        pipeline,
        lane: Lane::new(lane),
        position,
        ordinal,
        part,
        output: output.map(|output| output.as_str().into()),
        why: Reason { step, reason },
        raw,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sluicegate_model::Position;

    use super::*;
    use crate::dead_letters::about;

    /// A letter as it is written.
    fn message(letter: &DeadLetter) -> RawRecord {
        let headers =
            about(letter).into_iter().map(|(name, value)| (name.to_owned(), Some(value.into_bytes())));
        RawRecord { headers: headers.chain(letter.raw.headers.clone()).collect(), ..letter.raw.clone() }
    }

    fn header() -> impl Strategy<Value = (String, Option<Vec<u8>>)> {
        let name =
            prop_oneof![Just("sluicegate-output".to_owned()), Just("sluicegate-id".to_owned()), "[a-z]{1,4}"];
        (name, prop::option::of(prop::collection::vec(any::<u8>(), 0..4)))
    }

    proptest! {
        /// Also where the message was a dead letter before, or its names hold what stands between the parts of an id.
        #[test]
        fn letters_go_both_ways(
            pipeline in "[a-z./]{1,6}", lane in "[a-z./0-9]{1,8}", ordinal: u64, part: Option<u32>,
            output in prop::option::of("[a-z./{}]{0,6}"), step in "[a-z]{1,4}", reason in ".{0,8}",
            headers in prop::collection::vec(header(), 0..3), value: Option<Vec<u8>>,
        ) {
            let at = serde_json::Map::from_iter([("offset".to_owned(), 7.into())]);
            let letter = DeadLetter {
                pipeline,
                lane: Lane::new(lane),
                position: Position { v: 1, source: "c/t".into(), at },
                ordinal,
                part,
                output: output.map(|output| output.as_str().into()),
                why: Reason { step, reason },
                raw: RawRecord { key: None, value, headers },
            };
            let again = letter_of(message(&letter)).unwrap();
            prop_assert_eq!(again.id(), letter.id());
            prop_assert_eq!(
                (again.ordinal, again.part, again.output, again.why, again.raw, again.position),
                (letter.ordinal, letter.part, letter.output, letter.why, letter.raw, letter.position)
            );
        }
    }

    #[test]
    fn another_message_is_no_letter() {
        let raw = RawRecord { value: Some(b"{}".to_vec()), ..RawRecord::default() };
        assert_eq!(letter_of(raw).unwrap_err(), "it has no header sluicegate-id");
    }
}
