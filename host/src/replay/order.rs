//! The order in which rows are sent again.

use std::collections::HashMap;

use sluicegate_model::Lane;

use super::plan::Unit;

/// What decides about the order of a unit.
pub(super) struct Row<'a> {
    pub(super) lane: &'a Lane,
    pub(super) ordinal: u64,
    pub(super) part: Option<u32>,
    pub(super) keys: &'a [u128],
}

/// Puts units in the order in which their bytes lie, so that they are read in one go; but rows that share a key go in
/// the order of their source, wherever they lie. They do not always lie so: messages without a key, or with a sealed
/// one, are spread over the partitions of their topic, and what is too large for it is in a file.
pub(super) fn in_order<'a>(mut units: Vec<Unit>, row: impl Fn(&Unit) -> Row<'a>) -> Vec<Unit> {
    units.sort_by_key(|unit| unit.bytes);
    let mut groups = Groups((0..units.len()).collect());
    let mut first: HashMap<(&Lane, u128), usize> = HashMap::new();
    for (number, unit) in units.iter().enumerate() {
        let row = row(unit);
        for key in row.keys {
            let other = *first.entry((row.lane, *key)).or_insert(number);
            groups.join(other, number);
        }
    }
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for number in 0..units.len() {
        members.entry(groups.root(number)).or_default().push(number);
    }
    // Each group keeps its turns, and takes them in the order of the source.
    let mut turns: Vec<usize> = (0..units.len()).collect();
    for places in members.values().filter(|places| places.len() > 1) {
        let mut sorted = places.clone();
        sorted.sort_by_key(|number| {
            let row = row(&units[*number]);
            (row.ordinal, row.part)
        });
        for (turn, number) in places.iter().zip(sorted) {
            turns[*turn] = number;
        }
    }
    let mut taken: Vec<Option<Unit>> = units.into_iter().map(Some).collect();
    turns.into_iter().filter_map(|number| taken[number].take()).collect()
}

/// Which units share keys, also by way of others.
struct Groups(Vec<usize>);

impl Groups {
    fn root(&mut self, mut number: usize) -> usize {
        while self.0[number] != number {
            self.0[number] = self.0[self.0[number]];
            number = self.0[number];
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_key_go_in_the_order_of_their_source() {
        let lane = Lane::from("t/0");
        // Ordinal and keys, as they lie; the one that changed its key joins two.
        let rows: [(u64, &[u128]); 5] = [(9, &[1]), (3, &[2]), (5, &[1, 7]), (4, &[7]), (8, &[2])];
        let units = (0..rows.len()).map(|n| Unit { letters: vec![n], bytes: (0, n as u64) }).collect();
        let sorted = in_order(units, |unit| {
            let (ordinal, keys) = rows[unit.letters[0]];
            Row { lane: &lane, ordinal, part: None, keys }
        });
        let ordinals: Vec<u64> = sorted.iter().map(|unit| rows[unit.letters[0]].0).collect();
        assert_eq!(ordinals, [4, 3, 5, 9, 8]);
    }
}
