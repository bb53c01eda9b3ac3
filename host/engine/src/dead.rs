//! Dead letters: how many are too many, where they go, and rows that a sink refused.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sluicegate_connector::{DeadLetters, SinkReject};
use sluicegate_model::{ChangeBatch, DeadLetter, Lane, TableName};

/// When dead letters stop the pipeline: `failed` of the last `of` records of a lane. Kept with the lane's position,
/// so a restart does not forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopAfter {
    /// So many dead letters ...
    pub failed: u64,
    /// ... among so many records.
    pub of: u64,
}

impl Default for StopAfter {
    fn default() -> Self {
        Self { failed: 100, of: 10_000 }
    }
}

/// Encrypts the bytes of a letter before they are stored anywhere.
pub trait SealLetters: Send + Sync {
    /// Replaces key, value and header values by sealed ones.
    ///
    /// # Errors
    /// In words, when the key does not work; the letter is then not stored and the pipeline stops.
    fn seal(&self, letter: &mut DeadLetter) -> Result<(), String>;
}

/// A reason without the values that it quotes: where letters are sealed, so is what they would give away.
pub(crate) fn without_quotes(reason: &str) -> String {
    let mut clear = String::with_capacity(reason.len());
    let mut quoted = false;
    let mut letters = reason.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                clear.push_str(if quoted { "\"" } else { "\"..." });
                quoted = !quoted;
            }
            // What follows is part of the value, a quote too.
            '\\' if quoted => drop(letters.next()),
            _ if quoted => {}
            _ => clear.push(letter),
        }
    }
    if quoted {
        clear.push('"');
    }
    clear
}

/// Where dead letters go.
#[derive(Default)]
pub struct DeadLetterRoute {
    /// Whether there is a route at all. Without one the first row that cannot be handled stops the pipeline.
    pub open: bool,
    /// The place for them where the sink cannot take them into its own transaction.
    pub outside: Option<Box<dyn DeadLetters>>,
    /// The place for letters that are too large for the first.
    pub overflow: Option<Box<dyn DeadLetters>>,
    /// How many are too many.
    pub stop_after: StopAfter,
    /// Encrypts them, in a pipeline that seals or opens anything.
    pub seal: Option<Arc<dyn SealLetters>>,
    /// Whether reasons must not quote values: the messages came encrypted, and so they stay.
    pub unquoted: bool,
}

/// The last records of a lane, and how many of them died.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Window {
    stretches: VecDeque<(u64, u64)>,
    rows: u64,
    failed: u64,
}

impl Window {
    /// Notes a stretch of records. Whether too many of the last ones died.
    pub(crate) fn note(&mut self, rows: u64, failed: u64, limit: StopAfter) -> bool {
        // Small stretches are joined, so that the window stays small however the lane was read.
        match self.stretches.back_mut() {
            Some(last) if last.0 + rows <= limit.of / 64 => *last = (last.0 + rows, last.1 + failed),
            _ => self.stretches.push_back((rows, failed)),
        }
        self.rows += rows;
        self.failed += failed;
        while let Some(&(oldest, dead)) = self.stretches.front() {
            if self.rows - oldest < limit.of {
                break;
            }
            self.stretches.pop_front();
            self.rows -= oldest;
            self.failed -= dead;
        }
        self.failed > 0 && self.failed >= limit.failed
    }

    /// For the lane's note; `None` while nothing died.
    pub(crate) fn to_note(&self) -> Option<Value> {
        (self.failed > 0).then(|| json!({ "dead": self.stretches }))
    }

    /// From the lane's note; what cannot be read is nothing.
    pub(crate) fn from_note(note: Option<&Value>) -> Self {
        let stretches: VecDeque<(u64, u64)> = note
            .and_then(|note| note.get("dead"))
            .and_then(|dead| serde_json::from_value(dead.clone()).ok())
            .unwrap_or_default();
        let (rows, failed) = stretches.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Self { stretches, rows, failed }
    }
}

/// A row of a batch that the sink refused before.
pub(crate) struct RefusedRow {
    /// Its place in the batch.
    pub(crate) row: usize,
    /// Its record, its part, and the sink's reason.
    pub(crate) named: (u64, Option<u32>, String),
}

type RowId = (Lane, u64, Option<u32>, TableName);

/// Rows that the sink refused once: when they come again they go to the dead letters instead.
#[derive(Default)]
pub(crate) struct Refused {
    rows: RwLock<HashMap<RowId, String>>,
    any: AtomicBool,
}

impl Refused {
    pub(crate) fn add(&self, rejects: Vec<SinkReject>) {
        let mut rows = self.rows.write();
        for reject in rejects {
            rows.insert((reject.lane, reject.ordinal, reject.part, reject.output), reject.reason);
        }
        self.any.store(!rows.is_empty(), Ordering::Release);
    }

    /// The rows of a batch that were refused.
    pub(crate) fn among(&self, batch: &ChangeBatch) -> Vec<RefusedRow> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let rows = self.rows.read();
        let origin = batch.origin();
        let id = |row| (origin.lane.clone(), origin.ordinals[row], origin.part(row), batch.table().clone());
        let refused = |row| {
            let reason = rows.get(&id(row))?.clone();
            Some(RefusedRow { row, named: (origin.ordinals[row], origin.part(row), reason) })
        };
        (0..batch.len()).filter_map(refused).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: StopAfter = StopAfter { failed: 3, of: 640 };

    #[test]
    fn too_many_of_the_last_stop() {
        let mut window = Window::default();
        assert!(!window.note(300, 2, LIMIT));
        assert!(!window.note(400, 0, LIMIT));
        assert!(!window.note(300, 1, LIMIT), "the first two are out of the window");
        assert!(window.note(1, 2, LIMIT));
    }

    #[test]
    fn the_window_outlives_a_restart() {
        let mut window = Window::default();
        assert_eq!(window.to_note(), None);
        window.note(100, 2, LIMIT);
        let mut restored = Window::from_note(window.to_note().as_ref());
        assert_eq!(restored, window);
        assert!(restored.note(1, 1, LIMIT));
        assert_eq!(Window::from_note(Some(&json!({ "dead": "?" }))), Window::default());
    }

    #[test]
    fn quoted_values_are_left_out() {
        assert_eq!(
            without_quotes(r#"column phone: "138 0013" is no int64"#),
            r#"column phone: "..." is no int64"#
        );
        assert_eq!(without_quotes(r#"an open "quote"#), r#"an open "...""#);
        assert_eq!(without_quotes("nothing"), "nothing");
        assert_eq!(
            without_quotes(r#"column a: "x\"138\"y" is no "int64""#),
            r#"column a: "..." is no "...""#
        );
    }

    #[test]
    fn single_records_do_not_make_a_long_window() {
        let mut window = Window::default();
        for _ in 0..10_000 {
            window.note(1, 0, LIMIT);
        }
        assert!(window.stretches.len() <= 66, "{}", window.stretches.len());
    }
}
