//! What a cluster does with rows, seen over its own ports alone. These tests run on a real cluster where
//! `SLUICEGATE_TEST_STARROCKS` names one, as `FE-URL,SQL-ADDRESS,USER,PASSWORD,DATABASE`, and on the simulator elsewhere. They
//! make tables of their own in that database, and drop them.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray,
    UInt64Array,
};
use arrow_buffer::BooleanBuffer;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, Row, Value};
use rand::Rng as _;
use sluicegate_model::{ChangeBatch, Column};
use sluicegate_starrocks::client::{Begun, Counts, Ended, Failure, LabelState, LoadOptions};
use sluicegate_starrocks::{Client, Connection, Secret};
use starrocks_sim::Simulator;

use crate::support::{Running, Target, USER, batch, cluster, connection};

const INSERT: u8 = 0;
const BEFORE: u8 = 1;
const AFTER: u8 = 2;
const DELETE: u8 = 3;

const ONE_COPY: &str = r#"PROPERTIES("replication_num"="1")"#;
const MINUTE: Duration = Duration::from_mins(1);

/// A cluster, and the names of this test in it.
struct Cluster {
    connection: Connection,
    login: (String, String),
    prefix: String,
    /// Ends with the test.
    _simulator: Option<Simulator>,
}

impl Cluster {
    async fn here() -> Self {
        let prefix = format!("sg_test_{:08x}", rand::rng().random::<u32>());
        let Ok(named) = std::env::var("SLUICEGATE_TEST_STARROCKS") else {
            let simulator = cluster().await;
            let login = (USER.0.to_owned(), USER.1.to_owned());
            return Self { connection: connection(&simulator), login, prefix, _simulator: Some(simulator) };
        };
        let parts: Vec<&str> = named.split(',').collect();
        let [fe, sql, user, password, database] = parts[..] else {
            panic!("SLUICEGATE_TEST_STARROCKS is not FE-URL,SQL-ADDRESS,USER,PASSWORD,DATABASE")
        };
        let mut connection =
            Connection::plain(vec![fe.to_owned()], sql, database, user, Some(Secret::new(password)));
        connection.backends = vec!["*".to_owned()];
        Self { connection, login: (user.to_owned(), password.to_owned()), prefix, _simulator: None }
    }

    /// A table's name, without its database.
    fn table(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }

    /// Its name with the database.
    fn full(&self, name: &str) -> String {
        format!("{}.{}", self.connection.database, self.table(name))
    }

    /// What a statement gives, with `|` between columns.
    async fn rows(&self, sql: &str) -> Vec<String> {
        let (host, port) = self.connection.sql.rsplit_once(':').expect("HOST:PORT");
        let options = OptsBuilder::default()
            .ip_or_hostname(host)
            .tcp_port(port.parse().expect("a port"))
            .user(Some(&self.login.0))
            .pass(Some(&self.login.1))
            .prefer_socket(false)
            .max_allowed_packet(Some(16 << 20))
            .wait_timeout(Some(600));
        let mut conn = Conn::new(options).await.expect("a connection");
        let rows: Vec<Row> = conn.query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        conn.disconnect().await.expect("a goodbye");
        let shown = |value: Value| match value {
            Value::NULL => "NULL".to_owned(),
            Value::Bytes(bytes) => {
                String::from_utf8(bytes).unwrap_or_else(|error| format!("{:02x?}", error.as_bytes()))
            }
            other => format!("{other:?}"),
        };
        rows.into_iter()
            .map(|row| row.unwrap().into_iter().map(shown).collect::<Vec<_>>().join("|"))
            .collect()
    }

    /// A sink with positions of its own, for rows of [`Cluster::table`].
    fn target(&self, options: &str) -> Target {
        Target::on(self.connection.clone(), options)
    }
}

/// Runs a test, and drops its tables however it ends.
async fn on<F: Future<Output = ()> + Send + 'static>(tables: &[&str], test: impl FnOnce(Arc<Cluster>) -> F) {
    let cluster = Arc::new(Cluster::here().await);
    let ended = tokio::spawn(test(Arc::clone(&cluster))).await;
    for table in tables {
        cluster.rows(&format!("DROP TABLE IF EXISTS {}", cluster.full(table))).await;
    }
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<StringArray>())
}

/// Rows with an id and a name.
fn people(table: &str, rows: &[(u8, i64, Option<&str>)]) -> ChangeBatch {
    let ids: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>());
    let names: Vec<Option<&str>> = rows.iter().map(|row| row.2).collect();
    let kinds: Vec<u8> = rows.iter().map(|row| row.0).collect();
    batch(table, vec![("id", Column::new(ids)), ("name", Column::new(texts(&names)))], &kinds)
}

#[tokio::test]
async fn suite_a_primary_key_table_follows_the_rows() {
    on(&["people"], |cluster| async move {
        let (table, full) = (cluster.table("people"), cluster.full("people"));
        let columns = "(id BIGINT NOT NULL, name VARCHAR(8), city VARCHAR(8))";
        cluster
            .rows(&format!(
                "CREATE TABLE {full} {columns} PRIMARY KEY(id) DISTRIBUTED BY HASH(id) {ONE_COPY}"
            ))
            .await;
        let all = format!("SELECT id, name, city FROM {full} ORDER BY id");
        let target = cluster.target("{}");
        let mut running = Running::start(&target).await;
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let images = |names: Column, cities: Column, kind: u8| {
            let columns = vec![("id", Column::new(Arc::clone(&ids))), ("name", names), ("city", cities)];
            batch(&table, columns, &[kind; 3])
        };
        let (names, cities) =
            (texts(&[Some("a"), Some("b"), None]), texts(&[Some("x"), Some("y"), Some("z")]));
        running.epoch(&images(Column::new(names), Column::new(cities), INSERT), 3).await.unwrap();
        assert_eq!(cluster.rows(&all).await, ["1|a|x", "2|b|y", "3|NULL|z"]);
        // Partial images.
        let some = |bits: [bool; 3]| Some(BooleanBuffer::from(bits.to_vec()));
        let names = Column::with_presence(texts(&[Some("A"), None, Some("C")]), some([true, false, true]));
        let cities = Column::with_presence(texts(&[None, Some("Y"), None]), some([false, true, false]));
        running.epoch(&images(names, cities, AFTER), 6).await.unwrap();
        assert_eq!(cluster.rows(&all).await, ["1|A|x", "2|b|Y", "3|C|z"]);
        // Rows without the last column: a delete, a key that changes, a key that comes back.
        let changes = [
            (DELETE, 1, None),
            (BEFORE, 2, Some("b")),
            (AFTER, 4, Some("moved")),
            (DELETE, 3, None),
            (INSERT, 3, Some("again")),
        ];
        running.epoch(&people(&table, &changes), 10).await.unwrap();
        assert_eq!(cluster.rows(&all).await, ["3|again|NULL", "4|moved|NULL"]);
    })
    .await;
}

#[tokio::test]
async fn suite_rows_are_added_to_a_duplicate_key_table() {
    on(&["log"], |cluster| async move {
        let (table, full) = (cluster.table("log"), cluster.full("log"));
        let columns = "(id BIGINT, name VARCHAR(8))";
        cluster
            .rows(&format!(
                "CREATE TABLE {full} {columns} DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) {ONE_COPY}"
            ))
            .await;
        let target = cluster.target(r#"{"write": "auto"}"#);
        let mut running = Running::start(&target).await;
        running.epoch(&people(&table, &[(INSERT, 1, Some("a")), (INSERT, 1, Some("a"))]), 2).await.unwrap();
        assert_eq!(cluster.rows(&format!("SELECT id, name FROM {full}")).await, ["1|a", "1|a"]);
    })
    .await;
}

#[tokio::test]
async fn suite_values_keep_every_digit() {
    on(&["values"], |cluster| async move {
        let (table, full) = (cluster.table("values"), cluster.full("values"));
        let target = cluster.target(r#"{"create_tables": true, "copies": 1}"#);
        let mut running = Running::start(&target).await;
        let amounts = Decimal128Array::from(vec![-123_456_789_012_345_678_901_234_567_890_i128]);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(UInt64Array::from(vec![u64::MAX]))),
            ("amount", Arc::new(amounts.with_precision_and_scale(38, 10).unwrap())),
            ("day", Arc::new(Date32Array::from(vec![-719_528]))),
            ("moment", Arc::new(TimestampMicrosecondArray::from(vec![1]))),
            ("bytes", Arc::new(BinaryArray::from(vec![&b"\x00\xff\n"[..]]))),
            ("text", texts(&[Some("a\"b\\\n订单\u{1}")])),
        ];
        let columns = columns.into_iter().map(|(name, array)| (name, Column::new(array))).collect();
        running.epoch(&batch(&table, columns, &[INSERT]), 1).await.unwrap();
        let row = cluster.rows(&format!("SELECT id, amount, day, moment, text FROM {full}")).await;
        assert_eq!(
            row,
            ["18446744073709551615|-12345678901234567890.1234567890|0000-01-01|1970-01-01 00:00:00.000001|a\"b\\\n订单\u{1}"]
        );
        assert_eq!(cluster.rows(&format!("SELECT bytes FROM {full}")).await, ["[00, ff, 0a]"]);
    })
    .await;
}

#[tokio::test]
async fn suite_a_table_gets_the_columns_that_rows_bring() {
    on(&["people"], |cluster| async move {
        let (table, full) = (cluster.table("people"), cluster.full("people"));
        let target = cluster.target(r#"{"create_tables": true, "copies": 1, "on_schema_change": "evolve"}"#);
        let mut running = Running::start(&target).await;
        running.epoch(&people(&table, &[(INSERT, 1, Some("a")), (INSERT, 2, Some("b"))]), 2).await.unwrap();
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![2]));
        let columns = vec![("id", Column::new(ids)), ("city", Column::new(texts(&[Some("Ulm")])))];
        running.epoch(&batch(&table, columns, &[AFTER]), 3).await.unwrap();
        let all = format!("SELECT id, name, city FROM {full} ORDER BY id");
        assert_eq!(cluster.rows(&all).await, ["1|a|NULL", "2|b|Ulm"]);
    })
    .await;
}

/// The words and states that the protocol of commits stands on.
#[tokio::test]
async fn suite_transactions_are_as_the_protocol_needs_them() {
    on(&["t"], |cluster| async move {
        let (database, table) = (cluster.connection.database.as_str(), cluster.table("t"));
        let full = cluster.full("t");
        let columns = "(id BIGINT NOT NULL, name VARCHAR(8))";
        cluster
            .rows(&format!(
                "CREATE TABLE {full} {columns} PRIMARY KEY(id) DISTRIBUTED BY HASH(id) {ONE_COPY}"
            ))
            .await;
        let client = Client::new(&cluster.connection).unwrap();
        let prepared = async |label: &str, rows: &str| {
            assert_eq!(client.begin(database, &table, label, MINUTE).await?, Begun::Yes);
            let body = rows.as_bytes().to_vec().into();
            client.load(database, &table, label, &LoadOptions::default(), body).await?;
            client.prepare(database, &table, label, MINUTE).await
        };
        let label = |name: &str| format!("{}-{name}", cluster.prefix);
        let [first, second, third] = ["first", "second", "third"].map(label);

        assert_eq!(client.state(database, &first).await.unwrap(), LabelState::Unknown);
        let counts = prepared(&first, r#"{"id":1,"name":"a"}{"id":2}"#).await.unwrap();
        assert_eq!(counts, Some(Counts { total: 2, loaded: 2, filtered: 0, unselected: 0 }));
        assert_eq!(client.state(database, &first).await.unwrap(), LabelState::Prepared);
        assert_eq!(client.prepare(database, &table, &first, MINUTE).await.unwrap(), None, "prepared before");
        assert!(cluster.rows(&format!("SELECT id FROM {full}")).await.is_empty());
        for _ in 0..2 {
            assert_eq!(client.commit(database, &table, &first).await.unwrap(), Ended::Applied);
        }
        assert_eq!(
            cluster.rows(&format!("SELECT id, name FROM {full} ORDER BY id")).await,
            ["1|a", "2|NULL"]
        );
        assert_eq!(client.begin(database, &table, &first, MINUTE).await.unwrap(), Begun::Used);
        let failure = client.roll_back(database, &table, &first).await.unwrap_err();
        assert!(matches!(failure, Failure::Refused { .. }), "{failure}");

        prepared(&second, r#"{"id":3}"#).await.unwrap();
        for _ in 0..2 {
            client.roll_back(database, &table, &second).await.unwrap();
        }
        let ended = client.commit(database, &table, &second).await.unwrap();
        assert!(matches!(ended, Ended::Unknown(_)), "{ended:?}");
        // The label of what was aborted is free.
        prepared(&second, r#"{"id":3}"#).await.unwrap();
        assert_eq!(client.commit(database, &table, &second).await.unwrap(), Ended::Applied);
        let ended = client.commit(database, &table, &label("never")).await.unwrap();
        assert!(matches!(ended, Ended::Unknown(_)), "{ended:?}");

        let failure = prepared(&third, r#"{"id":4,"name":"too long by far"}"#).await.unwrap_err();
        let Failure::Rows { log: Some(log), .. } = &failure else { panic!("{failure:?}") };
        let log = client.error_log(log, 10_000).await.unwrap();
        assert!(log.contains("too long"), "{log}");
        assert_eq!(cluster.rows(&format!("SELECT id FROM {full} ORDER BY id")).await, ["1", "2", "3"]);
    })
    .await;
}
