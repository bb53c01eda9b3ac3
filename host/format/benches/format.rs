//! Nanoseconds a message, reading and writing, with `serde_json::Value` beside it in the same run.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::Value;
use sluicegate_format::{Encode, FormatOptions, LaneInfo, Messages, Record};
use sluicegate_model::{ChangeBatch, Item, Lane};

/// Messages in a stretch, as many as a full batch has rows.
const MESSAGES: u64 = 4_096;

fn image(id: u64, status: &str) -> String {
    format!(
        r#"{{"ORDER_ID":{id},"CUSTOMER":"customer-{}","PHONE":"1380013{:04}","CITY":"上海","STATUS":"{status}","AMOUNT":{}.{:02},"CURRENCY":"CNY","ITEMS":{},"NOTE":null,"CREATED":"2020-05-13 15:40:06","UPDATED":"2020-05-13 15:40:07"}}"#,
        id % 977,
        id % 10_000,
        id % 5_000,
        id % 100,
        id % 9
    )
}

/// Updates with both images of 11 columns, about 680 bytes each.
fn operations() -> Vec<String> {
    let operation = |id| {
        format!(
            r#"{{"table":"SHOP.ORDERS","op_type":"U","op_ts":"2020-05-13 15:40:06.{:06}","current_ts":"2020-05-13T15:40:08.000000","pos":"{id:020}","primary_keys":["ORDER_ID"],"before":{},"after":{}}}"#,
            id % 1_000_000,
            image(id, "paid"),
            image(id, "sent")
        )
    };
    (0..MESSAGES).map(operation).collect()
}

fn objects() -> Vec<String> {
    (0..MESSAGES).map(|id| image(id, "paid")).collect()
}

fn format(name: &str) -> FormatOptions {
    serde_saphyr::from_str(name).expect("a format by its name")
}

fn decode(name: &str, messages: &[String]) -> usize {
    let decoder = format(name).decoder().expect("no options");
    let records: Vec<Record<'_>> = (0..)
        .zip(messages)
        .map(|(ordinal, message)| Record {
            ordinal,
            key: Some(b"key"),
            value: Some(message.as_bytes()),
            timestamp_us: Some(1),
            headers: &[],
        })
        .collect();
    let lane = Lane::from("topic/0");
    let decoded = decoder.decode(&LaneInfo { lane: &lane, topic: "topic", partition: 0 }, &records);
    assert!(decoded.rejects.is_empty());
    match &black_box(decoded).items[..] {
        [Item::Rows(batch)] => batch.len(),
        _ => unreachable!("the messages are rows of one table"),
    }
}

fn batch(name: &str, messages: &[String]) -> ChangeBatch {
    let decoder = format(name).decoder().expect("no options");
    let lane = Lane::from("topic/0");
    let record = |(ordinal, message): (u64, &'static str)| Record {
        ordinal,
        key: None,
        value: Some(message.as_bytes()),
        timestamp_us: None,
        headers: &[],
    };
    let leaked: &'static [String] = messages.to_vec().leak();
    let records: Vec<Record<'_>> = (0..).zip(leaked.iter().map(String::as_str)).map(record).collect();
    let mut decoded = decoder.decode(&LaneInfo { lane: &lane, topic: "topic", partition: 0 }, &records);
    match decoded.items.remove(0) {
        Item::Rows(batch) => batch,
        Item::Control(_) => unreachable!("the messages are rows"),
    }
}

fn encode(encoder: &dyn Encode, batch: &ChangeBatch, out: &mut Messages) -> usize {
    out.clear();
    let rejects = encoder.encode(batch, out).expect("types of JSON");
    assert!(rejects.is_empty());
    out.messages.len()
}

fn values(messages: &[String]) -> Vec<Value> {
    messages.iter().map(|message| serde_json::from_str(message).expect("JSON")).collect()
}

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn settle(group: &mut Group<'_>) {
    group.throughput(Throughput::Elements(MESSAGES));
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
}

fn bench(c: &mut Criterion) {
    for (name, messages) in [("ogg-json", operations()), ("json", objects())] {
        let mean = messages.iter().map(String::len).sum::<usize>() / messages.len();
        println!("{name}: messages of {mean} bytes");
        let mut group = c.benchmark_group(format!("decode {name}"));
        settle(&mut group);
        group.bench_function("ours", |b| b.iter(|| decode(name, &messages)));
        group.bench_function("serde_json::Value alone", |b| {
            let parse = |message: &String| serde_json::from_str::<Value>(message).expect("JSON").is_object();
            b.iter(|| messages.iter().filter(|message| black_box(parse(message))).count());
        });
        group.finish();

        let rows = batch(name, &messages);
        let parsed = values(&messages);
        let encoder = format(name).encoder().expect("no options");
        let mut out = Messages::default();
        let mut group = c.benchmark_group(format!("encode {name}"));
        settle(&mut group);
        group.bench_function("ours", |b| b.iter(|| encode(&*encoder, &rows, &mut out)));
        group.bench_function("serde_json::Value alone", |b| {
            b.iter(|| parsed.iter().map(|value| black_box(value.to_string()).len()).sum::<usize>());
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
