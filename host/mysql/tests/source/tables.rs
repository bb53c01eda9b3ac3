//! The rows that tables have, read beside their changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_connector::StartAt;
use sluicegate_model::{ByteSize, Item, RowKind};
use sluicegate_mysql::SourceOptions;
use sluicegate_mysql::source::{OnZeroDate, SnapshotOptions, Start, Until};
use sluicegate_test_servers::{Flavour, MySqlClient};

use super::support::{Reading, batches, changes, database, ids, items, on_each_server, options};

on_each_server! {
    rows_and_changes_make_the_table,
    a_restart_reads_what_is_left,
    a_table_without_a_key_is_exact,
    keys_of_every_kind,
    numbers_close_together_and_far_apart,
    tables_come_behind_those_that_they_refer_to,
    rows_are_what_the_log_says,
    later_tables_are_read_too,
    a_column_is_added_meanwhile,
}

/// Many small parts, several at once.
fn in_parts(database: &str) -> SourceOptions {
    let snapshot = SnapshotOptions { readers: 3, part: ByteSize(1) };
    SourceOptions { snapshot, ..options(database, Start::default()) }
}

/// A table that changes are applied to: cells by the first column, as text, and each row's count.
#[derive(Debug, Default, PartialEq, Eq)]
struct Copy(BTreeMap<Vec<String>, usize>);

impl Copy {
    /// Of a table whose first column is its key, where `keyed`: a new row takes the place of the one before.
    fn apply(&mut self, items: &[Item], keyed: bool) {
        for (kind, cells) in changes(items) {
            let gone = matches!(kind, RowKind::Delete | RowKind::UpdateBefore);
            if keyed {
                // A row is behind the text of its key alone. Quicker than the writer this has to be.
                let key = &cells[..1];
                let known = self.0.range(key.to_vec()..).next().map(|(row, _)| row.clone());
                if let Some(row) = known.filter(|row| row[..1] == *key) {
                    self.0.remove(&row);
                }
            } else if gone {
                let count = self.0.get_mut(&cells).unwrap_or_else(|| panic!("{cells:?} is not there"));
                *count -= 1;
                if *count == 0 {
                    self.0.remove(&cells);
                }
            }
            if !gone {
                *self.0.entry(cells).or_default() += 1;
            }
        }
    }

    fn of(client: &mut MySqlClient, table: &str) -> Self {
        let mut copy = Self::default();
        for row in client.rows(&format!("SELECT * FROM {table}")).unwrap() {
            let cells = row.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".to_owned())).collect();
            *copy.0.entry(cells).or_default() += 1;
        }
        copy
    }
}

/// Changes rows until it is told to stop.
struct Writing {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Writing {
    fn start(
        port: u16,
        database: &str,
        write: impl Fn(&mut MySqlClient, &mut StdRng, u64) + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut client = MySqlClient::connect(port, database).unwrap();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut random = StdRng::seed_from_u64(7);
            let mut number = 0;
            while !stopped.load(Ordering::Relaxed) {
                number += 1;
                write(&mut client, &mut random, number);
            }
        });
        Self { stop, thread }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
    }
}

/// A table of numbered rows.
fn fill(client: &mut MySqlClient, table: &str, columns: &str, rows: i64) {
    client.execute(&format!("CREATE TABLE {table} ({columns})")).unwrap();
    let values: Vec<String> = (0..rows).map(|id| format!("({id}, 0, 'row {id}')")).collect();
    for values in values.chunks(5_000) {
        client.execute(&format!("INSERT INTO {table} VALUES {}", values.join(","))).unwrap();
    }
}

const COLUMNS: &str = "id BIGINT PRIMARY KEY, version BIGINT, text VARCHAR(40)";

fn change(client: &mut MySqlClient, random: &mut StdRng, number: u64) {
    let id = random.random_range(-100_i64..6_100);
    let sql = match random.random_range(0..4) {
        0 => format!("DELETE FROM t WHERE id = {id}"),
        1 => format!("REPLACE INTO t VALUES ({id}, {number}, 'new')"),
        2 => format!("UPDATE t SET version = {number} WHERE id BETWEEN {id} AND {id} + 20"),
        _ => format!("UPDATE IGNORE t SET id = {} WHERE id = {id}", random.random_range(-100_i64..6_100)),
    };
    client.execute(&sql).unwrap();
}

fn rows_and_changes_make_the_table(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    fill(database.client(), "t", COLUMNS, 6_000);
    let writing = Writing::start(port, &name, change);
    let mut copy = Copy::default();
    let mut at = StartAt::Configured;
    // A process that ends while it reads, and one that goes on: what the first gave is kept.
    for chunks in [12, usize::MAX] {
        let mut reading = Reading::start(port, in_parts(&name), Some(Until::End), at.clone());
        for _ in 0..chunks {
            let Some(chunk) = reading.chunk(100_000) else { break };
            copy.apply(&items(&chunk), true);
        }
        at = StartAt::Position(reading.position.clone().unwrap());
    }
    writing.stop();
    copy.apply(&Reading::start(port, in_parts(&name), Some(Until::End), at).rest(), true);
    assert!(copy == Copy::of(database.client(), "t"), "the copy is not the table");
}

fn a_restart_reads_what_is_left(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    for table in ["a", "b"] {
        fill(database.client(), table, COLUMNS, 1_500);
    }
    let mut found = Vec::new();
    let mut at = StartAt::Configured;
    let mut runs = 0;
    loop {
        runs += 1;
        let mut reading = Reading::start(port, in_parts(&name), Some(Until::End), at);
        let mut ended = false;
        for _ in 0..3 {
            let Some(chunk) = reading.chunk(100_000) else {
                ended = true;
                break;
            };
            let items = items(&chunk);
            for item in &items {
                let Item::Rows(batch) = item else { continue };
                let table = batch.table().as_str().to_owned();
                found.extend(ids(std::slice::from_ref(item)).into_iter().map(|id| (table.clone(), id)));
            }
        }
        if ended {
            break;
        }
        at = StartAt::Position(reading.position.clone().unwrap());
    }
    let mut expected = Vec::new();
    for table in ["a", "b"] {
        expected.extend((0..1_500).map(|id| (format!("{name}.{table}"), id)));
    }
    assert!(runs > 3, "{runs} runs");
    assert!(found == expected, "each row once, in the order of keys: {} rows", found.len());
}

fn a_table_without_a_key_is_exact(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    fill(database.client(), "t", "id BIGINT, version BIGINT, text VARCHAR(40)", 3_000);
    fill(database.client(), "a", COLUMNS, 1_000);
    database.client().execute("INSERT INTO t SELECT * FROM t").unwrap();
    let writing = Writing::start(port, &name, |client, random, number| {
        let id = random.random_range(0_i64..3_000);
        let sql = match random.random_range(0..3) {
            0 => format!("DELETE FROM t WHERE id = {id}"),
            1 => format!("INSERT INTO t VALUES ({id}, {number}, 'new')"),
            _ => format!("UPDATE t SET version = {number} WHERE id = {id} LIMIT 1"),
        };
        client.execute(&sql).unwrap();
    });
    let options = SourceOptions { exclude_tables: vec![format!("{name}.a")], ..in_parts(&name) };
    let mut reading = Reading::start(port, options.clone(), Some(Until::End), StartAt::Configured);
    let mut copy = Copy::default();
    copy.apply(&reading.rest(), false);
    writing.stop();
    let at = StartAt::Position(reading.position.clone().unwrap());
    drop(reading);
    copy.apply(&Reading::start(port, options, Some(Until::End), at).rest(), false);
    assert!(copy == Copy::of(database.client(), "t"), "the copy is not the table");
}

fn keys_of_every_kind(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    // Of 640 rows: more than two parts. Text by a collation that bytes do not sort like.
    let keys = [
        ("BIGINT UNSIGNED", "18446744073709551615 - n"),
        ("DECIMAL(40,10)", "(n - 300) * 1234567890123456789.0123456789"),
        ("DOUBLE", "(n - 300) / 7"),
        ("FLOAT", "(n - 300) / 8"),
        (
            "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
            "CONCAT(IF(n % 2, 'ä', 'Z'), n, '''\\\\')",
        ),
        ("VARCHAR(20) CHARACTER SET latin1", "CONCAT(IF(n % 3, 'é', 'E'), n)"),
        ("CHAR(20) CHARACTER SET gbk", "CONCAT('中', n)"),
        ("VARCHAR(20) CHARACTER SET utf16", "CONCAT('x', n)"),
        ("VARBINARY(20)", "UNHEX(LPAD(HEX(n), 8, '0'))"),
        ("BINARY(8)", "UNHEX(LPAD(HEX(n), 6, '0'))"),
        ("BIT(33)", "n * 7"),
        ("DATE", "DATE_ADD('1000-01-01', INTERVAL n DAY)"),
        ("DATETIME(6)", "DATE_ADD('1000-01-01 00:00:00', INTERVAL n MICROSECOND)"),
        ("TIMESTAMP(3)", "DATE_ADD('2001-01-01 00:00:00', INTERVAL n SECOND)"),
        ("TIME(6)", "SEC_TO_TIME((n - 300) * 4321)"),
    ];
    for (number, (data_type, value)) in keys.iter().enumerate() {
        client
            .execute(&format!(
                "CREATE TABLE k{number} (id BIGINT, b {data_type}, a ENUM('z','a'), PRIMARY KEY (a, b))"
            ))
            .unwrap();
        client
            .execute(&format!(
                "INSERT INTO k{number} SELECT n, {value}, IF(n % 2, 'z', 'a') FROM (SELECT a.n + 8 * b.n + 64 * c.n \
                 AS n FROM {eight} a, {eight} b, {ten} c) numbers",
                eight = "(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 \
                         UNION SELECT 6 UNION SELECT 7)",
                ten = "(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION \
                       SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)",
            ))
            .unwrap();
    }
    let mut found: BTreeMap<String, (usize, Vec<i64>)> = BTreeMap::new();
    let items = Reading::start(port, in_parts(&name), Some(Until::End), StartAt::Configured).rest();
    for item in &items {
        for batch in batches(std::slice::from_ref(item)) {
            let (parts, rows) = found.entry(batch.table().as_str().to_owned()).or_default();
            *parts += 1;
            rows.extend(ids(std::slice::from_ref(item)));
        }
    }
    for (number, (data_type, _)) in keys.iter().enumerate() {
        let (parts, mut rows) = found.remove(&format!("{name}.k{number}")).unwrap_or_default();
        rows.sort_unstable();
        assert!(rows.iter().copied().eq(0..640), "{data_type} on {flavour}: {} rows", rows.len());
        assert!(parts > 2, "{data_type}: {parts} parts");
    }
}

/// Every type: what is read from the table is, cell by cell, what the log said of it.
fn rows_are_what_the_log_says(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    let start = Start::File(client.log_end().unwrap().to_string());
    let mut columns = vec![
        ("TINYINT", "-128"),
        ("TINYINT UNSIGNED", "255"),
        ("SMALLINT", "-32768"),
        ("SMALLINT UNSIGNED", "65535"),
        ("MEDIUMINT", "-1"),
        ("MEDIUMINT UNSIGNED", "16777215"),
        ("INT", "-2147483648"),
        ("INT UNSIGNED", "4294967295"),
        ("BIGINT", "-9223372036854775808"),
        ("BIGINT UNSIGNED", "18446744073709551615"),
        ("FLOAT", "0.1234567"),
        ("FLOAT", "3.402823e38"),
        ("DOUBLE", "-0.30000000000000004"),
        ("DECIMAL(65,30)", "-99999999999999999999999999999999999.999999999999999999999999999999"),
        ("DECIMAL(38,0)", "99999999999999999999999999999999999999"),
        ("DECIMAL(5,5)", "-0.00001"),
        ("BIT(1)", "1"),
        ("BIT(64)", "18446744073709551615"),
        ("YEAR", "0"),
        ("YEAR", "2155"),
        ("DATE", "'9999-12-31'"),
        ("TIME(6)", "'-838:59:58.999999'"),
        ("TIME", "'838:59:59'"),
        ("DATETIME(6)", "'1000-01-01 00:00:00.000001'"),
        ("DATETIME", "'2024-02-29 23:59:59'"),
        ("TIMESTAMP(6)", "'2038-01-19 03:14:07.999999'"),
        ("CHAR(10)", "'ab  '"),
        ("VARCHAR(20) CHARACTER SET utf8mb4", "'\u{1f600} it''s'"),
        ("VARCHAR(20) CHARACTER SET latin1", "'é€'"),
        ("VARCHAR(20) CHARACTER SET gbk", "'中文'"),
        ("VARCHAR(20) CHARACTER SET big5", "'中文'"),
        ("VARCHAR(20) CHARACTER SET sjis", "'日本'"),
        ("VARCHAR(20) CHARACTER SET ucs2", "'日本'"),
        ("VARCHAR(20) CHARACTER SET utf16", "'\u{1f600}'"),
        ("TEXT", "REPEAT('x', 70)"),
        ("LONGTEXT", "''"),
        ("BINARY(5)", "x'0100'"),
        ("VARBINARY(5)", "x'00ff00'"),
        ("BLOB", "x'00ff'"),
        ("ENUM('a','it''s','x,y')", "'x,y'"),
        ("SET('a','b','c')", "'c,a'"),
        ("GEOMETRY", "ST_GeomFromText('POINT(1 2)')"),
        ("JSON", "'{\"a\": [1, 2.5, null, \"\u{4e2d}\"], \"b\": {}}'"),
        ("INT GENERATED ALWAYS AS (id + 1) STORED", "DEFAULT"),
    ];
    columns.extend(match flavour {
        Flavour::MariaDb => vec![
            ("INET6", "'::ffff:1.2.3.4'"),
            ("UUID", "'00112233-4455-1677-8899-aabbccddeeff'"),
            ("INT INVISIBLE", "7"),
            ("VARCHAR(100) COMPRESSED", "REPEAT('y', 90)"),
        ],
        Flavour::MySql => vec![
            ("INT INVISIBLE", "7"),
            ("JSON", "CAST(CAST('2024-02-29 01:02:03.5' AS DATETIME(6)) AS JSON)"),
            ("VARCHAR(20) CHARACTER SET gb18030", "'\u{1f600}'"),
        ],
    });
    let definitions: Vec<String> =
        columns.iter().enumerate().map(|(place, (data_type, _))| format!("c{place} {data_type}")).collect();
    client
        .execute(&format!("CREATE TABLE every (id BIGINT PRIMARY KEY, {})", definitions.join(", ")))
        .unwrap();
    let names: Vec<String> = (0..columns.len()).map(|place| format!("c{place}")).collect();
    let values: Vec<&str> = columns.iter().map(|(_, value)| *value).collect();
    client
        .execute(&format!("INSERT INTO every (id, {}) VALUES (1, {})", names.join(", "), values.join(", ")))
        .unwrap();
    client.execute("INSERT INTO every (id) VALUES (2)").unwrap();
    client.execute("SET SESSION sql_mode = ''").unwrap();
    client
        .execute("CREATE TABLE zero (id BIGINT PRIMARY KEY, d DATE, t DATETIME(3), s TIMESTAMP(2) NULL)")
        .unwrap();
    client
        .execute("INSERT INTO zero VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00'), (2, '2024-00-15', '2024-00-15 01:02:03.5', NULL)")
        .unwrap();
    for zero_dates in [OnZeroDate::Text, OnZeroDate::Null] {
        let read = |start: &Start| {
            let options = SourceOptions { zero_dates, ..options(&name, start.clone()) };
            Reading::start(port, options, Some(Until::End), StartAt::Configured).rest()
        };
        let (log, tables) = (read(&start), read(&Start::Snapshot));
        for table in ["every", "zero"] {
            let full_name = format!("{name}.{table}");
            let of = |items: &[Item]| {
                let all = batches(items);
                all.into_iter().find(|batch| batch.table().as_str() == full_name).expect("a batch").clone()
            };
            let read = of(&tables);
            for (field, logged) in read.schema().fields().iter().zip(of(&log).schema().fields()) {
                let shown = (field.name(), field.data_type());
                assert_eq!(shown, (logged.name(), logged.data_type()), "{flavour}");
            }
            let found = changes(&[Item::Rows(read)]);
            assert_eq!(found.len(), 2);
            let logged = changes(&log);
            for row in found {
                assert!(logged.contains(&row), "{table} on {flavour}:\n{row:?}\n{logged:?}");
            }
        }
    }
}

/// Tables are divided by reckoning where the numbers of their keys lie close together, and walked through where they do not.
fn numbers_close_together_and_far_apart(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    let numbers: [(&str, &str, Vec<i128>); 4] = [
        ("close", "BIGINT", (-700..2_000).collect()),
        ("gap", "INT", (0..900).chain(1_700..2_600).collect()),
        ("far", "BIGINT", (0..1_500).map(|number| number * number).collect()),
        ("high", "BIGINT UNSIGNED", (0..1_500).map(|number| i128::from(u64::MAX) - number).rev().collect()),
    ];
    for (table, column, numbers) in &numbers {
        client.execute(&format!("CREATE TABLE {table} (id {column} PRIMARY KEY)")).unwrap();
        let values: Vec<String> = numbers.iter().map(|number| format!("({number})")).collect();
        client.execute(&format!("INSERT INTO {table} VALUES {}", values.join(","))).unwrap();
        client.execute(&format!("ANALYZE TABLE {table}")).unwrap();
    }
    let items = Reading::start(port, in_parts(&name), Some(Until::End), StartAt::Configured).rest();
    for (table, _, numbers) in numbers {
        let of_table =
            |item: &&Item| matches!(item, Item::Rows(batch) if batch.table().as_str().ends_with(table));
        let of_table: Vec<Item> = items.iter().filter(of_table).cloned().collect();
        assert!(of_table.len() > 4, "{table} was read in {} parts", of_table.len());
        let read: Vec<String> = changes(&of_table).into_iter().map(|(_, cells)| cells[0].clone()).collect();
        let expected: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        assert!(read == expected, "{table}: {} rows of {}", read.len(), expected.len());
    }
}

/// A target with the same foreign keys takes rows in this order.
fn tables_come_behind_those_that_they_refer_to(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    for sql in [
        "CREATE TABLE countries (id INT PRIMARY KEY)",
        "CREATE TABLE buyers (id INT PRIMARY KEY, country INT, adviser INT, FOREIGN KEY (country) REFERENCES countries (id), \
         FOREIGN KEY (adviser) REFERENCES buyers (id))",
        "CREATE TABLE bills (id INT PRIMARY KEY, buyer INT, FOREIGN KEY (buyer) REFERENCES buyers (id))",
        "CREATE TABLE areas (id INT PRIMARY KEY)",
        "INSERT INTO areas VALUES (1)",
        "INSERT INTO countries VALUES (1)",
        "INSERT INTO buyers VALUES (1, 1, NULL), (2, 1, 1)",
        "INSERT INTO bills VALUES (1, 2)",
    ] {
        client.execute(sql).unwrap();
    }
    let items = Reading::start(port, in_parts(&name), Some(Until::End), StartAt::Configured).rest();
    let read: Vec<&str> =
        batches(&items).into_iter().filter_map(|batch| batch.table().as_str().rsplit('.').next()).collect();
    assert_eq!(read, ["areas", "countries", "buyers", "bills"]);
}

fn later_tables_are_read_too(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    fill(database.client(), "a", COLUMNS, 300);
    fill(database.client(), "b", COLUMNS, 300);
    let one = SourceOptions { tables: vec![format!("{name}.a")], ..in_parts(&name) };
    let mut first = Reading::start(port, one, Some(Until::End), StartAt::Configured);
    assert_eq!(ids(&first.rest()).len(), 300);
    let at = first.position.clone().unwrap();
    drop(first);
    fill(database.client(), "c", COLUMNS, 10);
    database.client().execute("UPDATE b SET version = 1 WHERE id = 7").unwrap();
    let mut all = Reading::start(port, in_parts(&name), Some(Until::End), StartAt::Position(at));
    let mut copy: BTreeMap<String, Copy> = BTreeMap::new();
    for item in all.rest() {
        if let Item::Rows(batch) = &item {
            let table = batch.table().as_str().rsplit('.').next().unwrap().to_owned();
            copy.entry(table).or_default().apply(&[item], true);
        }
    }
    for table in ["b", "c"] {
        assert!(copy[table] == Copy::of(database.client(), table), "{table} on {flavour}");
    }
    assert!(!copy.contains_key("a"), "it was read");
}

fn a_column_is_added_meanwhile(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    fill(database.client(), "t", COLUMNS, 2_000);
    let mut reading = Reading::start(port, in_parts(&name), Some(Until::End), StartAt::Configured);
    let mut rows = 0;
    while rows == 0 {
        rows = ids(&items(&reading.chunk(100_000).expect("rows"))).len();
    }
    database.client().execute("ALTER TABLE t ADD COLUMN more INT DEFAULT 5").unwrap();
    let rest = reading.rest();
    let with = batches(&rest)
        .iter()
        .filter(|batch| batch.column("more").is_some())
        .map(|batch| batch.len())
        .sum::<usize>();
    let without = batches(&rest)
        .iter()
        .filter(|batch| batch.column("more").is_none())
        .map(|batch| batch.len())
        .sum::<usize>();
    assert_eq!(rows + with + without, 2_000);
    assert!(with > 500, "{with} rows with the new column, {without} without");
}
