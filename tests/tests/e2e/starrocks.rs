//! Tables of StarRocks as the target, simulated: the route of the example.

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use sluicegate_test_servers::{Flavour, Kafka, MySql, MySqlClient, unique_name};
use sluicegate_tests::{Bench, Order, Orders};
use starrocks_sim::{Kind, Operation, Settings, Simulator};
use tokio::runtime::Runtime;

const PARTITIONS: i32 = 3;
const ORDERS: usize = 3_000;

/// The user of tests, and the password.
pub const USER: (&str, &str) = ("loader", "hush-hush");

/// A cluster, and the threads that it runs on. Its servers may be stopped by one thread while another asks for rows.
pub struct Cluster {
    simulator: RwLock<Simulator>,
    runtime: Runtime,
}

impl Cluster {
    /// Starts one of two front ends and a back end, with a database `ods` and the user [`USER`].
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let users = vec![(USER.0.to_owned(), USER.1.to_owned())];
        let settings = Settings { users, ..Settings::default() };
        let simulator = runtime.block_on(Simulator::start(settings)).expect("a cluster");
        simulator.query("CREATE DATABASE ods").expect("a database");
        Self { simulator: RwLock::new(simulator), runtime }
    }

    fn simulator(&self) -> RwLockReadGuard<'_, Simulator> {
        self.simulator.read().expect("no panic beside this one")
    }

    fn servers(&self) -> RwLockWriteGuard<'_, Simulator> {
        self.simulator.write().expect("no panic beside this one")
    }

    /// The front ends' addresses.
    pub fn front_ends(&self) -> Vec<String> {
        self.simulator().front_ends()
    }

    /// The address for SQL.
    pub fn sql(&self) -> String {
        self.simulator().sql()
    }

    /// What a statement gives, with `|` between columns.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        self.simulator().query(sql).expect("rows")
    }

    /// Has the next operation of a kind go wrong.
    pub fn fault(&self, operation: Operation, kind: Kind) {
        self.simulator().fault(operation, kind, 1);
    }

    /// Has nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.simulator().clear_faults();
    }

    /// Stops a front end; 0 leads.
    pub fn stop_front_end(&self, number: usize) {
        self.runtime.block_on(self.servers().stop_front_end(number));
    }

    /// Starts it again.
    pub fn start_front_end(&self, number: usize) {
        self.runtime.block_on(self.servers().start_front_end(number)).expect("the front end starts again");
    }

    /// Stops the back end.
    pub fn stop_back_end(&self) {
        self.runtime.block_on(self.servers().stop_back_end(0));
    }

    /// Starts it again.
    pub fn start_back_end(&self) {
        self.runtime.block_on(self.servers().start_back_end(0)).expect("the back end starts again");
    }

    /// The example with the names of this test in it.
    fn example(&self, topic: &str, brokers: &str) -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/kafka-to-starrocks/pipeline.yaml");
        let text = std::fs::read_to_string(path).expect("the example");
        // The broker is shared, so the consumer group, which has the pipeline's name, must be the test's own.
        text.replace("pipeline: orders-to-starrocks", &format!("pipeline: {topic}"))
            .replace("${BROKERS}", brokers)
            .replace("ogg.shop.orders]", &format!("{topic}]"))
            .replace("[\"${FE}\"]", &format!("{:?}", self.front_ends()))
            .replace("${FE_SQL}", &self.sql())
            .replace("${STARROCKS_USER}", USER.0)
            .replace("${STARROCKS_PASSWORD}", USER.1)
            // Processes that were killed leave their lanes soon.
            .replace("start: earliest", "start: earliest\n    session_timeout: 4s")
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

/// Where positions are kept beside the source's cluster: what is written is the same, and a run goes on where the last
/// one ended.
#[test]
fn starrocks_with_positions_elsewhere() {
    let kafka = Kafka::shared().expect("a broker");
    let mut database =
        MySql::shared(Flavour::MariaDb).expect("a server").database("e2e").expect("a database");
    let connection = format!(
        "  store: {{ mysql: {{ url: \"mysql://127.0.0.1:{}/{}\", user: {user}, password: {user} }} }}\n",
        database.port(),
        database.name(),
        user = MySqlClient::USER
    );
    for positions in ["{ mysql: store }", "{ file: positions }"] {
        let (topic, cluster, bench) =
            (unique_name("ogg-starrocks"), Cluster::start(), Bench::new("starrocks"));
        kafka.create_topic(&topic, PARTITIONS, &[]).expect("a topic");
        let text = cluster
            .example(&topic, kafka.brokers())
            .replace("connections:\n", &format!("connections:\n{connection}"))
            .replace(
                "    create_tables: true\n",
                &format!("    create_tables: true\n    positions: {positions}\n"),
            );
        bench.write("p.yaml", text);
        let mut orders = Orders::new(ORDERS, 11);
        for messages in [3_000, 500] {
            kafka.client().produce(&topic, orders.by_ref().take(messages)).expect("messages");
            bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
            assert_eq!(cluster.rows(FOUND), expected(&orders), "{positions}");
        }
        let shown = bench.run(["positions", "show", "p.yaml"]);
        shown.exits(0);
        assert!(shown.stdout.contains(&format!("{topic}/0")), "{positions}: {}", shown.stdout);
    }
    let lanes =
        database.client().lines("SELECT COUNT(DISTINCT lane) FROM sluicegate_positions").expect("rows");
    assert_eq!(lanes, [PARTITIONS.to_string()]);
}

/// The example from tables, with the rows that they have and as they change, and the tables of its page.
fn tables_follow_tables(flavour: Flavour) {
    let cluster = Cluster::start();
    let mut shop = MySql::shared(flavour).expect("a server").database("shop").expect("a database");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/mysql-to-starrocks");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).expect("the example");
    let tables = read("tables.sql");
    let statements: Vec<&str> = tables.lines().filter(|line| !line.starts_with("--")).collect();
    for statement in statements.join("\n").split(';').filter(|statement| !statement.trim().is_empty()) {
        cluster.rows(statement);
    }
    let bench = Bench::new("mysql-to-starrocks");
    let url = format!("mysql://127.0.0.1:{}/{}", shop.port(), shop.name());
    let text = read("pipeline.yaml")
        .replace("${MYSQL_URL}", &url)
        .replace("${MYSQL_USER}", MySqlClient::USER)
        .replace("${MYSQL_PASSWORD}", MySqlClient::USER)
        .replace("^shop[.]", &format!("^{}[.]", shop.name()))
        .replace("'shop[.]", &format!("'{}[.]", shop.name()))
        .replace("[\"${FE}\"]", &format!("{:?}", cluster.front_ends()))
        .replace("${FE_SQL}", &cluster.sql())
        .replace("${STARROCKS_USER}", USER.0)
        .replace("${STARROCKS_PASSWORD}", USER.1);
    bench.write("p.yaml", text);
    let mut run = |statements: &[&str]| {
        for statement in statements {
            shop.client().execute(statement).expect(statement);
        }
    };
    let order = "(id BIGINT PRIMARY KEY, cust BIGINT UNSIGNED, amount DECIMAL(18,2), status ENUM('new','paid'), \
                 took TIME, photo VARBINARY(10), placed DATETIME(6), internal_note TEXT)";
    run(&[
        "CREATE TABLE customers (id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(40), phone VARCHAR(40), balance \
         DECIMAL(30,10), born DATE, profile JSON, changed DATETIME(6), password_hash BINARY(4))",
        &format!("CREATE TABLE orders_0 {order}"),
        &format!("CREATE TABLE orders_1 {order}"),
        "INSERT INTO customers VALUES (18446744073709551615, '\u{674e} \"\\\\', '138', -12345678901234567890.0123456789, \
         '1970-01-31', '{\"a\": [1, 2.50, null]}', '9999-12-31 23:59:59.999999', 'hush')",
        "INSERT INTO customers VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO orders_0 VALUES (1, 2, 0.10, 'new', '-838:59:59', x'00ff41', '2026-01-31 08:15:00.000001', 'n')",
        "INSERT INTO orders_1 VALUES (10, 18446744073709551615, -5, NULL, '12:30:00', '', '2026-01-31 08:15:00.5', '')",
        "INSERT INTO orders_1 VALUES (11, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    ]);
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    run(&[
        "UPDATE orders_0 SET status = 'paid', amount = amount + 1",
        "UPDATE orders_1 SET id = 12 WHERE id = 11",
        "DELETE FROM customers WHERE id = 2",
        "INSERT INTO orders_0 VALUES (2, 1, 7, 'paid', NULL, NULL, '2026-02-01 00:00:00.25', NULL)",
    ]);
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    for (theirs, ours) in [
        (
            "SELECT id, name, phone, balance, born, CAST(profile AS CHAR), changed FROM customers ORDER BY id",
            "SELECT id, name, phone, balance, born, profile, changed FROM ods.customers ORDER BY id",
        ),
        (
            "SELECT id, cust, amount, status, took, placed FROM orders_0 UNION ALL \
             SELECT id, cust, amount, status, took, placed FROM orders_1 ORDER BY id",
            "SELECT id, customer_id, amount, status, took, placed FROM ods.orders ORDER BY id",
        ),
    ] {
        let expected = shop.client().lines(theirs).expect("rows");
        // As the database writes it, or as it is.
        let plain = |lines: Vec<String>| -> Vec<String> {
            lines.into_iter().map(|line| line.replace("[1,2.50,null]", "[1, 2.50, null]")).collect()
        };
        assert_eq!(cluster.rows(ours), plain(expected));
    }
    assert_eq!(cluster.rows("SELECT photo FROM ods.orders WHERE id = 1"), ["0x00FF41"]);
    let dead = std::fs::read_to_string(bench.path("shop-to-starrocks.dead.ndjson")).unwrap_or_default();
    assert!(dead.is_empty(), "{dead}");
}

#[test]
fn starrocks_follows_tables_of_mariadb() {
    tables_follow_tables(Flavour::MariaDb);
}

#[test]
fn starrocks_follows_tables_of_mysql() {
    tables_follow_tables(Flavour::MySql);
}
