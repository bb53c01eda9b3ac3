//! Tables of a source: keys of several columns, of text and above what is signed, and a table without one; and what is
//! written to them.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_test_servers::MySqlClient;

/// Rows of each table with a key at the beginning.
const ROWS: u64 = 20_000;
/// Rows of a large transaction in each of two tables.
const LARGE: u64 = 6_000;
/// Between two transactions: a debug build has to keep up.
const PAUSE: Duration = Duration::from_millis(5);

/// A table: its name, its columns, and the order that shows it in one way only.
pub struct Table {
    /// The name.
    pub name: &'static str,
    columns: &'static str,
    /// Columns to sort by.
    pub order: &'static str,
    /// A row of the beginning.
    row: fn(u64) -> String,
}

/// All tables.
pub const TABLES: [Table; 4] = [
    Table {
        name: "orders",
        columns: "tenant INT, number BIGINT UNSIGNED, version BIGINT UNSIGNED NOT NULL, amount DECIMAL(38,12), doc JSON, \
                  PRIMARY KEY (tenant, number)",
        order: "tenant, number",
        row: |row| {
            let (tenant, number) = order(row);
            format!("({tenant}, {number}, 0, -{row}.000000000001, '{{\"lines\": [{row}, 2.5, null]}}')")
        },
    },
    Table {
        name: "customers",
        columns: "id BIGINT UNSIGNED PRIMARY KEY, version BIGINT UNSIGNED NOT NULL, text TEXT, seen DATETIME(6)",
        order: "id",
        row: |row| format!("({}, 0, REPEAT('x', 100), '2026-01-31 08:00:00.000001')", customer(row)),
    },
    Table {
        name: "articles",
        columns: "code VARCHAR(40) PRIMARY KEY, version BIGINT UNSIGNED NOT NULL, price DECIMAL(65,30)",
        order: "code",
        row: |row| format!("('{}', 0, {row}.000000000000000000000000000001)", article(row)),
    },
    Table {
        name: "journal",
        columns: "number BIGINT, text VARCHAR(40)",
        order: "number, text",
        row: |row| format!("({row}, 'of the beginning')"),
    },
];

/// The key of an order: down from the largest number, in seven tenants.
fn order(row: u64) -> (u64, u64) {
    (row % 7, u64::MAX - row)
}

/// The key of a customer: on both sides of what fits into a signed number.
fn customer(row: u64) -> u64 {
    (1 << 63) - ROWS / 2 + row
}

/// The key of an article: in no order, and not of ASCII alone.
fn article(row: u64) -> String {
    format!("{:08x}-\u{e4}\u{674e}", (row as u32).wrapping_mul(2_654_435_761))
}

/// Makes the tables in a database of that name, which is made too.
pub fn make(client: &mut MySqlClient, database: &str) {
    client.execute(&format!("CREATE DATABASE {database} CHARACTER SET utf8mb4")).expect("a database");
    for Table { name, columns, .. } in &TABLES {
        client.execute(&format!("CREATE TABLE {database}.{name} ({columns})")).expect("a table");
    }
}

/// Fills the tables of a database.
pub fn fill(client: &mut MySqlClient, database: &str) {
    for Table { name, row, .. } in &TABLES {
        let rows: Vec<String> = (0..ROWS).map(row).collect();
        for rows in rows.chunks(5_000) {
            let sql = format!("INSERT INTO {database}.{name} VALUES {}", rows.join(","));
            client.execute(&sql).expect("rows");
        }
    }
}

/// Whoever changes the tables.
pub struct Writer {
    client: MySqlClient,
    random: StdRng,
    version: u64,
    transactions: u64,
}

impl Writer {
    /// One that does the same for the same seed.
    pub fn new(port: u16, database: &str, seed: u64) -> Self {
        let client = MySqlClient::connect(port, database).expect("a connection");
        Self { client, random: StdRng::seed_from_u64(seed), version: ROWS, transactions: 0 }
    }

    /// Transactions that were committed.
    pub fn transactions(&self) -> u64 {
        self.transactions
    }

    /// Changes something, in one transaction.
    pub fn change(&mut self) {
        self.version += 1;
        let statements = self.statements();
        let [only] = &statements[..] else {
            self.run("START TRANSACTION");
            for statement in &statements {
                self.run(statement);
            }
            // What is taken back is in no log.
            let ends = if self.random.random_range(0..8) == 0 { "ROLLBACK" } else { "COMMIT" };
            self.run(ends);
            self.transactions += u64::from(ends == "COMMIT");
            return;
        };
        self.run(only);
        self.transactions += 1;
    }

    fn statements(&mut self) -> Vec<String> {
        let version = self.version;
        // Some rows are not there yet.
        let row = self.random.random_range(0..ROWS + ROWS / 8);
        let ((tenant, number), id, code) = (order(row), customer(row), article(row));
        let is_order = format!("tenant = {tenant} AND number = {number}");
        let audit = format!("INSERT INTO journal VALUES ({version}, 'of row {row}')");
        let new = |table: &Table| (table.row)(row);
        match self.random.random_range(0..300) {
            0 => vec![
                format!(
                    "UPDATE customers SET version = {version}, text = REVERSE(text) WHERE id BETWEEN {id} AND {}",
                    id + LARGE
                ),
                format!(
                    "UPDATE orders SET version = {version}, amount = -amount WHERE number BETWEEN {} AND {number}",
                    number - LARGE
                ),
                audit,
            ],
            1..40 => vec![format!("DELETE FROM orders WHERE {is_order}")],
            40..80 => vec![format!("DELETE FROM customers WHERE id BETWEEN {id} AND {}", id + 3)],
            80..110 => vec![format!("UPDATE IGNORE customers SET id = id + 1 WHERE id = {id}")],
            110..140 => {
                vec![format!(
                    "UPDATE IGNORE orders SET tenant = 6 - tenant, version = {version} WHERE {is_order}"
                )]
            }
            140..170 => {
                vec![format!("UPDATE IGNORE articles SET code = REVERSE(code) WHERE code = '{code}'")]
            }
            170..200 => vec![format!("REPLACE INTO orders VALUES {}", new(&TABLES[0]))],
            200..230 => vec![format!("INSERT IGNORE INTO articles VALUES {}", new(&TABLES[2])), audit],
            230..270 => vec![
                format!("REPLACE INTO customers VALUES {}", new(&TABLES[1])),
                format!(
                    "UPDATE orders SET version = {version}, doc = '[{version}, \"\u{e4}\"]' WHERE {is_order}"
                ),
                format!("DELETE FROM articles WHERE code = '{code}'"),
                audit,
            ],
            _ => vec![format!(
                "UPDATE articles SET version = {version}, price = -price WHERE code > '{code}' LIMIT 60"
            )],
        }
    }

    fn run(&mut self, sql: &str) {
        self.client.execute(sql).expect("a change");
    }

    /// Changes something again and again, with pauses, as long as it is told to.
    pub fn change_while(&mut self, more: impl Fn() -> bool) {
        while more() {
            self.change();
            std::thread::sleep(PAUSE);
        }
    }
}
