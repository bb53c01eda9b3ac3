//! Tables of StarRocks as the target, simulated: the route of the example, and processes that are killed on the way.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_test_servers::{Kafka, unique_name};
use sluicegate_tests::{Bench, Order, Orders};
use starrocks_sim::{Kind, Operation, Settings, Simulator};
use tokio::runtime::Runtime;

use crate::settings;

const PARTITIONS: i32 = 3;
const ORDERS: usize = 3_000;
/// Kills of the kill test.
const KILLS: usize = 8;

const USER: (&str, &str) = ("loader", "hush-hush");

/// A cluster, and the threads that it runs on.
struct Cluster {
    simulator: Simulator,
    runtime: Runtime,
}

impl Cluster {
    fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let users = vec![(USER.0.to_owned(), USER.1.to_owned())];
        let settings = Settings { users, ..Settings::default() };
        let simulator = runtime.block_on(Simulator::start(settings)).expect("a cluster");
        simulator.query("CREATE DATABASE ods").expect("a database");
        Self { simulator, runtime }
    }

    /// The example with the names of this test in it.
    fn example(&self, topic: &str, brokers: &str) -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/kafka-to-starrocks/pipeline.yaml");
        let text = std::fs::read_to_string(path).expect("the example");
        text.replace("${BROKERS}", brokers)
            .replace("ogg.shop.orders]", &format!("{topic}]"))
            .replace("[\"${FE}\"]", &format!("{:?}", self.simulator.front_ends()))
            .replace("${FE_SQL}", &self.simulator.sql())
            .replace("${STARROCKS_USER}", USER.0)
            .replace("${STARROCKS_PASSWORD}", USER.1)
            // Processes that were killed leave their lanes soon.
            .replace("start: earliest", "start: earliest\n    session_timeout: 4s")
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        self.simulator.query(sql).expect("rows")
    }
}

/// What should be in the table.
fn expected(orders: &Orders) -> Vec<String> {
    let row = |order: Order| {
        format!("{}|{}|{}|{}|{}", order.id, order.customer(), order.name(), order.amount(), order.phone())
    };
    orders.alive().map(row).collect()
}

const FOUND: &str = "SELECT id, customer_id, name, amount, phone FROM ods.orders ORDER BY id";

#[test]
fn starrocks_follows_the_orders() {
    let (kafka, cluster) = (Kafka::shared().expect("a broker"), Cluster::start());
    let (topic, bench) = (unique_name("ogg-starrocks"), Bench::new("starrocks"));
    kafka.create_topic(&topic, PARTITIONS, &[]).expect("a topic");
    let mut orders = Orders::new(ORDERS, 7);
    kafka.client().produce(&topic, orders.by_ref().take(20_000)).expect("messages");
    bench.write("p.yaml", cluster.example(&topic, kafka.brokers()));
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    assert_eq!(cluster.rows(FOUND), expected(&orders));
    // A second run finds nothing to do, and more messages are more changes.
    kafka.client().produce(&topic, orders.by_ref().take(500)).expect("messages");
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    assert_eq!(cluster.rows(FOUND), expected(&orders));
    let shown = bench.run(["positions", "show", "p.yaml"]);
    shown.exits(0);
    assert!(shown.stdout.contains(&format!("{topic}/0")), "{}", shown.stdout);
}

/// A process is killed again and again, the servers are started again, answers are lost.
#[test]
fn kills_and_lost_answers_neither_lose_nor_double_a_row() {
    let seed = settings::seed();
    eprintln!("starrocks: {KILLS} kills, SLUICEGATE_SEED={seed}");
    let (kafka, mut cluster) = (Kafka::shared().expect("a broker"), Cluster::start());
    let (topic, bench) = (unique_name("ogg-starrocks-kills"), Bench::new("starrocks-kills"));
    kafka.create_topic(&topic, PARTITIONS, &[]).expect("a topic");
    let text = cluster.example(&topic, kafka.brokers());
    bench.write("p.yaml", text + "engine: { max_delay: 300ms, memory: 8MiB }\n");
    let mut orders = Orders::new(ORDERS, seed);
    let mut random = StdRng::seed_from_u64(seed);
    let operations =
        [Operation::Begin, Operation::Load, Operation::Prepare, Operation::Commit, Operation::State, Operation::Rollback];
    for _ in 0..KILLS {
        kafka.client().produce(&topic, orders.by_ref().take(20_000)).expect("messages");
        let mut running = bench.command(["run", "p.yaml"]).start();
        running.wait_for("assigned");
        for _ in 0..3 {
            let operation = operations[random.random_range(0..operations.len())];
            let kind = if random.random_bool(0.5) { Kind::LostAnswer } else { Kind::LostRequest };
            cluster.simulator.fault(operation, kind, 1);
            std::thread::sleep(Duration::from_millis(random.random_range(50..800)));
        }
        let Cluster { simulator, runtime } = &mut cluster;
        if random.random_bool(0.3) {
            runtime.block_on(simulator.restart_front_end(0)).expect("the front end starts again");
        }
        if random.random_bool(0.3) {
            runtime.block_on(simulator.restart_back_end(0)).expect("the back end starts again");
        }
        running.kill();
    }
    cluster.simulator.clear_faults();
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    assert!(cluster.rows(FOUND) == expected(&orders), "SLUICEGATE_SEED={seed}: the table is not what it should be");
}
