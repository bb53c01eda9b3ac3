//! What a change of a row becomes when only some rows are kept.

use sluicegate_sdk::batch::kind::{DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE};
use sluicegate_sdk::images::is_pair;

use crate::plan::Passes;

/// The rows that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Their numbers in the batch, ascending.
    pub rows: Vec<u32>,
    /// What each does now.
    pub kinds: Vec<u8>,
    /// Whether any does something else than before.
    pub changed: bool,
    /// Places in `rows` of updates that became inserts.
    pub entering: Vec<usize>,
}

impl Kept {
    fn keep(&mut self, row: u32, kind: u8) {
        self.rows.push(row);
        self.kinds.push(kind);
    }

    fn turn(&mut self, row: u32, kind: u8) {
        self.keep(row, kind);
        self.changed = true;
    }
}

/// Judges the rows that can be judged (`rows`; none: all), of which `inside` says by their place there whether they are
/// wanted. Both halves of a pair are among them, or none.
pub fn judge(kinds: &[u8], rows: Option<&[u32]>, inside: impl Fn(usize) -> bool, passes: Passes) -> Kept {
    let count = rows.map_or(kinds.len(), <[u32]>::len);
    let row_at = |place: usize| rows.map_or(place as u32, |rows| rows[place]);
    let mut kept = Kept::default();
    let mut place = 0;
    while place < count {
        let row = row_at(place);
        let kind = kinds[row as usize];
        if !is_pair(kinds, row as usize) {
            let passes = match kind {
                INSERT => passes.inserts,
                UPDATE_AFTER => passes.updates,
                _ => passes.deletes,
            };
            if passes && inside(place) {
                kept.keep(row, kind);
            }
            place += 1;
            continue;
        }
        match (inside(place), inside(place + 1)) {
            (true, true) if passes.updates => {
                kept.keep(row, UPDATE_BEFORE);
                kept.keep(row + 1, UPDATE_AFTER);
            }
            (true, false) if passes.deletes => kept.turn(row, DELETE),
            (false, true) if passes.inserts => {
                kept.entering.push(kept.rows.len());
                kept.turn(row + 1, INSERT);
            }
            _ => {}
        }
        place += 2;
    }
    kept
}

/// Whether any row is part of an update. Eight at a time: most batches of a snapshot or a log have none.
pub fn has_updates(kinds: &[u8]) -> bool {
    // The codes of updates are 1 and 2: of their two low bits exactly one is set.
    const LOW: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = kinds.as_chunks::<8>();
    let any = words
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .fold(0, |any, word| any | (word ^ (word >> 1)) & LOW);
    any != 0 || rest.iter().any(|kind| matches!(*kind, UPDATE_BEFORE | UPDATE_AFTER))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const ALL: Passes = Passes { inserts: true, updates: true, deletes: true };

    fn judged(kinds: &[u8], inside: &[u8], passes: Passes) -> Kept {
        judge(kinds, None, |place| inside[place] == 1, passes)
    }

    #[test]
    fn a_move_is_an_insert_or_a_delete() {
        const B: u8 = UPDATE_BEFORE;
        const A: u8 = UPDATE_AFTER;
        let kinds = [B, A, B, A, B, A, B, A, INSERT, DELETE, A];
        let kept = judged(&kinds, &[1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1], ALL);
        assert_eq!(kept.rows, [0, 1, 2, 5, 8, 9, 10]);
        assert_eq!(kept.kinds, [B, A, DELETE, INSERT, INSERT, DELETE, A]);
        assert!(kept.changed);
        assert_eq!(kept.entering, [3]);
        let kept = judged(&kinds, &[0; 11], ALL);
        assert_eq!(kept, Kept::default());
    }

    #[test]
    fn kinds_are_those_that_changes_became() {
        let kinds = [UPDATE_BEFORE, UPDATE_AFTER, UPDATE_BEFORE, UPDATE_AFTER, INSERT];
        let inside = [1, 0, 0, 1, 1];
        let kept = judged(&kinds, &inside, Passes { deletes: false, ..ALL });
        assert_eq!(kept.rows, [3, 4]);
        let kept = judged(&kinds, &inside, Passes { inserts: false, updates: false, deletes: true });
        assert_eq!((kept.rows, kept.kinds), (vec![0], vec![DELETE]));
    }

    #[test]
    fn rows_that_cannot_be_judged_are_left_out() {
        let kinds = [INSERT, UPDATE_BEFORE, UPDATE_AFTER, UPDATE_BEFORE, UPDATE_AFTER];
        let kept = judge(&kinds, Some(&[0, 3, 4]), |place| place != 1, ALL);
        assert_eq!((kept.rows, kept.kinds), (vec![0, 4], vec![INSERT, INSERT]));
    }

    #[derive(Clone, Debug)]
    enum Change {
        Insert(u8, bool),
        Update(u8, bool),
        Delete(u8),
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let one = prop_oneof![
            (0_u8..6, any::<bool>()).prop_map(|(key, inside)| Change::Insert(key, inside)),
            (0_u8..6, any::<bool>()).prop_map(|(key, inside)| Change::Update(key, inside)),
            (0_u8..6).prop_map(Change::Delete),
        ];
        proptest::collection::vec(one, 0..60)
    }

    proptest! {
        /// The target of the filtered changes is the filtered target of all changes, and every change that comes out
        /// makes sense there: no insert of what is there, no update or delete of what is not.
        #[test]
        fn filtering_changes_is_filtering_rows(changes in changes()) {
            let (mut kinds, mut keys, mut inside) = (Vec::new(), Vec::new(), Vec::new());
            let mut source = std::collections::BTreeMap::new();
            let mut log = |kind: u8, key: u8, is_inside: bool| {
                kinds.push(kind);
                keys.push(key);
                inside.push(is_inside);
            };
            for change in changes {
                match change {
                    Change::Insert(key, after) if !source.contains_key(&key) => {
                        log(INSERT, key, after);
                        source.insert(key, after);
                    }
                    Change::Update(key, after) => if let Some(before) = source.get(&key).copied() {
                        log(UPDATE_BEFORE, key, before);
                        log(UPDATE_AFTER, key, after);
                        source.insert(key, after);
                    },
                    Change::Delete(key) => if let Some(before) = source.remove(&key) {
                        log(DELETE, key, before);
                    },
                    Change::Insert(..) => {}
                }
            }
            let kept = judge(&kinds, None, |place| inside[place], ALL);
            let mut target = BTreeSet::new();
            for (row, kind) in kept.rows.iter().zip(&kept.kinds) {
                let key = keys[*row as usize];
                match *kind {
                    INSERT => prop_assert!(target.insert(key)),
                    UPDATE_BEFORE | UPDATE_AFTER => prop_assert!(target.contains(&key)),
                    _ => prop_assert!(target.remove(&key)),
                }
            }
            let expected: BTreeSet<u8> = source.iter().filter(|(_, inside)| **inside).map(|(key, _)| *key).collect();
            prop_assert_eq!(target, expected);
            let changed = kept.rows.iter().zip(&kept.kinds).any(|(row, kind)| kinds[*row as usize] != *kind);
            prop_assert_eq!(kept.changed, changed);
        }

        #[test]
        fn updates_are_seen(kinds in proptest::collection::vec(prop_oneof![9 => Just(0_u8), 9 => Just(3_u8), 1 => 0_u8..4], 0..40)) {
            prop_assert_eq!(has_updates(&kinds), kinds.iter().any(|kind| matches!(kind, 1 | 2)));
        }
    }
}
