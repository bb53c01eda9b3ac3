//! `source:`

use schemars::JsonSchema;
use sluicegate_file::SourceOptions as FileOptions;
use sluicegate_kafka::SourceOptions;
use sluicegate_mysql::SourceOptions as MySqlOptions;

use super::connections::{OnKafka, OnMySql};

/// Where rows come from: one system.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", rename = "Source")]
pub(super) enum SourceEntry {
    /// Topics of a Kafka cluster.
    Kafka(Box<OnKafka<SourceOptions>>),
    /// Changes of tables of a MySQL or MariaDB.
    #[schemars(rename = "mysql")]
    MySql(Box<OnMySql<MySqlOptions>>),
    /// Files, or standard input.
    File(Box<FileOptions>),
}
