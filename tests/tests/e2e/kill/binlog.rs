//! From the tables and the binlog of a server into other tables: what the tables have, and what is written while they are
//! read and after. A table without a key shows each row once.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::Bench;

use super::processes::Process;
use super::tables::difference;
use super::{files, hurt, plan};
use crate::settings;

const INSTANCE: &str = "a";
/// Rows of each table at the beginning.
const ROWS: u64 = 40_000;
const TABLES: [&str; 2] = ["orders", "customers"];

#[test]
fn kill_from_mariadb() {
    torment(Flavour::MariaDb);
}

#[test]
#[ignore = "of `make test-kill`"]
fn kill_from_mysql() {
    torment(Flavour::MySql84);
}

fn torment(flavour: Flavour) {
    let (faults, seed) = (settings::faults(), settings::seed());
    let name = "kill-binlog";
    eprintln!("{name}: {flavour}, {faults} faults, SLUICEGATE_SEED={seed}");
    let mysql = MySql::start(MySqlOptions::new(flavour)).expect("a server");
    let mut client = mysql.client().expect("a connection");
    client.execute("CREATE DATABASE shop").expect("a database");
    client.execute("CREATE DATABASE ods").expect("a database");
    for database in ["shop", "ods"] {
        let key = "id BIGINT PRIMARY KEY, version BIGINT, text VARCHAR(200)";
        for table in TABLES {
            client.execute(&format!("CREATE TABLE {database}.{table} ({key})")).expect("a table");
        }
        client
            .execute(&format!("CREATE TABLE {database}.journal (number BIGINT, text VARCHAR(40))"))
            .expect("a table");
    }
    for table in TABLES {
        fill(&mut client, table, ROWS, |id| format!("({id}, 0, REPEAT('x', 100))"));
    }
    fill(&mut client, "journal", ROWS / 8, |number| format!("({number}, 'of the beginning')"));

    let bench = Bench::new(name);
    bench.write(&format!("{INSTANCE}.yaml"), pipeline(mysql.port()));
    let plans = plan::plan(faults, 1, seed);
    let began = Instant::now();
    let mut processes = [Process::start(&bench, INSTANCE)];
    let over = plan::duration(&plans);
    let ended = hurt(&mut processes, &plans, |failed| write(mysql.port(), over, seed, failed));
    ended.unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
    eprintln!("{name}: the faults are over after {:?}", began.elapsed());
    for process in &mut processes {
        // It may just have been started, and a signal of then would end it as a fault does.
        process.run_for(Duration::from_secs(3)).unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
        process.end();
    }
    bench.run(["run", &format!("{INSTANCE}.yaml"), "--until", "end"]).exits(0);

    let mut wrong = String::new();
    let mut rows = 0;
    for (table, order) in [("orders", "id"), ("customers", "id"), ("journal", "number, text")] {
        let mut of = |database: &str| {
            client.lines(&format!("SELECT * FROM {database}.{table} ORDER BY {order}")).expect("rows")
        };
        let (expected, found) = (of("shop"), of("ods"));
        rows += expected.len();
        if expected != found {
            let _ = write!(wrong, "\n{table}: {} rows, and {} there", expected.len(), found.len());
            wrong.push_str(&difference(&expected, &found));
        }
    }
    let dead = std::fs::read_to_string(bench.path("a.dead.ndjson")).unwrap_or_default();
    if !dead.is_empty() {
        let _ = write!(wrong, "\nno row is bad, and yet: {dead:.2000}");
    }
    assert!(wrong.is_empty(), "SLUICEGATE_SEED={seed}:{wrong}");
    eprintln!("{name}: {rows} rows, {faults} faults, {:?} in all", began.elapsed());
}

fn fill(client: &mut MySqlClient, table: &str, rows: u64, row: impl Fn(u64) -> String) {
    let values: Vec<String> = (0..rows).map(row).collect();
    for values in values.chunks(5_000) {
        client.execute(&format!("INSERT INTO shop.{table} VALUES {}", values.join(","))).expect("rows");
    }
}

/// Writes as long as the faults take.
fn write(port: u16, over: Duration, seed: u64, failed: &AtomicBool) {
    let mut client = MySqlClient::connect(port, "shop").expect("a connection");
    let mut random = StdRng::seed_from_u64(seed);
    let (began, mut version) = (Instant::now(), ROWS);
    while began.elapsed() < over && !failed.load(Ordering::Relaxed) {
        version += 1;
        let table = TABLES[random.random_range(0..TABLES.len())];
        let id = random.random_range(0..ROWS + ROWS / 8);
        let sql = match random.random_range(0..5) {
            0 => format!("DELETE FROM {table} WHERE id = {id}"),
            1 => format!("REPLACE INTO {table} VALUES ({id}, {version}, 'new')"),
            2 => format!("UPDATE IGNORE {table} SET id = id + 1 WHERE id = {id}"),
            3 => format!("INSERT INTO journal VALUES ({version}, 'of {table}')"),
            _ => format!("UPDATE {table} SET version = {version} WHERE id BETWEEN {id} AND {id} + 60"),
        };
        client.execute(&sql).expect("a change");
    }
}

fn pipeline(port: u16) -> String {
    let user = MySqlClient::USER;
    format!(
        r#"pipeline: kill-binlog
instance: {INSTANCE}
source:
  mysql:
    url: "mysql://127.0.0.1:{port}/shop"
    user: {user}
    password: {user}
    tables: ['^shop[.].*']
    snapshot: {{ part: 128KiB, readers: 3 }}
steps:
  - use: schema-map
    with: {{ tables: [ {{ match: 'shop[.](.+)', to: '{{1}}' }} ] }}
sink:
  mysql:
    url: "mysql://127.0.0.1:{port}/ods"
    user: {user}
    password: {user}
    writers: 3
{end}"#,
        end = files::end(INSTANCE),
    )
}
