//! Offsets that people give, and how far lanes are behind: what a source of topics knows, wherever its positions are
//! kept.

use std::sync::Arc;

use sluicegate_connector::{Error, LanePosition};
use sluicegate_model::{Lane, Position};

use crate::SourceGroup;
use crate::client::Partition;
use crate::client::admin::{self, Offset};
use crate::source::position;
use crate::task::blocking;

/// What a source of topics knows about points in its lanes. Its group is not joined.
#[derive(Clone)]
pub struct KafkaTerms {
    source: SourceGroup,
}

impl KafkaTerms {
    /// Of a source.
    pub fn new(source: SourceGroup) -> Self {
        Self { source }
    }

    /// The position before an offset.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where the source has no such lane.
    pub async fn position(&self, lane: &Lane, offset: i64) -> Result<Position, Error> {
        let (own, lane) = (self.clone(), lane.clone());
        let at = serde_json::Map::from_iter([("offset".to_owned(), offset.into())]);
        let given = Position { v: 1, source: String::new(), at };
        blocking(move || own.complete(&lane, &given).map(|(_, position)| position)).await
    }

    /// Says how many messages each lane is behind.
    ///
    /// # Errors
    /// The broker's.
    pub async fn measure(&self, mut lanes: Vec<LanePosition>) -> Result<Vec<LanePosition>, Error> {
        let own = self.clone();
        blocking(move || own.measure_now(&mut lanes).map(|()| lanes)).await
    }

    /// A position as it is stored: with the topic that it is of, where the caller left that out. Blocks.
    pub(super) fn complete(&self, lane: &Lane, given: &Position) -> Result<(Partition, Position), Error> {
        let partition = Partition::of(lane)
            .ok_or_else(|| Error::configuration(format!("{lane} is no lane: write TOPIC/PARTITION")))?;
        let offset = given
            .number("offset")
            .filter(|offset| *offset >= 0)
            .ok_or_else(|| Error::configuration("a position of Kafka is an offset, 0 or more").lane(lane))?;
        let topics = admin::describe_topics(&self.source.consumer, &[partition.topic.to_string()])?;
        let topic = topics
            .into_iter()
            .find(|topic| partition.number >= 0 && partition.number < topic.partitions)
            .ok_or_else(|| Error::configuration(format!("the source has no partition {lane}")))?;
        let source: Arc<str> = format!("{}/{}", self.source.cluster_id()?, topic.id).into();
        if !given.source.is_empty() && *given.source != *source {
            return Err(Error::configuration("the position is of another topic or cluster").lane(lane));
        }
        Ok((partition, position(&source, offset)))
    }

    /// As [`KafkaTerms::measure`]. Blocks.
    pub(super) fn measure_now(&self, lanes: &mut [LanePosition]) -> Result<(), Error> {
        let mut names: Vec<String> = lanes
            .iter()
            .filter_map(|lane| Partition::of(&lane.lane))
            .map(|partition| partition.topic.to_string())
            .collect();
        names.sort();
        names.dedup();
        let topics = admin::describe_topics(&self.source.consumer, &names)?;
        let there = |partition: &Partition| {
            topics.iter().any(|topic| topic.name == *partition.topic && partition.number < topic.partitions)
        };
        let asked: Vec<_> = lanes
            .iter()
            .filter_map(|lane| Partition::of(&lane.lane))
            .filter(there)
            .map(|partition| (partition, Offset::Latest))
            .collect();
        for (partition, end) in admin::offsets(&self.source.consumer, &asked, true)? {
            let name = partition.lane();
            if let Some(lane) = lanes.iter_mut().find(|lane| lane.lane == name) {
                let offset = lane.position.as_ref().and_then(|position| position.number("offset"));
                lane.lag = offset.map(|offset| (end - offset).max(0) as u64);
            }
        }
        Ok(())
    }
}
