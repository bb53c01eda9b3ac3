//! The databases of other tools' own tests, copied from server to server: what a reader of both sees is equal. They are
//! read in place, beside the checkout; without them the tests say so and pass.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use sluicegate_tests::Bench;

use super::tables::{differences, make, pipeline, reading, tables};

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
    let place = reader.log_end().expect("the end of the log");
    for case in &cases {
        let mut client = source.client().expect("a connection");
        client.execute("SET SESSION sql_mode = ''").expect("a mode");
        client.execute("CREATE DATABASE IF NOT EXISTS scratch").expect("a database");
        client.execute("USE scratch").expect("a database");
        run(&mut client, case);
    }
    reading(&mut reader);
    let databases: Vec<&str> = cases.iter().flat_map(|case| &case.databases).map(String::as_str).collect();
    let tables = tables(&mut reader, &databases);
    let mut writer = target.client().expect("a connection");
    reading(&mut writer);
    let bench = Bench::new("mirror");
    let by_stream = format!("start: {{ file: \"{place}\" }}");
    for (name, start) in [("by-snapshot", "start: snapshot"), ("by-stream", by_stream.as_str())] {
        make(&mut writer, &tables, &databases);
        bench.write("p.yaml", pipeline(name, start, ports, &tables));
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
    databases_are_copied(Flavour::MySql);
}
