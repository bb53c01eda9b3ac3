//! What a person sees who has made a mistake. Each test reads the message and the exit code of the command.

use sluicegate_test_servers::{Kafka, Record, SharedKafka, unique_name};
use sluicegate_tests::pipeline::{PipelineText, secret};
use sluicegate_tests::{Bench, Finished, Order, guests};

/// A pipeline with one message, from one topic to another.
struct Job {
    kafka: SharedKafka,
    source: String,
    out: String,
    bench: Bench,
}

impl Job {
    fn new(name: &str) -> Self {
        Self::with(name, Order { id: 1, version: 1 }.insert())
    }

    fn with(name: &str, record: Record) -> Self {
        let kafka = Kafka::shared().expect("a broker");
        let source = unique_name(name);
        let out = format!("{source}-out");
        for topic in [&source, &out] {
            kafka.create_topic(topic, 1, &[]).expect("a topic");
        }
        kafka.client().produce(&source, [record]).expect("a message");
        Job { kafka, source, out, bench: Bench::new(name) }
    }

    fn text(&self) -> PipelineText {
        PipelineText::new(&self.source, self.kafka.brokers(), &self.source).to(&self.out)
    }

    /// Runs a pipeline to the end.
    fn run(&self, text: &PipelineText) -> Finished {
        self.bench.write("pipeline.yaml", text.text());
        self.bench.run(["run", "pipeline.yaml", "--until", "end"])
    }

    /// Runs a pipeline with dead letters in a file; gives step and reason of the one that there is.
    fn dead(&self, text: PipelineText) -> (String, String) {
        self.run(&text.section("dead_letters: { file: dead.ndjson }")).exits(0).says("1 dead letters");
        let file = std::fs::read_to_string(self.bench.path("dead.ndjson")).expect("dead letters");
        let letter: serde_json::Value = serde_json::from_str(file.trim()).expect("one letter");
        let word = |name: &str| letter[name].as_str().unwrap_or_default().to_owned();
        (word("step"), word("reason"))
    }
}

fn key(name: &str, seed: u8) -> String {
    format!("keys: {{ {name}: {{ algorithm: xaes-256-gcm, versions: {{ v1: \"{}\" }} }} }}", secret(seed))
}

#[test]
fn a_misspelt_setting() {
    let job = Job::new("misspelt");
    job.run(&job.text().sink("compresion: zstd"))
        .exits(2)
        .says("pipeline.yaml has a problem")
        .says("compresion")
        .says("did you mean `compression`")
        .says("pipeline.yaml:17:5");
    job.bench.run(["run", "nowhere.yaml"]).exits(2).says("nowhere.yaml");
}

#[test]
fn a_wrong_key() {
    let job = Job::new("wrong-key");
    let seal = job
        .text()
        .step("{ use: crypt, with: { seal: { PHONE: { key: phones } } }, keys: { phones: [seal] } }")
        .section("dead_letters: { file: dead.ndjson, seal: phones }")
        .section(&key("phones", 1));
    job.run(&seal).exits(0);
    // Opened with another secret under the same name.
    let open = PipelineText::new(&format!("{}-open", job.source), job.kafka.brokers(), &job.out)
        .format("json")
        .to(&job.out)
        .step("{ use: crypt, with: { open: { PHONE: { key: phones } } }, keys: { phones: [open] } }")
        .section("dead_letters: { file: dead.ndjson, seal: phones }")
        .section(&key("phones", 2));
    job.run(&open).exits(0).says("1 dead letters");
    let file = std::fs::read_to_string(job.bench.path("dead.ndjson")).expect("dead letters");
    assert!(file.contains("PHONE") && file.contains("crypt"), "{file}");
    assert!(!file.contains("+86 138"), "what was sealed stays sealed: {file}");

    // A secret that is none.
    let short =
        job.text().section("keys: { phones: { algorithm: xaes-256-gcm, versions: { v1: c2hvcnQ= } } }");
    let said = job.run(&short);
    said.exits(2).says("phones").says("32 bytes");
    assert!(!said.stderr.contains("c2hvcnQ="), "secrets are not shown: {said}");
}

#[test]
fn a_key_that_is_unknown_or_not_granted() {
    let job = Job::new("unknown-key");
    let letters = "dead_letters: { file: dead.ndjson, seal: phones }";
    let step = |grant: &str, name: &str| {
        format!("{{ use: crypt, with: {{ seal: {{ PHONE: {{ key: {name} }} }} }}, keys: {{ {grant} }} }}")
    };
    let run = |step: String| job.run(&job.text().step(&step).section(letters).section(&key("phones", 1)));
    run(step("phone: [seal]", "phone"))
        .exits(2)
        .says("step `crypt` is granted the key `phone`, which the pipeline does not have")
        .says("did you mean `phones`");
    run(step("phones: [open]", "phones")).exits(2).says("phones").says("seal").says("crypt");
    run(step("phones: [seal]", "other")).exits(2).says("other").says("crypt");
}

#[test]
fn a_guest_that_is_missing_or_pinned_otherwise() {
    let job = Job::new("no-guest");
    job.run(&job.text().step("{ use: ./guests/nowhere.wasm }"))
        .exits(2)
        .says("the guest ./guests/nowhere.wasm cannot be read")
        .says("pipeline.yaml:12:");
    job.run(&job.text().step("{ use: schema-mop }"))
        .exits(2)
        .says("there is no built-in transform `schema-mop`; did you mean `schema-map`");
    job.bench.write("mask.wasm", guests::example("mask-name"));
    let pin = "0".repeat(64);
    job.run(&job.text().step(&format!("{{ use: ./mask.wasm, sha256: \"{pin}\" }}")))
        .exits(2)
        .says(&format!("but the pipeline pins {pin}"));
    job.run(&job.text().step("{ use: ./mask.wasm, with: { colums: [name] } }"))
        .exits(2)
        .says("colums")
        .says("did you mean `columns`");
}

#[test]
fn a_guest_of_another_version_or_with_imports() {
    let job = Job::new("bad-guest");
    job.bench.write("next.wasm", guests::of_another_version());
    job.run(&job.text().step("{ use: ./next.wasm }"))
        .exits(2)
        .says("was built for version 0.9.0 of the interface sluicegate:transform, this host has 0.1.0");
    job.bench.write("db.wasm", guests::with_foreign_import());
    job.run(&job.text().step("{ use: ./db.wasm }"))
        .exits(2)
        .says("asks for imports that guests are not given: acme:db/query@1.0.0");
    job.bench.write("text.wasm", "no guest at all");
    job.run(&job.text().step("{ use: ./text.wasm }")).exits(2).says("is no WebAssembly");
}

#[test]
fn a_broker_that_does_not_answer() {
    let job = Job::new("no-broker");
    let text = PipelineText::new("no-broker", "127.0.0.1:9", &job.source).text();
    let text = text.replace("brokers: \"127.0.0.1:9\"", "brokers: \"127.0.0.1:9\", connect_timeout: 2s");
    job.bench.write("pipeline.yaml", text);
    job.bench.run(["run", "pipeline.yaml", "--until", "end"]).exits(1).says("127.0.0.1:9");
    job.bench.run(["validate", "pipeline.yaml", "--online"]).exits(1).says("127.0.0.1:9");
}

#[test]
fn a_topic_that_does_not_exist() {
    let job = Job::new("no-topic");
    let text = PipelineText::new(&job.source, job.kafka.brokers(), "nowhere").to(&job.out);
    job.run(&text).exits(2).says("topic nowhere");
    job.run(&job.text().to("elsewhere")).exits(2).says("there is no topic elsewhere").says("create_topics");
}

#[test]
fn a_message_that_is_no_json() {
    let job = Job::with("no-json", Record::new("1", "{\"table\": oops"));
    let (step, reason) = job.dead(job.text());
    assert_eq!(step, "decode");
    assert!(reason.contains("JSON") || reason.contains("byte"), "{reason}");
}

#[test]
fn a_bad_row_without_dead_letters_stops() {
    let job = Job::with("no-letters", Record::new("1", "oops"));
    job.run(&job.text()).exits(1).says(&format!("{}/0", job.source)).says("dead_letters");
}

#[test]
fn a_column_that_a_step_needs() {
    let job = Job::new("no-column");
    let split = job.text().step("{ use: split, with: { by: [NOWHERE], into: 2 } }");
    job.run(&split).exits(1).says("NOWHERE").says("split");
    let row = Order { id: 1, version: 1 }.insert_as(r#"{"ORDER_ID":1,"PHONE":"1"}"#);
    let lacking = Job::with("no-cell", row);
    let key = lacking.text().sink("key: { columns: [AMOUNT] }");
    lacking.run(&key).exits(2).says("AMOUNT");
}

#[test]
fn an_int_that_does_not_parse() {
    let row = Order { id: 1, version: 1 }.insert_as(r#"{"ORDER_ID":1,"QUANTITY":"12x"}"#);
    let job = Job::with("no-int", row);
    let cast = "{ use: schema-map, with: { tables: [ { match: '.*', cast: { QUANTITY: int32 } } ] } }";
    let (step, reason) = job.dead(job.text().step(cast));
    assert_eq!(step, "schema-map");
    assert!(reason.contains("QUANTITY") && reason.contains("12x") && reason.contains("int32"), "{reason}");
}
