//! How old what was given is, and is not committed.

use std::collections::VecDeque;
use std::time::Duration;

use sluicegate_connector::Delay;
use sluicegate_model::{Moment, Position};
use tokio::time::Instant;

/// When the transactions of a stretch were made: the first and the last, in milliseconds since 1970 of the server's
/// clock. `None` where none begins in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub first: Option<i64>,
    /// The last.
    pub last: Option<i64>,
}

impl Span {
    /// Notes a transaction.
    pub fn begin(&mut self, millis: i64) {
        self.first.get_or_insert(millis);
        self.last = Some(millis);
    }

    /// What was noted; goes on from the last transaction where that is not over.
    pub fn take(&mut self, goes_on: bool) -> Self {
        let first = self.last.filter(|_| goes_on);
        std::mem::replace(self, Self { first, last: first })
    }
}

/// What was given to the engine and may not be committed yet, and when its transactions were made.
#[derive(Debug)]
pub struct Times {
    /// What the server's clock is ahead of ours, in milliseconds.
    ahead: i64,
    /// In order; what was committed is taken out when somebody asks.
    given: VecDeque<(Position, Span)>,
    /// The last transaction that is committed.
    committed: Option<i64>,
    /// When the server said something last.
    heard: Option<Instant>,
}

impl Times {
    /// Of a server whose clock is so far ahead.
    pub fn new(ahead: i64) -> Self {
        Self { ahead, given: VecDeque::new(), committed: None, heard: None }
    }

    /// Notes that the server said something.
    pub fn hear(&mut self) {
        self.heard = Some(Instant::now());
    }

    /// Notes what was given, up to a position.
    pub fn give(&mut self, to: &Position, span: Span) {
        self.given.push_back((to.clone(), span));
    }

    /// How old what is not committed is, where the lane is committed up to a position; `open` is what was read and not
    /// given. A server that is not heard any more may have changes as old as its silence.
    pub fn delay(&mut self, decided: &Position, open: Span, is_connected: bool) -> Option<Delay> {
        let heard = self.heard?;
        if let Some(place) = self.given.iter().position(|(to, _)| to == decided) {
            let last = self.given.drain(..=place).filter_map(|(_, span)| span.last).next_back();
            self.committed = last.or(self.committed);
        }
        let now = chrono::Utc::now().timestamp_millis() + self.ahead;
        let oldest = self.given.iter().find_map(|(_, span)| span.first).or(open.first);
        let behind = match oldest {
            Some(oldest) => Duration::from_millis(u64::try_from(now - oldest).unwrap_or(0)),
            None if is_connected => Duration::ZERO,
            None => heard.elapsed(),
        };
        Some(Delay { behind, committed: self.committed.map(Moment) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: u64) -> Position {
        let at = serde_json::Map::from_iter([("position".to_owned(), number.into())]);
        Position { v: 1, source: "s".to_owned(), at }
    }

    #[test]
    fn what_is_committed_is_no_delay() {
        let mut times = Times::new(0);
        let now = chrono::Utc::now().timestamp_millis();
        assert_eq!(
            times.delay(&at(0), Span::default(), true),
            None,
            "nothing is known before the server spoke"
        );
        times.hear();
        let span = |ago: i64| Span { first: Some(now - ago * 1000), last: Some(now - ago * 1000 + 500) };
        times.give(&at(1), span(3600));
        times.give(&at(2), Span::default());
        times.give(&at(3), span(60));
        let mut behind = |decided: u64, open| {
            let delay = times.delay(&at(decided), open, true).unwrap();
            (delay.behind.as_secs() / 60, delay.committed.map(|moment| (now - moment.0) / 1000))
        };
        assert_eq!(behind(0, Span::default()), (60, None));
        assert_eq!(behind(1, Span::default()), (1, Some(3599)));
        assert_eq!(behind(2, Span::default()), (1, Some(3599)));
        assert_eq!(behind(3, span(600)), (10, Some(59)));
        assert_eq!(behind(3, Span::default()), (0, Some(59)));
    }

    #[test]
    fn a_transaction_that_goes_on_keeps_its_time() {
        let mut span = Span::default();
        span.begin(5);
        span.begin(9);
        assert_eq!(span.take(true), Span { first: Some(5), last: Some(9) });
        assert_eq!(span.take(false), Span { first: Some(9), last: Some(9) });
        assert_eq!(span, Span::default());
    }
}
