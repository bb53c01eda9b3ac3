//! The steps that can be taken.

use crate::broker::TransactionalId;

/// A step. The first number is a process, or the lane where there is no process; the second is a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The group wants a lane to move; its owner is asked to give it up.
    Move(usize),
    /// A member's session times out.
    Kick(usize),
    /// Process 1 starts under the instance of process 0.
    TakeOver,
    /// A process crashes.
    Crash(usize),
    /// It starts again under the same instance.
    Restart(usize),
    /// The transaction coordinator aborts an open transaction.
    TimeOut(TransactionalId),
    /// The transaction coordinator aborts a claim whose process is gone.
    ClaimTimeOut(usize),
    /// The request to commit arrives.
    Deliver(TransactionalId),
    /// A commit's marker reaches the group's offsets.
    MarkOffsets(TransactionalId),
    /// A commit's marker reaches the positions topic.
    MarkPositions(TransactionalId),
    /// A lane's group offset is set back.
    ResetOffset(usize),

    /// The client learns the current generation and what is assigned to it.
    Sync(usize),
    /// The client learns that it is no member any longer.
    LearnLost(usize),
    /// The application handles the loss; the client joins the group again.
    HandleLost(usize),
    /// A revoked lane is drained, or its deadline has passed: its incarnation ends.
    EndRevoked(usize, usize),
    /// A rule is off: an incarnation ends after `unassign`.
    EndLate(usize, usize),

    /// The writer writes it.
    Write(usize, usize),
    /// Something else fails: the epoch has to be aborted.
    Fail(usize),
    /// The writer fetches the group metadata.
    Metadata(usize),
    /// The writer checks the incarnations of the epoch's lanes.
    Check(usize),
    /// The writer sends the decision; on the same cluster its first half, the offsets.
    Send(usize),
    /// Same cluster: the second half, records and the request to commit.
    Flush(usize),
    /// The answer arrives.
    Answer(usize),
    /// It never does.
    LoseAnswer(usize),
    /// The epoch is aborted, and the abort acknowledged.
    Abort(usize),
    /// The answer to the abort never arrives.
    LoseAbort(usize),

    /// Taking a lane, same cluster: the group's offset is fetched, the high watermark taken.
    FetchOffset(usize, usize),
    /// Taking a lane: the record is read.
    ReadRecord(usize, usize),
    /// Two clusters: the claim id is initialised, the high watermark taken.
    InitClaim(usize, usize),
    /// Two clusters: the id that the record names is initialised, the high watermark taken.
    KillHolder(usize, usize),
    /// Two clusters: the record is read again.
    ReadAgain(usize, usize),
    /// Two clusters: the claim is written.
    WriteClaim(usize, usize),
    /// Two clusters: the claim is committed.
    CommitClaim(usize, usize),
    /// Two clusters: the claim is committed, the answer lost.
    LoseClaim(usize, usize),
}
