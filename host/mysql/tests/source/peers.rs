//! The databases of other tools' own tests: what is read of each table is what the server says.
//!
//! The files are read in place, beside the checkout; without them the test says so and passes.

#[path = "../binlog/text.rs"]
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluicegate_connector::StartAt;
use sluicegate_model::ChangeBatch;
use sluicegate_mysql::SourceOptions;
use sluicegate_mysql::source::{OnZeroDate, Until};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};

use super::support::{Reading, batches, on_each_server};

on_each_server! {
    databases_of_other_tools_tests,
}

/// The files, if they are there.
fn cases() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/binlog");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).ok()?.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    Some(files)
}

/// Runs a file: statements for other servers fail, and their tables are not there.
fn run(client: &mut MySqlClient, file: &Path) {
    let sql = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> =
        sql.lines().filter(|line| !line.starts_with("--") && !line.starts_with('#')).collect();
    for statement in lines.join("\n").split(";\n") {
        let statement = statement.trim().trim_end_matches(';').trim();
        if !statement.is_empty() {
            let _ = client.execute(statement);
        }
    }
}

const OWN: &str = "('mysql', 'sys', 'information_schema', 'performance_schema')";

fn compare(client: &mut MySqlClient, table: &str, read: &[&ChangeBatch]) {
    let Some(first) = read.first() else {
        assert_eq!(client.lines(&format!("SELECT COUNT(*) FROM {table}")).unwrap(), ["0"], "{table}");
        return;
    };
    let fields = first.schema().fields();
    let questions: Vec<String> = fields.iter().map(|field| text::question(field)).collect();
    let answers = client.rows(&format!("SELECT {} FROM {table}", questions.join(", "))).unwrap();
    let answer = |row: Vec<Option<String>>| {
        row.into_iter().zip(fields).map(|(cell, field)| text::answer(field, cell)).collect()
    };
    let mut expected: Vec<Vec<Option<String>>> = answers.into_iter().map(answer).collect();
    let mut found: Vec<Vec<Option<String>>> = Vec::new();
    for batch in read {
        for row in 0..batch.len() {
            let cells = fields.iter().zip(batch.columns());
            found.push(cells.map(|(field, column)| text::of(field, column, row)).collect());
        }
    }
    expected.sort();
    found.sort();
    for (found, expected) in found.iter().zip(&expected) {
        for ((found, expected), field) in found.iter().zip(expected).zip(fields) {
            assert_eq!(found, expected, "column {} of {table}", field.name());
        }
    }
    assert_eq!(found.len(), expected.len(), "rows of {table}");
}

fn databases_of_other_tools_tests(flavour: Flavour) {
    let Some(files) = cases() else {
        println!("skipped: there are no cases of other tools beside this checkout (../shared/cases/binlog)");
        return;
    };
    let server = MySql::start(MySqlOptions::new(flavour)).unwrap();
    let port = server.port();
    let mut compared = 0;
    for file in &files {
        let mut client = server.client().unwrap();
        for statement in ["CREATE DATABASE own_case", "USE own_case", "SET SESSION sql_mode = ''"] {
            client.execute(statement).unwrap();
        }
        run(&mut client, file);
        // Without what the file has set for its session.
        let mut client = server.client().unwrap();
        client.execute("SET NAMES utf8mb4").unwrap();
        let sql = format!(
            "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_type = 'BASE TABLE' \
             AND table_schema NOT IN {OWN}"
        );
        let tables = client.lines(&sql).unwrap();
        let options = SourceOptions { zero_dates: OnZeroDate::Text, ..SourceOptions::new(["^.*"]) };
        let items = Reading::start(port, options, Some(Until::End), StartAt::Configured).rest();
        let mut read: BTreeMap<&str, Vec<&ChangeBatch>> = BTreeMap::new();
        for batch in batches(&items) {
            read.entry(batch.table().as_str()).or_default().push(batch);
        }
        for table in &tables {
            let (database, name) = table.split_once('.').unwrap();
            let batches = read.remove(table.as_str()).unwrap_or_default();
            compare(&mut client, &format!("`{database}`.`{}`", name.replace('`', "``")), &batches);
            compared += usize::from(!batches.is_empty());
        }
        assert!(read.is_empty(), "{:?} of {}", read.keys(), file.display());
        println!("{flavour}: {} tables of {}", tables.len(), file.display());
        let sql =
            format!("SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN {OWN}");
        for database in client.lines(&sql).unwrap() {
            client.execute(&format!("DROP DATABASE `{database}`")).unwrap();
        }
    }
    assert!(compared >= 75, "{compared} tables on {flavour}");
}
