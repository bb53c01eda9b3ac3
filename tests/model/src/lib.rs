//! The commit protocols as a model that is searched for lost and doubled rows.
//!
//! Two processes, two lanes that move between them, crashes, stopped processes that go on later, lost answers, markers
//! that arrive one by one: [`world::World`] is searched breadth first for a state in which a `read_committed` reader
//! has seen a row twice, out of order, or has been led past one. With every rule on there is none. Each test in `tests/`
//! takes one rule out and asserts what the search then finds.
//!
//! This page is the order of steps that the search has passed. The Kafka crate follows it.
//!
//! # Words
//!
//! - *lane*: a partition of the source. *record*: the newest committed entry of a lane in `__sluicegate_positions`:
//!   `{position, holder, released}`. *id*: a writer's transactional id, `pipeline/instance/run`.
//! - *incarnation*: a number of the lane that its rows carry. *epoch*: the rows between two decisions. A lane is
//!   *current* in an epoch when the lane is held, runs, and all of its rows there carry its present incarnation.
//! - *renew*: discard the producer, whatever state it is in, make one with a new run, `init_transactions`. Then the lanes
//!   that are still held are *taken again*: those with rows in the failed epoch (same cluster), or all of them (two
//!   clusters: every record names the id that was given up). Lanes that are being revoked are not taken again:
//!   their incarnation ends and they are given back.
//!
//! # Both protocols
//!
//! **Incarnations.** A lane gets a new one when it is assigned, at every seek, and when it is taken again. The writer drops
//! a row whose incarnation is not the lane's present one.
//!
//! **Writing.** Before it writes the first row of a newer incarnation of a lane, the writer aborts an open epoch that holds
//! rows of an older incarnation of the same lane. (An abort rewinds only lanes that are current; without this rule the
//! new rows are aborted with the old ones and nobody reads them again.)
//!
//! **Aborting.** `abort_transaction`. Acknowledged: every lane that is current in the epoch is sought back to
//! the position in memory (its last acknowledged decision, or where it was taken) under a new incarnation. Anything else, a
//! time-out or a fenced producer included: renew.
//!
//! **The answer of a commit.** Success: the epoch's ends become the positions in memory. Anything else: renew. Never abort a
//! commit whose answer did not come and then trust memory, and never use that producer again: the request
//! may still arrive.
//!
//! **Revoked.** Stop reading the lane, write what was read, decide. When that is done or the deadline has passed: end the
//! incarnation, *then* `incremental_unassign`. What is left of the lane in an open epoch makes the next check fail, and that
//! aborts the epoch; its other lanes are rewound.
//!
//! **Lost.** End the incarnation of every lane, then `unassign`. No drain.
//!
//! # Same cluster
//!
//! Taking a lane:
//!
//! 1. OffsetFetch with `require_stable` (librdkafka: `isolation.level=read_committed`, then `committed`). It waits while
//!    offsets of the lane are pending in anybody's transaction. The number itself is not used.
//! 2. After that, the high watermark of the lane's positions partition, with a read_uncommitted client.
//! 3. Read read_committed until the position passes that watermark. (A commit's marker may reach the group's
//!    offsets before it reaches the positions: step 1 alone does not show that the record is there, and the
//!    end that a read_committed client is told lies before it.)
//! 4. Start at the record's position, under the incarnation of the assignment.
//!
//! Deciding an epoch; the writer takes no rows meanwhile:
//!
//! 1. `consumer_group_metadata()`. Generation below 0: abort.
//! 2. Every lane of the epoch must be current, or else: abort.
//! 3. Produce the record of each lane.
//! 4. `send_offsets_to_transaction` with the metadata of step 1, never with a later one. Refused (generation,
//!    member, instance): abort.
//! 5. `commit_transaction`, which flushes and then asks for the decision.
//!
//! Steps 3 and 4 may overtake each other in the client, as `produce` only queues. That is why step 1 of
//! taking is needed: offsets may be accepted while no trace of the record is in the log.
//!
//! A lane that is given up needs no mark here: the generation that follows refuses its former owner.
//!
//! # Two clusters
//!
//! Nothing on the sink's cluster knows the group: two processes may believe in the same lane for any time. Each take therefore
//! silences everybody who could still write the lane.
//!
//! A process initialises its own id once, when it starts and when it renews, before it takes any lane. Nobody's id
//! is ever initialised by its owner a second time.
//!
//! Taking a lane:
//!
//! 1. `init_transactions` of a producer with the claim id, `pipeline/lane/claim`. It fences any other claimer and ends its
//!    claim.
//! 2. High watermark of the lane's positions partition (read_uncommitted), then read read_committed until the
//!    position passes it: the record.
//! 3. No record, or `released`: go to 6. It names the process's own living id: renew, begin again at 1.
//! 4. `init_transactions` of a producer with the id that the record names; close it. This ends the holder's open
//!    transaction and fences it. While a commit of the holder is being completed the coordinator answers
//!    `CONCURRENT_TRANSACTIONS`; the client waits.
//! 5. Read the record again, as in 2 with a new watermark. When anything in it has changed: begin again at 1.
//! 6. With the claim producer: begin, produce `{position, holder: own id, released: false}`, commit. Fenced, or the answer is
//!    lost: begin again at 1. (Was it committed after all, then step 3 finds the own id.) Close the claim producer.
//! 7. Start at the record's position.
//!
//! A process may be revoked, lost or fenced during a take: the take is dropped (after fencing: begun again) wherever it
//! is. An open claim that it leaves behind ends with the next claimer's step 1, or by its time-out.
//!
//! Deciding an epoch:
//!
//! 1. Every lane of the epoch must be current, or else: abort.
//! 2. Produce the record of each lane: `{position, holder: own id, released}`.
//! 3. `commit_transaction`. Fenced at any step: renew.
//!
//! Releasing a lane: `released: true` stands only in a decision behind which no row of the lane can follow: the
//! source no longer reads it, and no row of it is in a worker. It may be a decision without rows. After the answer: end the
//! incarnation, unassign. When there is no time for it: end the incarnation, unassign; the next owner will kill this
//! process's id, which costs the open epoch of its other lanes and nothing else.
//!
//! # What the search says about each rule
//!
//! See [`rules::Rule`]. Some rules carry one protocol only. On two clusters the kill is the fence, and the search
//! finds nothing without the check before the decision, the order of incarnation and `unassign`, the abort of lost
//! lanes, or one incarnation per epoch: they save the work of an epoch that would be refused. The code keeps them on both, so that
//! there is one engine. A fixed transactional id (without [`rules::Rule::FreshRun`]) loses nothing either as
//! long as its owner goes through the whole take for lanes whose record names it; the shortcut that a fixed id invites, to go on
//! from such a record without a claim, doubles rows.
//!
//! # What the model leaves out
//!
//! - Numbers that only grow: a generation is kept as current or not, an incarnation as equal or not.
//! - The reading of a row is a consequence of the room in the worker: sources always read ahead by one.
//! - Messages that are delayed inside the client beyond the request to commit: a producer whose request is not answered is
//!   never used again, so what comes late can only be that request, and is in the model.
//! - The abort's markers: they only make readers wait longer.
//! - Several positions partitions: one is the worst case, since more lanes hold back its last stable offset.
//!
//! # Map
//!
//! - [`rules`]: the rules, each a switch, and what is found without it.
//! - [`world`]: a protocol under rules and faults, as the checker sees it.
//! - [`search`]: running a search and reading its result.
//! - [`state`], [`action`]: what the search looks at, and the steps that change it.
//! - [`broker`], [`positions`], [`group`]: transactions and rows, position records, the group's coordinator.
//! - [`process`]: what a process remembers.
//! - `environment`, `client`, `writer`: the steps that both protocols share.
//! - `same_cluster`, `two_clusters`: the steps of one protocol.
//! - [`prepared`]: the protocol for a sink that keeps no position, a model of its own.
//! - [`tables`]: another protocol, where rows and positions are in tables of MySQL: a model of its own.

pub mod action;
pub mod broker;
mod client;
mod environment;
pub mod group;
pub mod positions;
pub mod prepared;
pub mod process;
pub mod rule_set;
pub mod rules;
mod same_cluster;
pub mod search;
pub mod state;
pub mod tables;
mod two_clusters;
pub mod world;
mod writer;
