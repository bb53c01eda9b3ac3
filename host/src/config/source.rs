//! `source:`

use schemars::JsonSchema;
use sluicegate_file::SourceOptions as FileOptions;
use sluicegate_kafka::SourceOptions;

use super::connections::OnKafka;

/// Where rows come from: one system.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", rename = "Source")]
pub(super) enum SourceEntry {
    /// Topics of a Kafka cluster.
    Kafka(Box<OnKafka<SourceOptions>>),
    /// Files, or standard input.
    File(Box<FileOptions>),
}
