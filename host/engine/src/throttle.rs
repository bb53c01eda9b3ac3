//! Rows and bytes a second.

use std::time::{Duration, Instant};

use crate::options::ThrottleOptions;

/// Two leaky buckets: one of rows, one of bytes. Reading may run ahead by one chunk and then waits until it is
/// paid for, so the average holds whatever the size of chunks.
#[derive(Debug)]
pub struct Throttle {
    rows_per_second: Option<f64>,
    bytes_per_second: Option<f64>,
    paid_until: Instant,
}

impl Throttle {
    /// From the options, with nothing owed.
    pub fn new(options: &ThrottleOptions, now: Instant) -> Self {
        Self {
            rows_per_second: options.rows_per_second.map(|rows| rows.max(1) as f64),
            bytes_per_second: options.bytes_per_second.map(|bytes| bytes.0.max(1) as f64),
            paid_until: now,
        }
    }

    /// Notes what was read.
    pub fn spend(&mut self, rows: usize, bytes: usize, now: Instant) {
        let cost = |rate: Option<f64>, amount: usize| rate.map_or(0.0, |rate| amount as f64 / rate);
        let seconds = cost(self.rows_per_second, rows).max(cost(self.bytes_per_second, bytes));
        self.paid_until = self.paid_until.max(now) + Duration::from_secs_f64(seconds);
    }

    /// When reading may go on, if it must wait.
    pub fn wait_until(&self, now: Instant) -> Option<Instant> {
        (self.paid_until > now).then_some(self.paid_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slower_limit_counts() {
        let now = Instant::now();
        let options = ThrottleOptions {
            rows_per_second: Some(100),
            bytes_per_second: Some(sluicegate_model::ByteSize(1000)),
        };
        let mut throttle = Throttle::new(&options, now);
        assert_eq!(throttle.wait_until(now), None);
        throttle.spend(50, 2000, now);
        assert_eq!(throttle.wait_until(now), Some(now + Duration::from_secs(2)));
        assert_eq!(throttle.wait_until(now + Duration::from_secs(2)), None);
    }

    #[test]
    fn without_limits_nothing_waits() {
        let now = Instant::now();
        let mut throttle = Throttle::new(&ThrottleOptions::default(), now);
        throttle.spend(1_000_000, 1 << 40, now);
        assert_eq!(throttle.wait_until(now), None);
    }
}
