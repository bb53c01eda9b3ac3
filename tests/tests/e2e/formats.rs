//! The formats of other tools, from topic to topic: what GoldenGate said comes out again behind Canal and Debezium.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use sluicegate_test_servers::{Kafka, Message, Record, unique_name};
use sluicegate_tests::Bench;
use sluicegate_tests::pipeline::PipelineText;

/// An order's life, and beside it the one of another; a decimal that no double holds, text of all kinds, a NULL.
fn operations() -> Vec<Record> {
    let row = |id: u64, name: &str, amount: &str, note: &Value| {
        format!(
            r#"{{"ORDER_ID":{id},"NAME":{},"AMOUNT":{amount},"NOTE":{note},"CREATED":"2024-05-22 09:50:40.123456"}}"#,
            json!(name)
        )
    };
    let first = row(1, "王小明", "1.10", &Value::Null);
    let paid = row(1, "王小明", "99999999999999.99", &json!("a \"quoted\"\n\u{1F600}"));
    let other = row(18_446_744_073_709_551_615, "O'Hara", "-0.05", &json!(""));
    let operation = |number: u64, op: &str, key: u64, images: String| {
        let head = format!(
            r#""table":"SHOP.ORDERS","op_type":"{op}","op_ts":"2024-05-22 09:50:4{number}.000000","pos":"{number:020}""#
        );
        Record::new(key.to_string(), format!(r#"{{{head},"primary_keys":["ORDER_ID"],{images}}}"#))
    };
    vec![
        operation(1, "I", 1, format!(r#""after":{first}"#)),
        operation(2, "I", u64::MAX, format!(r#""after":{other}"#)),
        operation(3, "U", 1, format!(r#""before":{first},"after":{paid}"#)),
        operation(4, "D", 1, format!(r#""before":{paid}"#)),
    ]
}

/// What an operation says, value by value as it is written, without what each hop says anew.
fn said(message: &Message) -> BTreeMap<String, String> {
    let text = message.value_text();
    let object = |text: &str| -> BTreeMap<String, Box<RawValue>> {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    let mut said = BTreeMap::new();
    for (key, value) in object(&text) {
        match key.as_str() {
            "table" | "op_type" | "op_ts" | "primary_keys" => drop(said.insert(key, value.to_string())),
            "before" | "after" => {
                let cells = object(value.get()).into_iter();
                said.extend(cells.map(|(column, cell)| (format!("{key}.{column}"), cell.to_string())));
            }
            _ => {}
        }
    }
    said
}

#[test]
fn operations_come_out_behind_canal_and_debezium_as_they_were() {
    let kafka = Kafka::shared().expect("a broker");
    let name = unique_name("formats");
    let topics: Vec<String> = (0..4).map(|hop| format!("{name}-{hop}")).collect();
    for topic in &topics {
        kafka.create_topic(topic, 1, &[]).expect("a topic");
    }
    kafka.client().produce(&topics[0], operations()).expect("messages");
    let bench = Bench::new("formats");
    let types = r#"{ ORDER_ID: uint64, NAME: text, AMOUNT: "decimal(18,2)", NOTE: text, CREATED: datetime }"#;
    let hops = [
        (format!("{{ ogg-json: {{ schema: {{ SHOP.ORDERS: {types} }} }} }}"), "canal-json"),
        ("canal-json".to_owned(), "debezium-json"),
        ("{ debezium-json: { primary_key: [ORDER_ID] } }".to_owned(), "{ ogg-json: { timestamps: sql } }"),
    ];
    for (hop, (read, written)) in hops.iter().enumerate() {
        let text = PipelineText::new(&topics[hop], kafka.brokers(), &topics[hop])
            .format(read)
            .written(written)
            .to(&topics[hop + 1])
            .step("{ use: filter, with: { where: { not: { column: ORDER_ID, is_null: true } } } }");
        let file = format!("hop-{hop}.yaml");
        bench.write(&file, text.text());
        bench.run(["run", &file, "--until", "end"]).exits(0).says("4 records read");
    }
    let read = |topic: &String| kafka.client().read_all_committed(topic).expect("what came out");
    let of = |topic: &String| read(topic).iter().map(said).collect::<Vec<_>>();
    assert_eq!(of(&topics[3]), of(&topics[0]));
    for (topic, wanted) in [(&topics[1], "\"mysqlType\""), (&topics[2], "\"source\"")] {
        for message in read(topic) {
            assert!(message.value_text().contains(wanted), "{}", message.value_text());
        }
    }
}
