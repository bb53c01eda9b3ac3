//! Queries as the source: the route of the example, day by day, and processes that are killed on the way.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_test_servers::{Flavour, MySqlClient};
use sluicegate_tests::Bench;

use crate::mysql_source::{database, example, run, url};
use crate::settings;

/// Kills of the kill test.
const KILLS: usize = 6;

/// The example from one database to another.
fn to_ods(from: &str, to: &str) -> String {
    example("mysql-query-to-mysql")
        .replace("${SOURCE_URL}", from)
        .replace("${TARGET_URL}", to)
        .replace("${SOURCE_USER}", MySqlClient::USER)
        .replace("${SOURCE_PASSWORD}", MySqlClient::USER)
        .replace("${TARGET_USER}", MySqlClient::USER)
        .replace("${TARGET_PASSWORD}", MySqlClient::USER)
}

/// The 64 tables of the example, with as many rows a day in each, from the 30th of October to the 2nd of November.
fn shards(rows: usize) -> Vec<String> {
    let mut statements = Vec::new();
    for shard in 0..64 {
        statements.push(format!(
            "CREATE TABLE order_{shard:02} (id BIGINT PRIMARY KEY, cust BIGINT, amount DECIMAL(12,2), placed DATETIME(6))"
        ));
        let mut values = Vec::new();
        for (day, date) in ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"].iter().enumerate() {
            values.extend((0..rows).map(|row| {
                let id = (day * rows + row) * 64 + shard;
                format!("({id}, {row}, {row}.25, '{date} {:02}:59:59')", row % 24)
            }));
        }
        statements.push(format!("INSERT INTO order_{shard:02} VALUES {}", values.join(",")));
    }
    statements
}

/// Orders of a day, of all tables.
fn of_days(first: &str, last: &str) -> String {
    let table = |shard| {
        format!(
            "SELECT id, cust, amount, placed, DATE(placed) FROM order_{shard:02} WHERE DATE(placed) BETWEEN '{first}' AND \
             '{last}'"
        )
    };
    (0..64).map(table).collect::<Vec<_>>().join(" UNION ALL ") + " ORDER BY 1"
}

const COPIED: &str = "SELECT id, customer_id, amount, placed, day FROM orders ORDER BY 1";

fn days_are_copied(from: Flavour, to: Flavour) {
    let (mut shop, mut ods) = (database(from, "shop"), database(to, "ods"));
    let bench = Bench::new("mysql-query");
    bench.write("p.yaml", to_ods(&url(&shop), &url(&ods)));
    let statements = shards(5);
    run(&mut shop, &statements.iter().map(String::as_str).collect::<Vec<_>>());
    bench.run(["run", "p.yaml", "--date", "2026-11-01"]).exits(0).says("320 rows written");
    // Yesterday, and what is not of it.
    assert_eq!(
        ods.client().lines(COPIED).expect("rows"),
        shop.client().lines(&of_days("2026-10-31", "2026-10-31")).expect("rows")
    );
    // Once is enough.
    bench.run(["run", "p.yaml", "--date", "2026-11-01"]).exits(0).says(" 0 rows written");
    bench.run(["run", "p.yaml", "--date", "2026-11-02..2026-11-03"]).exits(0).says("(2026-11-03)");
    assert_eq!(
        ods.client().lines(COPIED).expect("rows"),
        shop.client().lines(&of_days("2026-10-31", "2026-11-02")).expect("rows")
    );
    bench.run(["positions", "show", "p.yaml"]).exits(0).says("query");
}

#[test]
fn days_of_mariadb_are_copied() {
    days_are_copied(Flavour::MariaDb, Flavour::MySql);
}

#[test]
fn days_of_mysql_are_copied() {
    days_are_copied(Flavour::MySql, Flavour::MariaDb);
}

/// Processes are killed on the way. The target has no key: a row that came twice would be there twice.
fn kills_neither_lose_nor_double_a_row(flavour: Flavour) {
    let seed = settings::seed();
    eprintln!("mysql_query: {KILLS} kills, SLUICEGATE_SEED={seed}");
    let (mut shop, mut ods) = (database(flavour, "shop"), database(flavour, "ods"));
    let bench = Bench::new("mysql-query-kills");
    let text = to_ods(&url(&shop), &url(&ods))
        .replace("readers: 4", "readers: 3\n      part: 1KiB")
        .replace("create_tables: true", "writers: 3\n    write: insert");
    bench.write("p.yaml", text + "engine: { max_delay: 20ms, epoch_bytes: 64KiB }\n");
    let statements = shards(600);
    run(&mut shop, &statements.iter().map(String::as_str).collect::<Vec<_>>());
    run(
        &mut ods,
        &[
            "CREATE TABLE orders (id BIGINT, customer_id BIGINT, amount DECIMAL(12,2), placed DATETIME(6), day DATE, INDEX (id))",
        ],
    );
    let arguments = ["run", "p.yaml", "--until", "end", "--date", "2026-11-01"];
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..KILLS {
        let mut running = bench.command(arguments).start();
        running.wait_for("assigned");
        std::thread::sleep(Duration::from_millis(random.random_range(0..1_000)));
        running.kill();
    }
    bench.run(arguments).exits(0);
    let expected = shop.client().lines(&of_days("2026-10-31", "2026-10-31")).expect("rows");
    let found = ods.client().lines(COPIED).expect("rows");
    assert!(expected == found, "SLUICEGATE_SEED={seed}: {} rows and {}", expected.len(), found.len());
}

#[test]
fn kills_neither_lose_nor_double_a_row_of_mariadb() {
    kills_neither_lose_nor_double_a_row(Flavour::MariaDb);
}

#[test]
fn kills_neither_lose_nor_double_a_row_of_mysql() {
    kills_neither_lose_nor_double_a_row(Flavour::MySql);
}
