//! Tables that change while they are read.

use std::sync::Arc;

use sluicegate_connector::StartAt;
use sluicegate_model::{ControlEvent, Item};
use sluicegate_mysql::source::{Start, Until};
use sluicegate_test_servers::Flavour;

use super::support::{Reading, batches, database, events, ids, on_each_server, options};

on_each_server! {
    a_column_is_added_while_rows_come,
    a_table_takes_the_place_of_another,
    a_truncate_keeps_its_place,
}

fn a_column_is_added_while_rows_come(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    client.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)").unwrap();
    let mut reading = Reading::start(port, options(&name, Start::Latest), None, StartAt::Configured);
    client.execute("INSERT INTO t VALUES (1)").unwrap();
    let before = reading.chunk_with_items(1 << 20);
    client.execute("ALTER TABLE t ADD COLUMN note VARCHAR(10) DEFAULT 'x' FIRST").unwrap();
    client.execute("INSERT INTO t VALUES ('two', 2)").unwrap();
    let mut after = Vec::new();
    while batches(&after).is_empty() {
        after.extend(reading.chunk_with_items(1 << 20));
    }
    let columns = |items: &[Item]| {
        let schema = Arc::clone(batches(items)[0].schema());
        schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (columns(&before), columns(&after)),
        (vec!["id".to_owned()], vec!["note".to_owned(), "id".to_owned()])
    );
    assert_eq!(ids(&after), [2]);
    let [ControlEvent::SchemaChange { table, ddl: Some(ddl), .. }] = events(&after)[..] else {
        panic!("{after:?}")
    };
    assert_eq!(table.as_str(), format!("{name}.t"));
    assert!(ddl.contains("ADD COLUMN note"), "{ddl}");
    assert!(matches!(after[0], Item::Control(_)), "the change comes before the rows");
}

fn a_table_takes_the_place_of_another(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    let start = Start::File(client.log_end().unwrap().to_string());
    client.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)").unwrap();
    client.execute("INSERT INTO t VALUES (1)").unwrap();
    client.execute("CREATE TABLE _t_gho (id BIGINT PRIMARY KEY, extra INT)").unwrap();
    client.execute("INSERT INTO _t_gho VALUES (1, NULL)").unwrap();
    client.execute("RENAME TABLE t TO _t_del, _t_gho TO t").unwrap();
    client.execute("INSERT INTO t VALUES (2, 5)").unwrap();
    let mut options = options(&name, start);
    options.tables = vec![format!("{name}.t")];
    let items = Reading::start(port, options, Some(Until::End), StartAt::Configured).rest();
    assert_eq!(ids(&items), [1, 2], "rows of the other come under its own name, which is not read");
    assert_eq!(batches(&items).last().unwrap().schema().fields().len(), 2);
    assert_eq!(events(&items).len(), 2, "the table went, and another came");
}

fn a_truncate_keeps_its_place(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    client.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)").unwrap();
    let start = Start::File(client.log_end().unwrap().to_string());
    client.execute("INSERT INTO t VALUES (1)").unwrap();
    client.execute("TRUNCATE TABLE t").unwrap();
    client.execute("INSERT INTO t VALUES (2)").unwrap();
    let items = Reading::start(port, options(&name, start), Some(Until::End), StartAt::Configured).rest();
    let shape: Vec<&str> = items
        .iter()
        .map(|item| match item {
            Item::Rows(_) => "rows",
            Item::Control(event) => event.name(),
        })
        .collect();
    assert_eq!(shape, ["rows", "truncate", "rows"]);
}
