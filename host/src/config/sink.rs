//! `sink:`

use schemars::JsonSchema;
use sluicegate_file::SinkOptions as FileOptions;
use sluicegate_kafka::SinkOptions;

use super::connections::OnKafka;

/// Where rows go: one system.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", rename = "Sink")]
pub(super) enum SinkEntry {
    /// Topics of a Kafka cluster.
    Kafka(Box<OnKafka<SinkOptions>>),
    /// Files in a directory, or standard output.
    File(Box<FileOptions>),
}
