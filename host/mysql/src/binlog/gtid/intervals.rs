//! Sets of numbers as ranges.

use std::ops::Range;

/// A set of numbers, kept as ranges that are sorted, not empty, and neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(Vec<Range<u64>>);

impl Intervals {
    /// The ranges, in order.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.0
    }

    /// Whether there is no number.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// Whether a number is in the set.
    pub fn contains(&self, number: u64) -> bool {
        let next = self.0.partition_point(|range| range.end <= number);
        self.0.get(next).is_some_and(|range| range.contains(&number))
    }

    /// Whether every number of `other` is in the set.
    pub fn contains_all(&self, other: &Self) -> bool {
        other.0.iter().all(|inner| {
            let next = self.0.partition_point(|range| range.end < inner.end);
            self.0.get(next).is_some_and(|range| range.start <= inner.start)
        })
    }

    /// Adds the numbers of a range.
    pub fn add(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        // A log's transactions mostly come in order: the last range grows.
        if let Some(last) = self.0.last_mut()
            && range.start >= last.start
            && range.start <= last.end
        {
            last.end = last.end.max(range.end);
            return;
        }
        let first = self.0.partition_point(|known| known.end < range.start);
        let past = self.0.partition_point(|known| known.start <= range.end);
        let merged = self.0[first..past]
            .iter()
            .fold(range, |merged, known| merged.start.min(known.start)..merged.end.max(known.end));
        self.0.splice(first..past, [merged]);
    }

    /// Takes the numbers of a range out.
    pub fn remove(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let first = self.0.partition_point(|known| known.end <= range.start);
        let past = self.0.partition_point(|known| known.start < range.end);
        if first >= past {
            return;
        }
        let left = self.0[first].start..range.start;
        let right = range.end..self.0[past - 1].end;
        self.0.splice(first..past, [left, right].into_iter().filter(|part| !part.is_empty()));
    }

    /// Adds the numbers of another set.
    pub fn add_all(&mut self, other: &Self) {
        for range in &other.0 {
            self.add(range.clone());
        }
    }

    /// Takes the numbers of another set out.
    pub fn remove_all(&mut self, other: &Self) {
        for range in &other.0 {
            self.remove(range.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn apply(steps: &[(bool, u64, u64)]) -> (Intervals, BTreeSet<u64>) {
        let (mut set, mut plain) = (Intervals::default(), BTreeSet::new());
        for &(add, start, length) in steps {
            let range = start..start + length;
            if add {
                set.add(range.clone());
                plain.extend(range);
            } else {
                set.remove(range.clone());
                plain.retain(|number| !range.contains(number));
            }
        }
        (set, plain)
    }

    fn steps() -> impl Strategy<Value = Vec<(bool, u64, u64)>> {
        proptest::collection::vec((any::<bool>(), 1_u64..60, 0_u64..12), 0..24)
    }

    proptest! {
        #[test]
        fn a_set_of_ranges_is_a_set_of_numbers(first in steps(), second in steps()) {
            let (set, plain) = apply(&first);
            let (other, other_plain) = apply(&second);
            prop_assert!(set.ranges().windows(2).all(|pair| pair[0].end < pair[1].start));
            prop_assert!(set.ranges().iter().all(|range| !range.is_empty()));
            for number in 0..80 {
                prop_assert_eq!(set.contains(number), plain.contains(&number));
            }
            prop_assert_eq!(set.contains_all(&other), other_plain.is_subset(&plain));
            let mut union = set.clone();
            union.add_all(&other);
            let numbers: BTreeSet<u64> = union.ranges().iter().cloned().flatten().collect();
            prop_assert_eq!(numbers, &plain | &other_plain);
            let mut rest = set;
            rest.remove_all(&other);
            let numbers: BTreeSet<u64> = rest.ranges().iter().cloned().flatten().collect();
            prop_assert_eq!(rest.count(), numbers.len() as u64);
            prop_assert_eq!(numbers, &plain - &other_plain);
        }
    }
}
