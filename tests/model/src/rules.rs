//! The rules of the two protocols, each one a switch.
//!
//! A rule's page says what it asks for, and which interleaving loses or doubles a row without it. The
//! interleavings are those that the search found (`tests/` runs it again); the few rules without which nothing
//! is lost say so.

use crate::rule_set::{Numbered, RuleSet};

/// A rule of the protocols. All are on in [`Rules::all`]; a test takes out one at a time.
///
/// P and Q are the processes. Rows are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rule {
    /// A seek gives the lane a new incarnation: rows that were read before it are dropped by the writer.
    ///
    /// Without: row 0 is written, row 1 is in a worker; the epoch is aborted and the lane sought to 0; row 1 comes out
    /// of the worker, is written first, then row 0: out of order.
    IncarnationPerSeek,
    /// An assignment gives the lane a new incarnation: rows of an earlier assignment are dropped.
    ///
    /// Without: P has row 0 in a worker and loses the lane; gets it again and takes it; writes row 0 of the worker and row
    /// 0 that it has read again.
    IncarnationPerAssignment,
    /// Rows of two incarnations of a lane never share an epoch: before the first row of the newer one is written,
    /// the epoch with rows of the older one is aborted.
    ///
    /// Without, same cluster: P has row 0 in its epoch, loses the lane and gets it again, reads row 0 again and writes
    /// it into the same epoch; the check finds the old incarnation and aborts; the abort does not rewind a lane whose
    /// epoch is of an older incarnation; row 1 is committed, row 0 never. Two clusters: nothing is found, as the
    /// take kills the old epoch.
    OneIncarnationPerEpoch,
    /// The incarnation ends before `unassign` is called.
    ///
    /// Without, same cluster: P calls `unassign`, its client joins the next generation, its writer fetches that
    /// generation's metadata, finds the incarnation current and commits; Q, the new owner, has read from the old
    /// position. Two clusters: nothing is found, as Q has killed P's id.
    EndsBeforeUnassign,
    /// Before the decision each lane of the epoch must have its current incarnation.
    ///
    /// Without, same cluster: P writes row 0, gives the lane up, fetches the metadata of the next generation, of which it is
    /// a member, and commits row 0; Q commits it as well. Two clusters: nothing is found, as Q has killed P's id, or
    /// the lane was released, and then no row of it is left in P.
    CheckBeforeSend,
    /// Memory is trusted only after an acknowledged abort; after any other end the lane is taken again.
    ///
    /// Without: the answer to a commit is lost, P goes on at the position it remembers, the commit arrives.
    MemoryAfterAbortOnly,
    /// Lost lanes are aborted. Off: they are drained, as revoked ones are.
    ///
    /// Without, same cluster: P is thrown out of the group and drains; its client joins again, so the metadata is that
    /// of a member; the drained rows are committed after Q has taken the lane. Two clusters: nothing is found, as Q
    /// has killed P's id.
    LostIsAborted,
    /// A record is read read_committed until the position passes the high watermark. Off: until what a
    /// read_committed client calls the end.
    ///
    /// Without, same cluster: P's commit is marked in the group's offsets and not yet in the positions; Q's stable
    /// fetch passes, the record that Q reads is the one before. Two clusters: a claim of lane 0 is open in the log;
    /// lane 1 is claimed and its row written behind it; who takes lane 1 then sees none of that, does not learn whom
    /// to kill, and begins at 0.
    HighWatermark,

    /// Same cluster: the group metadata is fetched before the incarnations are checked.
    ///
    /// Without: P checks, then gives the lane up, then fetches the metadata of the next generation and commits with it.
    MetadataBeforeCheck,
    /// Same cluster: the offsets are sent with the metadata's generation.
    ///
    /// Without: P, thrown out of the group while it was stopped, goes on and commits what Q commits too.
    GenerationFence,
    /// Same cluster: the offsets are sent with the metadata's member id, which a successor under the same
    /// instance replaces.
    ///
    /// Without: P is stopped, Q is started under P's instance and gets P's lanes in the same generation; P goes on and
    /// commits.
    MemberFence,
    /// Same cluster: a metadata without a generation (below 0) is a lost assignment.
    ///
    /// Without: P's client has learnt that it is thrown out, P itself has not; the metadata says "no group", the
    /// incarnation is current, and the coordinator lets offsets of no group pass.
    NoGenerationIsLost,
    /// Same cluster: the offset is fetched stable: the answer waits for pending transactional offsets.
    ///
    /// Without: P's offsets are accepted, its record is still in the producer's queue; P is thrown out, Q fetches, finds
    /// the log empty up to the high watermark and begins at 0; P's record and commit follow. Where the record is in
    /// the log before the offsets are sent, the high watermark alone would do.
    StableFetch,
    /// Same cluster: a lane starts where its record says, not where the group's offset says.
    ///
    /// Without: a tool, or the offsets' retention, has set the offset back.
    RecordIsTruth,

    /// Two clusters: the claim id is initialised before the record is read.
    ///
    /// Without (the init comes just before the claim): P and Q believe in the lane. P reads; Q reads, claims, commits row
    /// 0; P claims position 0 and commits row 0.
    ClaimInitFirst,
    /// Two clusters: the id that an unreleased record names is initialised, which kills it.
    ///
    /// Without: P, which has lost the lane and does not know, commits after Q has taken it.
    KillNamedHolder,
    /// Two clusters: the record is read again after the kill; when it changed, the taker begins again.
    ///
    /// Without: P's commit of row 0 becomes readable between Q's reading of the record and the kill.
    ReadAgain,
    /// Two clusters: the claim is written in a transaction of the claim id.
    ///
    /// Without: P and Q read the lane's state, then both claim; none of them kills the other, both write.
    ClaimInTransaction,
    /// Two clusters: a transactional id is new at each start and each fencing.
    ///
    /// Without it alone, nothing is found: a process under a fixed id that goes through the whole take, its claim
    /// included, is safe. Without it and [`Rule::OwnNameRenews`] (a process whose fixed id stands in the record goes on
    /// from there): P reads the record, kills Q's id; Q initialises its id again, finds itself in the record and goes on; P
    /// claims. Both commit row 0.
    FreshRun,
    /// Two clusters: the own id is initialised before any claim can name it.
    ///
    /// Without (the init comes with the first row): Q claims; P reads the claim and kills Q's id, which was never
    /// initialised; Q initialises it now and is alive.
    OwnInitFirst,
    /// Two clusters: a taker that finds its own living id in an unreleased record renews its id first.
    ///
    /// Without (it has nobody to kill, so it claims): P's decision over row 0 has passed the check; the lane is lost and
    /// comes back to P, which reads the record; the decision is sent, P claims position 0 and commits row 0 again.
    OwnNameRenews,
    /// Two clusters: `released` stands in the last decision over a lane, after its last row.
    ///
    /// Without (it stands in the first decision after the revocation): P's decision releases the lane while row 1 is
    /// in a worker; P is thrown out of the group; Q takes the lane and need not kill; P commits row 1, Q as well.
    ReleasedIsLast,
}

impl Numbered for Rule {
    fn number(self) -> u32 {
        self as u32
    }
}

/// The rules that a search runs under.
pub type Rules = RuleSet<Rule>;
