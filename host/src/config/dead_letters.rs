//! `dead_letters:`

use schemars::JsonSchema;
use sluicegate_engine::StopAfter;
use sluicegate_kafka::DeadLetterOptions;

use super::connections::OnKafka;

/// Where rows go that cannot be handled: a topic, a file, or a topic and for what is too large for it a file.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "DeadLetters")]
pub(super) struct DeadLettersEntry {
    /// A topic. On the connection of the sink the letters are part of its transactions.
    #[schemars(default)]
    pub(super) kafka: Option<OnKafka<DeadLetterOptions>>,
    /// A file, one JSON object a line; relative to the pipeline file. Beside `kafka` it takes the letters that are
    /// too large for the topic. Default then: `sluicegate-dead-letters/PIPELINE.ndjson` in the working directory.
    #[schemars(default)]
    pub(super) file: Option<String>,
    /// The key that letters are sealed with: key, value and headers of the message. Needed where a step uses keys.
    #[schemars(default)]
    pub(super) seal: Option<String>,
    /// When the pipeline stops instead. Default: after 100 of the last 10,000 records of a lane.
    #[schemars(default)]
    pub(super) stop_after: Option<StopAfter>,
}
