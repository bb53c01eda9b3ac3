//! What rows do to a table: upserts, deletes, partial images, changed keys, folding.

use std::collections::BTreeMap;

use arrow_array::{Int64Array, StringArray};
use rand::prelude::*;
use sluicegate_connector::{Class, WriteError};
use sluicegate_model::{ChangeBatch, RowKind};
use sluicegate_test_servers::{Database, Flavour};

use crate::support::{
    Process, changes, column, connection, database, error, inserts, on_each_server, options, refused, simple,
};

use RowKind::{Delete as D, Insert as I, UpdateAfter as A, UpdateBefore as B};

on_each_server!(
    a_table_follows_its_changes,
    what_is_missing_stays,
    an_update_of_no_row_is_refused,
    many_partial_images,
    a_batch_that_lacks_a_column,
    any_history_ends_as_it_should,
    any_history_ends_as_it_should_with_three_writers,
    rows_are_only_added,
    rows_without_a_key_are_added,
    a_replaced_row_has_defaults,
    tables_are_made,
    a_table_is_emptied_in_its_turn,
    large_rows_go_alone,
);

const TABLE: &str =
    "CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(40), b VARCHAR(40) DEFAULT 'none', own INT DEFAULT 7)";

fn started(flavour: Flavour, table: &str, json: &str) -> (Database, Process) {
    let mut database = database(flavour);
    if !table.is_empty() {
        database.client().execute(table).unwrap();
    }
    let mut process = Process::new(&connection(database.port(), database.name()), options(json));
    process.take();
    (database, process)
}

fn rows(database: &mut Database) -> Vec<String> {
    database.client().lines("SELECT id, a, b FROM t ORDER BY id").unwrap()
}

fn a_table_follows_its_changes(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, TABLE, "{}");
    let first =
        simple("t", 0, &[(I, 1, Some("x"), Some("y")), (I, 2, None, Some("y")), (I, 3, Some("z"), None)]);
    process.epoch(&[first]).unwrap();
    assert_eq!(rows(&mut database), ["1|x|y", "2|NULL|y", "3|z|NULL"]);
    let second = simple(
        "t",
        3,
        &[
            (D, 1, None, None),
            (B, 2, None, Some("y")),
            (A, 20, Some("moved"), Some("y")),
            (A, 3, Some("lone"), Some("b")),
            (I, 4, Some("short"), Some("lived")),
            (D, 4, None, None),
            (D, 3, None, None),
            (I, 3, Some("again"), Some("b")),
        ],
    );
    process.epoch(&[second]).unwrap();
    assert_eq!(rows(&mut database), ["3|again|b", "20|moved|y"]);
    assert_eq!(database.client().lines("SELECT own FROM t WHERE id = 3").unwrap(), ["7"]);
}

/// With several connections too, on which rows from before and after wait.
fn a_table_is_emptied_in_its_turn(flavour: Flavour) {
    for json in ["{}", r#"{"writers": 3}"#] {
        let (mut database, mut process) = started(flavour, TABLE, json);
        let many: Vec<_> = (0..20).map(|id| (I, id, Some("before"), None)).collect();
        process.epoch(&[simple("t", 0, &many)]).unwrap();
        // Again and again: the first try may find rows divided among connections.
        loop {
            let written = (|| {
                process.write(&simple(
                    "t",
                    20,
                    &[(I, 20, Some("before"), None), (A, 1, Some("before"), None)],
                ))?;
                process.truncate("t")?;
                process.write(&simple(
                    "t",
                    22,
                    &[(I, 1, Some("after"), None), (I, 21, Some("after"), None)],
                ))?;
                process.commit(24)
            })();
            match written {
                Ok(()) => break,
                Err(WriteError::Error(error)) if error.class() == Class::Transient => {
                    process.abort().unwrap();
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(rows(&mut database), ["1|after|NULL", "21|after|NULL"], "{json}");
    }
    // Where others may have rows in the target, it is not emptied.
    let (_database, mut process) = started(flavour, TABLE, r#"{"table": "t"}"#);
    assert!(process.truncate("other").is_err());
}

fn what_is_missing_stays(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, TABLE, "{}");
    process.epoch(&[simple("t", 0, &[(I, 1, Some("x"), Some("y")), (I, 2, Some("x"), Some("?"))])]).unwrap();
    assert_eq!(
        rows(&mut database),
        ["1|x|y", "2|x|none"],
        "a new row's missing cell is the column's default"
    );
    // Folded with one another, and with a whole row before.
    let patches = [
        (A, 1, Some("x2"), Some("?")),
        (A, 1, Some("?"), Some("y2")),
        (I, 5, Some("p"), Some("q")),
        (A, 5, Some("?"), None),
        // A key moves, and takes along what is not in the change.
        (B, 2, Some("?"), Some("?")),
        (A, 22, Some("new"), Some("?")),
        (A, 22, Some("?"), Some("last")),
    ];
    process.epoch(&[simple("t", 2, &patches)]).unwrap();
    assert_eq!(rows(&mut database), ["1|x2|y2", "5|p|NULL", "22|new|last"]);
}

fn an_update_of_no_row_is_refused(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, TABLE, "{}");
    process.epoch(&[simple("t", 0, &[(I, 1, Some("x"), Some("y"))])]).unwrap();
    let batch = simple(
        "t",
        1,
        &[
            (A, 1, Some("x"), Some("?")),
            (A, 9, Some("x"), Some("?")),
            (D, 1, None, None),
            (A, 1, Some("?"), Some("z")),
        ],
    );
    let refused = refused(process.epoch(&[batch]));
    assert_eq!(refused.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 4]);
    assert!(refused[0].1.contains("the row to update is absent"), "{refused:?}");
    process.abort().unwrap();
    assert_eq!(rows(&mut database), ["1|x|y"], "nothing of the epoch is there");
    // An update that changes nothing finds its row.
    process.epoch(&[simple("t", 1, &[(A, 1, Some("x"), Some("?"))])]).unwrap();
}

fn many_partial_images(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, TABLE, "{}");
    let whole: Vec<_> = (0..500).map(|id| (I, id, Some("x"), Some("y"))).collect();
    process.epoch(&[simple("t", 0, &whole)]).unwrap();
    let long = "z".repeat(41);
    let patch = |id: i64| match id {
        7 | 250 | 499 => (A, id, Some(long.as_str()), Some("?")),
        9 | 300 => (A, id + 10_000, Some("w"), Some("?")),
        _ => (A, id, Some("?"), Some("w")),
    };
    let patches: Vec<_> = (0..500).map(patch).collect();
    let told = refused(process.epoch(&[simple("t", 500, &patches)]));
    assert_eq!(told.iter().map(|row| row.0).collect::<Vec<_>>(), [507, 509, 750, 800, 999]);
    assert!(told[0].1.contains("1406") && told[1].1.contains("is absent"), "{told:?}");
    process.abort().unwrap();
    let good: Vec<_> = patches.into_iter().filter(|row| row.2 == Some("?")).collect();
    process.epoch(&[simple("t", 1_000, &good)]).unwrap();
    let count = "SELECT COUNT(*) FROM t WHERE a = 'x' AND b = 'w'";
    assert_eq!(database.client().lines(count).unwrap(), ["495"]);
}

/// Where a source sends what changed, a batch may have only rows that lack the same column.
fn a_batch_that_lacks_a_column(flavour: Flavour) {
    let table = "CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(40) NOT NULL, b VARCHAR(40))";
    let (mut database, mut process) = started(flavour, table, r#"{"writers": 3}"#);
    let whole: Vec<_> = (1..6).map(|id| (I, id, Some("x"), Some("y"))).collect();
    process.epoch(&[simple("t", 0, &whole)]).unwrap();
    let lacking = |first, kinds: &[RowKind], ids: Vec<i64>| {
        let texts = vec![Some("new"); ids.len()];
        let columns = vec![column("id", Int64Array::from(ids)), column("b", StringArray::from(texts))];
        changes("t", &["id"], first, kinds, columns)
    };
    process.epoch(&[lacking(5, &[A, D, B, A], vec![1, 2, 3, 33])]).unwrap();
    assert_eq!(rows(&mut database), ["1|x|new", "4|x|y", "5|x|y", "33|x|new"]);
    let told = refused(process.epoch(&[lacking(8, &[I, A], vec![7, 1])]));
    assert!(
        told.len() == 1 && told[0].0 == 8 && told[0].1.contains("column a: it takes no NULL"),
        "{told:?}"
    );
    process.abort().unwrap();
    let told = refused(process.epoch(&[lacking(9, &[A, B, A], vec![7, 8, 88])]));
    assert!(told.len() == 2 && told.iter().all(|(_, why)| why.contains("is absent")), "{told:?}");
}

/// Random changes in random epochs, against a map.
fn any_history(flavour: Flavour, writers: u16) {
    let table = "CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(40), b VARCHAR(40))";
    let (mut database, mut process) = started(flavour, table, &format!(r#"{{"writers": {writers}}}"#));
    let mut random = StdRng::seed_from_u64(42 + u64::from(writers));
    let mut expected: BTreeMap<i64, (String, String)> = BTreeMap::new();
    let (mut ordinal, mut begun_again) = (0, 0);
    for round in 0..44 {
        let mut batches: Vec<ChangeBatch> = Vec::new();
        for _ in 0..3 {
            let mut rows: Vec<(RowKind, i64, String, String)> = Vec::new();
            for _ in 0..random.random_range(1..60) {
                let id = random.random_range(0..30);
                let text = format!("r{round}'\\{}", rows.len());
                let whole = (text.clone(), format!("b{text}"));
                match (expected.get(&id).cloned(), random.random_range(0..10)) {
                    (None, _) => {
                        rows.push((I, id, whole.0.clone(), whole.1.clone()));
                        expected.insert(id, whole);
                    }
                    (Some(_), 0..3) => {
                        rows.push((D, id, "?".to_owned(), "?".to_owned()));
                        expected.remove(&id);
                    }
                    (Some(old), 3..5) => {
                        rows.push((A, id, text.clone(), "?".to_owned()));
                        expected.insert(id, (text, old.1));
                    }
                    (Some(old), 5) => {
                        let to = 1_000 + ordinal as i64 + rows.len() as i64;
                        rows.push((B, id, old.0, old.1));
                        rows.push((A, to, whole.0.clone(), whole.1.clone()));
                        expected.remove(&id);
                        expected.insert(to, whole);
                    }
                    // In the middle of an epoch, and at its beginning. Epochs between are divided again.
                    (Some(old), 6) if ([2, 40].contains(&round) && batches.len() == 2) || round == 21 => {
                        let to = 1_000 + ordinal as i64 + rows.len() as i64;
                        rows.push((B, id, "?".to_owned(), "?".to_owned()));
                        rows.push((A, to, "?".to_owned(), text.clone()));
                        expected.remove(&id);
                        expected.insert(to, (old.0, text));
                    }
                    (Some(_), _) => {
                        rows.push((A, id, whole.0.clone(), whole.1.clone()));
                        expected.insert(id, whole);
                    }
                }
            }
            let borrowed: Vec<_> =
                rows.iter().map(|row| (row.0, row.1, Some(row.2.as_str()), Some(row.3.as_str()))).collect();
            let batch = simple("t", ordinal, &borrowed);
            ordinal = batch.origin().ordinals.last().unwrap() + 1;
            batches.push(batch);
        }
        if let Err(failed) = process.epoch(&batches) {
            // A key changed in a change without all columns: one connection writes them all.
            assert!(writers > 1 && error(Err(failed)).class() == Class::Transient);
            begun_again += 1;
            process.abort().unwrap();
            process.epoch(&batches).unwrap();
        }
    }
    assert_eq!(begun_again, if writers > 1 { 2 } else { 0 });
    let expected: Vec<String> = expected.into_iter().map(|(id, (a, b))| format!("{id}|{a}|{b}")).collect();
    assert_eq!(rows(&mut database), expected);
}

fn any_history_ends_as_it_should(flavour: Flavour) {
    any_history(flavour, 1);
}

fn any_history_ends_as_it_should_with_three_writers(flavour: Flavour) {
    any_history(flavour, 3);
}

fn rows_are_only_added(flavour: Flavour) {
    let log = "CREATE TABLE t (id BIGINT, a VARCHAR(40), b VARCHAR(40))";
    let (mut database, mut process) = started(flavour, log, r#"{"write": "insert"}"#);
    let batch = simple("t", 0, &[(I, 1, Some("x"), None), (B, 1, Some("x"), None), (A, 1, Some("y"), None)]);
    process.epoch(&[batch]).unwrap();
    assert_eq!(rows(&mut database), ["1|x|NULL", "1|y|NULL"]);
    let refused = refused(process.epoch(&[simple("t", 2, &[(D, 1, None, None)])]));
    assert!(refused[0].1.contains("rows are only added"), "{refused:?}");
}

/// Beside tables with keys, in one sink.
fn rows_without_a_key_are_added(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, TABLE, r#"{"writers": 3}"#);
    database.client().execute("CREATE TABLE log (n BIGINT)").unwrap();
    let log = |first, kinds: &[RowKind]| {
        changes("log", &[], first, kinds, vec![column("n", Int64Array::from(vec![5; kinds.len()]))])
    };
    let row = simple("t", 0, &[(I, 1, Some("x"), Some("y"))]);
    process.epoch(&[row, log(1, &[I, I])]).unwrap();
    process.epoch(&[log(3, &[I])]).unwrap();
    assert_eq!(database.client().lines("SELECT n, COUNT(*) FROM log GROUP BY n").unwrap(), ["5|3"]);
    let told = refused(process.epoch(&[log(4, &[A, I])]));
    assert!(told.len() == 1 && told[0].0 == 4 && told[0].1.contains("has a key"), "{told:?}");
}

fn a_replaced_row_has_defaults(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, TABLE, r#"{"write": "replace"}"#);
    database.client().execute("INSERT INTO t VALUES (1, 'x', 'y', 99)").unwrap();
    process.epoch(&[simple("t", 0, &[(A, 1, Some("new"), Some("y"))])]).unwrap();
    assert_eq!(database.client().lines("SELECT * FROM t").unwrap(), ["1|new|y|7"]);
}

fn tables_are_made(flavour: Flavour) {
    let (mut database, mut process) =
        started(flavour, "", r#"{"create_tables": true, "table": "made_{name}"}"#);
    let batch = inserts(
        "shop.or`ders",
        &["id", "kind"],
        0,
        vec![
            column("id", arrow_array::UInt64Array::from(vec![u64::MAX])),
            column("kind", StringArray::from(vec!["A"])),
            column("text", StringArray::from(vec!["漢😀"])),
        ],
    );
    process.epoch(std::slice::from_ref(&batch)).unwrap();
    assert_eq!(
        database.client().lines("SELECT * FROM `made_or``ders`").unwrap(),
        ["18446744073709551615|A|漢😀"]
    );
    // Another start finds it as it is.
    process.close();
    let mut process = Process::new(
        &connection(database.port(), database.name()),
        options(r#"{"create_tables": true, "table": "made_{name}"}"#),
    );
    process.prepare(&[batch.slice(0, 0)]).unwrap();
}

fn large_rows_go_alone(flavour: Flavour) {
    let table = "CREATE TABLE t (id BIGINT PRIMARY KEY, a LONGTEXT, b VARCHAR(40))";
    let (mut database, mut process) = started(flavour, table, r#"{"batch": {"bytes": "64KiB", "rows": 7}}"#);
    let long = "'x".repeat(100_000);
    let texts: Vec<Option<&str>> =
        (0..50).map(|row| if row % 10 == 0 { Some(long.as_str()) } else { Some("s") }).collect();
    let ids: Vec<i64> = (0..50).collect();
    let batch = changes(
        "t",
        &["id"],
        0,
        &[I; 50],
        vec![column("id", Int64Array::from(ids)), column("a", StringArray::from(texts))],
    );
    process.epoch(&[batch]).unwrap();
    assert_eq!(
        database.client().lines("SELECT COUNT(*), SUM(LENGTH(a)) FROM t").unwrap(),
        [format!("50|{}", 5 * 200_000 + 45)]
    );
}
