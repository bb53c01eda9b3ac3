//! What the events of a log mean in their order.

use sluicegate_mysql::binlog::event::statement::Statement;
use sluicegate_mysql::binlog::gtid::{GtidSet, mysql};
use sluicegate_mysql::binlog::{BinlogError, Entry};
use sluicegate_test_servers::Flavour;

use super::captured::{Captured, own};

/// Entries in short, of a database's rows alone.
fn shorts(entries: &[Entry], database: &str) -> Vec<String> {
    entries
        .iter()
        .filter_map(|entry| {
            Some(match entry {
                Entry::Begin(_) => "begin".to_owned(),
                Entry::Rows(rows) if rows.map.database == database => {
                    format!("{:?} {}", rows.rows.change, rows.map.table)
                }
                Entry::RowsQuery(sql) => format!("for {sql}"),
                Entry::Statement(statement) => match statement.statement {
                    Statement::Change => format!("change {}", statement.query.sql),
                    _ => statement.query.sql.clone(),
                },
                Entry::Commit(_) => "commit".to_owned(),
                Entry::Rollback(_) => "rollback".to_owned(),
                Entry::XaPrepared(_) => "prepared".to_owned(),
                Entry::XaCommit(_, xid) => format!("xa commit {xid}"),
                Entry::XaRollback(_, xid) => format!("xa rollback {xid}"),
                Entry::Rows(_) | Entry::Rotate(_) | Entry::Heartbeat(_) => return None,
            })
        })
        .collect()
}

#[test]
fn transactions_ddl_and_savepoints() {
    for flavour in Flavour::ALL {
        let mut captured = own(flavour, &[]);
        captured.run(
            "CREATE TABLE t (id INT PRIMARY KEY);
             START TRANSACTION;
             INSERT INTO t VALUES (1);
             SAVEPOINT `a``b`;
             INSERT INTO t VALUES (2);
             ROLLBACK TO `a``b`;
             INSERT INTO t VALUES (3);
             COMMIT;
             START TRANSACTION;
             INSERT INTO t VALUES (9);
             ROLLBACK;
             UPDATE t SET id = 4 WHERE id = 3;
             ALTER TABLE t ADD COLUMN c INT FIRST;
             TRUNCATE TABLE t;
             DROP TABLE t",
        );
        let name = captured.name.clone();
        let found: Vec<String> = shorts(&captured.entries(), &name)
            .into_iter()
            .map(|short| short.split(" /*").next().unwrap().replace('`', ""))
            .collect();
        let expected = [
            "begin",
            "CREATE TABLE t (id INT PRIMARY KEY)",
            "commit",
            "begin",
            "Insert t",
            "Insert t",
            "commit",
            "begin",
            "Update t",
            "commit",
            "begin",
            "ALTER TABLE t ADD COLUMN c INT FIRST",
            "commit",
            "begin",
            "TRUNCATE TABLE t",
            "commit",
            "begin",
            "DROP TABLE t",
            "commit",
        ];
        assert_eq!(found, expected, "{flavour}");
    }
}

#[test]
fn sets_of_transactions_are_the_servers() {
    let mut captured = own(Flavour::MySql, &[]);
    captured.run(
        "FLUSH BINARY LOGS;
         CREATE TABLE t (id INT PRIMARY KEY)",
    );
    // From the file's beginning: the set that it begins with is in it.
    let (file, _) = captured.end();
    captured.start_at(&file);
    // Servers before 8.3 know no tags (<https://dev.mysql.com/doc/refman/8.4/en/replication-gtids-concepts.html>).
    let tags = !captured.value("SELECT VERSION()").starts_with("8.0");
    let (nightly, last) = if tags {
        ("AUTOMATIC:nightly", "3e11fa47-71ca-11e1-9e33-c80aa9429562:a_tag:1000000")
    } else {
        ("AUTOMATIC", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1000000")
    };
    captured.run(&format!(
        "INSERT INTO t VALUES (1);
         SET gtid_next = '{nightly}';
         INSERT INTO t VALUES (2);
         INSERT INTO t VALUES (3);
         SET gtid_next = 'AUTOMATIC';
         SET gtid_next = '3e11fa47-71ca-11e1-9e33-c80aa9429562:9';
         INSERT INTO t VALUES (4);
         SET gtid_next = '{last}';
         INSERT INTO t VALUES (5);
         SET gtid_next = 'AUTOMATIC'"
    ));
    let (mut log, events) = captured.log();
    let mut committed = Vec::new();
    for event in &events {
        log.push(event).unwrap();
        while let Some(entry) = log.next().unwrap() {
            if let Entry::Commit(transaction) = entry {
                assert!(transaction.committed_at.is_some());
                committed.push(transaction.gtid.clone().unwrap());
            }
        }
    }
    let Some(GtidSet::MySql(set)) = log.position().gtids else { panic!("{:?}", log.position()) };
    let said = captured.value("SELECT @@gtid_executed");
    assert_eq!(set, said.parse::<mysql::GtidSet>().unwrap());
    assert_eq!(set.to_string(), said.replace('\n', "").replace(", ", ","));
    assert_eq!(committed.len(), 6);
    assert_eq!(committed[5].to_string(), last);

    // The next file begins with all of them.
    captured.run("FLUSH BINARY LOGS");
    let (file, _) = captured.end();
    captured.start_at(&file);
    let (mut log, events) = captured.log();
    for event in &events {
        log.push(event).unwrap();
    }
    assert_eq!(log.position().gtids, Some(GtidSet::MySql(set)));
}

#[test]
fn positions_of_mariadb_are_the_servers() {
    let mut captured = own(Flavour::MariaDb, &[]);
    let (file, _) = captured.end();
    captured.start_at(&file);
    captured.run(
        "CREATE TABLE t (id INT PRIMARY KEY);
         INSERT INTO t VALUES (1);
         SET gtid_domain_id = 7;
         INSERT INTO t VALUES (2);
         SET server_id = 3;
         INSERT INTO t VALUES (3);
         SET gtid_domain_id = 0",
    );
    let (mut log, events) = captured.log();
    for event in &events {
        log.push(event).unwrap();
        while log.next().unwrap().is_some() {}
    }
    let position = captured.value("SELECT @@gtid_binlog_pos");
    assert_eq!(log.position().gtids.unwrap().to_string(), position);
    captured.run("FLUSH BINARY LOGS");
    let (file, _) = captured.end();
    captured.start_at(&file);
    let (mut log, events) = captured.log();
    for event in &events {
        log.push(event).unwrap();
    }
    assert_eq!(log.position().gtids.unwrap().to_string(), position);
}

#[test]
fn xa_transactions_are_told_apart() {
    for flavour in Flavour::ALL {
        let mut captured = own(flavour, &[]);
        captured.run("CREATE TABLE t (id INT PRIMARY KEY)");
        captured.begin();
        captured.run(
            "XA START 'one';
             INSERT INTO t VALUES (1);
             XA END 'one';
             XA COMMIT 'one' ONE PHASE;
             XA START 'two';
             INSERT INTO t VALUES (2);
             XA END 'two';
             XA PREPARE 'two'",
        );
        // A prepared transaction is another connection's to end, too.
        captured.run("XA COMMIT 'two'");
        captured.run(
            "XA START 'three';
             INSERT INTO t VALUES (3);
             XA END 'three';
             XA PREPARE 'three';
             XA ROLLBACK 'three'",
        );
        let name = captured.name.clone();
        let found = shorts(&captured.entries(), &name);
        let expected = [
            "begin",
            "Insert t",
            "commit",
            "begin",
            "Insert t",
            "prepared",
            "begin",
            "xa commit X'74776f',X'',1",
            "begin",
            "Insert t",
            "prepared",
            "begin",
            "xa rollback X'7468726565',X'',1",
        ];
        assert_eq!(found, expected, "{flavour}");
    }
}

#[test]
fn statements_that_hold_no_rows_are_given() {
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "statements");
        captured.run(
            "CREATE TABLE t (id INT PRIMARY KEY);
             SET SESSION binlog_format = STATEMENT;
             INSERT INTO t VALUES (1)",
        );
        let name = captured.name.clone();
        let entries = captured.entries();
        assert!(shorts(&entries, &name).contains(&"change INSERT INTO t VALUES (1)".to_owned()), "{flavour}");
        let statement = entries
            .iter()
            .find_map(|entry| match entry {
                Entry::Statement(statement) if statement.statement == Statement::Change => Some(statement),
                _ => None,
            })
            .unwrap();
        assert_eq!(statement.query.database, name);
    }
}

#[test]
fn a_damaged_event_is_refused() {
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "damaged");
        captured.run(
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100));
             INSERT INTO t VALUES (1, 'some text')",
        );
        let (description, events) = captured.events();
        for (number, event) in events.iter().enumerate() {
            let log = || {
                let mut log = captured.log_with(&description);
                events[..number].iter().for_each(|event| log.push(event).unwrap());
                log
            };
            // A bit of each byte in turn; the length in the header is told from the event's own.
            for place in (0..event.len()).filter(|place| !(9..13).contains(place)) {
                let mut damaged = event.to_vec();
                damaged[place] ^= 1 << (place % 8);
                let pushed = log().push(&damaged.into());
                let refused = matches!(pushed, Err(BinlogError::Checksum { .. }));
                assert!(refused, "byte {place} of event {number} on {flavour}: {pushed:?}");
            }
            let pushed = log().push(&event.slice(..event.len() - 1));
            assert!(matches!(pushed, Err(BinlogError::Malformed { .. })), "{pushed:?}");
        }
    }
}
