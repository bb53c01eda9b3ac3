//! From a topic into tables: upserts, compressed updates, changes of the key and deletes by several connections, and
//! a table without a key that shows each change once. Between two runs the number of connections and the steps change.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::thread;
use std::time::Instant;

use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::{Accounts, Bench};

use super::files::FromTopic;
use super::processes::Process;
use super::{INSTANCES, PARTITIONS, Pace, broker, catch_up, hurt, plan, produce};
use crate::settings;

const TOPIC: &str = "ogg.shop.accounts";
/// So that all of them take as long as the faults do: each is a message about the account and one about the change.
const CHANGES_A_FAULT: usize = 10_000;

/// What differs between two runs.
struct Run {
    writers: u16,
    step: &'static str,
}

const RUNS: [Run; 2] = [
    Run { writers: 4, step: "" },
    Run { writers: 3, step: "{ use: filter, with: { kinds: [insert, update, delete] } }" },
];

const TABLES: [&str; 2] = [
    "CREATE TABLE accounts (id BIGINT UNSIGNED PRIMARY KEY, owner VARCHAR(40) NOT NULL, balance DECIMAL(18,2) NOT NULL, \
     note VARCHAR(40), `change` BIGINT UNSIGNED NOT NULL)",
    "CREATE TABLE audit (number BIGINT UNSIGNED NOT NULL, op CHAR(1) NOT NULL, id BIGINT UNSIGNED NOT NULL, \
     lane INT NOT NULL, at BIGINT NOT NULL)",
];

#[test]
fn kill_into_mariadb() {
    torment(Flavour::MariaDb);
}

#[test]
#[ignore = "of `make test-kill`"]
fn kill_into_mysql() {
    torment(Flavour::MySql);
}

fn torment(flavour: Flavour) {
    let (faults, seed) = (settings::faults(), settings::seed());
    let changes = faults * CHANGES_A_FAULT;
    let name = "kill-tables";
    eprintln!("{name}: {flavour}, {changes} changes, {faults} faults, SLUICEGATE_SEED={seed}");
    let (kafka, mysql) = (broker(), MySql::start(MySqlOptions::new(flavour)).expect("a server"));
    kafka.client().create_topic(TOPIC, PARTITIONS, &[]).expect("the source's topic");
    let mut client = MySqlClient::connect(mysql.port(), "test").expect("a connection");
    for table in TABLES {
        client.execute(table).expect("a table");
    }
    let (bench, mut accounts) = (Bench::new(name), Accounts::new(PARTITIONS, seed));
    let began = Instant::now();
    for (number, run) in RUNS.iter().enumerate() {
        for instance in INSTANCES {
            let text = pipeline(instance, kafka.brokers(), mysql.port(), run);
            bench.write(&format!("{instance}.yaml"), text);
        }
        let plans = plan::plan(
            faults / RUNS.len(),
            INSTANCES.len(),
            &plan::OF_A_GROUP,
            seed.wrapping_add(number as u64),
        );
        let mut processes = INSTANCES.map(|instance| Process::start(&bench, instance));
        let pace = Pace { messages: 2 * changes / RUNS.len(), over: plan::duration(&plans) };
        let ended = hurt(&mut processes, &plans, |failed| {
            produce(kafka.client(), TOPIC, pace, &mut accounts, failed);
        });
        ended.unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
        eprintln!("{name}: the faults of run {number} are over after {:?}", began.elapsed());
        catch_up(&bench, &mut processes, (kafka.client(), TOPIC), seed);
        for process in &mut processes {
            process.end();
        }
        // Members that have left count until their sessions end, and they had other steps than those that come.
        thread::sleep(plan::SESSION * 2);
        eprintln!("{name}: run {number} has ended after {:?}", began.elapsed());
    }
    let ends = kafka.client().end_offsets(TOPIC).expect("the source's ends");
    let wrong = look(&mut client, &accounts, &ends);
    assert!(wrong.is_empty(), "SLUICEGATE_SEED={seed}:{wrong}");
    for instance in INSTANCES {
        let dead =
            std::fs::read_to_string(bench.path(&format!("{instance}.dead.ndjson"))).unwrap_or_default();
        assert!(dead.is_empty(), "SLUICEGATE_SEED={seed}: no row is bad, and yet: {dead:.2000}");
    }
    eprintln!("{name}: {} changes, {} accounts, {faults} faults", accounts.changes(), accounts.rows().len());
}

/// Rows that are missing, and rows that are there instead. Nothing where both are the same in the same order.
pub fn difference(expected: &[String], found: &[String]) -> String {
    let mut wrong = String::new();
    if found != expected {
        let only = |here: &[String], there: &[String]| -> Vec<String> {
            let there: HashSet<&String> = there.iter().collect();
            here.iter().filter(|row| !there.contains(row)).cloned().collect()
        };
        let (missing, strange) = (only(expected, found), only(found, expected));
        let _ = write!(wrong, "\n{} rows are missing: {:?}", missing.len(), &missing[..missing.len().min(8)]);
        let _ =
            write!(wrong, "\n{} are there instead: {:?}", strange.len(), &strange[..strange.len().min(8)]);
    }
    wrong
}

/// Everything that is not as it should be.
fn look(client: &mut MySqlClient, accounts: &Accounts, ends: &BTreeMap<i32, i64>) -> String {
    let mut lines = |sql: &str| client.lines(sql).expect("rows");
    let found = lines("SELECT id, owner, balance, note, `change` FROM accounts ORDER BY id");
    let mut wrong = difference(&accounts.rows(), &found);
    let twice = lines("SELECT lane, at, COUNT(*) FROM audit GROUP BY lane, at HAVING COUNT(*) > 1 LIMIT 8");
    if !twice.is_empty() {
        let _ = write!(wrong, "\nchanges that were written twice: {twice:?}");
    }
    // What is said about a change stands behind it.
    let audit = lines(
        "SELECT lane, COUNT(DISTINCT at), MIN(at), MAX(at), MIN(at % 2) FROM audit GROUP BY lane ORDER BY lane",
    );
    let all: Vec<String> =
        ends.iter().map(|(lane, end)| format!("{lane}|{}|1|{}|1", end / 2, end - 1)).collect();
    if audit != all {
        let _ = write!(wrong, "\nchanges of each lane are {audit:?}, and it should be {all:?}");
    }
    let count = lines("SELECT COUNT(DISTINCT number), MAX(number) + 1 FROM audit");
    if count != [format!("{0}|{0}", accounts.changes())] {
        let _ = write!(wrong, "\nchanges are {count:?}, and it should be {}", accounts.changes());
    }
    let positions = lines(
        "SELECT DISTINCT lane, JSON_EXTRACT(position, '$.at.offset') FROM sluicegate_positions ORDER BY lane",
    );
    let all: Vec<String> = ends.iter().map(|(lane, end)| format!("{TOPIC}/{lane}|{end}")).collect();
    if positions != all {
        let _ = write!(wrong, "\npositions are {positions:?}, and it should be {all:?}");
    }
    wrong
}

fn pipeline(instance: &str, brokers: &str, port: u16, run: &Run) -> String {
    let Run { writers, step } = run;
    let user = MySqlClient::USER;
    let from = FromTopic {
        name: "kill-tables",
        instance,
        brokers,
        topic: TOPIC,
        appended: &[("audit", true)],
        step,
    };
    from.text(&format!(
        r#"  mysql:
    url: "mysql://127.0.0.1:{port}/test"
    user: {user}
    password: {user}
    writers: {writers}"#
    ))
}
