//! `sink:`

use schemars::JsonSchema;
use sluicegate_file::SinkOptions as FileOptions;
use sluicegate_kafka::SinkOptions;
use sluicegate_mysql::SinkOptions as MySqlOptions;
use sluicegate_starrocks::SinkOptions as StarRocksOptions;

use super::connections::{OnKafka, OnMySql, OnStarRocks};

/// Where rows go: one system.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", rename = "Sink")]
pub(super) enum SinkEntry {
    /// Topics of a Kafka cluster.
    Kafka(Box<OnKafka<SinkOptions>>),
    /// Tables of a MySQL or MariaDB.
    #[schemars(rename = "mysql")]
    MySql(Box<OnMySql<MySqlOptions>>),
    /// Tables of a StarRocks cluster.
    #[schemars(rename = "starrocks")]
    StarRocks(Box<OnStarRocks<StarRocksOptions>>),
    /// Files in a directory, or standard output.
    File(Box<FileOptions>),
}
