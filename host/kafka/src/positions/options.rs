//! Where positions are kept.

use schemars::JsonSchema;
use serde::Deserialize;

/// The topic that positions are kept in, on the sink's cluster. It is made where it is missing; one that exists must
/// be compacted. Pipelines may share it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PositionsOptions {
    /// Its name.
    pub topic: String,
    /// Its number of partitions, where it is made. All positions of a pipeline are in one of them.
    pub partitions: i32,
    /// Copies of each partition, where it is made. Default: the broker's.
    pub replication: Option<i32>,
}

impl Default for PositionsOptions {
    fn default() -> Self {
        Self { topic: "__sluicegate_positions".to_owned(), partitions: 16, replication: None }
    }
}
