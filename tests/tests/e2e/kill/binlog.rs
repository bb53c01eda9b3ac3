//! From the tables and the binlog of a server into tables of another: what the tables have, and what is written while they
//! are read and after. Two processes of which one reads and the other waits for its lease. A table without a key shows each
//! row once.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::Bench;

use super::processes::Process;
use super::shop::{self, TABLES, Writer};
use super::tables::difference;
use super::{INSTANCES, files, hurt, plan};
use crate::settings;

#[test]
fn kill_from_mariadb() {
    torment(Flavour::MariaDb);
}

#[test]
#[ignore = "of `make test-kill`"]
fn kill_from_mysql() {
    torment(Flavour::MySql);
}

fn torment(flavour: Flavour) {
    let (faults, seed) = (settings::faults(), settings::seed());
    let name = "kill-binlog";
    eprintln!("{name}: {flavour}, {faults} faults, SLUICEGATE_SEED={seed}");
    let start = || MySql::start(MySqlOptions::new(flavour)).expect("a server");
    let (source, target) = (start(), start());
    let mut from = source.client().expect("a connection");
    let mut to = target.client().expect("a connection");
    shop::make(&mut from, "shop");
    shop::make(&mut to, "ods");
    shop::fill(&mut from, "shop");

    let bench = Bench::new(name);
    for instance in INSTANCES {
        bench.write(&format!("{instance}.yaml"), pipeline(instance, source.port(), target.port()));
    }
    let plans = plan::plan(faults, INSTANCES.len(), &plan::OF_A_LEASE, seed);
    let began = Instant::now();
    let mut processes = INSTANCES.map(|instance| Process::start(&bench, instance));
    let over = plan::duration(&plans);
    let mut writer = Writer::new(source.port(), "shop", seed);
    let ended = hurt(&mut processes, &plans, |failed| {
        writer.change_while(|| began.elapsed() < over && !failed.load(Ordering::Relaxed));
    });
    ended.unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
    eprintln!("{name}: the faults are over after {:?}", began.elapsed());
    for process in &mut processes {
        // It may just have been started, and a signal of then would end it as a fault does.
        process.run_for(Duration::from_secs(3)).unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
        process.end();
    }
    bench.run(["run", "a.yaml", "--until", "end"]).exits(0);

    let mut wrong = String::new();
    let mut rows = 0;
    for table in &TABLES {
        let sql =
            |database: &str| format!("SELECT * FROM {database}.{} ORDER BY {}", table.name, table.order);
        let (expected, found) =
            (from.lines(&sql("shop")).expect("rows"), to.lines(&sql("ods")).expect("rows"));
        rows += expected.len();
        if expected != found {
            let _ = write!(wrong, "\n{}: {} rows, and {} there", table.name, expected.len(), found.len());
            wrong.push_str(&difference(&expected, &found));
        }
    }
    let (reached, end) = (reached(&bench), from.log_end().expect("the end of the log").to_string());
    if reached != end {
        let _ = write!(wrong, "\nthe position is {reached:?}, and the log ends at {end:?}");
    }
    for instance in INSTANCES {
        let dead =
            std::fs::read_to_string(bench.path(&format!("{instance}.dead.ndjson"))).unwrap_or_default();
        if !dead.is_empty() {
            let _ = write!(wrong, "\nno row is bad, and yet: {dead:.2000}");
        }
    }
    assert!(wrong.is_empty(), "SLUICEGATE_SEED={seed}:{wrong}");
    let transactions = writer.transactions();
    eprintln!(
        "{name}: {rows} rows, {transactions} transactions, {faults} faults, {:?} in all",
        began.elapsed()
    );
}

/// The place in the log up to which all is committed, as the command itself shows it.
fn reached(bench: &Bench) -> String {
    let shown = bench.run(["positions", "show", "a.yaml", "--output", "json"]);
    shown.exits(0);
    let lanes: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let at = &lanes[0]["position"]["at"];
    assert_eq!(at.get("events").unwrap_or(&json!(0)), 0, "it lies in a transaction: {lanes}");
    format!("{}:{}", at["file"].as_str().unwrap_or_default(), at["position"])
}

fn pipeline(instance: &str, from: u16, to: u16) -> String {
    let user = MySqlClient::USER;
    format!(
        r#"pipeline: kill-binlog
instance: {instance}
source:
  mysql:
    url: "mysql://127.0.0.1:{from}/shop"
    user: {user}
    password: {user}
    tables: ['^shop[.].*']
    snapshot: {{ part: 64KiB, readers: 3 }}
steps:
  - use: schema-map
    with: {{ tables: [ {{ match: 'shop[.](.+)', to: '{{1}}' }} ] }}
sink:
  mysql:
    url: "mysql://127.0.0.1:{to}/ods"
    user: {user}
    password: {user}
    writers: 3
{end}"#,
        end = files::end(instance),
    )
}
