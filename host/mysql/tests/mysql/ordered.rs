//! Tables where it matters which row goes first: other unique keys, foreign keys.

use arrow_array::{Int64Array, StringArray};
use sluicegate_model::{ChangeBatch, RowKind};
use sluicegate_test_servers::{Database, Flavour};

use crate::support::{
    Process, changes, column, connection, database, on_each_server, options, refused, simple,
};

use RowKind::{Delete as D, Insert as I, UpdateAfter as A, UpdateBefore as B};

on_each_server!(
    a_unique_value_is_handed_over,
    unique_values_are_swapped,
    no_other_row_is_written_over,
    a_chain_of_foreign_keys,
    a_row_that_is_there_is_updated,
);

const UNIQUE: &str = "CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(20) UNIQUE, b VARCHAR(20))";

fn started(flavour: Flavour, tables: &[&str]) -> (Database, Process) {
    let mut database = database(flavour);
    for table in tables {
        database.client().execute(table).unwrap();
    }
    let mut process =
        Process::new(&connection(database.port(), database.name()), options(r#"{"writers": 4}"#));
    process.take();
    (database, process)
}

fn rows(database: &mut Database) -> Vec<String> {
    database.client().lines("SELECT id, a, b FROM t ORDER BY id").unwrap()
}

fn a_unique_value_is_handed_over(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, &[UNIQUE]);
    let batch = simple(
        "t",
        0,
        &[
            (I, 1, Some("x"), None),
            (D, 1, Some("x"), None),
            (I, 2, Some("x"), Some("heir")),
            (B, 2, Some("x"), Some("heir")),
            (A, 2, Some("y"), Some("heir")),
            (I, 1, Some("x"), Some("back")),
        ],
    );
    process.epoch(&[batch]).unwrap();
    assert_eq!(rows(&mut database), ["1|x|back", "2|y|heir"]);
}

fn unique_values_are_swapped(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, &[UNIQUE]);
    process.epoch(&[simple("t", 0, &[(I, 1, Some("x"), None), (I, 2, Some("y"), None)])]).unwrap();
    // As a source would do it: through a third value.
    let swap = [
        (B, 1, Some("x"), None),
        (A, 1, Some("tmp"), None),
        (B, 2, Some("y"), None),
        (A, 2, Some("x"), None),
        (B, 1, Some("tmp"), None),
        (A, 1, Some("y"), None),
    ];
    process.epoch(&[simple("t", 2, &swap)]).unwrap();
    assert_eq!(rows(&mut database), ["1|y|NULL", "2|x|NULL"]);
}

/// By `ON DUPLICATE KEY UPDATE` the second row would have been lost in the first.
fn no_other_row_is_written_over(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, &[UNIQUE]);
    process.epoch(&[simple("t", 0, &[(I, 1, Some("x"), Some("mine"))])]).unwrap();
    let told = refused(process.epoch(&[simple(
        "t",
        1,
        &[(I, 2, Some("x"), Some("other")), (I, 3, Some("z"), None)],
    )]));
    assert_eq!(told.iter().map(|row| row.0).collect::<Vec<_>>(), [1]);
    assert!(told[0].1.contains("another row has one of its unique values"), "{told:?}");
    process.abort().unwrap();
    process.epoch(&[simple("t", 2, &[(I, 3, Some("z"), None)])]).unwrap();
    assert_eq!(rows(&mut database), ["1|x|mine", "3|z|NULL"]);
}

fn a_chain_of_foreign_keys(flavour: Flavour) {
    let tables = [
        "CREATE TABLE parent (id BIGINT PRIMARY KEY, name VARCHAR(20))",
        "CREATE TABLE child (id BIGINT PRIMARY KEY, parent BIGINT, FOREIGN KEY (parent) REFERENCES parent (id))",
        "CREATE TABLE leaf (id BIGINT PRIMARY KEY, child BIGINT, FOREIGN KEY (child) REFERENCES child (id))",
    ];
    let (mut database, mut process) = started(flavour, &tables);
    let of = |table: &str, to: &str, first: u64, kind: RowKind, rows: &[(i64, i64)]| -> ChangeBatch {
        let ids = Int64Array::from_iter_values(rows.iter().map(|row| row.0));
        let to_ids = Int64Array::from_iter_values(rows.iter().map(|row| row.1));
        changes(table, &["id"], first, &vec![kind; rows.len()], vec![column("id", ids), column(to, to_ids)])
    };
    let parents = |first, kind, ids: &[i64]| {
        let names = StringArray::from_iter_values(ids.iter().map(|id| format!("p{id}")));
        let ids = Int64Array::from(ids.to_vec());
        let kinds = vec![kind; ids.values().len()];
        changes("parent", &["id"], first, &kinds, vec![column("id", ids), column("name", names)])
    };
    // Rows of one chunk are gathered by table, so children may come first.
    process
        .epoch(&[
            of("leaf", "child", 4, I, &[(100, 10), (101, 11)]),
            of("child", "parent", 2, I, &[(10, 1), (11, 2)]),
            parents(0, I, &[1, 2]),
        ])
        .unwrap();
    assert_eq!(database.client().lines("SELECT COUNT(*) FROM leaf").unwrap(), ["2"]);
    process
        .epoch(&[
            parents(8, D, &[1]),
            of("child", "parent", 7, D, &[(10, 1)]),
            of("leaf", "child", 6, D, &[(100, 10)]),
        ])
        .unwrap();
    assert_eq!(database.client().lines("SELECT id FROM parent").unwrap(), ["2"]);
    assert_eq!(database.client().lines("SELECT id FROM child").unwrap(), ["11"]);
    let told = refused(process.epoch(&[of("child", "parent", 9, I, &[(12, 99)])]));
    assert!(told[0].1.contains("foreign key"), "{told:?}");
}

fn a_row_that_is_there_is_updated(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, &[UNIQUE]);
    database.client().execute("INSERT INTO t VALUES (1, 'x', 'old')").unwrap();
    let batch = simple("t", 0, &[(I, 1, Some("x"), Some("new")), (A, 2, Some("y"), Some("lone"))]);
    process.epoch(&[batch]).unwrap();
    assert_eq!(rows(&mut database), ["1|x|new", "2|y|lone"]);
}
