//! The kind of a change, and pairs.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What a row of a changelog does to its table. The codes are Flink's (`RowKind.toByteValue`), and
/// guests see them in the meta column `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum RowKind {
    /// `+I`: a row that was not there before.
    Insert = 0,
    /// `-U`: the old image of an update. It stands right before its [`RowKind::UpdateAfter`].
    UpdateBefore = 1,
    /// `+U`: the new image of an update; alone, an upsert.
    UpdateAfter = 2,
    /// `-D`: the last image of a row that is gone.
    Delete = 3,
}

impl RowKind {
    /// The kind of a code, if there is one.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Insert),
            1 => Some(Self::UpdateBefore),
            2 => Some(Self::UpdateAfter),
            3 => Some(Self::Delete),
            _ => None,
        }
    }

    /// The code, as it stands in a column of kinds.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Whether the row stands for what is in the table afterwards.
    pub const fn is_present(self) -> bool {
        matches!(self, Self::Insert | Self::UpdateAfter)
    }

    /// The short name: `+I`, `-U`, `+U`, `-D`.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Insert => "+I",
            Self::UpdateBefore => "-U",
            Self::UpdateAfter => "+U",
            Self::Delete => "-D",
        }
    }
}

impl fmt::Display for RowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// A text that names no kind.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no kind of change: +I, -U, +U or -D")]
pub struct UnknownKind(pub String);

/// By its short name, or by the letter of an operation: `I`, `U`, `D`.
impl FromStr for RowKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Ok(match text {
            "+I" | "I" => Self::Insert,
            "-U" => Self::UpdateBefore,
            "+U" | "U" => Self::UpdateAfter,
            "-D" | "D" => Self::Delete,
            _ => return Err(UnknownKind(text.to_owned())),
        })
    }
}

/// Whether row `row` and the one after it are the two halves of one update: `-U`, `+U`, of one record of
/// the source. `kinds` and `ordinals` are as long as the batch.
pub fn is_pair(kinds: &[u8], ordinals: &[u64], row: usize) -> bool {
    row + 1 < kinds.len()
        && kinds[row] == RowKind::UpdateBefore.code()
        && kinds[row + 1] == RowKind::UpdateAfter.code()
        && ordinals[row] == ordinals[row + 1]
}

/// The rows of the unit that `row` belongs to: itself, or both halves of its pair.
pub fn unit_of(kinds: &[u8], ordinals: &[u64], row: usize) -> std::ops::Range<usize> {
    if is_pair(kinds, ordinals, row) {
        row..row + 2
    } else if row > 0 && is_pair(kinds, ordinals, row - 1) {
        row - 1..row + 1
    } else {
        row..row + 1
    }
}

/// Turns each half that lost its partner into what it means alone: a `-U` becomes a `-D`. A lone `+U` stays,
/// it is an upsert. Gives `None` where nothing changes.
pub fn settle_halves(kinds: &[u8], ordinals: &[u64]) -> Option<Vec<u8>> {
    let lone = |row: usize| kinds[row] == RowKind::UpdateBefore.code() && !is_pair(kinds, ordinals, row);
    let first = (0..kinds.len()).find(|&row| lone(row))?;
    let mut settled = kinds.to_vec();
    for (row, kind) in settled.iter_mut().enumerate().skip(first) {
        if lone(row) {
            *kind = RowKind::Delete.code();
        }
    }
    Some(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const I: u8 = 0;
    const B: u8 = 1;
    const A: u8 = 2;
    const D: u8 = 3;

    #[test]
    fn codes_go_both_ways() {
        for code in 0..4 {
            assert_eq!(RowKind::from_code(code).map(RowKind::code), Some(code));
        }
        assert_eq!(RowKind::from_code(4), None);
        for kind in [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete] {
            assert_eq!(kind.short().parse(), Ok(kind));
        }
        assert_eq!(
            "+X".parse::<RowKind>().unwrap_err().to_string(),
            "\"+X\" is no kind of change: +I, -U, +U or -D"
        );
    }

    #[test]
    fn a_unit_is_a_row_or_its_pair() {
        let kinds = [I, B, A, D];
        let ordinals = [0, 1, 1, 2];
        assert_eq!(unit_of(&kinds, &ordinals, 0), 0..1);
        assert_eq!(unit_of(&kinds, &ordinals, 1), 1..3);
        assert_eq!(unit_of(&kinds, &ordinals, 2), 1..3);
        assert_eq!(unit_of(&kinds, &ordinals, 3), 3..4);
    }

    #[test]
    fn halves_of_different_records_are_no_pair() {
        assert!(!is_pair(&[B, A], &[1, 2], 0));
    }

    #[test]
    fn a_lone_before_becomes_a_delete() {
        assert_eq!(settle_halves(&[B, A, B, I], &[1, 1, 2, 3]), Some(vec![B, A, D, I]));
        assert_eq!(settle_halves(&[I, B, A, A], &[0, 1, 1, 2]), None);
    }
}
