//! Tables of two servers, made alike, copied and compared.

use std::collections::BTreeMap;

use sluicegate_test_servers::MySqlClient;

/// Has a client show values as they are, whatever the server's defaults.
pub(crate) fn reading(client: &mut MySqlClient) {
    for statement in ["SET NAMES utf8mb4", "SET time_zone = '+00:00'"] {
        client.execute(statement).expect(statement);
    }
}

pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table of the source.
pub(crate) struct Table {
    pub(crate) database: String,
    pub(crate) name: String,
    /// The statement that makes it.
    made_by: String,
    /// Columns as questions whose answers tell every value from every other.
    questions: Vec<String>,
    /// Columns that can be written to, in their order, and whether each takes NULL.
    pub(crate) columns: Vec<(String, bool)>,
    /// Columns that the server computes.
    computed: Vec<String>,
    pub(crate) has_key: bool,
}

impl Table {
    pub(crate) fn sql_name(&self) -> String {
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
pub(crate) fn tables(client: &mut MySqlClient, databases: &[&str]) -> Vec<Table> {
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
            "SELECT column_name, LOWER(data_type), extra, column_key, is_nullable FROM information_schema.columns WHERE table_schema = \
             '{database}' AND table_name = '{}' ORDER BY ordinal_position",
            name.replace('\'', "''")
        );
        let columns = client.rows(&sql).expect("columns");
        let cell = |row: &Vec<Option<String>>, place: usize| row[place].clone().unwrap_or_default();
        let is_computed = |row: &&Vec<Option<String>>| cell(row, 2).to_uppercase().contains(" GENERATED");
        tables.push(Table {
            database: database.clone(),
            name: name.clone(),
            made_by,
            questions: columns.iter().map(|row| question(&cell(row, 0), &cell(row, 1))).collect(),
            columns: columns
                .iter()
                .filter(|row| !is_computed(row))
                .map(|row| (cell(row, 0), cell(row, 4) == "YES"))
                .collect(),
            computed: columns.iter().filter(is_computed).map(|row| cell(row, 0)).collect(),
            has_key: columns.iter().any(|row| cell(row, 3) == "PRI"),
        });
    }
    tables
}

/// Makes the tables anew in the target.
pub(crate) fn make(client: &mut MySqlClient, tables: &[Table], databases: &[&str]) {
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

/// A pipeline that copies tables under their names, from port to port. `source` is more of what the source is told.
pub(crate) fn pipeline(name: &str, source: &str, ports: (u16, u16), tables: &[Table]) -> String {
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
         exclude_columns: {}\n    zero_dates: text\n    {source}\n\
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
pub(crate) fn differences(
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
