//! Pauses between tries.

use std::time::{Duration, Instant};

use sluicegate_connector::Error;

use crate::options::RetryOptions;

/// How long to wait after each failure in a row: twice as long as before, up to a longest pause.
#[derive(Debug)]
pub struct Backoff {
    options: RetryOptions,
    tries: u32,
    since: Option<Instant>,
    until: Option<Instant>,
}

impl Backoff {
    /// With no failure behind it.
    pub fn new(options: RetryOptions) -> Self {
        Self { options, tries: 0, since: None, until: None }
    }

    /// Notes a failure. `at_least` is what the system asked for. Gives `None` when it has lasted too long.
    pub fn fail(&mut self, now: Instant, at_least: Option<Duration>) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        if self.options.give_up_after.is_some_and(|most| now.duration_since(since) >= most.0) {
            return None;
        }
        let doubled = self.options.first.0.saturating_mul(1 << self.tries.min(16));
        let pause = doubled.min(self.options.longest.0).max(at_least.unwrap_or_default());
        self.tries += 1;
        self.until = Some(now + pause);
        Some(pause)
    }

    /// Something went well: the next failure is the first again.
    pub fn succeed(&mut self) {
        *self = Self::new(self.options.clone());
    }

    /// When the next try is due, if one must wait.
    pub fn wait_until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }

    /// Since when it has been failing.
    pub fn failing_since(&self) -> Option<Instant> {
        self.since
    }

    /// Failures in a row.
    pub fn tries(&self) -> u32 {
        self.tries
    }
}

/// Tells of a failure after which it is tried again.
pub fn note(pipeline: &str, pause: Duration, error: &Error) {
    metrics::counter!("sluicegate_retries_total", "pipeline" => pipeline.to_owned()).increment(1);
    tracing::warn!(pipeline, pause_ms = pause.as_millis() as u64, "{error}");
}

#[cfg(test)]
mod tests {
    use sluicegate_model::TimeSpan;

    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let second = |seconds| Duration::from_secs(seconds);
        let options = RetryOptions {
            first: TimeSpan(second(1)),
            longest: TimeSpan(second(5)),
            give_up_after: Some(TimeSpan(second(60))),
        };
        let mut backoff = Backoff::new(options);
        let start = Instant::now();
        let pauses: Vec<_> = (0..4).map(|_| backoff.fail(start, None).unwrap().as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 5]);
        assert_eq!(backoff.fail(start, Some(second(9))), Some(second(9)));
        assert_eq!(backoff.fail(start + second(60), None), None);
        backoff.succeed();
        assert_eq!(backoff.fail(start + second(60), None), Some(second(1)));
    }
}
