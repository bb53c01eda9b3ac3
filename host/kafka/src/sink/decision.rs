//! Making an epoch durable.

use std::time::Duration;

use sluicegate_connector::{Epoch, Error, Taken};
use sluicegate_model::Lane;

use super::delivery::{Verdict, judge};
use super::writer::Shared;
use crate::SourceGroup;
use crate::client::group::{self, Membership};
use crate::client::{Partition, PartitionList};
use crate::positions::record::{LaneRecord, VERSION};
use crate::positions::{MARK, Store};
use crate::producer::Producer;

/// What refuses a process that lost its lanes.
#[derive(Clone)]
pub enum Fence {
    /// The consumer group: source and sink are on one cluster.
    Group(SourceGroup),
    /// The holder's name in the lane's record.
    Claims,
}

impl Fence {
    /// Takes lanes for the writer with the id `own`. Blocks.
    ///
    /// # Errors
    /// See [`sluicegate_connector::Writer::take`].
    pub fn take(&self, store: &Store, lanes: &[Lane], own: &str) -> Result<Vec<Taken>, Error> {
        if lanes.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Group(source) => store.take_same_cluster(source, lanes, own),
            Self::Claims => store.take_claimed(lanes, own),
        }
    }
}

/// An epoch on its way to become durable.
pub struct Decision {
    /// Of the writer.
    pub shared: Shared,
    /// What is decided.
    pub epoch: Epoch,
}

impl Decision {
    /// Decides. A transaction is open, the rows were sent. Blocks.
    ///
    /// The order is the protocol: first the membership is fetched, then the lanes are looked at, then the offsets are
    /// sent in the name of *that* membership. A lane that is given away between the two has its incarnation ended
    /// before the group hears of it, so either the look finds it or the broker refuses the membership.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Unknown`] where nobody knows whether it is durable; otherwise it is not.
    pub fn make(&self, producer: &Producer) -> Result<(), Error> {
        let member = match &self.shared.fence {
            Fence::Group(source) => Some((source, membership(source)?)),
            Fence::Claims => None,
        };
        if let Some(lane) = self.epoch.stale_lane() {
            return Err(
                Error::fenced("the lane was given away or rewound before its epoch was decided").lane(lane)
            );
        }
        let store = &self.shared.store;
        if !self.shared.options.transactions {
            return self.make_apart(producer, member.map(|(source, _)| source));
        }
        for (lane, record) in self.records(producer.id()) {
            store.put_lane(producer, lane, &record)?;
        }
        if let Some((_, member)) = &member {
            producer.send_offsets(&self.offsets()?, member, store.transaction_timeout)?;
        }
        producer.commit(store.transaction_timeout + Duration::from_secs(5))
    }

    /// Without transactions: first the rows, then the positions. After a crash in between rows come again.
    fn make_apart(&self, producer: &Producer, source: Option<&SourceGroup>) -> Result<(), Error> {
        let limit = Duration::from_mins(1);
        let failed = |what: &str| Error::transient(what.to_owned());
        producer.flush(limit)?;
        if !matches!(judge(&producer.undelivered(), &[], &self.shared.topics), Verdict::Fine) {
            return Err(failed("messages were not delivered"));
        }
        for (lane, record) in self.records(producer.id()) {
            self.shared.store.put_lane(producer, lane, &record)?;
        }
        producer.flush(limit)?;
        if !producer.undelivered().is_empty() {
            return Err(failed("positions were not stored"));
        }
        if let Some(source) = source {
            // The record is the truth; these are for tools that show lag.
            if let Err(error) = group::commit(&source.consumer, &self.offsets()?) {
                tracing::warn!(%error, group = &*source.name, "offsets of the group were not committed");
            }
        }
        Ok(())
    }

    fn records(&self, own: &str) -> impl Iterator<Item = (&Lane, LaneRecord)> {
        self.epoch.lanes.iter().map(move |span| {
            let record = LaneRecord {
                v: VERSION,
                position: Some(span.to.clone()),
                holder: Some(own.to_owned()),
                released: span.released,
                from_beginning: false,
                note: span.note.clone(),
            };
            (&span.lane, record)
        })
    }

    fn offsets(&self) -> Result<PartitionList, Error> {
        let mut list = PartitionList::new();
        for span in &self.epoch.lanes {
            if let (Some(partition), Some(offset)) = (Partition::of(&span.lane), span.to.number("offset")) {
                list.add(&partition, offset)?;
            }
        }
        list.set_metadata(MARK);
        Ok(list)
    }
}

/// What this process is known by in its group, now.
fn membership(source: &SourceGroup) -> Result<Membership, Error> {
    let member = Membership::fetch(&source.consumer)
        .ok_or_else(|| Error::fenced(format!("this process is no member of group {}", source.name)))?;
    // A client that has lost its place still names its group, without a generation; a broker takes that for a
    // consumer outside of any group, and would let it through.
    if member.generation() < 0 {
        return Err(Error::fenced(format!("this process has lost its place in group {}", source.name)));
    }
    Ok(member)
}
