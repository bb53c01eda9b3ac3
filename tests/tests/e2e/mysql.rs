//! Tables as the target: the route of the example, and processes that are killed on the way.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_test_servers::{Database, Flavour, Kafka, MySql, MySqlClient, unique_name};
use sluicegate_tests::{Bench, Orders};

use crate::settings;

const PARTITIONS: i32 = 3;
const ORDERS: usize = 3_000;
/// Kills of the kill test.
const KILLS: usize = 8;

/// The example with the names of this test in it.
fn example(topic: &str, brokers: &str, database: &Database) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/kafka-to-mysql/pipeline.yaml");
    let text = std::fs::read_to_string(path).expect("the example");
    let url = format!("mysql://127.0.0.1:{}/{}", database.port(), database.name());
    // The broker is shared, so the consumer group, which has the pipeline's name, must be the test's own.
    text.replace("pipeline: orders-to-mysql", &format!("pipeline: {topic}"))
        .replace("${BROKERS}", brokers)
        .replace("ogg.shop.orders]", &format!("{topic}]"))
        .replace("${MYSQL_URL}", &url)
        .replace("${MYSQL_USER}", MySqlClient::USER)
        .replace("${MYSQL_PASSWORD}", MySqlClient::USER)
        // Processes that were killed leave their lanes soon.
        .replace("start: earliest", "start: earliest\n    session_timeout: 4s")
}

/// What should be in the table.
fn expected(orders: &Orders) -> Vec<String> {
    let row = |order: sluicegate_tests::Order| {
        format!("{}|{}|{}|{}|{}", order.id, order.customer(), order.name(), order.amount(), order.phone())
    };
    orders.alive().map(row).collect()
}

const FOUND: &str = "SELECT id, customer_id, name, amount, phone FROM orders ORDER BY id";

fn follows_the_orders(flavour: Flavour) {
    let kafka = Kafka::shared().expect("a broker");
    let mut database = MySql::shared(flavour).expect("a server").database("e2e").expect("a database");
    let (topic, bench) = (unique_name("ogg-mysql"), Bench::new("mysql"));
    kafka.create_topic(&topic, PARTITIONS, &[]).expect("a topic");
    let mut orders = Orders::new(ORDERS, 7);
    kafka.client().produce(&topic, orders.by_ref().take(20_000)).expect("messages");
    bench.write("p.yaml", example(&topic, kafka.brokers(), &database));
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    assert!(database.client().lines(FOUND).expect("rows") == expected(&orders), "other rows than expected");
    // A second run finds nothing to do, and one more message is one more change.
    kafka.client().produce(&topic, orders.by_ref().take(500)).expect("messages");
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    assert!(database.client().lines(FOUND).expect("rows") == expected(&orders), "other rows than expected");
    let shown = bench.run(["positions", "show", "p.yaml"]);
    shown.exits(0);
    assert!(shown.stdout.contains(&format!("{topic}/0")), "{}", shown.stdout);
}

#[test]
fn mariadb_follows_the_orders() {
    follows_the_orders(Flavour::MariaDb);
}

#[test]
fn mysql_follows_the_orders() {
    follows_the_orders(Flavour::MySql);
}

/// A process is killed again and again. A trigger keeps every version that a row has had: a change that is written
/// twice is seen, though the table would not show it.
#[test]
fn kills_neither_lose_nor_double_a_change() {
    let seed = settings::seed();
    eprintln!("mysql: {KILLS} kills, SLUICEGATE_SEED={seed}");
    let kafka = Kafka::shared().expect("a broker");
    let mut database =
        MySql::shared(Flavour::MariaDb).expect("a server").database("kills").expect("a database");
    for statement in [
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, name VARCHAR(40), phone VARCHAR(40), \
         amount DECIMAL(18,2), coupon DECIMAL(18,2), status VARCHAR(10))",
        "CREATE TABLE seen (id BIGINT, amount DECIMAL(18,2))",
        "CREATE TRIGGER see_new AFTER INSERT ON orders FOR EACH ROW INSERT INTO seen VALUES (NEW.id, NEW.amount)",
        "CREATE TRIGGER see_changed AFTER UPDATE ON orders FOR EACH ROW INSERT INTO seen VALUES (NEW.id, NEW.amount)",
    ] {
        database.client().execute(statement).expect("a table");
    }
    let (topic, bench) = (unique_name("ogg-kills"), Bench::new("mysql-kills"));
    kafka.create_topic(&topic, PARTITIONS, &[]).expect("a topic");
    let text = example(&topic, kafka.brokers(), &database).replace("writers: 2", "writers: 4");
    bench.write("p.yaml", text + "engine: { max_delay: 300ms, memory: 8MiB }\n");
    let mut orders = Orders::new(ORDERS, seed);
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..KILLS {
        kafka.client().produce(&topic, orders.by_ref().take(20_000)).expect("messages");
        let mut running = bench.command(["run", "p.yaml"]).start();
        running.wait_for("assigned");
        std::thread::sleep(Duration::from_millis(random.random_range(50..2_500)));
        running.kill();
    }
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    let found = database.client().lines(FOUND).expect("rows");
    assert!(found == expected(&orders), "SLUICEGATE_SEED={seed}: the table is not what it should be");
    // An order's amount tells its version, which never comes twice.
    let twice = "SELECT id, amount, COUNT(*) FROM seen GROUP BY id, amount HAVING COUNT(*) > 1 LIMIT 5";
    let twice = database.client().lines(twice).expect("rows");
    assert!(twice.is_empty(), "SLUICEGATE_SEED={seed}: written twice: {twice:?}");
    let level = "SELECT COUNT(DISTINCT lane), COUNT(DISTINCT lane, position) FROM sluicegate_positions";
    assert_eq!(database.client().lines(level).expect("positions"), [format!("{PARTITIONS}|{PARTITIONS}")]);
}
