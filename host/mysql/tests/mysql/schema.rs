//! Tables that get the columns which rows bring.

use arrow_array::{Int64Array, StringArray};
use sluicegate_connector::Class;
use sluicegate_model::ChangeBatch;
use sluicegate_mysql::{Connection, Secret};
use sluicegate_test_servers::{Database, Flavour};

use crate::support::{Process, column, connection, database, error, inserts, on_each_server, options};

on_each_server!(
    columns_are_added,
    an_epoch_begins_again_behind_a_new_column,
    a_user_who_may_not_change_tables,
    a_table_that_is_built_anew,
);

const TABLE: &str = "CREATE TABLE t (id BIGINT PRIMARY KEY, a LONGTEXT)";

/// Rows of the table as it is at first.
fn old(first: u64, ids: &[i64], text: &str) -> ChangeBatch {
    let texts = StringArray::from_iter_values(ids.iter().map(|_| text));
    inserts("t", &["id"], first, vec![column("id", Int64Array::from(ids.to_vec())), column("a", texts)])
}

/// Rows with two more columns.
fn new(first: u64, ids: &[i64]) -> ChangeBatch {
    let columns = vec![
        column("id", Int64Array::from(ids.to_vec())),
        column("b`", Int64Array::from(ids.to_vec())),
        column("a", StringArray::from_iter_values(ids.iter().map(|_| "new"))),
        column("c", StringArray::from_iter_values(ids.iter().map(|_| "c"))),
    ];
    inserts("t", &["id"], first, columns)
}

fn started(flavour: Flavour, table: &str, json: &str) -> (Database, Process) {
    let mut database = database(flavour);
    database.client().execute(table).unwrap();
    let mut process = Process::new(&connection(database.port(), database.name()), options(json));
    process.take();
    (database, process)
}

fn rows(database: &mut Database) -> Vec<String> {
    database.client().lines("SELECT id, LEFT(a, 3), `b```, c FROM t ORDER BY id").unwrap()
}

fn columns_are_added(flavour: Flavour) {
    for policy in ["evolve", "try_evolve", "lenient"] {
        let json = format!(r#"{{"on_schema_change": "{policy}", "writers": 2}}"#);
        let (mut database, mut process) = started(flavour, TABLE, &json);
        process.epoch(&[old(0, &[1], "old")]).unwrap();
        process.epoch(&[new(1, &[2])]).unwrap();
        // Rows without the columns are written as before.
        process.epoch(&[old(2, &[1, 3], "too")]).unwrap();
        assert_eq!(rows(&mut database), ["1|too|NULL|NULL", "2|new|2|c", "3|too|NULL|NULL"]);
    }
}

/// A change of the table would wait for the open transaction, and that one for the change.
fn an_epoch_begins_again_behind_a_new_column(flavour: Flavour) {
    let (mut database, mut process) = started(flavour, TABLE, r#"{"on_schema_change": "evolve"}"#);
    // As much as is sent at once.
    let long = "x".repeat(3 << 20);
    let before = || old(0, &[1, 2, 3], &long);
    process.write(&before()).unwrap();
    let told = error(process.write(&new(3, &[4])));
    assert_eq!(told.class(), Class::Transient, "{told}");
    assert!(told.to_string().contains("begins again"), "{told}");
    process.abort().unwrap();
    process.epoch(&[before(), new(3, &[4])]).unwrap();
    let found = rows(&mut database);
    assert_eq!((found.len(), found[3].as_str()), (4, "4|new|4|c"));
}

/// A user who may read and write rows, and no more.
fn plain_user(database: &mut Database) -> Connection {
    let name = format!("plain_{}", database.name());
    // No name of a user is longer than 32 characters.
    let name = &name[name.len().saturating_sub(32)..];
    for statement in [
        format!("CREATE USER '{name}' IDENTIFIED BY 'plain'"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `{}`.* TO '{name}'", database.name()),
    ] {
        database.client().execute(&statement).unwrap();
    }
    let mut connection = connection(database.port(), database.name());
    (connection.user, connection.password) = (name.to_owned(), Some(Secret::new("plain")));
    connection
}

fn a_user_who_may_not_change_tables(flavour: Flavour) {
    let mut database = database(flavour);
    database.client().execute(TABLE).unwrap();
    let plain = plain_user(&mut database);
    let process = |json| {
        let mut process = Process::new(&plain, options(json));
        process.take();
        process
    };
    let told = error(process(r#"{"on_schema_change": "evolve"}"#).write(&new(0, &[1])));
    assert_eq!(told.class(), Class::Configuration, "{told}");
    let statement =
        format!("ALTER TABLE `{}`.`t` ADD COLUMN `b``` BIGINT NULL, ADD COLUMN `c` ", database.name());
    for word in ["1142", "run it yourself, or grant the user ALTER", &statement] {
        assert!(told.to_string().contains(word), "{word:?} is not in {told}");
    }
    let mut trying = process(r#"{"on_schema_change": "try_evolve"}"#);
    trying.epoch(&[new(0, &[1])]).unwrap();
    trying.epoch(&[old(1, &[2], "old"), new(2, &[3])]).unwrap();
    assert_eq!(database.client().lines("SELECT * FROM t ORDER BY id").unwrap(), ["1|new", "2|old", "3|new"]);
}

fn a_table_that_is_built_anew(flavour: Flavour) {
    let table = format!("{TABLE} ROW_FORMAT=COMPRESSED");
    let (mut database, mut process) = started(flavour, &table, r#"{"on_schema_change": "evolve"}"#);
    let told = error(process.write(&new(0, &[1])));
    assert_eq!(told.class(), Class::Configuration, "{told}");
    for word in ["build the table anew", "ALGORITHM=INPLACE", "`online_ddl: allow`"] {
        assert!(told.to_string().contains(word), "{word:?} is not in {told}");
    }
    drop(process);
    let json = r#"{"on_schema_change": "evolve", "online_ddl": "allow"}"#;
    let mut process = Process::new(&connection(database.port(), database.name()), options(json));
    process.take();
    process.epoch(&[new(0, &[1])]).unwrap();
    assert_eq!(rows(&mut database), ["1|new|1|c"]);
}
