//! What a target shows of the source's transactions, and of tables that the source empties.

use std::collections::BTreeSet;

use sluicegate_test_servers::{Database, Flavour, MySql, MySqlClient, unique_name};
use sluicegate_tests::Bench;

/// Rows of each transaction of the source, and its transactions.
const ROWS: usize = 20_000;
const TRANSACTIONS: usize = 6;

/// A database of the source, and one of the same name at another server.
fn mirrored() -> (Database, MySqlClient) {
    let shop = MySql::shared(Flavour::MariaDb).expect("a server").database("mirrored").expect("a database");
    let target = MySql::shared(Flavour::MySql).expect("a server");
    let mut mirror = MySqlClient::connect(target.port(), "").expect("a connection");
    mirror.execute(&format!("CREATE DATABASE {0}", shop.name())).expect("a database");
    mirror.execute(&format!("USE {}", shop.name())).expect("the database");
    (shop, mirror)
}

/// Tables under the same names, with what an epoch is to be.
fn pipeline(shop: &Database, engine: &str) -> String {
    let target = MySql::shared(Flavour::MySql).expect("a server").port();
    let (port, name, user) = (shop.port(), shop.name(), MySqlClient::USER);
    format!(
        "pipeline: {}\n\
         source: {{ mysql: {{ url: \"mysql://127.0.0.1:{port}/{name}\", user: {user}, password: {user}, \
         tables: [\"^{name}[.].*\"] }} }}\n\
         sink: {{ mysql: {{ url: \"mysql://127.0.0.1:{target}/{name}\", user: {user}, password: {user} }} }}\n\
         engine: {{ max_delay: 5ms, epoch_bytes: 64KiB, {engine} }}\n",
        unique_name("mirror"),
    )
}

/// How many rows a reader of the target finds while the source's transactions come.
fn seen_counts(engine: &str) -> BTreeSet<usize> {
    let (mut shop, mut mirror) = mirrored();
    let table = "CREATE TABLE orders (id BIGINT PRIMARY KEY, text VARCHAR(100))";
    shop.client().execute(table).expect(table);
    mirror.execute(table).expect(table);
    let bench = Bench::new("whole-transactions");
    bench.write("p.yaml", pipeline(&shop, engine));
    let mut running = bench.command(["run", "p.yaml"]).start();
    running.wait_for("assigned");
    let mut seen = BTreeSet::new();
    let mut count = || {
        let found = mirror.lines("SELECT COUNT(*) FROM orders").expect("a count").remove(0);
        let found: usize = found.parse().expect("a number");
        seen.insert(found);
        found
    };
    for number in 0..TRANSACTIONS {
        let first = number * ROWS;
        let values: Vec<String> =
            (first..first + ROWS).map(|id| format!("({id}, REPEAT('x', 100))")).collect();
        shop.client().execute("START TRANSACTION").expect("a transaction");
        for some in values.chunks(ROWS / 4) {
            shop.client().execute(&format!("INSERT INTO orders VALUES {}", some.join(","))).expect("rows");
        }
        shop.client().execute("COMMIT").expect("a commit");
        while count() < first + ROWS / 2 {
            assert!(running.ended().is_none(), "{}", running.stderr());
        }
    }
    while count() < TRANSACTIONS * ROWS {}
    running.terminate().exits(0);
    seen
}

#[test]
fn a_large_transaction_shows_whole_or_not_at_all() {
    let whole = seen_counts("whole_transactions: true");
    assert!(whole.iter().all(|count| count % ROWS == 0), "parts of transactions were seen: {whole:?}");
    assert!(whole.contains(&(TRANSACTIONS * ROWS)));
    // The same without: else the first half of this test could not fail.
    let cut = seen_counts("whole_transactions: false");
    assert!(cut.iter().any(|count| count % ROWS != 0), "no part of a transaction was seen: {cut:?}");
}

#[test]
fn a_table_is_emptied_where_the_source_empties_it() {
    let (mut shop, mut mirror) = mirrored();
    let bench = Bench::new("truncate");
    bench.write("p.yaml", pipeline(&shop, "on_truncate: apply"));
    for table in ["orders", "customers"] {
        let sql = format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY, text VARCHAR(100))");
        shop.client().execute(&sql).expect(&sql);
        mirror.execute(&sql).expect(&sql);
        shop.client().execute(&format!("INSERT INTO {table} VALUES (1, 'a'), (2, 'b')")).expect("rows");
    }
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    for sql in
        ["INSERT INTO orders VALUES (3, 'c')", "TRUNCATE TABLE orders", "INSERT INTO orders VALUES (2, 'd')"]
    {
        shop.client().execute(sql).expect(sql);
    }
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    assert_eq!(mirror.lines("SELECT * FROM orders ORDER BY id").expect("rows"), ["2|d"]);
    assert_eq!(mirror.lines("SELECT * FROM customers ORDER BY id").expect("rows"), ["1|a", "2|b"]);
}
