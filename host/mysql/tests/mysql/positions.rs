//! Who may decide about a lane, and from where it goes on.

use sluicegate_connector::{Class, PositionAdmin, StartAt};
use sluicegate_model::{Lane, RowKind};
use sluicegate_mysql::MySqlPositions;
use sluicegate_test_servers::{Database, Flavour};

use crate::support::{LANE, Process, connection, database, error, on_each_server, options, position, simple};

use RowKind::Insert as I;

on_each_server!(
    a_lane_goes_on_where_it_was_decided,
    whoever_takes_a_lane_refuses_its_holder,
    positions_are_shown_and_moved,
    the_number_of_writers_may_change,
);

const TABLE: &str = "CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(40), b VARCHAR(40))";

fn process(database: &Database, json: &str) -> Process {
    Process::new(&connection(database.port(), database.name()), options(json))
}

fn with_table(flavour: Flavour) -> Database {
    let mut database = database(flavour);
    database.client().execute(TABLE).unwrap();
    database
}

fn a_lane_goes_on_where_it_was_decided(flavour: Flavour) {
    let mut database = with_table(flavour);
    let mut first = process(&database, "{}");
    first.prepare(&[]).unwrap();
    assert_eq!(first.try_take().unwrap().at, StartAt::Configured);
    first.epoch(&[simple("t", 0, &[(I, 1, None, None), (I, 2, None, None)])]).unwrap();
    first.write(&simple("t", 2, &[(I, 3, None, None)])).unwrap();
    // An epoch that is aborted leaves nothing, and the writer goes on from what it remembers.
    first.abort().unwrap();
    first.epoch(&[simple("t", 2, &[(I, 4, None, None)])]).unwrap();
    first.write(&simple("t", 3, &[(I, 5, None, None)])).unwrap();
    drop(first);
    let mut second = process(&database, "{}");
    second.prepare(&[]).unwrap();
    let taken = second.try_take().unwrap();
    assert_eq!(taken.at, StartAt::Position(position(3)));
    assert_eq!(taken.note, Some(serde_json::json!({ "to": 3 })));
    assert_eq!(database.client().lines("SELECT id FROM t ORDER BY id").unwrap(), ["1", "2", "4"]);
}

fn whoever_takes_a_lane_refuses_its_holder(flavour: Flavour) {
    let mut database = with_table(flavour);
    let mut zombie = process(&database, "{}");
    zombie.take();
    zombie.epoch(&[simple("t", 0, &[(I, 1, None, None)])]).unwrap();
    // It has rows in an open transaction, and locks.
    zombie.write(&simple("t", 1, &[(I, 2, Some("zombie"), None)])).unwrap();
    let mut heir = process(&database, "{}");
    assert_eq!(heir.take(), 1);
    heir.epoch(&[simple("t", 1, &[(I, 2, Some("heir"), None)])]).unwrap();
    let told = error(zombie.commit(2));
    assert!(matches!(told.class(), Class::Fenced | Class::Unknown | Class::Transient), "{told}");
    assert!(zombie.abort().is_err() || told.class() == Class::Fenced, "memory is not trusted");
    assert_eq!(database.client().lines("SELECT id, a FROM t").unwrap(), ["1|NULL", "2|heir"]);
    // The zombie takes the lane back: it reads again what it had, and the other is refused.
    assert_eq!(zombie.take(), 2);
    heir.write(&simple("t", 2, &[(I, 3, None, None)])).ok();
    let told = error(heir.commit(3));
    assert!(matches!(told.class(), Class::Fenced | Class::Unknown | Class::Transient), "{told}");
    assert_eq!(database.client().lines("SELECT COUNT(*) FROM t").unwrap(), ["2"]);
}

fn positions_are_shown_and_moved(flavour: Flavour) {
    let database = with_table(flavour);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connection = connection(database.port(), database.name());
    let mut admin = MySqlPositions::new(connection, "pipeline");
    assert!(runtime.block_on(admin.show()).unwrap().is_empty());
    let mut running = process(&database, r#"{"writers": 2}"#);
    running.take();
    running.epoch(&[simple("t", 0, &[(I, 1, None, None), (I, 2, None, None)])]).unwrap();
    let shown = runtime.block_on(admin.show()).unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].lane.as_str(), shown[0].position.clone()), (LANE, Some(position(2))));
    assert_eq!(shown[0].holder.as_deref(), Some("host-1"));
    let lane = Lane::from(LANE);
    let refused = runtime.block_on(admin.set(&[(lane.clone(), position(1))])).unwrap_err();
    assert!(refused.to_string().contains("host-1 runs the pipeline"), "{refused}");
    running.close();
    drop(running);
    runtime.block_on(admin.set(&[(lane.clone(), position(1))])).unwrap();
    let mut again = process(&database, r#"{"writers": 2}"#);
    assert_eq!(again.take(), 1);
    again.epoch(&[simple("t", 1, &[(I, 2, Some("again"), None)])]).unwrap();
    again.close();
    runtime.block_on(admin.reset(&[lane])).unwrap();
    assert_eq!(runtime.block_on(admin.show()).unwrap()[0].position, None);
    let mut anew = process(&database, "{}");
    anew.prepare(&[]).unwrap();
    assert_eq!(anew.try_take().unwrap().at, StartAt::Configured);
}

fn the_number_of_writers_may_change(flavour: Flavour) {
    let mut database = with_table(flavour);
    for (round, writers) in [1, 4, 2, 1].into_iter().enumerate() {
        let mut process = process(&database, &format!(r#"{{"writers": {writers}}}"#));
        let from = process.take();
        assert_eq!(from, 10 * round as u64);
        let rows: Vec<_> = (0..10).map(|row| (I, (from + row) as i64, Some("x"), None)).collect();
        process.epoch(&[simple("t", from, &rows)]).unwrap();
        process.close();
    }
    assert_eq!(database.client().lines("SELECT COUNT(*), MAX(id) FROM t").unwrap(), ["40|39"]);
    let sql = "SELECT lane, shard, ordinal, shards FROM sluicegate_positions";
    assert_eq!(database.client().lines(sql).unwrap(), ["src/0|0|39|1"]);
}
