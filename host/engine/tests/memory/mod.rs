//! A system in memory, as strict as a real one and less patient: it refuses, forgets its answers and takes lanes away.

pub mod sink;
pub mod source;
pub mod steps;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;
use sluicegate_model::{DeadLetter, Lane, Position};

/// What is durable.
#[derive(Default)]
pub struct Store {
    /// Committed rows in the order of their commits.
    pub rows: Vec<(Lane, u64)>,
    pub letters: Vec<DeadLetter>,
    /// The next ordinal of each lane.
    pub positions: BTreeMap<Lane, u64>,
    pub notes: BTreeMap<Lane, serde_json::Value>,
    pub released: Vec<Lane>,
    pub commits: usize,
    /// Where epochs ended.
    pub ends: Vec<(Lane, u64)>,
}

pub type Shared = Arc<Mutex<Store>>;

pub fn position(ordinal: u64) -> Position {
    let serde_json::Value::Object(at) = json!({ "ordinal": ordinal }) else { unreachable!() };
    Position { v: 1, source: "memory".to_owned(), at }
}

pub fn ordinal(position: &Position) -> u64 {
    position.number("ordinal").expect("a position of this system") as u64
}

/// A small generator of numbers, so that a failing seed can be run again.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// True once in `times`; never where `times` is 0.
    pub fn once_in(&mut self, times: u64) -> bool {
        times > 0 && self.below(times) == 0
    }
}

/// Every row of every lane once, in the order of its lane.
pub fn assert_exactly_once(store: &Store, lanes: &BTreeMap<Lane, u64>, dead: &[(Lane, u64)]) {
    for (lane, count) in lanes {
        let found: Vec<u64> = store.rows.iter().filter(|row| row.0 == *lane).map(|row| row.1).collect();
        let expected: Vec<u64> =
            (0..*count).filter(|ordinal| !dead.contains(&(lane.clone(), *ordinal))).collect();
        if let Some(place) =
            (0..found.len().max(expected.len())).find(|place| found.get(*place) != expected.get(*place))
        {
            let around = place.saturating_sub(3)..;
            let near = |rows: &[u64]| {
                rows.get(around.clone()).map(|rows| rows.iter().take(8).copied().collect::<Vec<_>>())
            };
            panic!("lane {lane} differs from row {place} on: {:?}, not {:?}", near(&found), near(&expected));
        }
        assert_eq!(store.positions.get(lane), Some(count), "position of lane {lane}");
    }
}
