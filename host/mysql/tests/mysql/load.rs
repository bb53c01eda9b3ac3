//! New rows that are streamed: they are what inserted rows would be.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray,
    Float64Array, Int64Array, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::Field;
use rand::prelude::*;
use sluicegate_connector::Class;
use sluicegate_model::{ChangeBatch, Column, RowKind};
use sluicegate_test_servers::{Database, Flavour, MySql, MySqlOptions};

use crate::support::{
    Process, column, connection, database, inserts, on_each_server, options, refused, simple,
};

use RowKind::{Delete as D, Insert as I, UpdateAfter as A};

on_each_server!(
    loaded_rows_are_as_inserted_ones,
    rows_that_do_not_fit_are_found,
    rows_that_are_there_already,
    new_rows_among_others,
    a_server_that_takes_no_lines,
);

const ROWS: usize = 400;

fn process(database: &Database, json: &str) -> Process {
    let mut process = Process::new(&connection(database.port(), database.name()), options(json));
    process.take();
    process
}

/// Statements of this kind that the server has run, for whomever.
fn loads(database: &mut Database) -> u64 {
    let found = database.client().lines("SHOW GLOBAL STATUS LIKE 'Com_load'").unwrap();
    found[0].rsplit('|').next().unwrap().parse().unwrap()
}

const TYPES: &str = "(id BIGINT UNSIGNED PRIMARY KEY, n BIGINT, d DECIMAL(38,10), f DOUBLE, flag BOOLEAN, day DATE, \
                     at DATETIME(6), lasts TIME(3), a LONGTEXT, b LONGBLOB, j JSON, e ENUM('x','it''s','\\\\'), \
                     one CHAR(4) CHARACTER SET gbk, was VARCHAR(9) DEFAULT 'default')";

/// Values of every kind, a third of them NULL.
fn values(table: &str, random: &mut StdRng) -> ChangeBatch {
    let texts = [
        "",
        "plain",
        "it's",
        "\\",
        "\\'",
        "a,b",
        "line\nline",
        "\r\n\t",
        "NULL",
        "DEFAULT",
        "X'41'",
        "\0",
        "汉字 😀",
        "''",
    ];
    let text = |random: &mut StdRng| -> String {
        (0..random.random_range(0..5)).map(|_| *texts.choose(random).unwrap()).collect()
    };
    let some = |random: &mut StdRng| random.random_bool(0.7);
    let mut columns: Vec<(Field, Column)> =
        vec![column("id", UInt64Array::from_iter_values((0..ROWS as u64).map(|row| u64::MAX - row)))];
    macro_rules! add {
        ($name:literal, $array:ty, $value:expr) => {{
            let made: ArrayRef =
                Arc::new(<$array>::from_iter((0..ROWS).map(|_| some(random).then(|| $value))));
            columns.push((Field::new($name, made.data_type().clone(), true), Column::new(made)));
        }};
    }
    add!("n", Int64Array, random.random::<i64>());
    let decimals: Decimal128Array =
        (0..ROWS).map(|_| some(random).then(|| i128::from(random.random::<i64>()) * 1_000_000_007)).collect();
    columns.push(column("d", decimals.with_precision_and_scale(38, 10).unwrap()));
    add!("f", Float64Array, random.random::<f64>() * 1e100);
    add!("flag", BooleanArray, random.random_bool(0.5));
    add!("day", Date32Array, random.random_range(-700_000..2_900_000));
    add!(
        "at",
        TimestampMicrosecondArray,
        random.random_range(-9_000_000_000_000_000..200_000_000_000_000_000_i64)
    );
    add!("lasts", DurationMicrosecondArray, random.random_range(-3_000_000..3_000_000_i64) * 1_000_000);
    add!("a", StringArray, text(random));
    let bytes: Vec<Option<Vec<u8>>> = (0..ROWS)
        .map(|_| some(random).then(|| (0..random.random_range(0..20)).map(|_| random.random()).collect()))
        .collect();
    columns.push(column("b", BinaryArray::from_iter(bytes)));
    add!("j", StringArray, format!(r#"{{"k": ["it's", "\\\"", {}]}}"#, random.random::<i16>()));
    add!("e", StringArray, *["x", "it's", "\\"].choose(random).unwrap());
    add!("one", StringArray, *["汉字", "a'b", "\\"].choose(random).unwrap());
    inserts(table, &["id"], 0, columns)
}

fn loaded_rows_are_as_inserted_ones(flavour: Flavour) {
    let seed = rand::random();
    let mut found = Vec::new();
    for (table, json) in [
        ("inserted", r#"{"mode": "insert"}"#),
        ("loaded", r#"{"mode": "load"}"#),
        ("added", r#"{"mode": "load", "write": "insert", "writers": 2}"#),
        ("strange", r#"{"mode": "load", "sql_mode": ["NO_BACKSLASH_ESCAPES", "PAD_CHAR_TO_FULL_LENGTH"]}"#),
    ] {
        let mut database = database(flavour);
        database.client().execute(&format!("CREATE TABLE {table} {TYPES}")).unwrap();
        let before = loads(&mut database);
        let batch = values(table, &mut StdRng::seed_from_u64(seed));
        process(&database, json).epoch(&[batch]).unwrap();
        assert!(table == "inserted" || loads(&mut database) > before, "{table}");
        let lines = database.client().lines(&format!("SELECT *, HEX(a), HEX(one) FROM {table} ORDER BY id"));
        found.push((table, lines.unwrap()));
    }
    let (_, inserted) = &found[0];
    assert_eq!(inserted.len(), ROWS);
    for (table, lines) in &found[1..] {
        for (line, expected) in lines.iter().zip(inserted) {
            assert_eq!(line, expected, "{table}, seed {seed}");
        }
        assert_eq!(lines.len(), ROWS, "{table}, seed {seed}");
    }
}

fn many(first: u64, ids: std::ops::Range<i64>, text: &str) -> ChangeBatch {
    let rows: Vec<_> = ids.map(|id| (I, id, Some(text), None)).collect();
    simple("t", first, &rows)
}

fn with_table(flavour: Flavour) -> Database {
    let mut database = database(flavour);
    database.client().execute("CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(8), b VARCHAR(8))").unwrap();
    database
}

/// With LOCAL the server would cut one and pass over the other.
fn rows_that_do_not_fit_are_found(flavour: Flavour) {
    let mut database = with_table(flavour);
    let mut process = process(&database, r#"{"write": "insert"}"#);
    process.epoch(&[many(0, 0..300, "x")]).unwrap();
    let before = loads(&mut database);
    let long = simple("t", 700, &[(I, 900, Some("more than eight"), None)]);
    let there = simple("t", 701, &[(I, 7, Some("again"), None)]);
    let told = refused(process.epoch(&[many(300, 300..700, "y"), long, there]));
    let (first, second) = (&told[0], &told[1]);
    assert!(
        first.0 == 700 && first.1.contains("1406") && second.0 == 701 && second.1.contains("1062"),
        "{told:?}"
    );
    assert!(loads(&mut database) > before);
    process.abort().unwrap();
    process.epoch(&[many(300, 300..700, "y")]).unwrap();
    let sql = "SELECT a, COUNT(*), MAX(id) FROM t GROUP BY a ORDER BY a";
    assert_eq!(database.client().lines(sql).unwrap(), ["x|300|299", "y|400|699"]);
}

/// A source that is read again from its beginning says of rows that they are new, and they are not.
fn rows_that_are_there_already(flavour: Flavour) {
    let mut database = with_table(flavour);
    let mut process = process(&database, "{}");
    process.epoch(&[many(0, 0..500, "x")]).unwrap();
    process.epoch(&[many(500, 100..700, "y")]).unwrap();
    process.epoch(&[many(1_100, 600..900, "z")]).unwrap();
    let sql = "SELECT a, COUNT(*), MAX(id) FROM t GROUP BY a ORDER BY a";
    assert_eq!(database.client().lines(sql).unwrap(), ["x|100|99", "y|500|599", "z|300|899"]);
}

fn new_rows_among_others(flavour: Flavour) {
    let mut database = with_table(flavour);
    let mut process = process(&database, r#"{"writers": 2}"#);
    let before = loads(&mut database);
    process.epoch(&[many(0, 0..1_000, "x")]).unwrap();
    assert!(loads(&mut database) > before);
    // In one epoch: rows that are there go and come back, new ones come and are changed, others are updated.
    let mut rows: Vec<_> = (0..600).map(|id| (D, id, None, None)).collect();
    rows.extend((0..500).map(|id| (I, id, Some("back"), Some("b"))));
    rows.extend((1_000..1_500).map(|id| (I, id, Some("new"), Some("b"))));
    rows.extend((1_000..1_100).map(|id| (A, id, Some("changed"), Some("?"))));
    rows.extend((700..800).map(|id| (A, id, Some("whole"), Some("b"))));
    rows.extend((800..900).map(|id| (A, id, Some("?"), Some("part"))));
    process.epoch(&[simple("t", 1_000, &rows)]).unwrap();
    let sql = "SELECT a, b, COUNT(*), MIN(id) FROM t GROUP BY a, b ORDER BY a, b";
    let expected = [
        "back|b|500|0",
        "changed|b|100|1000",
        "new|b|400|1100",
        "whole|b|100|700",
        "x|NULL|200|600",
        "x|part|100|800",
    ];
    assert_eq!(database.client().lines(sql).unwrap(), expected);
}

fn a_server_that_takes_no_lines(flavour: Flavour) {
    let server = MySql::start(MySqlOptions::new(flavour).set("local-infile", "0")).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE TABLE test.t (id BIGINT PRIMARY KEY, a VARCHAR(8), b VARCHAR(8))").unwrap();
    let connection = connection(server.port(), "test");
    let refused = Process::new(&connection, options(r#"{"mode": "load"}"#)).prepare(&[]).unwrap_err();
    assert_eq!(refused.class(), Class::Configuration, "{refused}");
    assert!(refused.to_string().contains("SET GLOBAL local_infile = 1"), "{refused}");
    let mut process = Process::new(&connection, options("{}"));
    process.take();
    process.epoch(&[many(0, 0..500, "x")]).unwrap();
    assert_eq!(client.lines("SELECT COUNT(*) FROM test.t").unwrap(), ["500"]);
}
