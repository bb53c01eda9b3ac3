//! Kafka: source, sink and positions.
//!
//! | module | holds |
//! |---|---|
//! | [`connection`] | [`Connection`]: how a cluster is reached |
//! | [`guarded`] | settings of librdkafka that carry the guarantee |
//! | [`identity`] | [`Identity`]: who this process is |
//! | [`source`] | [`KafkaSource`]: reading from topics, in a consumer group |
//! | [`sink`] | [`KafkaSink`]: writing to topics, in transactions |
//! | [`positions`] | the topic of positions; [`KafkaPositions`]: positions for people |
//! | [`dead_letters`] | [`KafkaDeadLetters`]: dead letters in a topic |
//! | [`letters`] | [`LetterTopicReader`]: the letters of a topic again |
//! | [`changes`] | [`ChangeReader`]: the rows of a stretch of a lane, once more |
//! | [`sample`] | the newest messages of a source, for people to look at |
//! | [`topics`] | topics that are written to: made where that is wanted, and what they take |
//! | `producer` | a producer, transactional or not |
//! | `range` | the messages of a partition between two offsets |
//! | `client` | librdkafka, wrapped as far as it is used here |
//! | `task` | blocking work beside async callers |
//!
//! # Exactly once
//!
//! Rows, the record of each lane's position and, where source and sink are on one cluster, the offsets of the
//! consumer group are one transaction. Who may decide about a lane is said by the group's generation there
//! (`positions/same_cluster.rs`), and by a claim on the lane's record otherwise (`positions/claim.rs`).

pub mod changes;
mod client;
pub mod connection;
pub mod dead_letters;
mod error;
pub mod guarded;
pub mod identity;
pub mod letters;
pub mod positions;
mod producer;
mod range;
pub mod sample;
pub mod sink;
pub mod source;
mod task;
pub mod topics;

pub use changes::ChangeReader;
pub use connection::Connection;
pub use dead_letters::{DeadLetterOptions, KafkaDeadLetters};
pub use identity::Identity;
pub use letters::LetterTopicReader;
pub use positions::{KafkaPositions, KafkaTerms, PositionsOptions};
pub use sink::{KafkaSink, SinkOptions};
pub use source::{KafkaSource, SourceGroup, SourceOptions, Until};
