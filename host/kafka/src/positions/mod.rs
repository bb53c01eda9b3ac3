//! Positions, decided with the rows of a transaction.
//!
//! Each lane has a record in a compacted topic on the sink's cluster. It is written in the transaction that holds the
//! rows before it, so both are there or neither is.
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | where positions are kept |
//! | [`record`] | what stands in the topic |
//! | [`reader`] | reading it past other writers' open transactions |
//! | [`store`] | the topic, and what both ways of taking a lane share |
//! | [`same_cluster`] | taking lanes where the consumer group is the fence |
//! | [`claim`] | taking lanes by name |
//! | [`lease`] | which process runs a pipeline |
//! | [`admin`] | positions for people |
//! | [`terms`] | offsets that people give, and lag |

pub mod admin;
mod claim;
mod lease;
pub mod options;
pub mod reader;
pub mod record;
mod same_cluster;
mod store;
mod terms;

pub use admin::KafkaPositions;
pub use lease::KafkaLease;
pub use options::PositionsOptions;
pub use reader::Reader;
pub use same_cluster::MARK;
pub use store::Store;
pub use terms::KafkaTerms;
