//! Positions shown and moved, and two living processes under one name.

use std::time::Duration;

use serde_json::Value;
use sluicegate_test_servers::{Kafka, KafkaClient, unique_name};
use sluicegate_tests::pipeline::PipelineText;
use sluicegate_tests::{Bench, Orders};

/// A pipeline that copies a topic of two partitions with 100 messages each.
struct Copy {
    client: KafkaClient,
    source: String,
    out: String,
    bench: Bench,
}

impl Copy {
    fn new(name: &str) -> Self {
        let kafka = Kafka::shared().expect("a broker");
        let client = kafka.client().clone();
        let source = unique_name(name);
        let out = format!("{source}-out");
        client.create_topic(&source, 2, &[]).expect("a topic");
        client.create_topic(&out, 1, &[]).expect("a topic");
        let orders = Orders::new(50, 1).take(200).zip([0, 1].into_iter().cycle());
        client
            .produce(&source, orders.map(|(order, partition)| order.partition(partition)))
            .expect("messages");
        let bench = Bench::new(name);
        let text = PipelineText::new(&source, client.brokers(), &source).to(&out);
        // For so long a group remembers a process that has ended.
        bench.write("copy.yaml", text.source("session_timeout: 3s").text());
        Copy { client, source, out, bench }
    }

    fn run(&self) {
        self.bench.run(["run", "copy.yaml", "--until", "end"]).exits(0);
    }

    fn written(&self) -> usize {
        self.client.read_all_committed(&self.out).expect("what came out").len()
    }

    /// Offset and lag of each lane.
    fn shown(&self) -> Vec<(i64, i64)> {
        let shown = self.bench.run(["positions", "show", "copy.yaml", "--output", "json"]);
        shown.exits(0);
        let lanes: Value = serde_json::from_str(&shown.stdout).expect("JSON");
        let number = |value: &Value| value.as_i64().unwrap_or(-1);
        let lane = |lane: &Value| (number(&lane["position"]["at"]["offset"]), number(&lane["lag"]));
        lanes.as_array().expect("a list").iter().map(lane).collect()
    }
}

#[test]
fn positions_are_shown_set_and_reset() {
    let copy = Copy::new("positions");
    copy.run();
    assert_eq!(copy.shown(), [(100, 0), (100, 0)]);
    copy.bench
        .run(["positions", "show", "copy.yaml"])
        .exits(0)
        .says(&format!("{}/1: offset 100, 0 behind", copy.source));

    let lane = format!("{}/1=40", copy.source);
    copy.bench.run(["positions", "set", "copy.yaml", &lane]).exits(0);
    assert_eq!(copy.shown(), [(100, 0), (40, 60)]);
    copy.run();
    assert_eq!(copy.written(), 260);

    copy.bench.run(["positions", "reset", "copy.yaml"]).exits(0);
    copy.run();
    assert_eq!(copy.written(), 460);
}

#[test]
fn positions_of_a_running_pipeline_are_not_moved() {
    let copy = Copy::new("positions-live");
    let mut running = copy.bench.command(["run", "copy.yaml"]).start();
    running.wait_for("assigned");
    while copy.written() < 200 {
        std::thread::sleep(Duration::from_millis(100));
    }
    let lane = format!("{}/1=40", copy.source);
    copy.bench.run(["positions", "set", "copy.yaml", &lane]).exits(2).says("stop its processes first");
    assert_eq!(copy.shown(), [(100, 0), (100, 0)], "they can be looked at");
    running.terminate().exits(0);
}

#[test]
fn a_lane_that_is_none_is_refused() {
    let copy = Copy::new("positions-none");
    copy.bench.run(["positions", "set", "copy.yaml", "elsewhere/0=1"]).exits(2).says("elsewhere/0");
    copy.bench.run(["positions", "set", "copy.yaml", "orders"]).exits(2).says("LANE=OFFSET");
}

#[test]
fn the_older_of_two_processes_under_one_instance_ends() {
    let copy = Copy::new("twins");
    let mut older = copy.bench.command(["run", "copy.yaml"]).named("older").start();
    older.wait_for("assigned");
    let mut younger = copy.bench.command(["run", "copy.yaml"]).named("younger").start();
    older.wait(Duration::from_mins(1)).exits(2).says("another living process runs under the same instance");
    younger.wait_for("assigned");
    while copy.written() < 200 {
        std::thread::sleep(Duration::from_millis(100));
    }
    younger.terminate().exits(0);
    assert_eq!(copy.written(), 200);
}

#[test]
fn a_renamed_pipeline_goes_on_where_it_was() {
    let copy = Copy::new("renamed");
    copy.run();
    let text = std::fs::read_to_string(copy.bench.path("copy.yaml")).expect("the pipeline");
    let renamed = format!("pipeline: {}-new", copy.source);
    let text = text.replace(&format!("pipeline: {}", copy.source), &renamed);
    assert!(text.contains(&renamed), "{text}");
    copy.bench.write("renamed.yaml", text);
    let copied = |from: &str| copy.bench.run(["positions", "copy", "renamed.yaml", "--from", from]);
    copied("nobody").exits(2).says("nothing is committed under the name nobody");
    copied(&copy.source).exits(0).says("offset 100, 0 behind");
    copied(&copy.source).exits(2).says("has positions of its own");
    copy.bench.run(["run", "renamed.yaml", "--until", "end"]).exits(0);
    assert_eq!(copy.written(), 200, "nothing is read twice");
}

#[test]
fn a_process_with_other_steps_does_not_join() {
    let copy = Copy::new("other-steps");
    let text = std::fs::read_to_string(copy.bench.path("copy.yaml")).expect("the pipeline");
    let map = "steps:\n  - use: schema-map\n    with: { tables: [ { match: '.*', drop: [PHONE] } ] }\nsink:";
    copy.bench.write("edited.yaml", format!("instance: edited\n{}", text.replacen("sink:", map, 1)));
    let mut running = copy.bench.command(["run", "copy.yaml"]).start();
    running.wait_for("assigned");
    while copy.written() < 200 {
        std::thread::sleep(Duration::from_millis(100));
    }
    copy.bench
        .run(["run", "edited.yaml", "--until", "end"])
        .exits(2)
        .says("runs with other steps")
        .says("--takeover");
    copy.bench.run(["run", "edited.yaml", "--until", "end", "--takeover"]).exits(0);
    running.terminate().exits(0);
    assert_eq!(copy.written(), 200);
}
