//! Bounds and lists in the type of a column, and the output that a key belongs to.

use sluicegate_sdk::cells::{Cell, States, Variable};

use crate::gather::NOWHERE;
use crate::keys::Keys;

/// The output of a key.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The bounds, or the values, as keys of the column's type.
    keys: Keys,
    rule: Rule,
    /// The output of NULL.
    null: u32,
}

#[derive(Clone, Debug)]
enum Rule {
    /// Routes are places among the bounds; the place behind them leads here.
    Ranges { last: u32 },
    /// For each value its route; sorted by value. What is no value leads here.
    Values { routes: Vec<u32>, other: u32 },
}

impl Lookup {
    /// Ranges that end at these bounds, without NULL.
    ///
    /// # Errors
    /// In words, where the bounds do not ascend.
    pub fn ranges(bounds: Keys, open: bool, other: Option<u32>) -> Result<Self, String> {
        let ascending = match &bounds {
            Keys::Narrow(bounds, _) => bounds.is_sorted_by(|a, b| a < b),
            Keys::Wide(bounds, _) => bounds.is_sorted_by(|a, b| a < b),
            Keys::Bytes(bounds, _) => {
                (0..count(bounds)).map(|at| bytes(bounds, at)).is_sorted_by(|a, b| a < b)
            }
        };
        if !ascending {
            return Err("the bounds do not ascend".to_owned());
        }
        let null = other.unwrap_or(NOWHERE);
        let last = if open { len(&bounds) as u32 } else { null };
        Ok(Self { keys: bounds, rule: Rule::Ranges { last }, null })
    }

    /// Lists: each value, without NULL, and its route.
    ///
    /// # Errors
    /// In words, where two values are one in the column's type.
    pub fn values(
        values: Keys,
        routes: &[u32],
        null: Option<u32>,
        other: Option<u32>,
    ) -> Result<Self, String> {
        let mut order: Vec<usize> = (0..len(&values)).collect();
        let keys = match values {
            Keys::Narrow(values, states) => {
                order.sort_by_key(|&at| values[at]);
                Keys::Narrow(order.iter().map(|&at| values[at]).collect(), states)
            }
            Keys::Wide(values, states) => {
                order.sort_by_key(|&at| values[at]);
                Keys::Wide(order.iter().map(|&at| values[at]).collect(), states)
            }
            Keys::Bytes(values, states) => {
                order.sort_by_key(|&at| bytes(&values, at));
                let mut sorted = Variable { offsets: vec![0], data: Vec::with_capacity(values.data.len()) };
                for &at in &order {
                    sorted.data.extend_from_slice(bytes(&values, at));
                    sorted.offsets.push(sorted.data.len() as u32);
                }
                Keys::Bytes(sorted, states)
            }
        };
        let repeated = match &keys {
            Keys::Narrow(values, _) => values.windows(2).any(|two| two[0] == two[1]),
            Keys::Wide(values, _) => values.windows(2).any(|two| two[0] == two[1]),
            Keys::Bytes(values, _) => (1..count(values)).any(|at| bytes(values, at) == bytes(values, at - 1)),
        };
        if repeated {
            return Err("a value stands twice, once its type is the column's".to_owned());
        }
        let other = other.unwrap_or(NOWHERE);
        let routes = order.iter().map(|&at| routes[at]).collect();
        Ok(Self { keys, rule: Rule::Values { routes, other }, null: null.unwrap_or(other) })
    }

    /// The route of each cell of a column of the same type; none where it is of another.
    pub fn routes(&self, cells: &Keys) -> Option<Vec<u32>> {
        Some(match (&self.keys, cells) {
            (Keys::Narrow(keys, _), Keys::Narrow(cells, states)) => {
                self.each(cells.len(), states, |row| keys.binary_search(&cells[row]))
            }
            (Keys::Wide(keys, _), Keys::Wide(cells, states)) => {
                self.each(cells.len(), states, |row| keys.binary_search(&cells[row]))
            }
            (Keys::Bytes(keys, _), Keys::Bytes(cells, states)) => {
                self.each(count(cells), states, |row| search(keys, bytes(cells, row)))
            }
            _ => return None,
        })
    }

    fn each(&self, rows: usize, states: &States, find: impl Fn(usize) -> Result<usize, usize>) -> Vec<u32> {
        let route = |row: usize| match (states.of(row), &self.rule) {
            (Cell::Null | Cell::Missing, _) => self.null,
            (Cell::Value(()), Rule::Ranges { last }) => {
                // What is at a bound is not below it.
                let place = find(row).map_or_else(|place| place, |place| place + 1);
                if place < len(&self.keys) { place as u32 } else { *last }
            }
            (Cell::Value(()), Rule::Values { routes, other }) => {
                find(row).map_or(*other, |place| routes[place])
            }
        };
        (0..rows).map(route).collect()
    }
}

fn len(keys: &Keys) -> usize {
    match keys {
        Keys::Narrow(keys, _) => keys.len(),
        Keys::Wide(keys, _) => keys.len(),
        Keys::Bytes(keys, _) => count(keys),
    }
}

fn count(variable: &Variable) -> usize {
    variable.offsets.len().saturating_sub(1)
}

fn bytes(variable: &Variable, at: usize) -> &[u8] {
    &variable.data[variable.offsets[at] as usize..variable.offsets[at + 1] as usize]
}

fn search(keys: &Variable, wanted: &[u8]) -> Result<usize, usize> {
    let (mut low, mut high) = (0, count(keys));
    while low < high {
        let middle = low.midpoint(high);
        match bytes(keys, middle).cmp(wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return Ok(middle),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Err(low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sluicegate_sdk::builders::{Int64Builder, TextBuilder};

    use super::*;

    fn numbers(cells: &[Option<i64>]) -> Keys {
        let mut builder = Int64Builder::default();
        for cell in cells {
            builder.push(*cell);
        }
        let (rows, cells) = builder.into_cells();
        Keys::of(rows as usize, cells, false).unwrap()
    }

    fn texts(cells: &[Option<&str>]) -> Keys {
        let mut builder = TextBuilder::default();
        for cell in cells {
            builder.push(*cell);
        }
        let (rows, cells) = builder.into_cells();
        Keys::of(rows as usize, cells, false).unwrap()
    }

    #[test]
    fn a_bound_is_not_in_its_range() {
        let lookup = Lookup::ranges(numbers(&[Some(10), Some(20)]), true, None).unwrap();
        let cells = numbers(&[Some(-1), Some(9), Some(10), Some(19), Some(20), Some(99), None]);
        assert_eq!(lookup.routes(&cells).unwrap(), [0, 0, 1, 1, 2, 2, NOWHERE]);
    }

    #[test]
    fn what_is_above_the_last_bound_and_null_go_to_other() {
        let lookup = Lookup::ranges(texts(&[Some("f"), Some("m")]), false, Some(2)).unwrap();
        let cells = texts(&[Some("a"), Some("f"), Some("z"), None]);
        assert_eq!(lookup.routes(&cells).unwrap(), [0, 1, 2, 2]);
    }

    #[test]
    fn values_lead_to_their_list() {
        let values = texts(&[Some("US"), Some("DE"), Some("FR")]);
        let lookup = Lookup::values(values, &[1, 0, 0], Some(1), None).unwrap();
        let cells = texts(&[Some("FR"), Some("US"), Some("GB"), None, Some("DE")]);
        assert_eq!(lookup.routes(&cells).unwrap(), [0, 1, NOWHERE, 1, 0]);
        assert!(lookup.routes(&numbers(&[Some(1)])).is_none());
    }

    #[test]
    fn what_is_no_order_is_refused() {
        assert!(Lookup::ranges(numbers(&[Some(2), Some(1)]), true, None).is_err());
        assert!(Lookup::ranges(numbers(&[Some(2), Some(2)]), true, None).is_err());
        assert!(Lookup::values(numbers(&[Some(2), Some(2)]), &[0, 1], None, None).is_err());
    }

    proptest! {
        #[test]
        fn ranges_agree_with_a_scan(
            bounds in proptest::collection::btree_set(-50i64..50, 1..8),
            cells in proptest::collection::vec(-60i64..60, 0..40),
        ) {
            let bounds: Vec<i64> = bounds.into_iter().collect();
            let of = |numbers_: &[i64]| numbers(&numbers_.iter().copied().map(Some).collect::<Vec<_>>());
            let lookup = Lookup::ranges(of(&bounds), true, None).unwrap();
            let expected: Vec<u32> = cells
                .iter()
                .map(|cell| bounds.iter().position(|bound| cell < bound).unwrap_or(bounds.len()) as u32)
                .collect();
            prop_assert_eq!(lookup.routes(&of(&cells)).unwrap(), expected);
        }
    }
}
