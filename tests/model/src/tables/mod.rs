//! Rows and positions in tables of MySQL: the term of a row is the fence.
//!
//! A writer has several connections, *shards*: a row goes to the shard of its key. The table of positions has an *entry*
//! for each lane and shard: `{term, seq, ordinal}`, where the ordinal says how many rows of the lane are decided there.
//!
//! # The order of steps
//!
//! Taking a lane:
//!
//! 1. End the sessions that its entries name. (A session that stands still would keep their locks; without this step
//!    nothing is lost, it only takes until the server's time-out.)
//! 2. Lock the entries, which waits for whoever is about to commit; raise the term, count `seq` on, read; commit. In one
//!    transaction.
//! 3. Where the ordinals differ, the lane was left *uneven*: with as many shards as it was written with. Else with as
//!    many as one likes.
//! 4. Begin at the lowest ordinal. A shard that is *ahead* leaves out the rows that it has.
//!
//! Deciding an epoch:
//!
//! 1. In each shard's transaction, beside its rows: raise `seq` and set the ordinal, where `term` and `seq` are those that
//!    are remembered; a shard that is still ahead keeps its ordinal. No entry matched: roll all shards back, take again.
//! 2. When that was done in every shard: COMMIT in each.
//! 3. All were answered: the epoch's end is the ordinal in memory. Anything else: close the connections, take again.
//!
//! # What the search says
//!
//! With every rule: nothing is lost or doubled.
//!
//! | rows | what happens | states |
//! |---|---|---|
//! | 2 | the lane moves | 13,268 |
//! | 2 | the lane moves, a crash | 68,376 |
//! | 3 | two crashes, an answer lost, an epoch aborted | 12,722 |
//! | 4 | two crashes, two changes of the number of shards | 12,904 |
//! | 3 | a crash, and the lane moves to a process with one shard | 236,767 |
//! | 3 | a crash, and the lane moves from a process with one shard | 237,208 |
//!
//! Without a rule, the shortest way to a doubled row (to a lost one without `Lowest`):
//!
//! | without | steps |
//! |---|---|
//! | `Term` and `Seq` | 15 |
//! | `TakenAgain` and `Seq` | 12 |
//! | `ReadUnderLock` | 17 |
//! | `OneTransaction` | 15 |
//! | `Lowest` | 13 |
//! | `LeavesOut` | 15 |
//! | `KeepsOrdinal` | 23 |
//! | `SameShards` | 13 |
//!
//! `Term`, `Seq` and `TakenAgain` each guard what another of them guards too: without one of them alone nothing is found.
//!
//! # What the model leaves out
//!
//! - Numbers that only grow: terms and `seq`s are kept as small as their order allows. Two processes that both believe in
//!   a lane take it from each other for ever, which is few states then, and not more and more.
//! - Several lanes: their entries are apart, and a transaction that decides about several locks them in one order.
//! - Tables: all rows are of one, with two keys that take turns.
//!
//! # Map
//!
//! - [`rules`]: the rules, each a switch.
//! - [`state`]: the database, the processes, and the steps.
//! - [`world`]: the protocol as the checker sees it.

pub mod rules;
pub mod state;
pub mod world;
