//! The epoch that is being filled.

use std::collections::BTreeMap;
use std::time::Instant;

use sluicegate_model::{Incarnation, Lane, Position};

use crate::counters::Counts;
use crate::options::Options;
use crate::worker::Done;

/// What the open epoch moves in a lane.
pub(super) struct Touched {
    pub(super) incarnation: Incarnation,
    pub(super) from: Position,
    pub(super) to: Position,
    /// Whether that is inside a transaction of the source.
    in_transaction: bool,
}

/// Filled by writes, emptied by a commit or an abort.
#[derive(Default)]
pub(super) struct OpenEpoch {
    pub(super) lanes: BTreeMap<Lane, Touched>,
    pub(super) counts: Counts,
    opened: Option<Instant>,
}

impl OpenEpoch {
    /// Notes a chunk whose rows are about to be handed over.
    pub(super) fn touch(&mut self, done: &Done, now: Instant) {
        self.opened.get_or_insert(now);
        let touched = self.lanes.entry(done.lane.clone()).or_insert_with(|| Touched {
            incarnation: done.incarnation,
            from: done.from.clone(),
            to: done.to.clone(),
            in_transaction: false,
        });
        touched.to = done.to.clone();
        touched.in_transaction = done.in_transaction;
        self.counts.read += done.records as u64;
        self.counts.read_bytes += done.bytes as u64;
        if let Ok(work) = &done.result {
            self.counts.written += work.parts.iter().map(|part| part.rows as u64).sum::<u64>();
            self.counts.written_bytes += work.parts.iter().map(|part| part.bytes as u64).sum::<u64>();
            self.counts.dead += work.letters.len() as u64;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    pub(super) fn opened(&self) -> Option<Instant> {
        self.opened
    }

    /// Whether it may be committed now. Where transactions of the source are kept whole, none of them is cut.
    pub(super) fn may_end(&self, options: &Options) -> bool {
        !(options.whole_transactions && self.lanes.values().any(|lane| lane.in_transaction))
    }

    /// Whether it must be committed whatever else is ready.
    pub(super) fn is_full(&self, options: &Options, now: Instant) -> bool {
        let old = self.opened.is_some_and(|opened| now.duration_since(opened) >= options.max_epoch.0);
        old || self.counts.written_bytes.max(self.counts.read_bytes) >= options.epoch_bytes.0
    }

    /// Whether its first row has waited long enough, if nothing more is on its way.
    pub(super) fn is_due(&self, options: &Options, now: Instant) -> bool {
        self.opened.is_some_and(|opened| now.duration_since(opened) >= options.max_delay.0)
    }
}
