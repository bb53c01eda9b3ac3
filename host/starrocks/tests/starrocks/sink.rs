//! Rows to tables.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray,
    UInt64Array,
};
use arrow_buffer::BooleanBuffer;
use sluicegate_connector::{Class, Sink as _, WriteError};
use sluicegate_model::{ChangeBatch, Column};
use starrocks_sim::Settings;

use crate::support::{Running, Target, USER, batch, cluster, cluster_with, orders, rejects};

const ORDERS: &str =
    "CREATE TABLE ods.orders (id BIGINT NOT NULL, name VARCHAR(8)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)";
const ALL: &str = "SELECT * FROM ods.orders ORDER BY id";

const INSERT: u8 = 0;
const BEFORE: u8 = 1;
const AFTER: u8 = 2;
const DELETE: u8 = 3;

#[tokio::test]
async fn a_table_follows_the_rows() {
    let simulator = cluster().await;
    simulator.query(ORDERS).unwrap();
    let target = Target::new(&simulator, "{}");
    let mut running = Running::start(&target).await;
    running
        .write(&orders(&[(INSERT, 1, Some("a")), (INSERT, 2, Some("b")), (INSERT, 3, None)]))
        .await
        .unwrap();
    assert!(simulator.query(ALL).unwrap().is_empty());
    running.commit(3).await.unwrap();
    assert_eq!(simulator.query(ALL).unwrap(), ["1|a", "2|b", "3|NULL"]);
    // Of one key the last change counts, within an epoch too; a key that changes moves its row.
    let changes = [
        (DELETE, 1, Some("a")),
        (AFTER, 2, Some("c")),
        (AFTER, 2, Some("d")),
        (BEFORE, 3, None),
        (AFTER, 4, Some("moved")),
        (INSERT, 5, Some("x")),
        (DELETE, 5, None),
        (INSERT, 1, Some("again")),
    ];
    running.epoch(&orders(&changes), 11).await.unwrap();
    assert_eq!(simulator.query(ALL).unwrap(), ["1|again", "2|d", "4|moved"]);
    // An epoch without rows moves the position alone.
    running.commit(12).await.unwrap();
    drop(running);
    assert_eq!(Running::start(&target).await.at(), 12);
}

#[tokio::test]
async fn an_aborted_epoch_leaves_nothing() {
    let simulator = cluster().await;
    simulator.query(ORDERS).unwrap();
    let target = Target::new(&simulator, r#"{"buffer": "64KiB"}"#);
    let mut running = Running::start(&target).await;
    let many: Vec<(u8, i64, Option<&str>)> = (0..5_000).map(|id| (INSERT, id, Some("x"))).collect();
    running.write(&orders(&many)).await.unwrap();
    let prepared = simulator.labels("ods").len();
    assert!(prepared > 0, "what is more than the buffer goes to the cluster before the epoch ends");
    running.writer.abort().await.unwrap();
    assert!(simulator.query(ALL).unwrap().is_empty());
    // Several loads of one epoch: the later one counts.
    running.write(&orders(&many)).await.unwrap();
    running.epoch(&orders(&[(AFTER, 7, Some("last"))]), 5_001).await.unwrap();
    assert_eq!(simulator.query("SELECT name FROM ods.orders WHERE id = 7").unwrap(), ["last"]);
    assert_eq!(simulator.query("SELECT COUNT(*) FROM ods.orders").unwrap(), ["5000"]);
}

fn presence(bits: &[bool]) -> BooleanBuffer {
    BooleanBuffer::from(bits.to_vec())
}

#[tokio::test]
async fn missing_cells_stay_as_they_are() {
    let simulator = cluster().await;
    simulator
        .query("CREATE TABLE ods.orders (id BIGINT NOT NULL, name VARCHAR(8), city VARCHAR(8), kept INT) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)")
        .unwrap();
    let target = Target::new(&simulator, "{}");
    let mut running = Running::start(&target).await;
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 3]));
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("b"), Some("c"), None]));
    let cities: ArrayRef = Arc::new(StringArray::from(vec!["x", "y", "z", "w"]));
    let whole = |kinds: &[u8], names: Column, cities: Column| {
        batch("orders", vec![("id", Column::new(Arc::clone(&ids))), ("name", names), ("city", cities)], kinds)
    };
    let (all_names, all_cities) = (Column::new(Arc::clone(&names)), Column::new(Arc::clone(&cities)));
    running.epoch(&whole(&[INSERT; 4], all_names, all_cities), 4).await.unwrap();
    let rows = simulator.query(ALL).unwrap();
    assert_eq!(rows, ["1|a|x|NULL", "2|b|y|NULL", "3|NULL|w|NULL"]);
    // One row has no name, another no city; the last two changes of row 3 are one.
    let names: ArrayRef = Arc::new(StringArray::from(vec![None, Some("B"), Some("C"), None]));
    let names = Column::with_presence(names, Some(presence(&[false, true, true, false])));
    let cities: ArrayRef = Arc::new(StringArray::from(vec![Some("X"), None, None, Some("Z")]));
    let cities = Column::with_presence(cities, Some(presence(&[true, false, false, true])));
    running.epoch(&whole(&[AFTER; 4], names, cities), 8).await.unwrap();
    assert_eq!(simulator.query(ALL).unwrap(), ["1|a|X|NULL", "2|B|y|NULL", "3|C|Z|NULL"]);
}

#[tokio::test]
async fn values_keep_every_digit() {
    let simulator = cluster().await;
    let target = Target::new(&simulator, r#"{"create_tables": true}"#);
    let mut running = Running::start(&target).await;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(UInt64Array::from(vec![u64::MAX]))),
        (
            "amount",
            Arc::new(
                Decimal128Array::from(vec![-123_456_789_012_345_678_901_234_567_890_i128])
                    .with_precision_and_scale(38, 10)
                    .unwrap(),
            ),
        ),
        ("day", Arc::new(Date32Array::from(vec![-719_528]))),
        ("moment", Arc::new(TimestampMicrosecondArray::from(vec![1]))),
        ("bytes", Arc::new(BinaryArray::from(vec![&b"\x00\xff\n"[..]]))),
        ("text", Arc::new(StringArray::from(vec!["a\"b\\\n订单\u{1}"]))),
    ];
    let columns = columns.into_iter().map(|(name, array)| (name, Column::new(array))).collect();
    running.epoch(&batch("values", columns, &[INSERT]), 1).await.unwrap();
    let rows = simulator.query("SELECT id, amount, day, moment, bytes, text FROM ods.values").unwrap();
    assert_eq!(
        rows,
        [
            "18446744073709551615|-12345678901234567890.1234567890|0000-01-01|1970-01-01 00:00:00.000001|0x00FF0A|a\"b\\\n订单\u{1}"
        ]
    );
}

#[tokio::test]
async fn rows_are_added_to_a_duplicate_key_table() {
    let simulator = cluster().await;
    simulator
        .query(
            "CREATE TABLE ods.orders (id BIGINT, name VARCHAR(8)) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id)",
        )
        .unwrap();
    let target = Target::new(&simulator, r#"{"write": "append"}"#);
    let mut running = Running::start(&target).await;
    running
        .epoch(
            &orders(&[
                (INSERT, 1, Some("a")),
                (INSERT, 1, Some("a")),
                (BEFORE, 1, None),
                (AFTER, 1, Some("b")),
            ]),
            3,
        )
        .await
        .unwrap();
    assert_eq!(simulator.query("SELECT * FROM ods.orders ORDER BY name").unwrap(), ["1|a", "1|a", "1|b"]);
    let refused = running.refused(&orders(&[(DELETE, 1, None)]));
    assert!(refused[0].reason.contains("`write: append`"), "{refused:?}");
}

#[tokio::test]
async fn rows_that_the_cluster_refuses_stand_alone() {
    let simulator = cluster().await;
    // The sink knows nothing of what was changed behind its back.
    simulator.query(ORDERS).unwrap();
    let target = Target::new(&simulator, "{}");
    let mut running = Running::start(&target).await;
    running.epoch(&orders(&[(INSERT, 1, Some("a"))]), 1).await.unwrap();
    simulator.query("DROP TABLE ods.orders").unwrap();
    simulator.query(&ORDERS.replace("VARCHAR(8)", "VARCHAR(3) NOT NULL")).unwrap();
    let rows: Vec<(u8, i64, Option<&str>)> = (0..40)
        .map(|id| match id {
            11 => (INSERT, id, Some("too long")),
            29 => (INSERT, id, None),
            _ => (INSERT, id, Some("x")),
        })
        .collect();
    running.write(&orders(&rows)).await.unwrap();
    let refused = rejects(running.commit(40).await);
    let told: Vec<(u64, &str)> =
        refused.iter().map(|reject| (reject.ordinal, reject.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (11, "String 'too long'(length=8) is too long. The max length of 'name' is 3"),
            (29, "NULL value in non-nullable column 'name'"),
        ]
    );
    running.writer.abort().await.unwrap();
    assert!(simulator.query(ALL).unwrap().is_empty());
    assert!(simulator.labels("ods").iter().skip(1).all(|(_, state)| state.name() == "ABORTED"));
}

#[tokio::test]
async fn tables_are_looked_at_before_the_first_row() {
    let simulator = cluster().await;
    simulator
        .query("CREATE TABLE ods.wrong (id VARCHAR(8) NOT NULL, amount INT NOT NULL, name VARCHAR(8)) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id)")
        .unwrap();
    let target = Target::new(&simulator, "{}");
    let missing = orders(&[]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(Vec::<i64>::new()))),
        ("extra", Arc::new(Int64Array::from(Vec::<i64>::new()))),
    ];
    let wrong =
        batch("wrong", columns.into_iter().map(|(name, array)| (name, Column::new(array))).collect(), &[]);
    let error = target.sink().prepare(&[missing, wrong]).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    for part in [
        "table ods.orders: it does not exist",
        "CREATE TABLE IF NOT EXISTS `ods`.`orders` (`id` BIGINT NOT NULL, `name` VARCHAR(1048576) NULL) PRIMARY KEY(`id`)",
        "table ods.wrong: it has no column extra: add it (ALTER TABLE `ods`.`wrong` ADD COLUMN `extra` BIGINT NULL)",
        "table ods.wrong: it is a duplicate key table",
        "table ods.wrong: its column amount takes no NULL and has no default",
    ] {
        assert!(error.to_string().contains(part), "{part} in {error}");
    }
}

/// A batch of `ods.orders` with a column more.
fn with_city(rows: &[(i64, &str)]) -> ChangeBatch {
    let ids: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>());
    let cities: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.1)).collect::<StringArray>());
    let columns = vec![("id", Column::new(ids)), ("city", Column::new(cities))];
    batch("orders", columns, &vec![INSERT; rows.len()])
}

#[tokio::test]
async fn a_table_gets_the_columns_that_rows_bring() {
    let simulator = cluster().await;
    simulator.query(ORDERS).unwrap();
    let target = Target::new(&simulator, r#"{"on_schema_change": "evolve", "buffer": "64KiB"}"#);
    let mut running = Running::start(&target).await;
    let many: Vec<(u8, i64, Option<&str>)> = (0..5_000).map(|id| (INSERT, id, Some("x"))).collect();
    running.write(&orders(&many)).await.unwrap();
    assert!(!simulator.labels("ods").is_empty(), "a load is prepared");
    // A change of the table would wait for that load: the epoch is aborted, and begins again behind the change.
    let Err(WriteError::Error(error)) = running.write(&with_city(&[(7, "Ulm")])).await else {
        panic!("a table was changed under a load that is prepared")
    };
    assert_eq!(error.class(), Class::Transient, "{error}");
    running.writer.abort().await.unwrap();
    running.write(&orders(&many)).await.unwrap();
    running.epoch(&with_city(&[(7, "Ulm")]), 5_001).await.unwrap();
    let row =
        simulator.query("SELECT id, name, city FROM ods.orders WHERE id IN (7, 8) ORDER BY id").unwrap();
    assert_eq!(row, ["7|x|Ulm", "8|x|NULL"]);
    // Rows that do not have the new column leave it as it is.
    running.epoch(&orders(&[(AFTER, 7, Some("y"))]), 5_002).await.unwrap();
    assert_eq!(simulator.query("SELECT id, name, city FROM ods.orders WHERE id = 7").unwrap(), ["7|y|Ulm"]);
}

/// As after a start amid a topic: no row came yet that has all columns.
#[tokio::test]
async fn changes_may_lack_what_a_new_row_must_have() {
    let simulator = cluster().await;
    let table = "CREATE TABLE ods.orders (id BIGINT NOT NULL, owner VARCHAR(8) NOT NULL, name VARCHAR(8)) \
                 PRIMARY KEY(id) DISTRIBUTED BY HASH(id)";
    simulator.query(table).unwrap();
    let target = Target::new(&simulator, "{}");
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let texts = |texts: [&str; 2]| Column::new(Arc::new(StringArray::from(texts.to_vec())) as ArrayRef);
    let whole = vec![("id", Column::new(ids)), ("owner", texts(["x", "y"])), ("name", texts(["a", "b"]))];
    Running::start(&target).await.epoch(&batch("orders", whole, &[INSERT; 2]), 2).await.unwrap();
    Running::start(&target).await.epoch(&orders(&[(AFTER, 1, Some("c"))]), 3).await.unwrap();
    Running::start(&target).await.epoch(&orders(&[(DELETE, 2, None)]), 4).await.unwrap();
    assert_eq!(simulator.query(ALL).unwrap(), ["1|x|c"]);
    let mut running = Running::start(&target).await;
    let Err(WriteError::Error(error)) = running.epoch(&orders(&[(INSERT, 3, None)]), 5).await else {
        panic!("a new row has no owner")
    };
    assert!(error.to_string().contains("its column owner takes no NULL and has no default"), "{error}");
}

#[tokio::test]
async fn a_change_of_a_table_that_is_given_up_is_told() {
    for (mode, told) in [("evolve", true), ("try_evolve", false)] {
        let slow = Settings { alter_takes: Duration::from_hours(1), ..Settings::default() };
        let simulator = cluster_with(slow).await;
        simulator.query(ORDERS).unwrap();
        let target = Target::new(&simulator, &format!(r#"{{"on_schema_change": "{mode}"}}"#));
        let mut running = Running::start(&target).await;
        let cities = with_city(&[(1, "Ulm")]);
        let cancel = async {
            while simulator.query("SHOW ALTER TABLE COLUMN FROM ods").unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            simulator.cancel_changes("no space left");
        };
        let (outcome, ()) = tokio::join!(running.epoch(&cities, 1), cancel);
        if told {
            let Err(WriteError::Error(error)) = outcome else { panic!("{outcome:?}") };
            assert_eq!(error.class(), Class::Configuration);
            let text = error.to_string();
            assert!(
                text.contains("no space left")
                    && text.contains("ALTER TABLE `ods`.`orders` ADD COLUMN `city` VARCHAR(1048576) NULL"),
                "{text}"
            );
        } else {
            outcome.unwrap();
            assert_eq!(simulator.query("SELECT * FROM ods.orders").unwrap(), ["1|NULL"]);
        }
    }
}

#[tokio::test]
async fn each_table_is_written_as_it_is() {
    let simulator = cluster().await;
    simulator.query(ORDERS).unwrap();
    simulator
        .query("CREATE TABLE ods.log (id BIGINT, name VARCHAR(8)) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id)")
        .unwrap();
    let target = Target::new(&simulator, r#"{"write": "auto"}"#);
    let mut running = Running::start(&target).await;
    let rows = [(INSERT, 1, Some("a")), (INSERT, 1, Some("b"))];
    let columns = || {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 1]));
        let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        vec![("id", Column::new(ids)), ("name", Column::new(names))]
    };
    running.write(&orders(&rows)).await.unwrap();
    running.epoch(&batch("log", columns(), &[INSERT; 2]), 2).await.unwrap();
    assert_eq!(simulator.query(ALL).unwrap(), ["1|b"]);
    assert_eq!(simulator.query("SELECT * FROM ods.log ORDER BY name").unwrap(), ["1|a", "1|b"]);
}

#[tokio::test]
async fn an_aggregate_table_adds_up_what_is_appended() {
    let simulator = cluster().await;
    simulator
        .query("CREATE TABLE ods.totals (id BIGINT NOT NULL, amount DECIMAL(18,2) SUM, last VARCHAR(8) REPLACE) AGGREGATE KEY(id) DISTRIBUTED BY HASH(id)")
        .unwrap();
    let target = Target::new(&simulator, r#"{"write": "auto"}"#);
    let mut running = Running::start(&target).await;
    let columns = |amounts: [i128; 3], last: [&str; 3]| {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 1]));
        let amounts = Decimal128Array::from(amounts.to_vec()).with_precision_and_scale(18, 2).unwrap();
        let last: ArrayRef = Arc::new(StringArray::from(last.to_vec()));
        let amounts: ArrayRef = Arc::new(amounts);
        vec![("id", Column::new(ids)), ("amount", Column::new(amounts)), ("last", Column::new(last))]
    };
    let first = batch("totals", columns([120, 5, 80], ["a", "b", "c"]), &[INSERT; 3]);
    let second = batch("totals", columns([1, -10, 1], ["d", "e", "f"]), &[INSERT; 3]);
    running.epoch(&first, 3).await.unwrap();
    running.epoch(&second, 6).await.unwrap();
    assert_eq!(simulator.query("SELECT * FROM ods.totals").unwrap(), ["1|2.02|f", "2|-0.05|e"]);
}

/// Rows with a decimal.
fn amounts(values: &[i128]) -> ChangeBatch {
    let ids: ArrayRef = Arc::new((0..values.len() as i64).collect::<Int64Array>());
    let amounts = Decimal128Array::from(values.to_vec()).with_precision_and_scale(18, 2).unwrap();
    let amounts: ArrayRef = Arc::new(amounts);
    let columns = vec![("id", Column::new(ids)), ("amount", Column::new(amounts))];
    batch("amounts", columns, &vec![INSERT; values.len()])
}

const AMOUNTS: &str = "CREATE TABLE ods.amounts (id BIGINT NOT NULL, amount DECIMAL(5,2)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)";

/// By a worker where the table is known, else by the server.
#[tokio::test]
async fn a_decimal_that_is_too_large_costs_one_row() {
    let simulator = cluster().await;
    simulator.query(AMOUNTS).unwrap();
    let target = Target::new(&simulator, "{}");
    let mut running = Running::start(&target).await;
    running.epoch(&amounts(&[100]), 1).await.unwrap();
    let refused = running.refused(&amounts(&[100, 123_456_789, 200]));
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].row, 1);
    assert!(refused[0].reason.contains("amount"), "{refused:?}");

    let wide = AMOUNTS.replace("DECIMAL(5,2)", "DECIMAL(18,2)");
    simulator.query("DROP TABLE ods.amounts").unwrap();
    simulator.query(&wide).unwrap();
    let target = Target::new(&simulator, "{}");
    let mut running = Running::start(&target).await;
    running.epoch(&amounts(&[100]), 1).await.unwrap();
    simulator.query("DROP TABLE ods.amounts").unwrap();
    simulator.query(AMOUNTS).unwrap();
    running.write(&amounts(&[100, 123_456_789, 200])).await.unwrap();
    let refused = rejects(running.commit(4).await);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].ordinal, 1);
    assert!(
        refused[0]
            .reason
            .starts_with("Decimal '1234567.89' is out of range. The type of 'amount' is DECIMAL"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_key_of_another_type_is_told() {
    let simulator = cluster().await;
    simulator
        .query("CREATE TABLE ods.orders (id DATE NOT NULL, name VARCHAR(8)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)")
        .unwrap();
    let target = Target::new(&simulator, "{}");
    let error = target.sink().prepare(&[orders(&[])]).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("table ods.orders: its column id is date: int64"), "{error}");
}

/// By a worker, before anything is sent: which column, and what it holds.
#[tokio::test]
async fn values_that_a_column_does_not_hold_cost_one_row_each() {
    let simulator = cluster().await;
    simulator.query(&ORDERS.replace("VARCHAR(8)", "VARCHAR(8) NOT NULL")).unwrap();
    let target = Target::new(&simulator, "{}");
    let mut running = Running::start(&target).await;
    running.epoch(&orders(&[(INSERT, 1, Some("a"))]), 1).await.unwrap();
    // Text is measured in bytes.
    let rows =
        [(INSERT, 2, Some("12345678")), (INSERT, 3, Some("\u{8ba2}\u{5355}\u{8ba2}")), (INSERT, 4, None)];
    let refused = running.refused(&orders(&rows));
    let told: Vec<(u32, &str)> = refused.iter().map(|reject| (reject.row, reject.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (1, "column name: it has 9 bytes, and the column holds 8"),
            (2, "column name: it may not be NULL, and is"),
        ]
    );
}

/// A user who may not insert, and a password that is wrong, are told by the sink as they are by the client.
#[tokio::test]
async fn a_sink_tells_who_may_not_write() {
    let simulator = cluster().await;
    simulator.query(ORDERS).unwrap();
    for (user, password, words) in [
        ("guest", "guest", "you need (at least one of) the INSERT privilege(s)"),
        (USER.0, "wrong-password", "as loader: "),
    ] {
        let secret = Some(sluicegate_starrocks::Secret::new(password));
        let connection = sluicegate_starrocks::Connection::plain(
            simulator.front_ends(),
            simulator.sql(),
            "ods",
            user,
            secret,
        );
        let target = Target::on(connection, "{}");
        let mut running = Running::start(&target).await;
        let error = match running.epoch(&orders(&[(INSERT, 1, Some("a"))]), 1).await {
            Err(WriteError::Error(error)) => error,
            other => panic!("{user} may write: {other:?}"),
        };
        assert_eq!(error.class(), Class::Configuration, "{error}");
        assert!(
            error.to_string().contains(words) && !error.to_string().contains("wrong-password"),
            "{error}"
        );
    }
}
