//! The pipeline files of those that write to tables.

use std::fmt::Write as _;

use super::plan;

/// A pipeline from a topic of [`sluicegate_tests::Accounts`]: which of its tables have where a row came from beside, as
/// `lane` and `at`, and a step behind, if any.
pub struct FromTopic<'a> {
    /// The pipeline's name.
    pub name: &'a str,
    /// Which of its processes it is for.
    pub instance: &'a str,
    /// The broker.
    pub brokers: &'a str,
    /// The topic.
    pub topic: &'a str,
    /// Tables without a key, and whether their rows say where they came from.
    pub appended: &'a [(&'a str, bool)],
    /// A step, as YAML.
    pub step: &'a str,
}

impl FromTopic<'_> {
    /// The file, with a sink as YAML that is indented by two.
    pub fn text(&self, sink: &str) -> String {
        let Self { name, instance, brokers, topic, appended, step } = self;
        let session = plan::SESSION.as_millis();
        let mut rules = String::new();
        for (table, says) in *appended {
            let matches = table.to_uppercase();
            let meta = if *says { ", meta: { lane: partition, at: offset }" } else { "" };
            let _ = write!(
                rules,
                "\n        - {{ match: 'SHOP\\.{matches}', to: {table}, name_case: lower, cast: {{ number: uint64, id: uint64 }}{meta} }}"
            );
        }
        let step = if step.is_empty() { String::new() } else { format!("\n  - {step}") };
        format!(
            r#"pipeline: {name}
instance: {instance}
source:
  kafka:
    brokers: "{brokers}"
    topics: [{topic}]
    format: ogg-json
    start: earliest
    session_timeout: {session}ms
steps:
  - use: schema-map
    with:
      tables:
        - match: 'SHOP\.ACCOUNTS'
          to: accounts
          name_case: lower
          cast: {{ id: uint64, balance: "decimal(18,2)", change: uint64 }}{rules}{step}
sink:
{sink}
{end}"#,
            end = end(instance),
        )
    }
}

/// What stands at the end of each file.
pub fn end(instance: &str) -> String {
    format!(
        "dead_letters: {{ file: {instance}.dead.ndjson }}
# Epochs as long as they are under load, so that most faults hit one that is half written.
engine: {{ memory: 8MiB, max_delay: 700ms }}
"
    )
}
