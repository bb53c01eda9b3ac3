//! A reader of messages up to a size.

use std::sync::Arc;

use sluicegate_model::{Decoded, RowReject};

use crate::decode::{Decode, LaneInfo, Record, beside};

struct Limited {
    format: Arc<dyn Decode>,
    max_bytes: usize,
}

/// The reader of a format that rejects messages whose value has more than `max_bytes`, without a look into them.
pub fn limited(format: Arc<dyn Decode>, max_bytes: usize) -> Arc<dyn Decode> {
    Arc::new(Limited { format, max_bytes })
}

impl Decode for Limited {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let size = |record: &Record<'_>| record.value.map_or(0, <[u8]>::len);
        if records.iter().all(|record| size(record) <= self.max_bytes) {
            return self.format.decode(lane, records);
        }
        let (others, large): (Vec<Record<'_>>, Vec<Record<'_>>) =
            records.iter().copied().partition(|record| size(record) <= self.max_bytes);
        let rejects = large.iter().map(|record| RowReject {
            ordinal: record.ordinal,
            part: None,
            reason: format!("the message has {} bytes, `max_record` is {}", size(record), self.max_bytes),
        });
        beside(self.format.decode(lane, &others), rejects)
    }
}
