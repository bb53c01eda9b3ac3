//! Transactions that are larger than what a process may take of memory.
//!
//! `SLUICEGATE_TRANSACTION_MIB` (100) says how large they are, `SLUICEGATE_AMPLIFIED_MIB` (1,000) how large that one is which
//! is more than the server wrote.

mod amplifier;

use std::time::Duration;

use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::Bench;

use self::amplifier::Amplifier;
use crate::settings;

/// What a process may take, whatever the size of a transaction: a debug build's code, guests and all.
const MOST_MIB: u64 = 200;
/// How long a MiB may take, and what comes before the first.
const A_MIB: Duration = Duration::from_millis(1_500);
const BEGINNING: Duration = Duration::from_mins(2);

/// Rows that a transaction begins with; they are doubled until there are enough.
const SEED_ROWS: u64 = 1024;
/// Bytes of a row, about, and how the server makes them: they are half as large compressed.
const ROW_BYTES: u64 = 1000;
const TEXT: &str = "HEX(RANDOM_BYTES(500))";

/// A server with a table that is copied to another.
struct Copied {
    source: MySql,
    target: MySql,
    shop: MySqlClient,
    ods: MySqlClient,
    start: String,
}

impl Copied {
    fn new(flavour: Flavour) -> Self {
        let start = || MySql::start(MySqlOptions::new(flavour)).expect("a server");
        let (source, target) = (start(), start());
        let mut shop = source.client().expect("a connection");
        let mut ods = target.client().expect("a connection");
        let table = "CREATE TABLE t (id BIGINT PRIMARY KEY, text VARCHAR(1000))";
        for client in [&mut shop, &mut ods] {
            for sql in ["CREATE DATABASE shop", "USE shop", table] {
                client.execute(sql).expect(sql);
            }
        }
        let start = shop.log_end().expect("the end of the log").to_string();
        Self { source, target, shop, ods, start }
    }

    /// Reads the source's log at a port, writes a target that is the same then, and takes no more memory than it may.
    fn is_copied(&mut self, port: u16, mib: u64) {
        let bench = Bench::new("large-transactions");
        bench.write("p.yaml", pipeline((port, self.target.port()), &self.start));
        let mut running = bench.command(["run", "p.yaml", "--until", "end"]).start();
        let peak = running.peak_memory(BEGINNING + A_MIB * u32::try_from(mib).expect("a size")) >> 20;
        running.wait(Duration::from_secs(10)).exits(0);
        let question = "SELECT COUNT(*), SUM(id), SUM(CRC32(text)) FROM shop.t";
        assert_eq!(self.ods.lines(question).expect("sums"), self.shop.lines(question).expect("sums"));
        eprintln!("{}: {peak} MiB for a transaction of {mib} MiB", self.source.flavour());
        assert!(peak <= MOST_MIB, "the process took {peak} MiB for a transaction of {mib} MiB");
    }
}

/// Copies a transaction; `session` is said before it.
fn is_copied(flavour: Flavour, session: &[&str]) {
    let mut copied = Copied::new(flavour);
    for sql in session {
        copied.shop.execute(sql).expect(sql);
    }
    let mib = settings::transaction_mib();
    write(&mut copied.shop, mib << 20);
    copied.is_copied(copied.source.port(), mib);
}

/// Writes a transaction of some bytes, without one of them going over the connection.
fn write(shop: &mut MySqlClient, bytes: u64) {
    let rows: Vec<String> = (0..SEED_ROWS).map(|id| format!("({id}, {TEXT})")).collect();
    shop.execute("START TRANSACTION").expect("a transaction");
    shop.execute(&format!("INSERT INTO t VALUES {}", rows.join(","))).expect("rows");
    let (mut rows, wanted) = (SEED_ROWS, bytes / ROW_BYTES);
    while rows < wanted {
        let more = rows.min(wanted - rows);
        let sql = format!("INSERT INTO t SELECT id + {rows}, {TEXT} FROM t WHERE id < {more}");
        shop.execute(&sql).expect("rows");
        rows += more;
    }
    shop.execute("COMMIT").expect("a commit");
}

fn pipeline((from, to): (u16, u16), start: &str) -> String {
    let user = MySqlClient::USER;
    let server =
        |port: u16| format!("url: \"mysql://127.0.0.1:{port}/shop\", user: {user}, password: {user}");
    format!(
        "pipeline: large\nsource: {{ mysql: {{ {}, tables: [shop.t], start: {{ file: \"{start}\" }} }} }}\n\
         sink: {{ mysql: {{ {} }} }}\n",
        server(from),
        server(to),
    )
}

#[test]
fn a_large_transaction_of_mariadb_is_copied() {
    is_copied(Flavour::MariaDb, &[]);
}

#[test]
fn a_large_transaction_of_mysql_is_copied() {
    is_copied(Flavour::MySql, &[]);
}

#[test]
fn a_compressed_transaction_of_mysql_is_copied() {
    is_copied(Flavour::MySql, &["SET SESSION binlog_transaction_compression = ON"]);
}

#[test]
fn a_transaction_larger_than_any_disk_of_ours_is_copied() {
    let mut copied = Copied::new(Flavour::MariaDb);
    write(&mut copied.shop, 1 << 20);
    let mib = settings::amplified_mib();
    let before = Amplifier::start(copied.source.port(), mib).expect("a port");
    copied.is_copied(before.port(), mib);
}
