//! What was not delivered, and what that means.

use rdkafka_sys::types::RDKafkaErrorCode as Code;
use sluicegate_connector::{Error, SinkReject, WriteError};

use super::encoder::{BodySource, FRAMING};
use crate::client::handle::Undelivered;
use crate::topics::{DEFAULT_MAX_BYTES, Topics};

/// Marks a message by its body in the open epoch and its place in the body.
pub fn mark(body: usize, place: usize) -> usize {
    ((body + 1) << 32) | place
}

/// The body and place that a mark means; `None` for a message that is no row.
fn unmark(mark: usize) -> Option<(usize, usize)> {
    let body = mark >> 32;
    (body > 0).then(|| (body - 1, mark & 0xffff_ffff))
}

/// What to do about messages that were not delivered.
pub enum Verdict {
    /// Nothing is wrong.
    Fine,
    /// Batches were larger than a topic takes: the producer has to make smaller ones.
    SmallerBatches(Error),
    /// Anything else.
    Refused(WriteError),
}

/// Judges what was not delivered in an epoch.
pub fn judge(undelivered: &[Undelivered], bodies: &[BodySource], topics: &Topics) -> Verdict {
    let mut rejects = Vec::new();
    for failed in undelivered {
        // What was given up with an abort says nothing.
        if matches!(failed.error.code, Code::PurgeQueue | Code::PurgeInflight) {
            continue;
        }
        let limit = topics.get(&failed.topic).map_or(DEFAULT_MAX_BYTES, |facts| facts.max_bytes);
        let too_large = matches!(failed.error.code, Code::MessageSizeTooLarge | Code::MessageBatchTooLarge);
        if too_large && failed.size + FRAMING <= limit {
            // It would fit alone: the broker measures batches. The topic's limit may have been lowered, too.
            topics.forget(&failed.topic);
            let what = format!("topic {} refused a batch of messages as too large", failed.topic);
            return Verdict::SmallerBatches(Error::transient(what).caused_by(failed.error.clone()));
        }
        let refused = too_large
            || matches!(
                failed.error.code,
                Code::InvalidRecord | Code::InvalidMessage | Code::InvalidTimestamp
            );
        let row = unmark(failed.mark).and_then(|(body, place)| Some((bodies.get(body)?, place)));
        match row {
            Some((body, place)) if refused => {
                let (lane, ordinal, part) = body.of(place);
                let (output, topic) = (body.table.clone(), &failed.topic);
                let reason = if too_large {
                    format!("the message has {} bytes, topic {topic} takes {limit}", failed.size)
                } else {
                    failed.error.text.clone()
                };
                rejects.push(SinkReject { lane, ordinal, part, output, reason });
            }
            _ => {
                let what = format!("a message to topic {} was not delivered", failed.topic);
                return Verdict::Refused(failed.error.clone().during(what).into());
            }
        }
    }
    if rejects.is_empty() { Verdict::Fine } else { Verdict::Refused(WriteError::Rejected(rejects)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_both_ways() {
        assert_eq!(unmark(mark(0, 0)), Some((0, 0)));
        assert_eq!(unmark(mark(7, 8191)), Some((7, 8191)));
        assert_eq!(unmark(0), None);
    }
}
