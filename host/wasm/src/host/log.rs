//! `log`: a guest's own lines, bounded in number and length.

use std::time::Instant;

use parking_lot::Mutex;

use crate::bindings::sluicegate::transform::log::{Host, Level};
use crate::state::State;
use sluicegate_interface::text;

/// How the last line of a Rust guest begins.
const PANIC: &str = "panicked at ";

/// How many lines a step may still write. Shared by all instances of the step.
pub(crate) struct LogRate {
    per_second: f64,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    lines: f64,
    filled: Instant,
    dropped: u64,
}

impl LogRate {
    /// A rate of so many lines a second; as many may come at once.
    pub(crate) fn new(per_second: u32) -> Self {
        let lines = f64::from(per_second);
        Self { per_second: lines, bucket: Mutex::new(Bucket { lines, filled: Instant::now(), dropped: 0 }) }
    }

    /// Whether a line may be written, and how many were dropped since the last one.
    fn admit(&self, now: Instant) -> Option<u64> {
        let mut bucket = self.bucket.lock();
        let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.lines = (bucket.lines + passed * self.per_second).min(self.per_second);
        bucket.filled = now;
        if bucket.lines < 1.0 {
            bucket.dropped += 1;
            return None;
        }
        bucket.lines -= 1.0;
        Some(std::mem::take(&mut bucket.dropped))
    }
}

impl Host for State {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        let message = text::line(&message, text::MESSAGE);
        if level == Level::Error {
            // A guest that panics says why in its last line: kept even where it is not written.
            self.last_error = Some(message.clone());
        }
        let step = &*self.step.name;
        if level == Level::Error && message.starts_with(PANIC) {
            // The trap that follows tells it, once; the search for the row at fault repeats it.
            let wanted = tracing::enabled!(target: "sluicegate::guest", tracing::Level::DEBUG);
            if wanted && self.step.log.admit(Instant::now()).is_some() {
                tracing::debug!(target: "sluicegate::guest", step, "{message}");
            }
            return Ok(());
        }
        let Some(dropped) = self.step.log.admit(Instant::now()) else {
            metrics::counter!("sluicegate_guest_log_dropped_total", "step" => self.step.name.clone())
                .increment(1);
            return Ok(());
        };
        if dropped > 0 {
            tracing::warn!(target: "sluicegate::guest", step, dropped, "the guest wrote more lines than `limits.log_lines` allows");
        }
        match level {
            Level::Debug => tracing::debug!(target: "sluicegate::guest", step, "{message}"),
            Level::Info => tracing::info!(target: "sluicegate::guest", step, "{message}"),
            Level::Warn => tracing::warn!(target: "sluicegate::guest", step, "{message}"),
            Level::Error => tracing::error!(target: "sluicegate::guest", step, "{message}"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_over_the_rate_are_counted() {
        let rate = LogRate::new(2);
        let start = Instant::now();
        assert_eq!(rate.admit(start), Some(0));
        assert_eq!(rate.admit(start), Some(0));
        assert_eq!(rate.admit(start), None);
        assert_eq!(rate.admit(start), None);
        assert_eq!(rate.admit(start + Duration::from_secs(1)), Some(2));
    }
}
