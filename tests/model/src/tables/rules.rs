//! The rules of the protocol, each one a switch.

use crate::rule_set::{Numbered, RuleSet};

/// A rule. P and Q are the processes, rows are counted from 0, even ones belong to shard 0 of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rule {
    /// A decision counts only where the entry's term is the one that was taken.
    ///
    /// Without it alone nothing is found, for a take counts `seq` on as well. Without both: P has a row in its
    /// transaction, Q takes the lane and commits that row, P commits it too.
    Term,
    /// A decision counts only where the entry's `seq` is the one that is remembered.
    ///
    /// Without it alone nothing is found. Without it and [`Rule::TakenAgain`]: the answer to a COMMIT is lost, P writes
    /// the rows again under the same term.
    Seq,
    /// After a COMMIT that was not answered the lane is taken again.
    ///
    /// Without it alone nothing is found: `seq` refuses what P decides from memory.
    TakenAgain,
    /// Entries are read under the lock under which the term is raised.
    ///
    /// Without (they are read first): Q reads 0, P commits row 0, Q raises the term and writes row 0.
    ReadUnderLock,
    /// Rows and ordinal are committed in one transaction. Off: the ordinal is committed by itself, behind the rows.
    ///
    /// Without: P commits row 0 and crashes.
    OneTransaction,
    /// A lane begins at the lowest ordinal of its shards.
    ///
    /// Without (at the highest): P commits in shard 0 and crashes; the rows of shard 1 are never read again.
    Lowest,
    /// A shard that is ahead leaves out the rows that it has.
    ///
    /// Without: P commits in shard 0 and crashes; its rows are written again.
    LeavesOut,
    /// A shard that is ahead keeps its ordinal until the others have come as far.
    ///
    /// Without: after one crash shard 0 is ahead; the next epoch is shorter and sets its ordinal back; after another
    /// crash its rows are written again.
    KeepsOrdinal,
    /// An uneven lane is written with as many shards as before.
    ///
    /// Without: P commits rows 0 and 2 in shard 0 of two and crashes; with one shard, which begins at the lowest, they
    /// are written again.
    SameShards,
}

impl Numbered for Rule {
    fn number(self) -> u32 {
        self as u32
    }
}

/// The rules that a search runs under.
pub type Rules = RuleSet<Rule>;
