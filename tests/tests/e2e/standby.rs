//! Two processes of a pipeline whose source does not divide its lanes: one runs, the other waits.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::Bench;

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
    takes_over(Flavour::MySql84);
}
