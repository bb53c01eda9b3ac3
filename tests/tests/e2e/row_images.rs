//! Every type at its limits, under each way in which a server may log rows: whole or in parts, named or not, compressed
//! or not. What a reader of source and target sees is equal, after the copy of what is there and after each kind of change.

use std::collections::BTreeSet;

use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::Bench;

use super::tables::{Table, differences, make, pipeline, quoted, reading, tables};

/// The statements that the decoder of the log is tried with.
const EACH_SERVER: [&str; 6] = [
    include_str!("../../../host/mysql/tests/binlog/types/numbers.sql"),
    include_str!("../../../host/mysql/tests/binlog/types/decimals.sql"),
    include_str!("../../../host/mysql/tests/binlog/types/times.sql"),
    include_str!("../../../host/mysql/tests/binlog/types/texts.sql"),
    include_str!("../../../host/mysql/tests/binlog/types/shapes.sql"),
    include_str!("../../../host/mysql/tests/binlog/types/made.sql"),
];
const MARIADB: &str = include_str!("../../../host/mysql/tests/binlog/types/own.sql");

const DOCUMENTS: &str = r#"
CREATE TABLE documents (id INT PRIMARY KEY, doc JSON, n INT, other JSON);
INSERT INTO documents VALUES
  (1, '{"a": {"b": [1, 2, 3]}, "long": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', 1, '[1, 2, {"k": "v"}]'),
  (2, '{"é": [true, null, 1.5, -9223372036854775808, 18446744073709551615], "pad": "xxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', NULL, 'null'),
  (3, NULL, 3, '"text"');
"#;

/// Of MySQL 9.
const VECTORS: &str = "
CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3), w VECTOR(2));
INSERT INTO vectors VALUES (1, STRING_TO_VECTOR('[1, -2.5, 3e30]'), NULL), (2, NULL, STRING_TO_VECTOR('[0, 0]'));
";

/// Changes that a server may log as what changed within a document. The row 1 has another key by then.
const WITHIN_DOCUMENTS: [&str; 4] = [
    "UPDATE documents SET doc = JSON_SET(doc, '$.a.b[1]', 'new'), n = 5 WHERE id = 2001",
    "UPDATE documents SET doc = JSON_REPLACE(doc, '$.a.b[0]', 7), other = JSON_SET(other, '$[2].k', 'w') WHERE id = 2001",
    "UPDATE documents SET doc = JSON_REMOVE(doc, '$.a.b[2]') WHERE id = 2001",
    "UPDATE documents SET doc = JSON_SET(doc, '$.more', JSON_ARRAY(1, NULL)) WHERE id IN (2001, 3)",
];

/// How a server logs rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Logging {
    /// `binlog_row_image`
    image: &'static str,
    /// `binlog_row_metadata`
    metadata: &'static str,
    compressed: bool,
    /// `binlog_row_value_options=PARTIAL_JSON`
    partial_json: bool,
}

impl Logging {
    const fn new(image: &'static str, metadata: &'static str, compressed: bool) -> Self {
        Self { image, metadata, compressed, partial_json: false }
    }

    /// All ways of a server, or those that are tried each time.
    fn all(flavour: Flavour) -> Vec<Self> {
        let partial = |compressed| Self { partial_json: true, ..Self::new("FULL", "FULL", compressed) };
        if std::env::var_os("SLUICEGATE_MATRIX").is_none() {
            let mut few = vec![Self::new("NOBLOB", "FULL", true), Self::new("MINIMAL", "MINIMAL", false)];
            match flavour {
                Flavour::MariaDb => few.push(Self::new("FULL", "NO_LOG", true)),
                Flavour::MySql => few.push(partial(true)),
            }
            return few;
        }
        let metadata: &[&str] = match flavour {
            Flavour::MariaDb => &["FULL", "MINIMAL", "NO_LOG"],
            Flavour::MySql => &["FULL", "MINIMAL"],
        };
        let mut all = Vec::new();
        for image in ["FULL", "NOBLOB", "MINIMAL"] {
            for metadata in metadata {
                all.extend([false, true].map(|compressed| Self::new(image, metadata, compressed)));
            }
        }
        if flavour == Flavour::MySql {
            all.extend([partial(false), partial(true)]);
        }
        all
    }

    /// Has the sessions that begin from now on log rows this way.
    fn apply(self, flavour: Flavour, client: &mut MySqlClient) {
        let on = if self.compressed { "ON" } else { "OFF" };
        let partial = if self.partial_json { "PARTIAL_JSON" } else { "''" };
        let own = match flavour {
            Flavour::MariaDb => [("log_bin_compress", on), ("log_bin_compress_min_len", "10")],
            Flavour::MySql => [("binlog_transaction_compression", on), ("binlog_row_value_options", partial)],
        };
        let settings = [("binlog_row_image", self.image), ("binlog_row_metadata", self.metadata)];
        for (name, value) in settings.into_iter().chain(own) {
            let statement = format!("SET GLOBAL {name} = {value}");
            client.execute(&statement).expect(&statement);
        }
    }

    /// Looks whether the log, in which there are these events, is what was asked for.
    fn check(self, flavour: Flavour, events: &BTreeSet<String>) {
        let has = |words: &str| events.iter().any(|event| event.contains(words));
        let compressed = match flavour {
            Flavour::MariaDb => has("_compressed"),
            Flavour::MySql => has("Transaction_payload"),
        };
        assert_eq!(compressed, self.compressed, "{self:?}: {events:?}");
        if !self.compressed {
            assert_eq!(has("Update_rows_partial"), self.partial_json, "{self:?}: {events:?}");
        }
    }
}

fn run(client: &mut MySqlClient, sql: &str) {
    for statement in sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        client.execute(statement.trim_end_matches(';')).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Every kind of change, of each column by itself. The key is `id`, its values are 1, 2, 3 and so on.
fn changes(table: &Table) -> Vec<String> {
    let name = table.sql_name();
    let columns: Vec<(String, bool)> =
        table.columns.iter().map(|(column, nullable)| (quoted(column), *nullable)).collect();
    let others: Vec<&(String, bool)> = columns.iter().filter(|(column, _)| column != "`id`").collect();
    let list = |columns: &[&str]| columns.join(", ");
    let all: Vec<&str> = others.iter().map(|(column, _)| column.as_str()).collect();
    let mut statements =
        vec![format!("INSERT INTO {name} (id, {0}) SELECT id + 100, {0} FROM {name}", list(&all))];
    for (column, nullable) in &others {
        statements.push(format!(
            "UPDATE {name} one JOIN {name} other ON other.id = 2 SET one.{column} = other.{column} WHERE one.id = 101"
        ));
        if *nullable {
            statements.push(format!("UPDATE {name} SET {column} = NULL WHERE id = 102"));
        }
    }
    // What the other columns are is not in the statement, nor in the log of what changed.
    let mut some: Vec<&str> =
        others.iter().filter(|(_, nullable)| !nullable).map(|(column, _)| column.as_str()).collect();
    if some.is_empty() {
        some.push(all[0]);
    }
    statements
        .push(format!("INSERT INTO {name} (id, {0}) SELECT 500, {0} FROM {name} WHERE id = 1", list(&some)));
    statements.push(format!("UPDATE {name} SET id = 1101 WHERE id = 101"));
    let last = all[all.len() - 1];
    statements.push(format!(
        "UPDATE {name} one JOIN {name} other ON other.id = 2 SET one.id = 600, one.{last} = other.{last} WHERE one.id = 500"
    ));
    statements.push(format!("UPDATE {name} SET id = id + 2000 WHERE id IN (1, 102)"));
    statements.push(format!("DELETE FROM {name} WHERE id = 2"));
    statements
}

/// The kinds of events in the file that a server writes.
fn events(client: &mut MySqlClient) -> BTreeSet<String> {
    let end = client.log_end().expect("the end of the log");
    let rows = client.rows(&format!("SHOW BINLOG EVENTS IN '{}'", end.file)).expect("events");
    rows.into_iter().filter_map(|mut row| row.swap_remove(2)).collect()
}

fn rows_arrive_as_they_are(flavour: Flavour) {
    let (source, target) = (
        MySql::start(MySqlOptions::new(flavour)).expect("a source"),
        MySql::start(MySqlOptions::new(flavour)).expect("a target"),
    );
    let ports = (source.port(), target.port());
    let (mut reader, mut writer) =
        (source.client().expect("a connection"), target.client().expect("a connection"));
    reading(&mut reader);
    reading(&mut writer);
    let has_vectors = reader.lines("SELECT VERSION()").expect("a version")[0].starts_with("9.");
    let bench = Bench::new("row-images");
    for (number, logging) in Logging::all(flavour).into_iter().enumerate() {
        println!("{flavour}: {logging:?}");
        let database = format!("d{number}");
        // Rows that are there are read while the log has whole rows.
        Logging { image: "FULL", partial_json: false, ..logging }.apply(flavour, &mut reader);
        reader.execute(&format!("CREATE DATABASE {database} CHARACTER SET utf8mb4")).expect("a database");
        let client = || MySqlClient::connect(source.port(), &database).expect("a connection");
        let mut before = client();
        let own = if flavour == Flavour::MariaDb { Some(MARIADB) } else { None };
        let vectors = has_vectors.then_some(VECTORS);
        for sql in EACH_SERVER.into_iter().chain([DOCUMENTS]).chain(own).chain(vectors) {
            run(&mut before, sql);
        }
        let tables = tables(&mut reader, &[&database]);
        assert!(tables.len() >= 7, "{} tables", tables.len());
        make(&mut writer, &tables, &[&database]);
        let columns = if logging.metadata == "FULL" { "log" } else { "information-schema" };
        let told = format!("columns_from: {columns}");
        let name = format!("images-{number}");
        bench.write("p.yaml", pipeline(&name, &told, ports, &tables));
        let letters =
            || std::fs::read_to_string(bench.path(&format!("{name}.dead.ndjson"))).unwrap_or_default();
        bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
        let found = differences(&tables, &mut reader, &mut writer);
        assert!(found.is_empty(), "{logging:?}, copied: {found:#?}\n{:.3000}", letters());

        logging.apply(flavour, &mut reader);
        reader.execute("FLUSH BINARY LOGS").expect("another file");
        let mut after = client();
        for statement in tables.iter().flat_map(changes) {
            after.execute(&statement).unwrap_or_else(|error| panic!("{error}"));
        }
        for statement in WITHIN_DOCUMENTS {
            after.execute(statement).unwrap_or_else(|error| panic!("{error}"));
        }
        logging.check(flavour, &events(&mut reader));
        bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
        let found = differences(&tables, &mut reader, &mut writer);
        assert!(found.is_empty(), "{logging:?}, changed: {found:#?}\n{:.3000}", letters());
        assert_eq!(letters(), "", "{logging:?}: nothing was put aside");
        for server in [&mut reader, &mut writer] {
            server.execute(&format!("DROP DATABASE {database}")).expect("no database");
        }
    }
}

#[test]
fn rows_of_mariadb_arrive_however_they_are_logged() {
    rows_arrive_as_they_are(Flavour::MariaDb);
}

#[test]
fn rows_of_mysql_arrive_however_they_are_logged() {
    rows_arrive_as_they_are(Flavour::MySql);
}
