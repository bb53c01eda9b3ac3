//! From a topic into tables of a simulated StarRocks, whose servers die and start again meanwhile and lose answers: upserts,
//! compressed updates, changes of the key and deletes in a primary key table, a duplicate key table that shows each change
//! once, and one whose rows say from which lane and offset they came.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::{Accounts, Bench};
use starrocks_sim::{Kind, Operation};

use super::files::FromTopic;
use super::processes::Process;
use super::tables::difference;
use super::{INSTANCES, Pace, broker, catch_up, hurt, plan, produce};
use crate::settings;
use crate::starrocks::{Cluster, USER};

const TOPIC: &str = "ogg.shop.accounts";
const PARTITIONS: i32 = 12;
/// So that all of them take as long as the faults do: each is a message about the account and two about the change.
const CHANGES_A_FAULT: usize = 2_000;

const TABLES: [&str; 3] = [
    "CREATE TABLE ods.accounts (id LARGEINT NOT NULL, owner VARCHAR(40) NOT NULL, balance DECIMAL(18,2) NOT NULL, \
     note VARCHAR(40), `change` LARGEINT NOT NULL) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)",
    "CREATE TABLE ods.audit (number LARGEINT NOT NULL, op VARCHAR(1) NOT NULL, id LARGEINT NOT NULL) \
     DUPLICATE KEY(number) DISTRIBUTED BY HASH(number)",
    "CREATE TABLE ods.journal (number LARGEINT NOT NULL, op VARCHAR(1) NOT NULL, id LARGEINT NOT NULL, lane INT NOT NULL, \
     at BIGINT NOT NULL) DUPLICATE KEY(number) DISTRIBUTED BY HASH(number)",
];

#[test]
fn kill_into_starrocks() {
    torment("kill-starrocks", "source", "{}");
}

#[test]
#[ignore = "of `make test-kill`"]
fn kill_into_starrocks_by_mariadb() {
    let store = MySql::start(MySqlOptions::new(Flavour::MariaDb)).expect("a server");
    let (user, port) = (MySqlClient::USER, store.port());
    let url = format!("mysql://127.0.0.1:{port}/test");
    let connections =
        format!("{{ store: {{ mysql: {{ url: \"{url}\", user: {user}, password: {user} }} }} }}");
    torment("kill-starrocks-by-mariadb", "{ mysql: store }", &connections);
}

/// `positions`: where they are kept, which `connections` may say more of.
fn torment(name: &str, positions: &str, connections: &str) {
    let (faults, seed) = (settings::faults(), settings::seed());
    let changes = faults * CHANGES_A_FAULT;
    eprintln!("{name}: {changes} changes, {faults} faults, SLUICEGATE_SEED={seed}");
    let (kafka, cluster) = (broker(), Cluster::start());
    kafka.client().create_topic(TOPIC, PARTITIONS, &[]).expect("the source's topic");
    for table in TABLES {
        cluster.rows(table);
    }
    let (bench, mut accounts) =
        (Bench::new(name), Accounts::new(PARTITIONS, seed).with_whole_keys().with_journal());
    for instance in INSTANCES {
        let text = pipeline(instance, kafka.brokers(), &cluster, positions);
        bench.write(&format!("{instance}.yaml"), format!("{text}connections: {connections}\n"));
    }
    let began = Instant::now();
    let plans = plan::plan(faults, INSTANCES.len(), &plan::OF_A_GROUP, seed);
    let mut processes = INSTANCES.map(|instance| Process::start(&bench, instance));
    let pace = Pace { messages: accounts.messages_a_change() * changes, over: plan::duration(&plans) };
    let calm = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        scope.spawn(|| trouble(&cluster, &calm, seed));
        let ended = hurt(&mut processes, &plans, |failed| {
            produce(kafka.client(), TOPIC, pace, &mut accounts, failed);
        });
        calm.store(true, Ordering::Relaxed);
        ended
    });
    ended.unwrap_or_else(|why| panic!("SLUICEGATE_SEED={seed}: {why}"));
    eprintln!("{name}: the faults are over after {:?}", began.elapsed());
    catch_up(&bench, &mut processes, (kafka.client(), TOPIC), seed);
    for process in &mut processes {
        process.end();
    }
    let ends = kafka.client().end_offsets(TOPIC).expect("the source's ends");
    let wrong = look(&cluster, &accounts, &ends);
    assert!(wrong.is_empty(), "SLUICEGATE_SEED={seed}:{wrong}");
    for instance in INSTANCES {
        let dead =
            std::fs::read_to_string(bench.path(&format!("{instance}.dead.ndjson"))).unwrap_or_default();
        assert!(dead.is_empty(), "SLUICEGATE_SEED={seed}: no row is bad, and yet: {dead:.2000}");
    }
    eprintln!(
        "{name}: {} changes, {} accounts, {faults} faults, {:?} in all",
        accounts.changes(),
        accounts.rows().len(),
        began.elapsed()
    );
}

/// Has the cluster fail in all its ways until all is to be calm.
fn trouble(cluster: &Cluster, calm: &AtomicBool, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed.wrapping_add(1));
    let millis = |random: &mut StdRng, most: u64| Duration::from_millis(random.random_range(0..most));
    let mut met = BTreeMap::new();
    while !calm.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(200) + millis(&mut random, 1_300));
        let what = match random.random_range(0..10) {
            0 => {
                let number = random.random_range(0..2);
                cluster.stop_front_end(number);
                thread::sleep(millis(&mut random, 2_000));
                cluster.start_front_end(number);
                ["the leader started again", "the follower started again"][number]
            }
            1 => {
                cluster.stop_back_end();
                thread::sleep(millis(&mut random, 2_000));
                cluster.start_back_end();
                "the back end started again"
            }
            _ => {
                let (operation, kind, what) = fault(&mut random);
                cluster.fault(operation, kind);
                what
            }
        };
        *met.entry(what).or_insert(0) += 1;
    }
    cluster.clear_faults();
    eprintln!("the cluster: {met:?}");
}

/// Something that goes wrong at one operation.
fn fault(random: &mut StdRng) -> (Operation, Kind, &'static str) {
    use Operation::{Begin, Commit, Load, Prepare, Rollback, State};
    let operation = [Begin, Load, Prepare, Commit, Commit, Rollback, State][random.random_range(0..7)];
    let (kind, what) = match random.random_range(0..8) {
        0..3 => (Kind::LostAnswer, "answers lost"),
        3 => (Kind::LostRequest, "requests lost"),
        4 => (Kind::Html, "answers of another server"),
        5 => (Kind::CutOff(random.random_range(0..40)), "answers cut off"),
        6 => (Kind::Slow(Duration::from_millis(random.random_range(0..3_000))), "slow answers"),
        _ if operation == Commit => (Kind::PublishTimeout, "commits published late"),
        _ => (Kind::Fails("no queryable replica found in tablet 10042".to_owned()), "failures"),
    };
    (operation, kind, what)
}

/// Everything that is not as it should be.
fn look(cluster: &Cluster, accounts: &Accounts, ends: &BTreeMap<i32, i64>) -> String {
    let found = cluster.rows("SELECT id, owner, balance, note, `change` FROM ods.accounts ORDER BY id");
    let mut wrong = difference(&accounts.rows(), &found);
    let numbers = cluster.rows("SELECT number FROM ods.audit");
    let different: BTreeSet<&String> = numbers.iter().collect();
    if numbers.len() as u64 != accounts.changes() || different.len() != numbers.len() {
        let (all, different, should) = (numbers.len(), different.len(), accounts.changes());
        let _ = write!(wrong, "\n{all} changes, {different} of them different, and it should be {should}");
    }
    // What the journal says about a change is the second message behind it.
    let each = accounts.messages_a_change();
    let mut lanes: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    let mut twice = Vec::new();
    for row in cluster.rows("SELECT lane, at FROM ods.journal") {
        let values: Vec<i64> = row.split('|').map(|value| value.parse().expect("a number")).collect();
        if !lanes.entry(values[0]).or_default().insert(values[1]) {
            twice.push(row);
        }
    }
    if !twice.is_empty() {
        let first = &twice[..twice.len().min(8)];
        let _ = write!(wrong, "\n{} changes were written twice: {first:?}", twice.len());
    }
    for (lane, end) in ends {
        let there = lanes.remove(&i64::from(*lane)).unwrap_or_default();
        let missing: Vec<i64> =
            (0..*end).skip(each - 1).step_by(each).filter(|at| !there.contains(at)).collect();
        if !missing.is_empty() || there.len() as i64 != end / each as i64 {
            let first = &missing[..missing.len().min(8)];
            let _ =
                write!(wrong, "\nlane {lane}: {} changes of {end} messages, without {first:?}", there.len());
        }
    }
    wrong
}

fn pipeline(instance: &str, brokers: &str, cluster: &Cluster, positions: &str) -> String {
    let (user, password) = USER;
    let (front_ends, sql) = (cluster.front_ends(), cluster.sql());
    let from = FromTopic {
        name: "kill-starrocks",
        instance,
        brokers,
        topic: TOPIC,
        appended: &[("audit", false), ("journal", true)],
        step: "",
    };
    from.text(&format!(
        r#"  starrocks:
    fe: {front_ends:?}
    sql: "{sql}"
    database: ods
    user: {user}
    password: {password}
    write: auto
    positions: {positions}"#
    ))
}
