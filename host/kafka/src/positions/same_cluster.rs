//! Taking lanes where source and sink are on one cluster: the consumer group is the fence.
//!
//! A decision sends the group's offsets with the membership of the member that makes it, so a broker refuses one
//! whose generation, or whose member id under a shared instance, is not today's. What remains is a decision that was
//! sent in time and is not made yet: the *stable* fetch of the group's offsets waits for it. Everything that was
//! decided before has its record in the topic of positions; the record is the truth, the offset is the fence, and
//! for tools that show lag.

use std::time::{Duration, Instant};

use rdkafka_sys::types::RDKafkaErrorCode as Code;
use sluicegate_connector::{Error, Taken};
use sluicegate_model::Lane;

use super::Store;
use super::store::taken;
use crate::SourceGroup;
use crate::client::partitions::Entry;
use crate::client::{Partition, PartitionList, group};

/// Stored with each offset of the group that this program decides: an offset with it and no record means that records
/// were lost.
pub const MARK: &str = "sluicegate";

/// How long a stable fetch waits for another's transaction.
const PATIENCE: Duration = Duration::from_mins(1);

impl Store {
    /// Takes lanes of a source on the sink's own cluster. Blocks.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Transient`] where another's transaction stays undecided.
    pub fn take_same_cluster(
        &self,
        source: &SourceGroup,
        lanes: &[Lane],
        own: &str,
    ) -> Result<Vec<Taken>, Error> {
        let mut reader = self.reader.lock();
        reader.catch_up()?;
        self.found(&mut reader, lanes)?;
        // Earlier runs of this very instance are dead: the group lets one member live under it. Fencing them by name
        // saves their successors the wait for a time-out. Nothing depends on it.
        let mine = self.transactional_id(&format!("{}/", self.identity.instance));
        let mut dead: Vec<String> = lanes
            .iter()
            .filter_map(|lane| reader.lane(lane))
            .filter(|found| !found.record.released)
            .filter_map(|found| found.record.holder.clone())
            .filter(|holder| holder.starts_with(&mine) && holder != own)
            .collect();
        dead.sort();
        dead.dedup();
        for holder in dead {
            self.kill(&holder)?;
        }
        let offsets = stable_offsets(source, lanes)?;
        reader.catch_up()?;
        for entry in &offsets {
            let lane = entry.partition.lane();
            if entry.metadata == MARK.as_bytes() && reader.lane(&lane).is_none() {
                return Err(Error::fatal(format!(
                    "the position of the lane is lost: group {} has committed offset {} for this pipeline, and topic \
                     {} knows nothing of it",
                    source.name,
                    entry.offset,
                    reader.partition().topic,
                ))
                .lane(&lane)
                .help("restore the topic, or choose with `sluicegate positions set` where the lane goes on"));
            }
        }
        Ok(lanes.iter().map(|lane| taken(&reader, lane)).collect())
    }
}

/// What the group has committed, once no transaction over these lanes is undecided.
fn stable_offsets(source: &SourceGroup, lanes: &[Lane]) -> Result<Vec<Entry>, Error> {
    let partitions: Vec<Partition> = lanes.iter().filter_map(Partition::of).collect();
    let give_up = Instant::now() + PATIENCE;
    loop {
        let list = PartitionList::of(partitions.iter().map(|partition| (partition, -1)))?;
        match group::committed(&source.consumer, &list, Duration::from_secs(10)) {
            Ok(entries) => return Ok(entries),
            Err(error) if error.code == Code::UnstableOffsetCommit && Instant::now() < give_up => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(error) => {
                let what = format!("offsets of group {} could not be read", source.name);
                return Err(error.during(what));
            }
        }
    }
}
