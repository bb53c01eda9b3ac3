//! The whole file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sluicegate_keys::{KeyRing, KeySpec};

use super::connections::ConnectionEntry;
use super::dead_letters::DeadLettersEntry;
use super::sink::SinkEntry;
use super::source::SourceEntry;
use super::steps::StepEntry;
use super::time_zone::TimeZoneName;

/// A pipeline: one source, steps, one sink. A second system is a second pipeline.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Pipeline")]
pub(super) struct PipelineFile {
    /// The name of the pipeline: letters, digits, `.`, `_` and `-`. Positions are kept under it, so another name is
    /// another pipeline, which begins anew.
    pub(super) pipeline: String,
    /// The name of this process among those that run the pipeline, the same after a restart. Default: the host's
    /// name.
    #[schemars(default)]
    pub(super) instance: Option<String>,
    /// The time zone that steps take for times without one, and whose clock says which day `$[yyyy-MM-dd]` is. Default: UTC.
    #[schemars(default)]
    pub(super) time_zone: Option<TimeZoneName>,
    /// Systems by a name of your choice.
    #[schemars(default)]
    #[allow(dead_code, reason = "part of the schema; a block holds the connection that it names")]
    pub(super) connections: BTreeMap<String, ConnectionEntry>,
    /// Where rows come from.
    pub(super) source: SourceEntry,
    /// What is done to rows, in order.
    #[schemars(default)]
    pub(super) steps: Vec<StepEntry>,
    /// Where rows go.
    pub(super) sink: SinkEntry,
    /// Where rows go that cannot be handled. Without it the first such row stops the pipeline.
    #[schemars(default)]
    pub(super) dead_letters: Option<DeadLettersEntry>,
    /// Keys by name. A step uses one only as it is granted.
    #[schemars(default)]
    pub(super) keys: BTreeMap<String, KeySpec>,
    /// How the pipeline runs.
    #[schemars(default)]
    pub(super) engine: sluicegate_engine::Options,
}

impl PipelineFile {
    /// Gives source and sink the keys of the pipeline.
    pub(super) fn set_keys(&mut self, ring: &KeyRing) {
        self.source.set_keys(ring);
        self.sink.set_keys(ring);
    }
}
