//! The rows of a stretch of a lane, decoded once more: for questions about what came after a row.

use std::sync::Arc;

use sluicegate_connector::Error;
use sluicegate_format::{Decode, LaneInfo, Record};
use sluicegate_model::{Decoded, Lane};

use crate::Connection;
use crate::client::{Handle, Kind, Partition, Settings, admin};
use crate::letters::extents;
use crate::range::{Owned, RangeReader};
use crate::source::SourceOptions;

/// Messages that are decoded at once, at most.
const MESSAGES: usize = 4_096;
/// Bytes of messages that are decoded at once, about.
const BYTES: usize = 4 << 20;

/// What there is of a lane now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// What positions of the lane name as their source.
    pub source: String,
    /// The first offset that is still there.
    pub first: u64,
    /// One past the last committed message.
    pub end: u64,
}

/// Reads lanes of a source without its group. Everything blocks; it belongs on a thread that may.
pub struct ChangeReader {
    handle: Arc<Handle>,
    cluster: String,
    decode: Arc<dyn Decode>,
    reader: RangeReader,
}

impl ChangeReader {
    /// Opens a source.
    ///
    /// # Errors
    /// Where no broker answers in the connection's time, or the options do not fit together.
    pub fn open(connection: &Connection, options: &SourceOptions) -> Result<Self, Error> {
        let decode = options.decoder()?;
        let mut settings: Settings = connection.settings()?;
        options.librdkafka.apply(&mut settings)?;
        let handle = Handle::new(Kind::Consumer, &settings)?;
        let cluster = handle.cluster_id(connection.connect_timeout.0)?;
        admin::connect(&handle);
        Ok(Self { handle, cluster, decode, reader: RangeReader::new(&settings)? })
    }

    /// What there is of a lane; `None` where its topic or partition is gone.
    ///
    /// # Errors
    /// The broker's.
    pub fn extent(&self, lane: &Lane) -> Result<Option<Extent>, Error> {
        let Some(partition) = Partition::of(lane) else { return Ok(None) };
        let described = admin::describe_topics(&self.handle, &[partition.topic.to_string()])?;
        let Some(topic) = described.into_iter().next() else { return Ok(None) };
        let found = extents(&self.handle, &partition.topic, topic.partitions)?;
        let found = found.into_iter().find(|(known, _, _)| *known == partition);
        Ok(found.map(|(_, first, end)| Extent {
            source: format!("{}/{}", self.cluster, topic.id),
            first: first as u64,
            end: end as u64,
        }))
    }

    /// Number of living processes of a consumer group.
    ///
    /// # Errors
    /// The broker's.
    pub fn members(&self, group: &str) -> Result<usize, Error> {
        admin::members(&self.handle, group)
    }

    /// Shows what the messages from one offset to below another became.
    ///
    /// # Errors
    /// The broker's.
    pub fn read(
        &mut self,
        lane: &Lane,
        from: u64,
        to: u64,
        each: &mut dyn FnMut(Decoded),
    ) -> Result<(), Error> {
        let Some(partition) = Partition::of(lane) else { return Ok(()) };
        if from >= to {
            return Ok(());
        }
        self.reader.seek(&partition, from as i64)?;
        let info = LaneInfo { lane, topic: &partition.topic, partition: partition.number };
        loop {
            let mut messages: Vec<Owned> = Vec::new();
            let mut bytes = 0;
            while messages.len() < MESSAGES && bytes < BYTES {
                let Some(message) = self.reader.next(to as i64)? else { break };
                bytes += message.value.as_ref().map_or(0, Vec::len);
                messages.push(message);
            }
            if messages.is_empty() {
                return Ok(());
            }
            let records: Vec<Record<'_>> = messages
                .iter()
                .map(|message| Record {
                    ordinal: message.offset as u64,
                    key: message.key.as_deref(),
                    value: message.value.as_deref(),
                    timestamp_us: message.timestamp_ms.map(|millis| millis.saturating_mul(1_000)),
                    headers: &message.headers,
                })
                .collect();
            each(self.decode.decode(&info, &records));
        }
    }
}
