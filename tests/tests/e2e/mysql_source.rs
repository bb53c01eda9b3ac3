//! Tables as the source: the routes of the examples, and processes that are killed on the way.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_test_servers::{Database, Flavour, Kafka, MySql, MySqlClient, unique_name};
use sluicegate_tests::Bench;

use crate::settings;

/// Kills of the kill test.
const KILLS: usize = 6;

pub(crate) fn example(name: &str) -> String {
    let path = format!("{}/../examples/{name}/pipeline.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the example")
}

pub(crate) fn database(flavour: Flavour, purpose: &str) -> Database {
    MySql::shared(flavour).expect("a server").database(purpose).expect("a database")
}

pub(crate) fn url(database: &Database) -> String {
    format!("mysql://127.0.0.1:{}/{}", database.port(), database.name())
}

/// Where the log of a server ends, as the source is told.
fn start(database: &mut Database) -> String {
    format!("start: {{ file: \"{}\" }}", database.client().log_end().expect("the end of the log"))
}

pub(crate) fn run(database: &mut Database, statements: &[&str]) {
    for statement in statements {
        database.client().execute(statement).expect(statement);
    }
}

fn changes_become_messages(flavour: Flavour) {
    let kafka = Kafka::shared().expect("a broker");
    let (mut shop, bench) = (database(flavour, "shop"), Bench::new("mysql-source"));
    let topic = unique_name("customers");
    kafka.create_topic(&topic, 1, &[]).expect("a topic");
    let text = example("mysql-to-kafka")
        .replace("pipeline: shop-to-kafka", &format!("pipeline: {}", unique_name("shop")))
        .replace("${BROKERS}", kafka.brokers())
        .replace("${MYSQL_URL}", &url(&shop))
        .replace("${MYSQL_USER}", MySqlClient::USER)
        .replace("${MYSQL_PASSWORD}", MySqlClient::USER)
        .replace("start: snapshot", &start(&mut shop))
        .replace("shop[.]", &format!("{}[.]", shop.name()))
        .replace("shop.customers", &format!("{}.customers", shop.name()))
        .replace("\"{table}\"", &topic)
        .replace("format: debezium-json", "format: json");
    bench.write("p.yaml", text);
    run(
        &mut shop,
        &[
            "CREATE TABLE customers (id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(40), phone VARCHAR(40), email \
             VARCHAR(80), password_hash BINARY(4), balance DECIMAL(30,10))",
            "CREATE TABLE unread (id INT PRIMARY KEY)",
            "INSERT INTO customers VALUES (18446744073709551615, '\u{674e}', '13812345678', 'li@x.com', 'hush', 0.1)",
            "INSERT INTO unread VALUES (1)",
            "UPDATE customers SET balance = -12345678901234567890.0123456789",
        ],
    );
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    run(&mut shop, &["DELETE FROM customers"]);
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    let messages: Vec<String> = kafka
        .client()
        .read_all_committed(&topic)
        .expect("messages")
        .iter()
        .map(|message| String::from_utf8_lossy(message.value.as_deref().unwrap_or(b"(none)")).into_owned())
        .collect();
    assert!(
        messages[0].contains("18446744073709551615") && messages[0].contains("138****5678"),
        "{messages:?}"
    );
    assert!(messages[1].contains("-12345678901234567890.0123456789"), "{messages:?}");
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(!messages.iter().any(|message| message.contains("password") || message.contains("hush")));
}

#[test]
fn changes_of_mariadb_become_messages() {
    changes_become_messages(Flavour::MariaDb);
}

#[test]
fn changes_of_mysql_become_messages() {
    changes_become_messages(Flavour::MySql);
}

/// The example from one database to another, under other names.
fn to_ods(shop: &mut Database, ods: &Database) -> String {
    example("mysql-to-mysql")
        .replace("${SOURCE_URL}", &url(shop))
        .replace("${TARGET_URL}", &url(ods))
        .replace("${SOURCE_USER}", MySqlClient::USER)
        .replace("${SOURCE_PASSWORD}", MySqlClient::USER)
        .replace("${TARGET_USER}", MySqlClient::USER)
        .replace("${TARGET_PASSWORD}", MySqlClient::USER)
        .replace("start: snapshot", &start(shop))
        .replace("shop[.]", &format!("{}[.]", shop.name()))
}

fn tables_follow_tables(from: Flavour, to: Flavour) {
    let (mut shop, mut ods) = (database(from, "shop"), database(to, "ods"));
    let bench = Bench::new("mysql-to-mysql");
    bench.write("p.yaml", to_ods(&mut shop, &ods));
    let columns = "id BIGINT PRIMARY KEY, cust BIGINT UNSIGNED, amount DECIMAL(65,30), at DATETIME(6), took TIME(6), \
                   doc JSON, bits BIT(10), kind ENUM('a','b'), bytes VARBINARY(10), internal_note TEXT";
    run(
        &mut shop,
        &[&format!("CREATE TABLE orders_1 ({columns})"), &format!("CREATE TABLE orders_2 ({columns})")],
    );
    run(
        &mut shop,
        &[
            "INSERT INTO orders_1 VALUES (1, 18446744073709551615, -99999999999999999999999999999999999.999999999999999999999999999999, \
             '9999-12-31 23:59:59.999999', '-838:59:59.000000', '{\"a\": [1, 2.5, null]}', b'1000000001', 'b', x'00ff', 'n')",
            "INSERT INTO orders_2 VALUES (2, 0, 0, '1000-01-01 00:00:00', '00:00:00', 'null', b'0', 'a', '', NULL)",
            "INSERT INTO orders_2 VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
        ],
    );
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    run(&mut shop, &["UPDATE orders_1 SET id = 10, kind = 'a'", "DELETE FROM orders_2 WHERE id = 2"]);
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    let question = |columns: &str, table: &str| {
        format!(
            "SELECT id, {columns}, amount, at, took, CAST(doc AS CHAR), HEX(bits), kind, HEX(bytes) FROM {table}"
        )
    };
    let sql =
        format!("{} UNION ALL {} ORDER BY id", question("cust", "orders_1"), question("cust", "orders_2"));
    let expected = shop.client().lines(&sql).expect("rows");
    let sql = format!("{} ORDER BY id", question("customer_id", "orders"));
    let found = ods.client().lines(&sql).expect("rows");
    let without_zeros = |lines: Vec<String>| -> Vec<String> {
        // BIT becomes bytes in a table that the sink makes: leading zeros of its text are one more digit.
        lines.into_iter().map(|line| line.replace("|0201|", "|201|").replace("|0000|", "|0|")).collect()
    };
    assert_eq!(without_zeros(found), without_zeros(expected));
}

#[test]
fn tables_follow_mariadb() {
    tables_follow_tables(Flavour::MariaDb, Flavour::MySql);
}

#[test]
fn tables_follow_mysql() {
    tables_follow_tables(Flavour::MySql, Flavour::MariaDb);
}

/// A process is killed again and again while rows are written. A trigger keeps every version that a row has had.
#[test]
fn kills_neither_lose_nor_double_a_change() {
    let seed = settings::seed();
    eprintln!("mysql_source: {KILLS} kills, SLUICEGATE_SEED={seed}");
    let flavour = Flavour::MariaDb;
    let (mut shop, mut ods) = (database(flavour, "shop"), database(flavour, "ods"));
    let bench = Bench::new("mysql-source-kills");
    let text = to_ods(&mut shop, &ods);
    bench.write("p.yaml", text + "engine: { max_delay: 50ms, epoch_bytes: 64KiB }\n");
    run(&mut shop, &["CREATE TABLE orders_1 (id BIGINT PRIMARY KEY, version BIGINT, text VARCHAR(200))"]);
    run(
        &mut ods,
        &[
            "CREATE TABLE orders (id BIGINT PRIMARY KEY, version BIGINT, text VARCHAR(200))",
            "CREATE TABLE seen (id BIGINT, version BIGINT)",
            "CREATE TRIGGER see_new AFTER INSERT ON orders FOR EACH ROW INSERT INTO seen VALUES (NEW.id, NEW.version)",
            "CREATE TRIGGER see_changed AFTER UPDATE ON orders FOR EACH ROW INSERT INTO seen VALUES (NEW.id, NEW.version)",
        ],
    );
    let mut random = StdRng::seed_from_u64(seed);
    let mut version = 0;
    for round in 0..KILLS {
        let mut running = bench.command(["run", "p.yaml"]).start();
        running.wait_for("assigned");
        // One large transaction and many small ones.
        let first = round * 20_000;
        let values: Vec<String> =
            (first..first + 20_000).map(|id| format!("({id}, 0, REPEAT('x', 100))")).collect();
        run(&mut shop, &[&format!("INSERT INTO orders_1 VALUES {}", values.join(","))]);
        for _ in 0..50 {
            version += 1;
            let id = random.random_range(0..first + 20_000);
            run(
                &mut shop,
                &[&format!("UPDATE orders_1 SET version = {version} WHERE id BETWEEN {id} AND {}", id + 100)],
            );
        }
        std::thread::sleep(Duration::from_millis(random.random_range(0..1_500)));
        running.kill();
    }
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    let sql = |table: &str| format!("SELECT id, version, text FROM {table} ORDER BY id");
    let (expected, found) = (
        shop.client().lines(&sql("orders_1")).expect("rows"),
        ods.client().lines(&sql("orders")).expect("rows"),
    );
    assert!(expected == found, "SLUICEGATE_SEED={seed}: the tables differ");
    let twice = "SELECT id, version, COUNT(*) FROM seen GROUP BY id, version HAVING COUNT(*) > 1 LIMIT 5";
    let twice = ods.client().lines(twice).expect("rows");
    assert!(twice.is_empty(), "SLUICEGATE_SEED={seed}: written twice: {twice:?}");
}

/// What tables have, and what is written meanwhile, by processes that are killed on the way.
fn tables_are_copied_while_they_change(flavour: Flavour, kills: usize) {
    let seed = settings::seed();
    eprintln!("mysql_source: {kills} kills, SLUICEGATE_SEED={seed}");
    let (mut shop, mut ods) = (database(flavour, "shop"), database(flavour, "ods"));
    let bench = Bench::new("mysql-snapshot");
    let text = example("mysql-to-mysql")
        .replace("${SOURCE_URL}", &url(&shop))
        .replace("${TARGET_URL}", &url(&ods))
        .replace("${SOURCE_USER}", MySqlClient::USER)
        .replace("${SOURCE_PASSWORD}", MySqlClient::USER)
        .replace("${TARGET_USER}", MySqlClient::USER)
        .replace("${TARGET_PASSWORD}", MySqlClient::USER)
        .replace("start: snapshot", "snapshot: { part: 64KiB, readers: 3 }")
        .replace("shop[.]", &format!("{}[.]", shop.name()));
    bench.write("p.yaml", text + "engine: { max_delay: 50ms, epoch_bytes: 64KiB }\n");
    let columns = "id BIGINT PRIMARY KEY, version BIGINT, text VARCHAR(200)";
    for number in 0..2 {
        run(&mut shop, &[&format!("CREATE TABLE orders_{number} ({columns})")]);
        for first in (0..40_000).step_by(10_000) {
            let values: Vec<String> = (first..first + 10_000)
                .map(|id| format!("({}, 0, REPEAT('x', 100))", id * 2 + number))
                .collect();
            run(&mut shop, &[&format!("INSERT INTO orders_{number} VALUES {}", values.join(","))]);
        }
    }
    run(&mut ods, &[&format!("CREATE TABLE orders ({columns})")]);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mut writer = MySqlClient::connect(shop.port(), shop.name()).expect("a connection");
        let stop = &stop;
        scope.spawn(move || {
            let mut random = StdRng::seed_from_u64(seed);
            let mut version = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                version += 1;
                let (number, id) = (random.random_range(0..2), random.random_range(0..45_000));
                let id = id * 2 + number;
                let sql = match random.random_range(0..3) {
                    0 => format!("DELETE FROM orders_{number} WHERE id = {id}"),
                    1 => format!("REPLACE INTO orders_{number} VALUES ({id}, {version}, 'new')"),
                    _ => format!(
                        "UPDATE orders_{number} SET version = {version} WHERE id BETWEEN {id} AND {id} + 60"
                    ),
                };
                writer.execute(&sql).expect("a change");
            }
        });
        let mut random = StdRng::seed_from_u64(seed ^ 1);
        for _ in 0..kills {
            let mut running = bench.command(["run", "p.yaml"]).start();
            running.wait_for("assigned");
            std::thread::sleep(Duration::from_millis(random.random_range(0..1_200)));
            running.kill();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    let question = |table: &str| format!("SELECT id, version, text FROM {table}");
    let sql = format!("{} UNION ALL {} ORDER BY id", question("orders_0"), question("orders_1"));
    let expected = shop.client().lines(&sql).expect("rows");
    let found = ods.client().lines(&format!("{} ORDER BY id", question("orders"))).expect("rows");
    assert!(expected == found, "SLUICEGATE_SEED={seed}: {} rows and {}", expected.len(), found.len());
}

#[test]
fn tables_of_mariadb_are_copied_while_they_change() {
    tables_are_copied_while_they_change(Flavour::MariaDb, KILLS);
}

#[test]
fn tables_of_mysql_are_copied_while_they_change() {
    tables_are_copied_while_they_change(Flavour::MySql, KILLS);
}
