//! Which letters were sent again: the position of a replay.
//!
//! A replay leaves letters behind: those that it was not asked for, and those that it refuses. So its position is no
//! point but a set: in each place everything before `end` is done, but for the stretches in `left`. It is decided with
//! the rows, as every position is, and so a letter is done when its row is written, and only then.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sluicegate_connector::Error;
use sluicegate_model::Position;

/// The lane that all letters of a pipeline are sent again in.
pub const LANE: &str = "dead-letters";

/// What is done in each place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done(BTreeMap<String, PlaceDone>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct PlaceDone {
    source: String,
    end: u64,
    /// First and last letter of each stretch, in order.
    left: Vec<(u64, u64)>,
}

impl PlaceDone {
    fn is_done(&self, at: u64) -> bool {
        let stretch = self.left.partition_point(|(_, last)| *last < at);
        at < self.end && self.left.get(stretch).is_none_or(|(first, _)| at < *first)
    }
}

impl Done {
    /// From a position that was decided.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] for one that a later version wrote.
    pub fn from_position(position: &Position) -> Result<Self, Error> {
        let unreadable = || {
            Error::fatal(
                "the record of the letters that were sent again cannot be read: a later version wrote it",
            )
            .position(position)
        };
        if position.v != 1 {
            return Err(unreadable());
        }
        let places = position.at.get("places").and_then(Value::as_object).ok_or_else(unreadable)?;
        let read = |(name, place): (&String, &Value)| {
            let source = place.get("source")?.as_str()?.to_owned();
            let (end, left) = (place.get("end")?.as_u64()?, parse(place.get("left")?.as_str()?)?);
            Some((name.clone(), PlaceDone { source, end, left }))
        };
        places.iter().map(read).collect::<Option<_>>().map(Self).ok_or_else(unreadable)
    }

    fn of(&self, place: &str, source: &str) -> Option<&PlaceDone> {
        self.0.get(place).filter(|done| done.source == source)
    }

    /// Whether a letter was sent again.
    pub fn is_done(&self, place: &str, source: &str, at: u64) -> bool {
        self.of(place, source).is_some_and(|done| done.is_done(at))
    }

    /// The first point of a place behind which a letter may lie that was not sent again.
    pub fn first_open(&self, place: &str, source: &str) -> u64 {
        self.of(place, source).map_or(0, |done| done.left.first().map_or(done.end, |(first, _)| *first))
    }
}

/// A place as a replay found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPlace {
    /// Its name.
    pub name: String,
    /// What it belongs to.
    pub source: String,
    /// Where it ended.
    pub end: u64,
    /// Where its letters lie, in order, from the first that is not done.
    pub letters: Vec<u64>,
}

/// What is done, while a replay runs.
pub struct Progress {
    done: Done,
    known: Arc<[KnownPlace]>,
}

impl Progress {
    /// Goes on from what is done.
    pub fn new(mut done: Done, known: &Arc<[KnownPlace]>) -> Self {
        for place in known.iter() {
            let mut left: Vec<(u64, u64)> = Vec::new();
            let mut joins = false;
            for &at in &place.letters {
                let open = !done.is_done(&place.name, &place.source, at);
                match left.last_mut() {
                    Some(stretch) if open && joins => stretch.1 = at,
                    _ if open => left.push((at, at)),
                    _ => {}
                }
                joins = open;
            }
            let before = done.of(&place.name, &place.source);
            // Another replay may have looked later, and further.
            left.extend(
                before.into_iter().flat_map(|before| &before.left).filter(|(first, _)| *first >= place.end),
            );
            let end = before.map_or(0, |before| before.end).max(place.end);
            let source = place.source.clone();
            done.0.insert(place.name.clone(), PlaceDone { source, end, left });
        }
        Self { done, known: Arc::clone(known) }
    }

    /// Whether a letter is done.
    pub fn is_done(&self, place: usize, at: u64) -> bool {
        let place = &self.known[place];
        self.done.is_done(&place.name, &place.source, at)
    }

    /// A letter is done.
    pub fn finish(&mut self, place: usize, at: u64) {
        let place = &self.known[place];
        let Some(done) = self.done.0.get_mut(&place.name) else { return };
        let stretch = done.left.partition_point(|(_, last)| *last < at);
        let Some(&(first, last)) = done.left.get(stretch).filter(|(first, _)| *first <= at) else { return };
        let mut rest = Vec::with_capacity(2);
        let here = place.letters.partition_point(|letter| *letter < at);
        if first < at && here > 0 {
            rest.push((first, place.letters[here - 1]));
        }
        if at < last
            && let Some(next) = place.letters.get(here + 1)
        {
            rest.push((*next, last));
        }
        done.left.splice(stretch..=stretch, rest);
    }

    /// Stretches of letters that are left, in all places: the position holds each.
    pub fn stretches(&self) -> usize {
        self.done.0.values().map(|done| done.left.len()).sum()
    }

    /// What is to be decided.
    pub fn position(&self) -> Position {
        let places: Map<String, Value> = self
            .done
            .0
            .iter()
            .map(|(name, done)| {
                let place = json!({ "source": done.source, "end": done.end, "left": write(&done.left) });
                (name.clone(), place)
            })
            .collect();
        let at = Map::from_iter([("places".to_owned(), Value::Object(places))]);
        Position { v: 1, source: LANE.to_owned(), at }
    }
}

/// `3,5-7`
fn write(stretches: &[(u64, u64)]) -> String {
    let mut text = String::with_capacity(stretches.len() * 8);
    for (place, (first, last)) in stretches.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a text cannot fail.
        let _ = if first == last {
            write!(text, "{comma}{first}")
        } else {
            write!(text, "{comma}{first}-{last}")
        };
    }
    text
}

fn parse(text: &str) -> Option<Vec<(u64, u64)>> {
    let stretches = text.split(',').filter(|stretch| !stretch.is_empty()).map(|stretch| {
        let (first, last) = stretch.split_once('-').unwrap_or((stretch, stretch));
        Some((first.parse().ok()?, last.parse().ok()?))
    });
    stretches.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn known(letters: &BTreeSet<u64>, end: u64, from: u64) -> Arc<[KnownPlace]> {
        let letters = letters.iter().copied().filter(|at| (from..end).contains(at)).collect();
        Arc::from([KnownPlace { name: "t/0".into(), source: "c/1".into(), end, letters }])
    }

    proptest! {
        /// Over several replays, each of which sees more letters and does some of those that are left, in any order.
        #[test]
        fn done_is_what_was_done(
            letters in prop::collection::btree_set(0u64..60, 0..40),
            runs in prop::collection::vec((0u64..64, prop::collection::vec(any::<prop::sample::Index>(), 0..12)), 1..5),
        ) {
            let mut done = Done::default();
            let mut truth: BTreeSet<u64> = BTreeSet::new();
            let mut seen = 0;
            for (end, picks) in runs {
                seen = end.max(seen);
                let places = known(&letters, seen, done.first_open("t/0", "c/1"));
                let mut progress = Progress::new(done.clone(), &places);
                for pick in picks {
                    if places[0].letters.is_empty() { break; }
                    let at = *pick.get(&places[0].letters);
                    progress.finish(0, at);
                    truth.insert(at);
                }
                done = Done::from_position(&progress.position()).unwrap();
                for at in 0..64 {
                    let expected = truth.contains(&at);
                    if letters.contains(&at) {
                        prop_assert_eq!(done.is_done("t/0", "c/1", at), expected, "{} of {:?}", at, &done);
                        prop_assert!(expected || done.first_open("t/0", "c/1") <= at);
                    }
                }
            }
        }
    }

    #[test]
    fn a_place_that_was_made_anew_is_another() {
        let places = known(&BTreeSet::from([0, 1, 4]), 5, 0);
        let mut progress = Progress::new(Done::default(), &places);
        progress.finish(0, 1);
        let position = progress.position();
        assert_eq!(position.at["places"]["t/0"]["left"], "0,4");
        let done = Done::from_position(&position).unwrap();
        assert!(done.is_done("t/0", "c/1", 1) && !done.is_done("t/0", "c/2", 1));
        assert_eq!(done.first_open("t/0", "c/2"), 0);
    }
}
