//! The databases of other tools' own tests, copied from server to server: what a reader of both sees is equal. They are
//! read in place, beside the checkout; without them the tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::Bench;

/// Tables whose changes no sink can follow: the pages of the connectors say so.
const NOT_BY_STREAM: [(&str, &str); 2] = [
    ("test_row_query.row_query", "it has no key, and rows of it change"),
    ("ho_gomysql_replication.test_json_v2", "PARTIAL_JSON was logged with binlog_row_image=MINIMAL"),
];

/// One file, as the collection describes it.
#[derive(Deserialize)]
struct Case {
    id: String,
    databases: Vec<String>,
    expectation: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases/binlog")
}

/// The files that end in an equal target; every second one, where all would take too long.
fn cases() -> Option<Vec<Case>> {
    let text = std::fs::read(folder().join("manifest.json")).ok()?;
    let mut cases: Vec<Case> = serde_json::from_slice(&text).expect("a manifest");
    cases.sort_by(|one, other| one.id.cmp(&other.id));
    cases.retain(|case| case.expectation == "target-equals-source");
    let all = std::env::var_os("SLUICEGATE_MATRIX").is_some();
    Some(
        cases
            .into_iter()
            .enumerate()
            .filter(|(number, _)| all || number % 2 == 0)
            .map(|(_, case)| case)
            .collect(),
    )
}

/// Runs the statements of a file. Those for other servers fail, and their tables are not there.
fn run(client: &mut MySqlClient, case: &Case) {
    let file = folder().join(format!("{}.sql", case.id));
    let sql = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let lines: Vec<&str> =
        sql.lines().filter(|line| !line.starts_with("--") && !line.starts_with('#')).collect();
    for statement in lines.join("\n").split(";\n") {
        let statement = statement.trim().trim_end_matches(';').trim();
        if !statement.is_empty() {
            let _ = client.execute(statement);
        }
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table of the source.
struct Table {
    database: String,
    name: String,
    /// The statement that makes it.
    made_by: String,
    /// Columns as questions whose answers tell every value from every other.
    questions: Vec<String>,
    /// Columns that the server computes.
    computed: Vec<String>,
    has_key: bool,
}

impl Table {
    fn sql_name(&self) -> String {
        format!("{}.{}", quoted(&self.database), quoted(&self.name))
    }

    fn rows(&self, client: &mut MySqlClient) -> Vec<String> {
        let sql = format!("SELECT {} FROM {}", self.questions.join(", "), self.sql_name());
        let mut rows = client.lines(&sql).unwrap_or_else(|error| panic!("{error}"));
        rows.sort();
        rows
    }
}

fn question(name: &str, data_type: &str) -> String {
    let name = quoted(name);
    match data_type {
        "float" => format!("CAST({name} AS DOUBLE)"),
        "double" | "decimal" | "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => name,
        "enum" | "set" => format!("CONCAT({name} + 0, ' ', {name})"),
        "json" | "date" | "datetime" | "timestamp" | "time" | "year" | "uuid" | "inet6" | "inet4" => {
            format!("CAST({name} AS CHAR)")
        }
        _ => format!("HEX({name})"),
    }
}

/// The tables of databases.
fn tables(client: &mut MySqlClient, databases: &[&str]) -> Vec<Table> {
    let list: Vec<String> = databases.iter().map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
    let list = list.join(", ");
    let sql = format!(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND \
         table_schema IN ({list})"
    );
    let mut tables = Vec::new();
    for row in client.rows(&sql).expect("tables") {
        let [Some(database), Some(name)] = &row[..] else { panic!("{row:?}") };
        let made_by = client.rows(&format!("SHOW CREATE TABLE {}.{}", quoted(database), quoted(name)));
        let made_by = made_by.expect("a statement").remove(0).remove(1).expect("a statement");
        let sql = format!(
            "SELECT column_name, LOWER(data_type), extra, column_key FROM information_schema.columns WHERE table_schema = \
             '{database}' AND table_name = '{}' ORDER BY ordinal_position",
            name.replace('\'', "''")
        );
        let columns = client.rows(&sql).expect("columns");
        let cell = |row: &Vec<Option<String>>, place: usize| row[place].clone().unwrap_or_default();
        tables.push(Table {
            database: database.clone(),
            name: name.clone(),
            made_by,
            questions: columns.iter().map(|row| question(&cell(row, 0), &cell(row, 1))).collect(),
            computed: columns
                .iter()
                .filter(|row| cell(row, 2).to_uppercase().contains(" GENERATED"))
                .map(|row| cell(row, 0))
                .collect(),
            has_key: columns.iter().any(|row| cell(row, 3) == "PRI"),
        });
    }
    tables
}

/// Makes the tables anew in the target.
fn make(client: &mut MySqlClient, tables: &[Table], databases: &[&str]) {
    let mut statements = vec!["SET foreign_key_checks = 0".to_owned(), "SET sql_mode = ''".to_owned()];
    for database in databases {
        statements.push(format!("DROP DATABASE IF EXISTS {}", quoted(database)));
        statements.push(format!("CREATE DATABASE {}", quoted(database)));
    }
    for table in tables {
        statements.push(format!("USE {}", quoted(&table.database)));
        // A target has transactions.
        let engine = ["MyISAM", "Aria", "MEMORY", "ARCHIVE", "CSV", "BLACKHOLE"];
        let made_by = engine.iter().fold(table.made_by.clone(), |sql, engine| {
            sql.replace(&format!("ENGINE={engine}"), "ENGINE=InnoDB")
        });
        statements.push(made_by);
    }
    statements.push("SET foreign_key_checks = 1".to_owned());
    for statement in statements {
        client.execute(&statement).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn pipeline(name: &str, start: &str, ports: (u16, u16), tables: &[Table]) -> String {
    let user = MySqlClient::USER;
    let listed = |names: Vec<String>| serde_json::to_string(&names).expect("a list");
    let escape = |name: &str| regex::escape(name);
    let selected =
        tables.iter().map(|table| format!("^{}[.]{}$", escape(&table.database), escape(&table.name)));
    let computed = tables.iter().flat_map(|table| {
        let full = |column: &String| {
            format!("^{}[.]{}[.]{}$", escape(&table.database), escape(&table.name), escape(column))
        };
        table.computed.iter().map(full).collect::<Vec<_>>()
    });
    format!(
        "pipeline: {name}\n\
         source:\n  mysql:\n    url: \"mysql://127.0.0.1:{}/test\"\n    user: {user}\n    password: {user}\n    tables: {}\n    \
         exclude_columns: {}\n    zero_dates: text\n    start: {start}\n\
         sink:\n  mysql:\n    url: \"mysql://127.0.0.1:{}/test\"\n    user: {user}\n    password: {user}\n    \
         on_schema_change: ignore\n    sql_mode: [ALLOW_INVALID_DATES]\n    init: [SET SESSION foreign_key_checks = 0]\n\
         dead_letters: {{ file: {name}.dead.ndjson }}\n",
        ports.0,
        listed(selected.collect()),
        listed(computed.collect()),
        ports.1,
    )
}

/// Tables whose rows differ, with the first row that does.
fn differences(
    tables: &[Table],
    source: &mut MySqlClient,
    target: &mut MySqlClient,
) -> BTreeMap<String, String> {
    let mut differences = BTreeMap::new();
    for table in tables {
        let (expected, found) = (table.rows(source), table.rows(target));
        if expected != found {
            let first = expected.iter().zip(&found).find(|(expected, found)| expected != found);
            differences.insert(
                format!("{}.{}", table.database, table.name),
                format!("{} rows and {}; first {first:?}", expected.len(), found.len()),
            );
        }
    }
    differences
}

fn databases_are_copied(flavour: Flavour) {
    let Some(cases) = cases() else {
        println!("skipped: there are no cases of other tools beside this checkout (../shared/cases/binlog)");
        return;
    };
    let (source, target) = (
        MySql::start(MySqlOptions::new(flavour)).expect("a source"),
        MySql::start(MySqlOptions::new(flavour)).expect("a target"),
    );
    let ports = (source.port(), target.port());
    let mut reader = source.client().expect("a connection");
    let status = if flavour == Flavour::MariaDb { "SHOW MASTER STATUS" } else { "SHOW BINARY LOG STATUS" };
    let place =
        reader.rows(status).or_else(|_| reader.rows("SHOW MASTER STATUS")).expect("a status").remove(0);
    let [Some(file), Some(position), ..] = &place[..] else { panic!("{place:?}") };
    for case in &cases {
        let mut client = source.client().expect("a connection");
        client.execute("SET SESSION sql_mode = ''").expect("a mode");
        client.execute("CREATE DATABASE IF NOT EXISTS scratch").expect("a database");
        client.execute("USE scratch").expect("a database");
        run(&mut client, case);
    }
    for statement in ["SET NAMES utf8mb4", "SET time_zone = '+00:00'"] {
        reader.execute(statement).expect(statement);
    }
    let databases: Vec<&str> = cases.iter().flat_map(|case| &case.databases).map(String::as_str).collect();
    let tables = tables(&mut reader, &databases);
    let mut writer = target.client().expect("a connection");
    for statement in ["SET NAMES utf8mb4", "SET time_zone = '+00:00'"] {
        writer.execute(statement).expect(statement);
    }
    let bench = Bench::new("mirror");
    for (name, start) in
        [("by-snapshot", "snapshot".to_owned()), ("by-stream", format!("{{ file: \"{file}:{position}\" }}"))]
    {
        make(&mut writer, &tables, &databases);
        bench.write("p.yaml", pipeline(name, &start, ports, &tables));
        bench.run(["run", "p.yaml", "--until", "end"]).exits(0);
        let mut differences = differences(&tables, &mut reader, &mut writer);
        if name == "by-stream" {
            for (table, why) in NOT_BY_STREAM {
                if differences.remove(table).is_some() {
                    println!("{flavour}: {table} is not followed: {why}");
                }
            }
        }
        let letters = std::fs::read_to_string(bench.path(&format!("{name}.dead.ndjson"))).unwrap_or_default();
        let keyless = tables.iter().filter(|table| !table.has_key).count();
        println!("{flavour} {name}: {} tables, {keyless} without a key", tables.len());
        assert!(differences.is_empty(), "{name}: {differences:#?}\n{letters:.3000}");
    }
    assert!(tables.len() >= 40, "{} tables", tables.len());
}

#[test]
fn databases_are_copied_on_mariadb() {
    databases_are_copied(Flavour::MariaDb);
}

#[test]
fn databases_are_copied_on_mysql() {
    databases_are_copied(Flavour::MySql84);
}
