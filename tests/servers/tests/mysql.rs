//! MySQL and MariaDB start, serve, are killed and come back with what was committed.

use sluicegate_test_servers::{Flavour, MySql, MySqlOptions};

fn lives_through_a_kill(flavour: Flavour) {
    let mut server = MySql::start(MySqlOptions::new(flavour).set("max-connections", "50")).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE TABLE test.t (id INT PRIMARY KEY, name VARCHAR(20))").unwrap();
    assert_eq!(client.execute("INSERT INTO test.t VALUES (1, 'a'), (2, NULL)").unwrap(), 2);
    drop(client);
    server.kill().unwrap();
    assert!(server.client().is_err());
    server.start_again().unwrap();
    let mut client = server.client().unwrap();
    assert_eq!(client.lines("SELECT * FROM test.t ORDER BY id").unwrap(), ["1|a", "2|NULL"]);
    assert_eq!(client.lines("SELECT @@max_connections").unwrap(), ["50"]);
    assert!(!client.lines("SHOW VARIABLES LIKE 'log_bin'").unwrap().is_empty());
}

#[test]
fn mariadb_lives_through_a_kill() {
    lives_through_a_kill(Flavour::MariaDb);
}

#[test]
fn mysql_lives_through_a_kill() {
    lives_through_a_kill(Flavour::MySql);
}

#[test]
fn databases_of_a_shared_server_are_apart() {
    let server = MySql::shared(Flavour::MariaDb).unwrap();
    let (mut one, mut two) = (server.database("apart").unwrap(), server.database("apart").unwrap());
    one.client().execute("CREATE TABLE t (id INT)").unwrap();
    assert!(two.client().rows("SELECT * FROM t").is_err());
}
