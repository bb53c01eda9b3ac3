//! The main job: GoldenGate's messages through the built-in transforms and a guest of our own, into three topics.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;
use sluicegate_test_servers::{Kafka, KafkaClient, Message, Record, SharedKafka, unique_name};
use sluicegate_tests::pipeline::{PipelineText, secret};
use sluicegate_tests::{Bench, Ledger, Order, Orders, guests};

/// A source topic, a topic for what comes out, one for dead letters; all of one test.
struct Topics {
    kafka: SharedKafka,
    source: String,
    out: String,
    dead: String,
}

impl Topics {
    fn new(name: &str, partitions: i32) -> Self {
        let kafka = Kafka::shared().expect("a broker");
        let topic = |name: String, partitions| {
            kafka.create_topic(&name, partitions, &[]).expect("a topic");
            name
        };
        let source = topic(unique_name(name), partitions);
        let out = topic(format!("{source}-out"), 2);
        let dead = topic(format!("{source}-dead"), 1);
        Topics { kafka, source, out, dead }
    }

    fn client(&self) -> &KafkaClient {
        self.kafka.client()
    }

    fn produce(&self, records: impl IntoIterator<Item = Record>) {
        self.client().produce(&self.source, records).expect("messages");
    }

    /// From the source to `out`, as it is.
    fn copy(&self) -> PipelineText {
        PipelineText::new(&self.source, self.kafka.brokers(), &self.source).to(&self.out)
    }

    fn dead_letters(&self) -> String {
        format!("dead_letters: {{ kafka: {{ connection: out, topic: {} }} }}", self.dead)
    }

    fn read(&self, topic: &str) -> Vec<Message> {
        self.client().read_all_committed(topic).expect("what came out")
    }

    /// That each message came out once, and each key in order.
    fn check(&self, outputs: &[&str]) {
        self.check_with(&[], outputs);
    }

    /// As [`Topics::check`], or else is among the dead letters.
    fn check_with(&self, letters: &[Message], outputs: &[&str]) {
        let mut ledger =
            Ledger::new(&self.source, &self.client().end_offsets(&self.source).expect("the ends"));
        for letter in letters {
            ledger.excuse(letter);
        }
        for output in outputs {
            for message in self.read(output) {
                ledger.see(output, &message);
            }
        }
        ledger.close().unwrap_or_else(|why| panic!("{why}"));
    }
}

fn keys() -> String {
    format!("keys: {{ phones: {{ algorithm: xaes-256-gcm, versions: {{ v1: \"{}\" }} }} }}", secret(9))
}

#[test]
fn the_main_job() {
    let topics = Topics::new("main", 4);
    let outputs: Vec<String> = (0..3).map(|n| format!("{}-{n}", topics.out)).collect();
    for output in &outputs {
        topics.kafka.create_topic(output, 2, &[]).expect("a topic");
    }
    let mut orders = Orders::new(800, 4);
    topics.produce(orders.by_ref().take(5_000));
    let bench = Bench::new("main");
    bench.write("mask_name.wasm", guests::example("mask-name"));
    let map = concat!(
        r"{ use: schema-map, with: { tables: [ { match: 'SHOP\.ORDERS_(\d+)', to: ods.orders, ",
        r"rename: { ORDER_ID: id, CUSTOMER_NAME: name }, name_case: lower, drop: [INTERNAL_NOTE], ",
        r#"cast: { id: int64, amount: "decimal(18,2)" }, add: { shard: "{1}" } } ] } }"#
    );
    let text = topics
        .copy()
        .to("{table}")
        .step(map)
        .step("{ use: crypt, with: { seal: { phone: { key: phones, bind: [id] } } }, keys: { phones: [seal] } }")
        .step("{ use: ./mask_name.wasm, with: { keep: 1 } }")
        .step(&format!(r#"{{ use: split, with: {{ by: [id], into: 3, to: "{}-{{n}}" }} }}"#, topics.out))
        .section(&format!(
            "dead_letters: {{ kafka: {{ connection: out, topic: {} }}, seal: phones }}",
            topics.dead
        ))
        .section(&keys())
        .text();
    bench.write("main.yaml", text);
    bench
        .run(["validate", "main.yaml", "--online"])
        .exits(0)
        .says("schema-map -> crypt -> mask_name -> split");
    bench.run(["run", "main.yaml", "--until", "end"]).exits(0).says("5000 records read, 5000 rows written");
    let names: Vec<&str> = outputs.iter().map(String::as_str).collect();
    topics.check(&names);
    assert!(topics.read(&topics.dead).is_empty());

    // The last message of each key, over all outputs: a key is in one of them.
    let mut last: HashMap<String, (&str, Message)> = HashMap::new();
    for output in &names {
        for message in topics.read(output) {
            let before = last.insert(message.key_text(), (output, message));
            assert!(before.is_none_or(|(other, _)| other == *output), "a key is in two outputs");
        }
        assert!(last.values().any(|(found, _)| found == output), "{output} got nothing");
    }
    let alive: BTreeMap<String, Order> = orders.alive().map(|order| (order.id.to_string(), order)).collect();
    for (key, (_, message)) in &last {
        assert_eq!(
            message.value.is_some(),
            alive.contains_key(key),
            "a deleted order ends with a tombstone: {key}"
        );
    }
    let row = |message: &Message| -> Value { serde_json::from_str(&message.value_text()).expect("JSON") };
    for (key, order) in &alive {
        let value = row(&last[key].1);
        assert_eq!(value["id"].as_u64(), Some(order.id));
        let text = last[key].1.value_text();
        assert!(
            text.contains(&format!(r#""amount":{},"#, order.amount())),
            "a number, digit for digit: {text}"
        );
        assert_eq!(value["shard"].to_string().trim_matches('"'), (order.id % 4).to_string());
        let name = order.name();
        assert_eq!(value["name"].as_str(), Some(format!("A{}", "*".repeat(name.len() - 1)).as_str()));
        assert_ne!(value["phone"].as_str(), Some(order.phone().as_str()), "sealed");
        assert!(value.get("internal_note").is_none() && value.get("INTERNAL_NOTE").is_none());
    }

    // What was sealed opens, in another pipeline with the same key.
    let text = PipelineText::new(
        &format!("{}-open", topics.source),
        topics.kafka.brokers(),
        &outputs.join(", "),
    )
    .format("{ json: { primary_key: [id], kind: upsert, on_tombstone: delete } }")
    .to(&topics.out)
    .step("{ use: crypt, with: { open: { phone: { key: phones, bind: [id] } } }, keys: { phones: [open] } }")
    .section(&format!(
        "dead_letters: {{ kafka: {{ connection: out, topic: {} }}, seal: phones }}",
        topics.dead
    ))
    .section(&keys())
    .text();
    bench.write("open.yaml", text);
    bench.run(["run", "open.yaml", "--until", "end"]).exits(0);
    let mut opened: HashMap<String, Message> = HashMap::new();
    opened.extend(topics.read(&topics.out).into_iter().map(|message| (message.key_text(), message)));
    assert!(topics.read(&topics.dead).is_empty());
    for (key, order) in &alive {
        assert_eq!(row(&opened[key])["phone"].as_str(), Some(order.phone().as_str()));
    }
}

#[test]
fn a_bad_row_costs_one_row() {
    let topics = Topics::new("bad", 2);
    let order = |id| Order { id, version: 1 };
    let bad = order(2).insert_as(r#"{"ORDER_ID":2,"AMOUNT":"much"}"#).partition(0);
    let torn = Record::new("3", r#"{"table":"SHOP.ORDERS_3","op_type":"I","after":{"ORDER_"#)
        .partition(1)
        .header("h", "v");
    topics.produce([order(0).insert(), bad.clone(), torn.clone(), order(4).insert()]);
    let bench = Bench::new("bad");
    let text = topics
        .copy()
        .step(r"{ use: schema-map, with: { tables: [ { match: 'SHOP\..*', cast: { AMOUNT: 'decimal(18,2)' } } ] } }")
        .section(&topics.dead_letters())
        .text();
    bench.write("bad.yaml", text);
    bench.run(["run", "bad.yaml", "--until", "end"]).exits(0).says("2 rows written, 2 dead letters");
    let letters = topics.read(&topics.dead);
    let letter = |of: &Record| letters.iter().find(|letter| letter.value == of.value).expect("its bytes");
    let header = |letter: &Message, name: &str| {
        String::from_utf8_lossy(letter.header(name).unwrap_or_default()).into_owned()
    };
    assert_eq!(letter(&bad).key, bad.key);
    assert_eq!(header(letter(&bad), "sluicegate-step"), "schema-map");
    let reason = header(letter(&bad), "sluicegate-reason");
    assert!(reason.contains("AMOUNT") && reason.contains("much"), "{reason}");
    assert_eq!(header(letter(&bad), "sluicegate-lane"), format!("{}/0", topics.source));
    assert_eq!(header(letter(&torn), "sluicegate-step"), "decode");
    assert_eq!(header(letter(&torn), "h"), "v", "its own headers are there too");
    topics.check_with(&letters, &[&topics.out]);
}

#[test]
fn an_oversized_message_goes_to_the_file_of_dead_letters() {
    let topics = Topics::new("large", 1);
    let narrow = format!("{}-narrow", topics.source);
    let limits = [("max.message.bytes", "2000")];
    for topic in [&narrow, &format!("{narrow}-dead")] {
        topics.kafka.create_topic(topic, 1, &limits).expect("a topic");
    }
    let order = |id| Order { id, version: 1 };
    // Of no pattern: what counts is its size when it is compressed.
    let mut noise = String::new();
    for number in 0..2_000_u64 {
        let _ = write!(noise, "{:016x}", number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    let large = order(1).insert_as(&format!(r#"{{"ORDER_ID":1,"NOTE":"{noise}"}}"#));
    topics.produce([order(0).insert(), large.clone(), order(2).insert()]);
    let bench = Bench::new("large");
    let text = topics
        .copy()
        .to(&narrow)
        .section(&format!(
            "dead_letters: {{ kafka: {{ connection: out, topic: {narrow}-dead }}, file: dead.ndjson }}"
        ))
        .text();
    bench.write("large.yaml", text);
    bench.run(["run", "large.yaml", "--until", "end"]).exits(0).says("2 rows written, 1 dead letters");
    assert_eq!(topics.read(&narrow).len(), 2);
    assert!(topics.read(&format!("{narrow}-dead")).is_empty());
    let file = std::fs::read_to_string(bench.path("dead.ndjson")).expect("the file of dead letters");
    let mut letters: Vec<Value> =
        file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    // A file is in no transaction: where the epoch had to be committed again the letter is there again, the same but
    // for when it was put aside.
    for letter in &mut letters {
        assert!(letter["at"].take().is_string(), "{letter}");
    }
    letters.dedup();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["value"]["text"].as_str().map(str::as_bytes), large.value.as_deref());
    assert!(
        letters[0]["reason"].as_str().is_some_and(|reason| reason.contains("2000")),
        "{}",
        letters[0]["reason"]
    );
}

#[test]
fn a_restart_goes_on_exactly() {
    let topics = Topics::new("restart", 3);
    let bench = Bench::new("restart");
    bench.write("copy.yaml", topics.copy().text());
    let mut orders = Orders::new(300, 5);
    for (records, read) in [(1_000, "1000 records read"), (0, " 0 records read"), (700, "700 records read")] {
        topics.produce(orders.by_ref().take(records));
        bench.run(["run", "copy.yaml", "--until", "end"]).exits(0).says(read);
    }
    topics.check(&[&topics.out]);
}

#[test]
fn sigterm_drains() {
    let topics = Topics::new("drain", 3);
    let bench = Bench::new("drain");
    topics.produce(Orders::new(300, 6).take(20_000));
    bench.write("copy.yaml", topics.copy().section("engine: { throttle: { rows_per_second: 4000 } }").text());
    let mut running = bench.command(["run", "copy.yaml"]).start();
    running.wait_for("assigned");
    wait_until("something is written", || {
        topics.client().end_offsets(&topics.out).unwrap().values().sum::<i64>() > 0
    });
    running.terminate().exits(0).says("stopped, all that was read is committed");
    let early = topics.read(&topics.out).len();
    assert!(0 < early && early < 20_000, "{early} rows came before the stop");
    bench.write("copy.yaml", topics.copy().text());
    bench.run(["run", "copy.yaml", "--until", "end"]).exits(0);
    topics.check(&[&topics.out]);
}

#[test]
fn new_partitions_are_read_from_their_beginning() {
    let topics = Topics::new("grow", 1);
    let bench = Bench::new("grow");
    bench.write("copy.yaml", topics.copy().source("refresh: 1s").text());
    let orders = |from: u64, partition| {
        (from..from + 50).map(move |id| Order { id, version: 1 }.insert().partition(partition))
    };
    topics.produce(orders(0, 0));
    let mut running = bench.command(["run", "copy.yaml"]).start();
    running.wait_for("assigned");
    topics.client().add_partitions(&topics.source, 3).expect("more partitions");
    topics.produce(orders(50, 1).chain(orders(100, 2)));
    wait_until("all partitions are read", || {
        topics.client().read_committed(&topics.out).unwrap().len() == 150
    });
    running.terminate().exits(0);
    topics.check(&[&topics.out]);
}

#[test]
fn metrics_show_what_was_done() {
    let topics = Topics::new("metrics", 2);
    let bench = Bench::new("metrics");
    let bad = Record::new("1", "no JSON");
    topics.produce(Orders::new(100, 7).take(999).chain([bad]));
    bench.write("copy.yaml", topics.copy().section(&topics.dead_letters()).text());
    let address = free_address();
    let mut running = bench.command(["run", "copy.yaml", "--metrics", &address]).start();
    running.wait_for("assigned");
    let of = |name: &str| format!("{name}{{pipeline=\"{}\"}}", topics.source);
    let mut seen = String::new();
    wait_until("all is counted", || {
        seen = get(&address, "/metrics");
        seen.contains(&format!("{} 1000", of("sluicegate_rows_read_total")))
    });
    for line in [
        format!("{} 999", of("sluicegate_rows_written_total")),
        format!("{} 1", of("sluicegate_dead_letters_total")),
        format!("{} 0", of("sluicegate_stalled")),
        "sluicegate_commit_seconds_bucket".to_owned(),
    ] {
        assert!(seen.contains(&line), "{line:?} is not in\n{seen}");
    }
    assert!(get(&address, "/health").contains("ok"));
    running.terminate().exits(0);
}

#[test]
fn too_many_dead_letters_stop_the_pipeline() {
    let topics = Topics::new("threshold", 1);
    let bench = Bench::new("threshold");
    let bad = (0..10).map(|id| Record::new(id.to_string(), "no JSON"));
    topics.produce(Orders::new(100, 8).take(100).chain(bad).chain(Orders::new(100, 9).take(100)));
    let limited = |limit| {
        let text = topics.copy().section(&format!(
            "dead_letters: {{ kafka: {{ connection: out, topic: {} }}, stop_after: {limit} }}",
            topics.dead
        ));
        bench.write("copy.yaml", text.text());
    };
    limited("{ failed: 5, of: 1000 }");
    bench
        .run(["run", "copy.yaml", "--until", "end"])
        .exits(3)
        .says("5 or more of the last 1000 records went to the dead letters")
        .says("at step decode");
    // With another limit it goes on, and nothing is lost or doubled on either way.
    limited("{ failed: 50, of: 1000 }");
    bench.run(["run", "copy.yaml", "--until", "end"]).exits(0);
    let letters = topics.read(&topics.dead);
    assert_eq!(letters.len(), 10);
    topics.check_with(&letters, &[&topics.out]);
}

pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_mins(1), "after a minute it is not so that {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .to_string()
}

/// What an HTTP server answers; empty while there is none.
pub(crate) fn get(address: &str, path: &str) -> String {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    ask().unwrap_or_default()
}
