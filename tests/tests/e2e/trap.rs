//! A row that brings a guest down, alone among a million.

use sluicegate_test_servers::{Kafka, Record, unique_name};
use sluicegate_tests::pipeline::PipelineText;
use sluicegate_tests::{Bench, Ledger, Order, Orders, guests};

use crate::settings;

/// What the bad row's message says, which the reason in the dead letter repeats.
const BOOM: &str = "boom";

#[test]
fn a_row_that_traps_a_guest_dies_alone() {
    let messages = settings::messages();
    let kafka = Kafka::shared().expect("a broker");
    let client = kafka.client();
    let (topic, out, dead) = (unique_name("trap"), unique_name("trap-out"), unique_name("trap-dead"));
    for (topic, partitions) in [(&topic, 4), (&out, 2), (&dead, 1)] {
        client.create_topic(topic, partitions, &[]).expect("a topic");
    }
    // In the middle, among rows of its own table.
    let order = Order { id: 5, version: 7 };
    let bad = order.insert_as(&order.image_with_coupon(BOOM));
    let half = messages / 2;
    let mut orders = Orders::new(20_000, 11);
    let first: Vec<Record> = orders.by_ref().take(half).collect();
    let records = first.into_iter().chain([bad.clone()]).chain(orders.take(messages - half - 1));
    client.produce(&topic, records).expect("messages");

    let bench = Bench::new("trap");
    bench.write("fragile.wasm", guests::example("fragile"));
    let text = PipelineText::new(&unique_name("trap"), client.brokers(), &topic)
        .to(&out)
        .step("{ use: ./fragile.wasm, with: { column: COUPON } }")
        .section(&format!("dead_letters: {{ kafka: {{ connection: out, topic: {dead} }} }}"))
        .text();
    bench.write("trap.yaml", text);
    bench.run(["run", "trap.yaml", "--until", "end"]).exits(0).says("1 dead letters");

    let letters = client.read_all_committed(&dead).expect("the dead letters");
    assert_eq!(letters.len(), 1, "{letters:?}");
    let letter = &letters[0];
    assert_eq!((&letter.key, &letter.value), (&bad.key, &bad.value), "the message as it came");
    let header = |name: &str| String::from_utf8_lossy(letter.header(name).unwrap_or_default()).into_owned();
    assert_eq!(header("sluicegate-step"), "fragile");
    let reason = header("sluicegate-reason");
    assert!(reason.contains("the amount \"boom\" is no number"), "{reason}");

    let mut ledger = Ledger::new(&topic, &client.end_offsets(&topic).expect("the ends"));
    ledger.excuse(letter);
    client.for_each_committed(&out, |message| ledger.see(&out, &message)).expect("the output");
    let found = ledger.close().unwrap_or_else(|why| panic!("{why}"));
    assert_eq!((found.messages, found.seen), (messages as u64, messages as u64));
}
