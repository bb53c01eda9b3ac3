//! Two processes of one group, killed and paused at random while messages come: nothing is lost, nothing comes twice,
//! and each key stays in order.
//!
//! `SLUICEGATE_FAULTS` (20), `SLUICEGATE_MESSAGES` (1,000,000) and `SLUICEGATE_SEED` (another one each time, printed)
//! say what is done.
//!
//! | module | holds |
//! |---|---|
//! | `plan` | which faults, and when |
//! | `processes` | a process and what is done to it |
//! | `files` | the pipeline files of those that write to tables |
//! | `tables` | the same into tables of MySQL and MariaDB |
//! | `binlog` | from tables and the binlog of MySQL and MariaDB into tables, with a standby |
//! | `shop` | the tables that it reads, and what is written to them |
//! | `starrocks` | the same into tables of a simulated StarRocks |
//!
//! What is here goes from topics to topics.

mod binlog;
mod files;
mod plan;
mod processes;
mod shop;
mod starrocks;
mod tables;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use sluicegate_test_servers::{Kafka, KafkaClient, KafkaOptions, Record};
use sluicegate_tests::pipeline::{PipelineText, secret};
use sluicegate_tests::{Bench, Ledger, Orders, guests};

use self::processes::Process;
use crate::settings;

const TOPIC: &str = "ogg.shop.orders";
const OUTPUTS: [&str; 3] = ["orders-0", "orders-1", "orders-2"];
const DEAD: &str = "orders.dead";
const INSTANCES: [&str; 2] = ["a", "b"];
const PARTITIONS: i32 = 6;
/// Orders that the messages are about.
const ORDERS: usize = 20_000;
/// How long the processes may take to get through what is left when the faults are over.
const CATCH_UP: Duration = Duration::from_mins(3);

#[test]
fn kill_same_cluster() {
    let kafka = broker();
    torment("kill-same", kafka.client(), kafka.client());
}

#[test]
fn kill_two_clusters() {
    let (from, to) = (broker(), broker());
    torment("kill-two", from.client(), to.client());
}

fn broker() -> Kafka {
    Kafka::start(KafkaOptions::default()).expect("a broker")
}

fn torment(name: &str, from: &KafkaClient, to: &KafkaClient) {
    let (messages, faults, seed) = (settings::messages(), settings::faults(), settings::seed());
    eprintln!("{name}: {messages} messages, {faults} faults, SLUICEGATE_SEED={seed}");
    let bench = Bench::new(name);
    from.create_topic(TOPIC, PARTITIONS, &[]).expect("the source's topic");
    for topic in OUTPUTS {
        to.create_topic(topic, 2, &[]).expect("a topic of the sink");
    }
    to.create_topic(DEAD, 1, &[]).expect("the topic of dead letters");
    bench.write("mask_name.wasm", guests::example("mask-name"));
    for instance in INSTANCES {
        let text = pipeline(name, from.brokers(), to.brokers()).instance(instance).text();
        bench.write(&format!("{instance}.yaml"), text);
    }

    let plans = plan::plan(faults, INSTANCES.len(), &plan::OF_A_GROUP, seed);
    let began = Instant::now();
    let mut processes = INSTANCES.map(|instance| Process::start(&bench, instance));
    let pace = Pace { messages, over: plan::duration(&plans) };
    let mut orders = Orders::new(ORDERS, seed);
    let ended = hurt(&mut processes, &plans, |failed| produce(from, TOPIC, pace, &mut orders, failed));
    ended.unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
    let tormented = began.elapsed();
    eprintln!("{name}: the faults are over after {tormented:?}");
    catch_up(&bench, &mut processes, (from, TOPIC), seed);
    eprintln!("{name}: all is committed after {:?}", began.elapsed());
    for process in &mut processes {
        process.end();
    }

    let ends = from.end_offsets(TOPIC).expect("the source's ends");
    let mut ledger = Ledger::new(TOPIC, &ends);
    for output in OUTPUTS {
        to.settle(output, Duration::from_secs(30)).expect("no open transaction");
        to.for_each_committed(output, |message| ledger.see(output, &message)).expect("the output is read");
    }
    let found = ledger.close().unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
    let dead = to.read_all_committed(DEAD).expect("the dead letters are read");
    assert!(dead.is_empty(), "no row is bad, and yet {} are dead: {:?}", dead.len(), dead[0].headers);
    eprintln!("{name}: {found}; {faults} faults in {tormented:?}, {:?} in all", began.elapsed());
}

/// Does to the processes what is planned for each, at the same time and while messages are written.
fn hurt(
    processes: &mut [Process<'_>],
    plans: &[Vec<plan::Step>],
    write: impl FnOnce(&AtomicBool) + Send,
) -> Result<(), String> {
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let failed = &failed;
        scope.spawn(move || write(failed));
        let hands = processes.iter_mut().zip(plans).map(|(process, plan)| {
            let mut hurt = move || process.torment(plan, failed);
            scope.spawn(move || hurt().inspect_err(|_| failed.store(true, Ordering::Relaxed)))
        });
        let hands: Vec<_> = hands.collect();
        hands.into_iter().try_for_each(|hand| hand.join().expect("no panic"))
    })
}

/// The three built-in transforms and a guest of our own, under time-outs that a test can wait for.
fn pipeline(name: &str, from: &str, to: &str) -> PipelineText {
    let millis = |time: Duration| format!("{}ms", time.as_millis());
    let map = concat!(
        r"{ use: schema-map, with: { tables: [ { match: 'SHOP\.ORDERS_(\d+)', to: ods.orders, rename: { ORDER_ID: id }, ",
        r#"name_case: lower, drop: [INTERNAL_NOTE], cast: { id: int64, amount: "decimal(18,2)" } } ] } }"#
    );
    PipelineText::new(name, from, TOPIC)
        .sink_brokers(to)
        .source(&format!("session_timeout: {}", millis(plan::SESSION)))
        .sink(&format!("transaction_timeout: {}", millis(plan::TRANSACTION)))
        .step(map)
        .step("{ use: crypt, with: { seal: { phone: { key: phones } } }, keys: { phones: [seal] } }")
        .step("{ use: ./mask_name.wasm, with: { columns: [customer_name] } }")
        .step(r#"{ use: split, with: { by: [id], into: 3, to: "orders-{n}", assume_unchanged: true } }"#)
        .section(&format!("dead_letters: {{ kafka: {{ connection: out, topic: {DEAD} }}, seal: phones }}"))
        .section(&format!(
            "keys: {{ phones: {{ algorithm: xaes-256-gcm, versions: {{ v1: \"{}\" }} }} }}",
            secret(1)
        ))
        // Epochs as long as they are under load, so that most faults hit one that is half written.
        .section("engine: { memory: 8MiB, max_delay: 700ms }")
}

/// How many messages are to come, and over what time.
#[derive(Clone, Copy)]
struct Pace {
    messages: usize,
    over: Duration,
}

/// Writes the messages: some at once, the others over the time that the faults take, so that each fault hits a pipeline
/// that has work. What is left when something failed is not written.
fn produce(
    client: &KafkaClient,
    topic: &str,
    pace: Pace,
    records: &mut impl Iterator<Item = Record>,
    failed: &AtomicBool,
) {
    let began = Instant::now();
    let mut written = 0;
    while written < pace.messages && !failed.load(Ordering::Relaxed) {
        let share = 0.1 + 0.9 * began.elapsed().as_secs_f64() / pace.over.as_secs_f64().max(1.0);
        let target = ((pace.messages as f64 * share) as usize).min(pace.messages);
        client.produce(topic, records.by_ref().take(target - written)).expect("messages");
        written = target;
        thread::sleep(Duration::from_millis(200));
    }
}

/// Waits until every message is committed.
fn catch_up(bench: &Bench, processes: &mut [Process<'_>], (from, topic): (&KafkaClient, &str), seed: u64) {
    let ends: i64 = from.end_offsets(topic).expect("the source's ends").values().sum();
    let began = Instant::now();
    loop {
        for process in &mut *processes {
            process
                .run_for(Duration::from_millis(500))
                .unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
        }
        let committed = committed(bench);
        if committed == ends {
            return;
        }
        let late = began.elapsed() > CATCH_UP;
        assert!(
            !late,
            "SLUICEGATE_SEED={seed}: {committed} of {ends} messages are committed after {CATCH_UP:?}"
        );
    }
}

/// How many messages are committed, as the command itself shows it.
fn committed(bench: &Bench) -> i64 {
    let shown = bench.run(["positions", "show", "a.yaml", "--output", "json"]);
    shown.exits(0);
    let lanes: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let offset = |lane: &Value| lane["position"]["at"]["offset"].as_i64().unwrap_or(0);
    lanes.as_array().expect("a list of lanes").iter().map(offset).sum()
}
