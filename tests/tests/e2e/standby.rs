//! Two processes of a pipeline whose source does not divide its lanes: one runs, the other waits.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use sluicegate_test_servers::{Database, Flavour, Kafka, MySql, MySqlClient, MySqlOptions, unique_name};
use sluicegate_tests::Bench;

use super::files::lines;
use super::mysql_source::{database, run, url};

/// How long anything may take: a lease that stands still is taken after ten seconds.
const LIMIT: Duration = Duration::from_mins(1);

struct Pair {
    _server: MySql,
    client: MySqlClient,
    bench: Bench,
}

impl Pair {
    fn new(flavour: Flavour) -> Self {
        let server = MySql::start(MySqlOptions::new(flavour)).expect("a server");
        let mut client = server.client().expect("a connection");
        for statement in [
            "CREATE DATABASE shop",
            "CREATE DATABASE ods",
            "CREATE TABLE shop.t (id BIGINT PRIMARY KEY)",
            "CREATE TABLE ods.t (id BIGINT PRIMARY KEY)",
            "CREATE TABLE ods.seen (id BIGINT, process VARCHAR(64))",
            "CREATE TRIGGER ods.see AFTER INSERT ON ods.t FOR EACH ROW INSERT INTO ods.seen SELECT NEW.id, process FROM \
             ods.sluicegate_leases",
        ] {
            client.execute(statement).expect(statement);
        }
        let bench = Bench::new("standby");
        let (port, user) = (server.port(), MySqlClient::USER);
        for instance in ["a", "b"] {
            let text = format!(
                "pipeline: standby\ninstance: {instance}\nsource:\n  mysql:\n    url: \"mysql://127.0.0.1:{port}/shop\"\n    \
                 user: {user}\n    password: {user}\n    tables: ['^shop[.].*']\nsteps:\n  - use: schema-map\n    \
                 with: {{ tables: [ {{ match: 'shop[.](.+)', to: '{{1}}' }} ] }}\nsink:\n  mysql:\n    \
                 url: \"mysql://127.0.0.1:{port}/ods\"\n    user: {user}\n    password: {user}\n    writers: 1\n\
                 engine: {{ max_delay: 50ms }}\n"
            );
            bench.write(&format!("{instance}.yaml"), text);
        }
        Self { _server: server, client, bench }
    }

    fn insert(&mut self, id: i64) {
        self.client.execute(&format!("INSERT INTO shop.t VALUES ({id})")).expect("a row");
    }

    fn await_row(&mut self, id: i64) {
        let begun = Instant::now();
        while self.client.lines(&format!("SELECT id FROM ods.t WHERE id = {id}")).expect("rows").is_empty() {
            assert!(begun.elapsed() < LIMIT, "row {id} does not come");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Who has the lease: the instance.
    fn holder(&mut self) -> String {
        self.client.lines("SELECT instance FROM ods.sluicegate_leases").expect("a lease").remove(0)
    }

    fn ids(&mut self) -> Vec<String> {
        self.client.lines("SELECT id FROM ods.seen ORDER BY id").expect("rows")
    }
}

fn takes_over(flavour: Flavour) {
    let mut pair = Pair::new(flavour);
    let mut first = pair.bench.command(["run", "a.yaml"]).named("a").start();
    first.wait_for("the lease is ours");
    pair.insert(1);
    pair.await_row(1);
    let mut second = pair.bench.command(["run", "b.yaml"]).named("b").start();
    second.wait_for("another process has the lease");
    pair.insert(2);
    pair.await_row(2);
    assert_eq!(pair.holder(), "a");
    first.kill();
    pair.insert(3);
    pair.await_row(3);
    assert_eq!(pair.holder(), "b");
    // One that comes back under its name waits, and has its turn at once when the other leaves in order.
    let mut first = pair.bench.command(["run", "a.yaml"]).named("a").start();
    first.wait_for("another process has the lease");
    second.terminate().exits(0);
    pair.insert(4);
    pair.await_row(4);
    assert_eq!(pair.holder(), "a");
    // It stands still, and goes on when another has the lanes.
    let mut second = pair.bench.command(["run", "b.yaml"]).named("b").start();
    second.wait_for("another process has the lease");
    first.signal(Signal::STOP);
    pair.insert(5);
    pair.await_row(5);
    assert_eq!(pair.holder(), "b");
    first.signal(Signal::CONT);
    first.wait_for("lost");
    for id in 6..30 {
        pair.insert(id);
        pair.await_row(id);
    }
    assert_eq!(pair.holder(), "b");
    let others = "SELECT COUNT(DISTINCT process) FROM ods.seen WHERE id >= 5";
    assert_eq!(pair.client.lines(others).expect("rows"), ["1"]);
    assert!(
        pair.ids().iter().map(String::as_str).eq((1..30)
            .map(|id| id.to_string())
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)),
        "each row once: {:?}",
        pair.ids()
    );
    second.terminate().exits(0);
    first.terminate().exits(0);
}

#[test]
fn a_standby_takes_over_on_mariadb() {
    takes_over(Flavour::MariaDb);
}

#[test]
fn a_standby_takes_over_on_mysql() {
    takes_over(Flavour::MySql);
}

/// What stands in a target, a text a row.
type Target = dyn Fn(&Bench) -> Vec<String>;

/// Two processes that write the rows of a table elsewhere than to tables.
struct Twins {
    shop: Database,
    bench: Bench,
    /// What stands in the target.
    target: Box<Target>,
}

impl Twins {
    fn new(sink: &str, target: impl Fn(&Bench) -> Vec<String> + 'static) -> Self {
        let mut shop = database(Flavour::MariaDb, "shop");
        run(&mut shop, &["CREATE TABLE t (id BIGINT PRIMARY KEY)"]);
        let bench = Bench::new("standby");
        let (name, user) = (unique_name("standby"), MySqlClient::USER);
        for instance in ["a", "b"] {
            let text = format!(
                "pipeline: {name}\ninstance: {instance}\nsource:\n  mysql: {{ url: \"{}\", user: {user}, password: {user}, \
                 tables: [t] }}\nsink:\n  {sink}\nengine: {{ max_delay: 50ms }}\n",
                url(&shop)
            );
            bench.write(&format!("{instance}.yaml"), text);
        }
        Self { shop, bench, target: Box::new(target) }
    }

    /// The rows of the target, in order.
    fn ids(&self) -> Vec<i64> {
        let id = |line: &String| serde_json::from_str::<Value>(line).ok()?["id"].as_i64();
        let mut ids: Vec<i64> = (self.target)(&self.bench).iter().filter_map(id).collect();
        ids.sort_unstable();
        ids
    }

    /// Has a row go through, and looks whether each one before it is there once.
    fn pass(&mut self, id: i64) {
        run(&mut self.shop, &[&format!("INSERT INTO t VALUES ({id})")]);
        let begun = Instant::now();
        while !self.ids().contains(&id) {
            assert!(begun.elapsed() < LIMIT, "row {id} does not come");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(self.ids().into_iter().eq(1..=id), "each row once: {:?}", self.ids());
    }
}

#[test]
fn a_standby_takes_over_where_kafka_keeps_the_positions() {
    let kafka = Kafka::shared().expect("a broker");
    let (client, topic) = (kafka.client().clone(), unique_name("standby"));
    client.create_topic(&topic, 1, &[]).expect("a topic");
    let sink = format!("kafka: {{ brokers: \"{}\", topic: {topic}, format: json }}", client.brokers());
    let mut twins = Twins::new(&sink, move |_| {
        let messages = client.read_all_committed(&topic).expect("messages");
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        messages.iter().filter_map(|message| message.value.as_ref().map(text)).collect()
    });
    let mut first = twins.bench.command(["run", "a.yaml"]).named("a").start();
    first.wait_for("the lease is ours");
    twins.pass(1);
    let mut second = twins.bench.command(["run", "b.yaml"]).named("b").start();
    second.wait_for("another process has the lease");
    twins.pass(2);
    twins.bench.run(["positions", "reset", "a.yaml"]).exits(2).says("a renews its lease");
    first.kill();
    second.wait_for("the lease is ours");
    twins.pass(3);
    // It stands still, and goes on when another has the lanes.
    let mut first = twins.bench.command(["run", "a.yaml"]).named("a").start();
    first.wait_for("another process has the lease");
    second.signal(Signal::STOP);
    twins.pass(4);
    second.signal(Signal::CONT);
    second.wait_for("lost");
    for id in 5..12 {
        twins.pass(id);
    }
    // In order, the turn goes over at once.
    first.terminate().exits(0);
    twins.pass(12);
    second.terminate().exits(0);
}

#[test]
fn a_standby_waits_for_the_lock_of_a_directory() {
    let mut twins = Twins::new("file: { directory: out, format: json }", |bench| lines(&bench.path("out")));
    let mut first = twins.bench.command(["run", "a.yaml"]).named("a").start();
    first.wait_for("assigned");
    twins.pass(1);
    let mut second = twins.bench.command(["run", "b.yaml"]).named("b").start();
    second.wait_for("waiting for its end");
    twins.pass(2);
    first.kill();
    second.wait_for("the directory is ours");
    twins.pass(3);
    // One that waits can be told to stop.
    let mut first = twins.bench.command(["run", "a.yaml"]).named("a").start();
    first.wait_for("waiting for its end");
    first.terminate().exits(0);
    // Whoever stands still keeps the lock: the other has its turn when the process is ended.
    let mut first = twins.bench.command(["run", "a.yaml"]).named("a").start();
    first.wait_for("waiting for its end");
    second.signal(Signal::STOP);
    second.kill();
    twins.pass(4);
    first.terminate().exits(0);
}
