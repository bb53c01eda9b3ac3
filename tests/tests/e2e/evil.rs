//! Guests that do what no guest should, given to the command: a misdeed on a row costs that row and no other; a guest
//! that is bad before it sees a row is refused, soon and with a message.

use std::fs;
use std::time::Duration;

use sluicegate_evil_guests::{bombs, rust, text};
use sluicegate_test_servers::{Kafka, Record, unique_name};
use sluicegate_tests::pipeline::PipelineText;
use sluicegate_tests::{Bench, Finished, Ledger, Order, Orders};

/// Messages of the pipeline that goes on while its guests misbehave.
const MESSAGES: usize = 20_000;

/// Misdeeds of a marked row, and what its dead letter says.
const ON_A_ROW: [(&str, &str); 17] = [
    ("append_forever", "(`limits.output_bytes`)"),
    ("control_name", "holds a control character"),
    ("duplicate_columns", "which there is already"),
    ("fail_every_cell", "(`limits.output_bytes`)"),
    ("falling_offsets", "less than the one before"),
    ("far_reject", "the guest rejected row 4294967295"),
    ("grow", "(`limits.memory`)"),
    ("hoard_rows", "(`limits.output_bytes`)"),
    ("long_message", "m\\u{1b}[31m"),
    ("long_name", "1024 are allowed"),
    ("million_outputs", "(`limits.handles`)"),
    ("no_utf8", "no UTF-8 text"),
    ("nul_name", "holds a NUL character"),
    ("panic", "the guest panicked"),
    ("recurse", "the guest "),
    ("spin", "limit of CPU time"),
    ("take_billions", "(`limits.output_bytes`)"),
];

/// Runs the command to its end and sees what it took.
fn watched(bench: &Bench, arguments: &[&str], most: Duration) -> Finished {
    let mut running = bench.command(arguments.iter().copied()).start();
    let peak = running.peak_memory(most);
    // Two workers, each with a guest (64 MiB), what it made (256 MiB) and what is in flight; and the pipeline.
    assert!(peak < 2 << 30, "the process took {} MiB at its peak", peak >> 20);
    running.wait(Duration::from_secs(10))
}

#[test]
fn a_misdeed_on_a_row_costs_that_row() {
    let kafka = Kafka::shared().expect("a broker");
    let client = kafka.client();
    let (topic, out, dead) = (unique_name("evil"), unique_name("evil-out"), unique_name("evil-dead"));
    for (topic, partitions) in [(&topic, 4), (&out, 2), (&dead, 1)] {
        client.create_topic(topic, partitions, &[]).expect("a topic");
    }
    // Among the others, each misdeed a row of its own.
    let mut orders = Orders::new(2_000, 5);
    let mut marked: Vec<Record> = Vec::new();
    let part = MESSAGES / (ON_A_ROW.len() + 1);
    for (number, (misdeed, _)) in ON_A_ROW.iter().enumerate() {
        client.produce(&topic, orders.by_ref().take(part)).expect("messages");
        let order = Order { id: 100_000 + number as u64, version: 1 };
        let record = order.insert_as(&order.image_with_coupon(&format!("do {misdeed}")));
        client.produce(&topic, [record.clone()]).expect("a message");
        marked.push(record);
    }
    client.produce(&topic, orders.take(part)).expect("messages");

    let bench = Bench::new("evil");
    bench.write("evil.wasm", rust::module());
    let mut text = PipelineText::new(&unique_name("evil"), client.brokers(), &topic).to(&out);
    for (misdeed, why) in ON_A_ROW {
        // Each is to end by its own limit, on a slow machine too: time is the limit of those that waste time.
        let cpu = if why.contains("CPU time") { "500ms" } else { "60s" };
        text = text.step(&format!(
            "{{ use: ./evil.wasm, name: {misdeed}, limits: {{ cpu: {cpu} }}, \
               with: {{ do: {misdeed}, column: COUPON, mark: do {misdeed} }} }}"
        ));
    }
    let text = text.section(&format!("dead_letters: {{ kafka: {{ connection: out, topic: {dead} }} }}"));
    bench.write("evil.yaml", text.text());
    let run = watched(&bench, &["run", "evil.yaml", "--until", "end"], Duration::from_mins(4));
    run.exits(0).says(&format!("{} dead letters", ON_A_ROW.len()));
    assert!(!run.stderr.contains('\u{202e}'), "hidden characters in the log");

    let mut letters = client.read_all_committed(&dead).expect("the dead letters");
    letters.sort_by(|a, b| a.header("sluicegate-step").cmp(&b.header("sluicegate-step")));
    assert_eq!(letters.len(), ON_A_ROW.len());
    let mut ledger = Ledger::new(&topic, &client.end_offsets(&topic).expect("the ends"));
    for ((letter, (misdeed, why)), record) in letters.iter().zip(ON_A_ROW).zip(&marked) {
        let header =
            |name: &str| String::from_utf8_lossy(letter.header(name).unwrap_or_default()).into_owned();
        assert_eq!(header("sluicegate-step"), misdeed);
        assert_eq!(
            (&letter.key, &letter.value),
            (&record.key, &record.value),
            "{misdeed}: the message as it came"
        );
        let reason = header("sluicegate-reason");
        assert!(reason.contains(why) && !reason.contains(char::is_control), "{misdeed}: {reason:?}");
        ledger.excuse(letter);
    }
    client.for_each_committed(&out, |message| ledger.see(&out, &message)).expect("the output");
    let found = ledger.close().unwrap_or_else(|why| panic!("{why}"));
    let all = (part * (ON_A_ROW.len() + 1) + ON_A_ROW.len()) as u64;
    assert_eq!((found.messages, found.seen), (all, all));
}

/// A pipeline file around a guest. Nothing of it is connected to.
fn pipeline(guest: &str, with: &str) -> String {
    PipelineText::new("evil", "127.0.0.1:1", "orders")
        .step(&format!("{{ use: ./{guest}.wasm{with} }}"))
        .text()
}

/// Refused by `validate`, with exit code 2 and a message, within a minute and a half of a loaded machine.
fn refused(bench: &Bench, name: &str, module: Vec<u8>, why: &str) {
    bench.write(&format!("{name}.wasm"), module);
    bench.write(&format!("{name}.yaml"), pipeline(name, ""));
    let said = watched(bench, &["validate", &format!("{name}.yaml")], Duration::from_secs(90));
    said.exits(2).says(why);
    assert!(
        !said.stderr.contains('\u{1b}'),
        "{name}: escape sequences of a guest reach the terminal: {said}"
    );
}

#[test]
fn a_guest_that_is_bad_from_the_start_is_refused() {
    let bench = Bench::new("evil-start");
    for (name, why) in [
        ("start_spins", "ran over its limit of CPU time: 5s"),
        ("init_spins", "ran over its limit of CPU time: 5s"),
        ("init_grows", "its limit is 64MiB"),
        ("memory_minimum", "the guest needs 500MiB of memory to start"),
        ("describe_circle", "step `describe_circle`: no"),
        ("realloc_far", "the guest did not start"),
        ("preview1", "preview1"),
        ("threads", "is no valid WebAssembly component"),
        ("memory64", "is no valid WebAssembly component"),
        ("multi_memory", "it has 6 memories in one module, 1 are allowed"),
    ] {
        refused(&bench, name, text::module(name), why);
    }
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let bench = Bench::new("evil-bombs");
    for (name, bomb) in bombs::REFUSED {
        refused(&bench, name, bomb(), "is refused before it is compiled: it");
    }
    // A file of zeros that takes no room on the disk.
    let path = bench.write("large.wasm", b"");
    fs::File::options().write(true).open(path).and_then(|file| file.set_len(10 << 30)).expect("a large file");
    bench.write("large.yaml", pipeline("large", ""));
    let said = watched(&bench, &["validate", "large.yaml"], Duration::from_secs(30));
    said.exits(2).says("it has 10GiB, 128MiB are allowed");
}

#[test]
fn a_guest_that_always_waits_can_be_stopped() {
    let kafka = Kafka::shared().expect("a broker");
    let client = kafka.client();
    let (topic, out) = (unique_name("evil-retry"), unique_name("evil-retry-out"));
    for topic in [&topic, &out] {
        client.create_topic(topic, 1, &[]).expect("a topic");
    }
    client.produce(&topic, Orders::new(50, 3).take(200)).expect("messages");
    let bench = Bench::new("evil-retry");
    bench.write("evil.wasm", rust::module());
    let text = PipelineText::new(&unique_name("evil-retry"), client.brokers(), &topic).to(&out);
    bench.write("evil.yaml", text.step("{ use: ./evil.wasm, with: { do: retry_forever } }").text());
    let mut running = bench.command(["run", "evil.yaml"]).named("retry").start();
    running.wait_for("the step waits: later");
    let ended = running.terminate();
    assert!(ended.status.code().is_some(), "{ended}");
    assert!(!ended.stderr.contains("panicked at"), "{ended}");
    assert!(client.read_all_committed(&out).expect("the output").is_empty());
}
