//! Positions in a binlog, shown and moved.

use std::time::Duration;

use serde_json::Value;
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::Bench;

use super::files::lines;
use super::pipeline::{get, wait_until};

/// A pipeline from a server of its own, whose log nobody else writes to, into files.
struct Shop {
    flavour: Flavour,
    _server: MySql,
    client: MySqlClient,
    bench: Bench,
}

impl Shop {
    fn new(flavour: Flavour) -> Self {
        let server = MySql::start(MySqlOptions::new(flavour)).expect("a server");
        let mut client = server.client().expect("a connection");
        for statement in ["CREATE DATABASE shop", "CREATE TABLE shop.t (id BIGINT PRIMARY KEY)"] {
            client.execute(statement).expect(statement);
        }
        let bench = Bench::new("binlog-positions");
        let (port, user) = (server.port(), MySqlClient::USER);
        bench.write(
            "p.yaml",
            format!(
                "pipeline: shop\nsource:\n  mysql: {{ url: \"mysql://127.0.0.1:{port}/shop\", user: {user}, password: {user}, \
                 tables: [t], start: latest }}\nsink:\n  file: {{ directory: out, format: json }}\n"
            ),
        );
        Self { flavour, _server: server, client, bench }
    }

    fn insert(&mut self, ids: impl IntoIterator<Item = i64>) {
        for id in ids {
            self.client.execute(&format!("INSERT INTO shop.t VALUES ({id})")).expect("a row");
        }
    }

    fn run(&self) {
        self.bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
    }

    /// What was written, in its order.
    fn ids(&self) -> Vec<i64> {
        let id = |line: &String| serde_json::from_str::<Value>(line).expect("JSON")["id"].as_i64();
        lines(&self.bench.path("out")).iter().filter_map(id).collect()
    }

    fn set(&self, point: &str) -> sluicegate_tests::Finished {
        self.bench.run(["positions", "set", "p.yaml", &format!("binlog={point}")])
    }

    fn behind(&self) -> Value {
        let shown = self.bench.run(["positions", "show", "p.yaml", "--output", "json"]);
        shown.exits(0);
        let mut lanes: Value = serde_json::from_str(&shown.stdout).expect("JSON");
        lanes[0]["behind"].take()
    }

    /// The transactions that were made, as the server shows them.
    fn gtids(&mut self) -> String {
        let sql = match self.flavour {
            Flavour::MariaDb => "SELECT @@gtid_binlog_pos",
            Flavour::MySql => "SELECT @@GLOBAL.gtid_executed",
        };
        self.client.lines(sql).expect("transactions").remove(0)
    }
}

fn positions_are_shown_and_moved(flavour: Flavour) {
    let mut shop = Shop::new(flavour);
    shop.run();
    shop.insert(1..=3);
    let behind = shop.behind();
    assert_eq!(behind["transactions"], 3, "{behind}");
    assert!(behind["bytes"].as_u64() > Some(0) && behind["seconds"].is_u64(), "{behind}");
    assert!(behind["warning"].is_null() && behind["end"]["at"]["file"].is_string(), "{behind}");
    shop.run();
    shop.bench.run(["positions", "show", "p.yaml"]).exits(0).says("at the end of the log");
    assert_eq!(shop.behind()["seconds"], 0);

    let (place, gtids) = (shop.client.log_end().expect("the end of the log").to_string(), shop.gtids());
    shop.insert(4..=5);
    shop.run();
    shop.set(&place).exits(0).says("behind");
    shop.run();
    assert_eq!(shop.ids(), [1, 2, 3, 4, 5, 4, 5]);
    shop.set(&gtids).exits(0).says("2 transactions");
    shop.run();
    assert_eq!(shop.ids(), [1, 2, 3, 4, 5, 4, 5, 4, 5]);
    shop.set(&gtids).exits(0);
    shop.run();

    let end = shop.behind();
    shop.set("orders").exits(2).says("\"orders\" is no place in a binlog").says("gtid_binlog_pos");
    shop.set("binlog.000001:5").exits(2).says("no event of the log begins there");
    shop.set("binlog.000099:4")
        .exits(2)
        .says("the server's log has not come so far")
        .says("its log begins at");
    let unknown = match flavour {
        Flavour::MariaDb => "0-1-4711",
        Flavour::MySql => "3e11fa47-71ca-11e1-9e33-c80aa9429562:1",
    };
    shop.set(unknown).exits(2).says("the server's log has not come so far");
    let file = place.split(':').next().expect("a file");
    let events = shop.client.rows(&format!("SHOW BINLOG EVENTS IN '{file}'")).expect("events");
    let table_map = events.iter().rev().find(|event| event[2].as_deref() == Some("Table_map")).expect("one");
    let within = format!("{file}:{}", table_map[1].as_deref().unwrap_or_default());
    shop.set(&within).exits(2).says("it is within a transaction");
    shop.bench.run(["positions", "set", "p.yaml", "t=4"]).exits(2).says("its only one is binlog");
    assert_eq!(shop.behind(), end, "nothing was moved");

    shop.client.execute("SET GLOBAL binlog_expire_logs_seconds = 1").expect("a setting");
    shop.insert([6]);
    // The log has whole seconds.
    std::thread::sleep(Duration::from_secs(2));
    shop.bench
        .run(["positions", "show", "p.yaml"])
        .exits(0)
        .says("warning: the server removes its log after 1 s");
    shop.client.execute("FLUSH BINARY LOGS").expect("another file");
    let last = shop.client.log_end().expect("the end of the log").file;
    // Until its readers have left, and a crash would not need them, a server keeps files.
    wait_until("the log is shorter", || {
        shop.client.execute(&format!("PURGE BINARY LOGS TO '{last}'")).expect("a shorter log");
        shop.client.lines("SHOW BINARY LOGS").expect("files").len() == 1
    });
    shop.bench
        .run(["positions", "show", "p.yaml"])
        .exits(0)
        .says("the server no longer has the part of its log");
    shop.set(&gtids).exits(2).says("the server no longer has its log from there on");
    shop.set(&place).exits(2).says("the server no longer has its log from there on");
    let end = shop.client.log_end().expect("the end of the log").to_string();
    shop.set(&end).exits(0).says("at the end of the log");
}

#[test]
fn positions_in_a_log_of_mariadb_are_shown_and_moved() {
    positions_are_shown_and_moved(Flavour::MariaDb);
}

#[test]
fn positions_in_a_log_of_mysql_are_shown_and_moved() {
    positions_are_shown_and_moved(Flavour::MySql);
}

#[test]
fn metrics_say_how_old_what_is_not_committed_is() {
    let mut shop = Shop::new(Flavour::MariaDb);
    let mut running =
        shop.bench.command(["run", "p.yaml", "--metrics", "127.0.0.1:0"]).named("metrics").start();
    running.wait_for("metrics at http://");
    running.wait_for("the binlog is read");
    shop.insert(1..=3);
    let log = running.stderr();
    let address = log.split("metrics at http://").nth(1).and_then(|rest| rest.split('/').next());
    let address = address.expect("an address").to_owned();
    let value = |name: &str| {
        let text = get(&address, "/metrics");
        let line = text.lines().find(|line| line.starts_with(name) && line.contains("lane=\"binlog\""));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
    };
    let committed = || value("sluicegate_committed_timestamp_seconds").is_some();
    wait_until("all is committed", || committed() && value("sluicegate_lag_seconds") == Some(0.0));
    let now = shop.client.lines("SELECT UNIX_TIMESTAMP()").expect("a time").remove(0);
    let now: f64 = now.parse().expect("a time");
    let last = value("sluicegate_committed_timestamp_seconds").expect("a time");
    assert!(last <= now && last > now - 600.0, "{last} and {now}");
    running.terminate().exits(0);
}
