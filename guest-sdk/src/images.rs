//! Which rows say what is in a column before and after a change.
//!
//! A transform that routes, filters or re-keys by a column needs the column's value on both sides of a change: when
//! the value moves a row to another place, the copy in the old place has to go. Sources give partial images, so the
//! value may not be there. The rules:
//!
//! | row | its value is |
//! |---|---|
//! | `+I`, `-D` | its own; missing is refused |
//! | `+U` of a pair | its own; where that is missing, nothing changed it: the one of its `-U`; missing in both is refused |
//! | `-U` of a pair | its own; where that is missing the old place is unknown: refused, or with `assume_unchanged` the one of its `+U` |
//! | `+U` alone | its own, where the column is in the primary key (a key that moves comes with its `-U`); else the old place is unknown: refused, or with `assume_unchanged` its own |
//!
//! A pair is one unit: where one half is refused, both are.

use crate::batch::kind;
use crate::cells::bit;
use crate::output::Rejects;

/// What is known about the columns, and what may be assumed.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// Names of the columns, for the reasons.
    pub columns: &'a [String],
    /// Whether all of them are in the primary key.
    pub inside_key: bool,
    /// Whether an unknown value before a change is taken for the one after it.
    pub assume_unchanged: bool,
}

/// Where the values of usable rows are found.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The rows that can be used, in order.
    pub rows: Vec<u32>,
    /// For each column, the row that holds its value for each of `rows`.
    pub sources: Vec<Vec<u32>>,
    /// The others.
    pub rejects: Rejects,
}

/// Applies the rules. `missing` holds for each column a bit a row, 1 = missing, or none where all are there. `None`:
/// every row can be used with its own values.
pub fn resolve(kinds: &[u8], missing: &[Option<&[u8]>], rule: Rule<'_>) -> Option<Known> {
    let strict = !rule.inside_key && !rule.assume_unchanged;
    let complete = missing.iter().all(Option::is_none);
    if complete && !(strict && has_lone_after(kinds)) {
        return None;
    }
    let mut known = Known { sources: vec![Vec::new(); missing.len()], ..Known::default() };
    let mut row = 0;
    while row < kinds.len() {
        let pair = is_pair(kinds, row);
        let unit = Unit { missing, rule, row };
        let found = if pair { unit.pair() } else { unit.single(kinds[row], strict) };
        match found {
            Ok(rows) => {
                known.rows.extend((row..).take(if pair { 2 } else { 1 }).map(|row| row as u32));
                for (sources, rows) in known.sources.iter_mut().zip(rows) {
                    sources.extend_from_slice(&rows[..if pair { 2 } else { 1 }]);
                }
            }
            Err(reason) => known.rejects.add(row as u32, reason),
        }
        row += if pair { 2 } else { 1 };
    }
    Some(known)
}

/// Whether this row and the next are the halves of one update. A `-U` never comes alone: the host makes it a `-D`.
pub fn is_pair(kinds: &[u8], row: usize) -> bool {
    kinds[row] == kind::UPDATE_BEFORE && kinds.get(row + 1) == Some(&kind::UPDATE_AFTER)
}

fn has_lone_after(kinds: &[u8]) -> bool {
    let mut before = kind::INSERT;
    kinds.iter().any(|&this| {
        let lone = this == kind::UPDATE_AFTER && before != kind::UPDATE_BEFORE;
        before = this;
        lone
    })
}

struct Unit<'a> {
    missing: &'a [Option<&'a [u8]>],
    rule: Rule<'a>,
    row: usize,
}

impl Unit<'_> {
    fn is_missing(&self, column: usize, row: usize) -> bool {
        self.missing[column].is_some_and(|missing| bit(missing, row))
    }

    /// For each column the rows that hold the values of the `-U` and of the `+U`.
    fn pair(&self) -> Result<Vec<[u32; 2]>, String> {
        let (before, after) = (self.row as u32, self.row as u32 + 1);
        let columns = 0..self.missing.len();
        columns
            .map(|column| match (self.is_missing(column, self.row), self.is_missing(column, self.row + 1)) {
                (false, false) => Ok([before, after]),
                (false, true) => Ok([before, before]),
                (true, false) if self.rule.assume_unchanged => Ok([after, after]),
                (true, false) => Err(self.unknown_before(column)),
                (true, true) => Err(format!(
                    "column {} is missing before and after the update: the source logs partial rows",
                    self.rule.columns[column]
                )),
            })
            .collect()
    }

    fn single(&self, code: u8, strict: bool) -> Result<Vec<[u32; 2]>, String> {
        if code == kind::UPDATE_AFTER && strict {
            return Err(self.unknown_before(0));
        }
        let row = self.row as u32;
        match (0..self.missing.len()).find(|&column| self.is_missing(column, self.row)) {
            None => Ok(vec![[row, row]; self.missing.len()]),
            Some(column) => Err(format!(
                "column {} is missing: the source gave a partial image of the row",
                self.rule.columns[column]
            )),
        }
    }

    fn unknown_before(&self, column: usize) -> String {
        format!(
            "what column {} was before the update is unknown, so an old copy could stay in another place: let the \
             source log full rows, or set assume_unchanged: true where the column never changes",
            self.rule.columns[column]
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::batch::kind::{DELETE as D, INSERT as I, UPDATE_AFTER as A, UPDATE_BEFORE as B};

    fn bits(flags: &[u8]) -> Vec<u8> {
        let mut bits = vec![0; flags.len().div_ceil(8)];
        for (row, flag) in flags.iter().enumerate() {
            bits[row / 8] |= flag << (row % 8);
        }
        bits
    }

    fn resolve_one(kinds: &[u8], missing: &[u8], inside_key: bool, assume_unchanged: bool) -> Option<Known> {
        let columns = ["region".to_owned()];
        let missing = bits(missing);
        let missing = missing.iter().any(|byte| *byte != 0).then_some(missing.as_slice());
        resolve(kinds, &[missing], Rule { columns: &columns, inside_key, assume_unchanged })
    }

    fn rejected(known: Known) -> Vec<u32> {
        known.rejects.into_list().iter().map(|reject| reject.row).collect()
    }

    #[test]
    fn full_images_need_no_work() {
        assert!(resolve_one(&[I, B, A, D], &[0, 0, 0, 0], false, false).is_none());
        assert!(resolve_one(&[A], &[0], true, false).is_none());
    }

    #[test]
    fn a_lone_update_outside_the_key_is_refused_unless_assumed() {
        let known = resolve_one(&[I, A, I], &[0, 0, 0], false, false).unwrap();
        assert_eq!(known.rows, [0, 2]);
        let rejects = known.rejects.into_list();
        assert_eq!(rejects[0].row, 1);
        assert!(rejects[0].reason.contains("assume_unchanged: true"), "{}", rejects[0].reason);
        assert!(resolve_one(&[I, A, I], &[0, 0, 0], false, true).is_none());
    }

    #[test]
    fn what_an_update_does_not_name_did_not_change() {
        let known = resolve_one(&[B, A], &[0, 1], false, false).unwrap();
        assert_eq!((known.rows, &known.sources[0][..]), (vec![0, 1], &[0, 0][..]));
    }

    #[test]
    fn an_unknown_before_is_refused_unless_assumed() {
        let known = resolve_one(&[I, B, A], &[0, 1, 0], true, false).unwrap();
        assert_eq!((known.rows.clone(), rejected(known)), (vec![0], vec![1]));
        let known = resolve_one(&[I, B, A], &[0, 1, 0], true, true).unwrap();
        assert_eq!((known.rows, &known.sources[0][..]), (vec![0, 1, 2], &[0, 2, 2][..]));
    }

    #[test]
    fn missing_on_both_sides_or_alone_is_refused_always() {
        for assume in [false, true] {
            let known = resolve_one(&[B, A, I, D, I], &[1, 1, 1, 1, 0], true, assume).unwrap();
            assert_eq!((known.rows.clone(), rejected(known)), (vec![4], vec![0, 2, 3]));
        }
    }

    #[test]
    fn each_column_has_its_own_sources() {
        let columns = ["a".to_owned(), "b".to_owned()];
        let rule = Rule { columns: &columns, inside_key: true, assume_unchanged: false };
        let known = resolve(&[B, A], &[None, Some(&[0b10])], rule).unwrap();
        assert_eq!(known.sources, [vec![0, 1], vec![0, 0]]);
    }

    proptest! {
        /// Every row is used or refused, pairs whole, and no source is a missing cell.
        #[test]
        fn rows_are_accounted_for(
            units in proptest::collection::vec((0u8..4, 0u8..4), 0..30),
            inside_key: bool,
            assume: bool,
        ) {
            let (mut kinds, mut missing) = (Vec::new(), Vec::new());
            for (code, lacks) in units {
                if code == B {
                    kinds.extend([B, A]);
                    missing.extend([lacks & 1, lacks >> 1]);
                } else {
                    kinds.push(code);
                    missing.push(lacks & 1);
                }
            }
            let Some(known) = resolve_one(&kinds, &missing, inside_key, assume) else { return Ok(()) };
            for (place, &row) in known.rows.iter().enumerate() {
                let source = known.sources[0][place] as usize;
                prop_assert_eq!(missing[source], 0);
                prop_assert!(source.abs_diff(row as usize) <= 1);
            }
            let mut all = known.rows.clone();
            for row in rejected(known) {
                all.push(row);
                if is_pair(&kinds, row as usize) {
                    all.push(row + 1);
                }
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..kinds.len() as u32).collect::<Vec<_>>());
        }
    }
}
