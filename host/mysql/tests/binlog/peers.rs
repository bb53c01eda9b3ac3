//! The databases of other tools' own tests: what the log says of each table is what the server says.
//!
//! The files are read in place, beside the checkout; without them the test says so and passes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sluicegate_model::Lane;
use sluicegate_mysql::binlog::{Decoder, Entry, ZeroDates};
use sluicegate_test_servers::Flavour;

use super::captured::{Captured, own};
use super::replay::{Reader, batches, compare};

/// The folder of the files, if it is there.
fn cases() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/binlog");
    folder.is_dir().then_some(folder)
}

/// Statements of a file, without the lines that are comments.
fn statements(sql: &str) -> Vec<String> {
    let lines: Vec<&str> =
        sql.lines().filter(|line| !line.starts_with("--") && !line.starts_with('#')).collect();
    let statements = lines.join("\n");
    let statements = statements.split(";\n").map(|statement| statement.trim().trim_end_matches(';').trim());
    statements.filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

/// Runs a file and compares its tables; gives how many.
fn compare_case(captured: &mut Captured, file: &Path) -> usize {
    captured.begin();
    for statement in statements(&std::fs::read_to_string(file).unwrap()) {
        // Some are for other servers: then their tables are not there to be compared.
        let _ = captured.client().execute(&statement);
    }
    // What the file set for its session must not change how the server shows things.
    for reset in ["SET SESSION sql_mode = ''", "SET SESSION binlog_row_image = 'FULL'", "SET NAMES utf8mb4"] {
        captured.client().execute(reset).unwrap();
    }
    let entries = captured.entries();
    let tables: BTreeSet<(String, String)> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Rows(rows) => Some((rows.map.database.clone(), rows.map.table.clone())),
            _ => None,
        })
        .filter(|(database, _)| !matches!(database.as_str(), "mysql" | "sys"))
        .collect();
    let mut compared = 0;
    for (database, table) in tables {
        captured.name.clone_from(&database);
        let first = entries.iter().position(|entry| match entry {
            Entry::Rows(rows) => rows.map.database == database && rows.map.table == table,
            _ => false,
        });
        // A table that was changed, emptied or dropped under way is for tests of the schema's history.
        let changed = entries[first.unwrap_or(0)..].iter().any(|entry| match entry {
            Entry::Statement(statement) => statement.query.sql.to_lowercase().contains(&table.to_lowercase()),
            _ => false,
        });
        if changed {
            continue;
        }
        let mut reader = Reader::new().know(captured, &table);
        reader.options.zero_dates = ZeroDates::Text;
        let mut records = reader.records(&entries, &database);
        records.retain(|record| match record {
            sluicegate_mysql::binlog::Record::Rows { entry, .. } => entry.map.table == table,
            sluicegate_mysql::binlog::Record::Control(_) => false,
        });
        let decoded = Decoder::new(Lane::new("binlog")).decode(&records).unwrap();
        assert_eq!(decoded.rejects, [], "{database}.{table}");
        assert!(batches(&decoded).count() > 0);
        compare(captured, &decoded, &table);
        compared += 1;
    }
    compared
}

#[test]
fn databases_of_other_tools_tests() {
    let Some(folder) = cases() else {
        println!("skipped: there are no cases of other tools beside this checkout (../shared/cases/binlog)");
        return;
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    for flavour in Flavour::ALL {
        let mut captured = own(flavour, &[]);
        let mut compared = 0;
        for file in &files {
            let tables = compare_case(&mut captured, file);
            println!("{flavour}: {} tables of {}", tables, file.display());
            compared += tables;
        }
        assert!(compared >= 75, "{compared} tables on {flavour}");
    }
}
