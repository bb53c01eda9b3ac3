//! How far a source has come with rows that are there already, and how long the rest takes.

use std::time::{Duration, Instant};

use metrics::gauge;
use sluicegate_connector::Copying;

/// Looks at what a source says, and tells it as metrics.
#[derive(Debug, Default)]
pub(crate) struct CopyClock {
    /// When rows began to come, and how many there were then.
    began: Option<(Instant, u64)>,
}

impl CopyClock {
    /// Looks at a source. Gives how long the rest takes, about, where that can be told.
    pub(crate) fn look(&mut self, pipeline: &str, now: Instant, copying: &Copying) -> Option<Duration> {
        let left = self.left(now, copying);
        let label = || pipeline.to_owned();
        gauge!("sluicegate_snapshot_parts", "pipeline" => label()).set(copying.parts as f64);
        gauge!("sluicegate_snapshot_rows", "pipeline" => label()).set(copying.rows as f64);
        gauge!("sluicegate_snapshot_bytes", "pipeline" => label()).set(copying.bytes as f64);
        if let Some(expected) = copying.expected {
            gauge!("sluicegate_snapshot_rows_expected", "pipeline" => label()).set(expected as f64);
        }
        if let Some(left) = left {
            gauge!("sluicegate_snapshot_seconds_left", "pipeline" => label()).set(left.as_secs_f64());
        }
        left
    }

    fn left(&mut self, now: Instant, copying: &Copying) -> Option<Duration> {
        if copying.ended {
            return Some(Duration::ZERO);
        }
        if copying.rows == 0 {
            return None;
        }
        // After a rewind the source counts from its beginning.
        let (since, from) =
            *self.began.take_if(|(_, from)| *from <= copying.rows).get_or_insert((now, copying.rows));
        self.began = Some((since, from));
        let (time, rows) = (now.duration_since(since), copying.rows - from);
        let rest = copying.expected?.checked_sub(copying.rows)?;
        (rows > 0).then(|| Duration::from_secs_f64(time.as_secs_f64() * rest as f64 / rows as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_its_share() {
        let mut clock = CopyClock::default();
        let start = Instant::now();
        let mut look = |seconds, rows, ended| {
            let copying = Copying { rows, expected: Some(1_000), ended, ..Copying::default() };
            clock.left(start + Duration::from_secs(seconds), &copying)
        };
        assert_eq!(look(0, 0, false), None);
        assert_eq!(look(5, 100, false), None, "the first rows say nothing");
        assert_eq!(look(15, 300, false), Some(Duration::from_secs(35)));
        assert_eq!(look(40, 1_001, false), None, "more than the server knew of");
        assert_eq!(look(50, 1_100, true), Some(Duration::ZERO));
        assert_eq!(look(60, 50, false), None, "after a rewind it begins again");
        assert_eq!(look(70, 100, false), Some(Duration::from_mins(3)));
    }
}
