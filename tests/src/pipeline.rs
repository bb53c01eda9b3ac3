//! Pipeline files as text.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A key of 32 bytes as a pipeline file has it. For tests only: anybody can compute it.
pub fn secret(seed: u8) -> String {
    let bytes: Vec<u8> = (0..32).map(|place| seed.wrapping_mul(31).wrapping_add(place)).collect();
    STANDARD.encode(bytes)
}

/// A pipeline file, section by section. What is not set is what most tests want.
#[derive(Clone, Debug)]
pub struct PipelineText {
    name: String,
    instance: Option<String>,
    source_brokers: String,
    sink_brokers: String,
    topic: String,
    format: String,
    written: String,
    source: String,
    steps: String,
    output: String,
    sink: String,
    rest: String,
}

impl PipelineText {
    /// From a topic of `ogg-json` messages, from its beginning, to the topic that rows name, on one cluster.
    pub fn new(name: &str, brokers: &str, topic: &str) -> Self {
        PipelineText {
            name: name.to_owned(),
            instance: None,
            source_brokers: brokers.to_owned(),
            sink_brokers: brokers.to_owned(),
            topic: topic.to_owned(),
            format: "ogg-json".to_owned(),
            written: "json".to_owned(),
            source: String::new(),
            steps: String::new(),
            output: "{table}".to_owned(),
            sink: String::new(),
            rest: String::new(),
        }
    }

    /// The name of the process.
    #[must_use]
    pub fn instance(mut self, instance: &str) -> Self {
        self.instance = Some(instance.to_owned());
        self
    }

    /// Another format of the source.
    #[must_use]
    pub fn format(mut self, format: &str) -> Self {
        format.clone_into(&mut self.format);
        self
    }

    /// Another format of the sink.
    #[must_use]
    pub fn written(mut self, format: &str) -> Self {
        format.clone_into(&mut self.written);
        self
    }

    /// Another cluster to write to.
    #[must_use]
    pub fn sink_brokers(mut self, brokers: &str) -> Self {
        brokers.clone_into(&mut self.sink_brokers);
        self
    }

    /// The topic to write to.
    #[must_use]
    pub fn to(mut self, topic: &str) -> Self {
        topic.clone_into(&mut self.output);
        self
    }

    /// An option of the source, as in `refresh: 1s`.
    #[must_use]
    pub fn source(mut self, option: &str) -> Self {
        let _ = write!(self.source, "\n    {option}");
        self
    }

    /// An option of the sink, as in `compression: zstd`.
    #[must_use]
    pub fn sink(mut self, option: &str) -> Self {
        let _ = write!(self.sink, "\n    {option}");
        self
    }

    /// One more step: a YAML map in braces.
    #[must_use]
    pub fn step(mut self, step: &str) -> Self {
        let _ = write!(self.steps, "\n  - {step}");
        self
    }

    /// A section of its own, as in `engine: { workers: 1 }`.
    #[must_use]
    pub fn section(mut self, section: &str) -> Self {
        let _ = write!(self.rest, "\n{section}");
        self
    }

    /// The text. Rows carry where they came from in the header `origin`.
    pub fn text(&self) -> String {
        let PipelineText {
            name,
            source_brokers,
            sink_brokers,
            topic,
            format,
            written,
            source,
            steps,
            output,
            sink,
            rest,
            ..
        } = self;
        let instance = self.instance.as_ref().map(|name| format!("\ninstance: {name}")).unwrap_or_default();
        let steps = if steps.is_empty() { String::new() } else { format!("\nsteps:{steps}") };
        format!(
            r#"pipeline: {name}{instance}
connections:
  in: {{ kafka: {{ brokers: "{source_brokers}" }} }}
  out: {{ kafka: {{ brokers: "{sink_brokers}" }} }}
source:
  kafka:
    connection: in
    topics: [{topic}]
    format: {format}
    start: earliest{source}{steps}
sink:
  kafka:
    connection: out
    topic: "{output}"
    format: {written}
    headers: {{ origin: "{{origin}}" }}{sink}{rest}
"#
        )
    }
}
