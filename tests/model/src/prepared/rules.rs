//! The rules, each a switch.

use crate::rule_set::{Numbered, RuleSet};

/// A rule of the protocol. All are on in [`Rules::all`]; a test takes out one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rule {
    /// A lane's term is raised before its position and note are read.
    ///
    /// Without: Q reads position 0; P decides about row 0 and commits it; Q raises the term, and reads row 0 again.
    FenceFirst,
    /// The store refuses a decision under an older term.
    ///
    /// Without, in a store that does not count decisions either: P, from whom a lane was taken, decides about row 0,
    /// which Q has too. Where the store counts them, nothing is lost: whoever decides first makes the other take the lane again.
    Term,
    /// The store refuses a decision that does not follow the last one that its sender knows.
    ///
    /// Without: P's decision arrives twice, the second time after the next one: the position goes back. A store to which
    /// nothing arrives twice (a Kafka transaction: the broker numbers what a producer sends) needs no more than the term.
    Sequence,
    /// Who takes a lane commits the label that its note names.
    ///
    /// Without: P dies between the decision and the commit; Q begins behind the row.
    FinishNote,
    /// After anything but a plain yes to a decision nothing is rolled back.
    ///
    /// Without: the answer is lost, P rolls back, and the decision was made. No row is lost, as the sink knows that the label
    /// was aborted; but a person has to look, or a table with a primary key gets the rows again.
    KeepInDoubt,
    /// After anything but a plain yes to a decision the lanes are taken again.
    ///
    /// Without: the answer is lost, P goes on from what it remembers and reads the row again; the decision was made, and
    /// who takes the lane later commits its label too.
    TakeAgain,
    /// No next decision about a lane before the label of the last one is committed.
    ///
    /// Without: the next decision's note replaces the one that named the label; P dies, and nobody commits it.
    CommitBeforeNext,
    /// A label of which the sink knows nothing is not taken for one that was committed.
    ///
    /// Without: what was aborted by hand, or by time, is passed over.
    UnknownIsNotApplied,
    /// A label of which the sink knows nothing is not taken for one that was aborted, where rows would be there twice.
    ///
    /// Without: P commits and dies; the label is forgotten; Q reads the row again.
    UnknownIsNotAborted,
    /// What another process prepared is never rolled back.
    ///
    /// Without: P is between decision and commit when Q rolls its label back. As with [`Rule::KeepInDoubt`] a person
    /// has to look.
    OwnLabelsOnly,
    /// What is left of those that died is looked for before a lane is taken from them, and only what was found then is
    /// rolled back, where its rows are of that lane: nobody can decide about it any more.
    ///
    /// Without: P takes a lane and is slow; Q takes it from P and prepares; P finds Q's label and rolls it back. Q decides.
    LookBeforeFence,
    /// What the note of the lane names is not rolled back with what was left.
    ///
    /// Without: what was decided is aborted before it is committed.
    SpareNoted,
}

impl Numbered for Rule {
    fn number(self) -> u32 {
        self as u32
    }
}

/// The rules that a search runs under.
pub type Rules = RuleSet<Rule>;
