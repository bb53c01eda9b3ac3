//! What a system implements to take part in a pipeline, and what the engine promises in return.
//!
//! | module | holds |
//! |---|---|
//! | [`source`] | [`Source`]: where rows come from, in lanes |
//! | [`sink`] | [`Sink`], [`Writer`], [`Encoder`]: where they go, an epoch at a time |
//! | [`epoch`] | [`Epoch`]: what is decided as one; [`Incarnations`]: which life of a lane counts |
//! | [`positions`] | [`PositionAdmin`]: positions for people |
//! | [`lease`] | [`Lease`]: which of several processes reads |
//! | [`dead_letters`] | [`DeadLetters`]: where rows go that cannot be handled |
//! | [`transform`] | [`Transform`]: a step between the two |
//! | [`template`] | [`Template`]: names of topics, tables and files with placeholders |
//! | [`error`] | [`Error`]: what failed, where, what to do, and what the engine does about it |
//!
//! # The contract, in short
//!
//! A row is *read* by [`Source::next`], *written* by [`Writer::write`], and *durable* when [`Writer::commit`] has
//! returned `Ok`. Accepted is not durable: progress moves on a decided epoch and on nothing else. Rows and the
//! position after them become durable together or not at all. After anything but a commit or an acknowledged
//! abort, what this process remembers of a lane is worth nothing: the lane is taken again.

pub mod dead_letters;
pub mod epoch;
pub mod error;
pub mod lease;
pub mod positions;
pub mod sink;
pub mod source;
pub mod template;
pub mod transform;

pub use dead_letters::DeadLetters;
pub use epoch::{Epoch, Incarnations, LaneSpan};
pub use error::{Class, Error, Place};
pub use lease::{Holder, Lease};
pub use positions::{Behind, LanePosition, PositionAdmin};
pub use sink::{Encoded, Encoder, Sink, SinkReject, StartAt, Taken, WriteError, Writer};
pub use source::{Chunk, Copying, Delay, Event, LaneStart, Payload, Source};
pub use template::{Piece, TableTemplate, Template};
pub use transform::{Outcome, Reject, Transform, TransformError, TransformFactory};
