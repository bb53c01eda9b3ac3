//! The tables that a case leaves behind in a MariaDB, to which the sink wrote them.

use std::collections::BTreeMap;

use arrow_array::UInt32Array;
use serde_json::{Map, Value, json};
use sluicegate_connector::{Encoded, Epoch, Incarnations, LaneSpan, Sink, WriteError};
use sluicegate_model::{ChangeBatch, ControlEvent, Decoded, Item, Lane, Position, RowKind};
use sluicegate_mysql::{Connection, MySqlSink, Secret, SinkOptions};
use sluicegate_test_servers::{Database, Flavour, MySql, MySqlClient};

use super::case::{Case, Table};
use super::changelog::{Row, target};
use super::state;
use super::value::{Cell, from_hex};

/// What goes to a sink: rows of one table, or that it is emptied.
enum Step {
    Rows(ChangeBatch),
    Truncate(String),
}

/// Writes the rows and compares the tables.
pub(crate) fn compare(case: &Case, expected: &Map<String, Value>, decoded: &Decoded) -> Result<(), String> {
    let steps = steps(case, decoded);
    if let Some(table) = not_for_a_sink(case, &steps) {
        println!("{}: not written to MariaDB: {table} has no key, and rows of it change", case.id);
        return Ok(());
    }
    let mut database = MySql::shared(Flavour::MariaDb).unwrap().database("cases").unwrap();
    for table in &case.tables {
        database.client().execute(&definition(table)).map_err(|error| error.to_string())?;
    }
    let sql_mode = case.options["target_sql_mode"].as_str();
    write(&database, sql_mode, steps).map_err(|error| format!("MariaDB: {error:?}"))?;
    let mut tables = BTreeMap::new();
    for table in &case.tables {
        tables.insert(table.name.as_str(), rows(case, table, database.client()));
    }
    state::matches(case, expected, tables).map_err(|why| format!("in MariaDB, {why}"))
}

/// A table under a name that has a database nowhere.
fn name_of(table: &str) -> String {
    table.replace('.', "_")
}

fn definition(table: &Table) -> String {
    let mut parts: Vec<String> =
        table.columns.iter().map(|column| format!("`{}` {}", column.name, column.kind)).collect();
    if !table.key.is_empty() {
        let key: Vec<String> = table.key.iter().map(|name| format!("`{name}`")).collect();
        parts.push(format!("PRIMARY KEY ({})", key.join(", ")));
    }
    format!("CREATE TABLE `{}` ({})", name_of(&table.name), parts.join(", "))
}

/// What the messages give the case's tables.
fn steps(case: &Case, decoded: &Decoded) -> Vec<Step> {
    let step = |item: &Item| match item {
        Item::Rows(batch) => {
            let table = target(case, batch.table().as_str())?;
            let kept: UInt32Array = (0..batch.len())
                .filter(|row| case.options["ignore_delete"] != true || batch.kind(*row) != RowKind::Delete)
                .map(|row| row as u32)
                .collect();
            let mut parts = batch.take(&kept).unwrap().into_parts();
            parts.table = name_of(&table).as_str().into();
            // Some tables have columns in their key that the source's has not: a step would say so.
            parts.primary_key = case.table(&table)?.key.clone().into();
            Some(Step::Rows(parts.build().unwrap())).filter(|_| !kept.is_empty())
        }
        Item::Control(ControlEvent::Truncate { table }) if case.options["apply_truncate"] == true => {
            Some(Step::Truncate(name_of(&target(case, table.as_str())?)))
        }
        Item::Control(_) => None,
    };
    decoded.items.iter().filter_map(step).collect()
}

/// A table without a key whose rows are changed or removed: no sink can find those.
fn not_for_a_sink<'a>(case: &'a Case, steps: &[Step]) -> Option<&'a str> {
    let changes = |table: &&Table| {
        steps.iter().any(|step| match step {
            Step::Rows(batch) if batch.table().as_str() == name_of(&table.name) => {
                (0..batch.len()).any(|row| batch.kind(row) != RowKind::Insert)
            }
            _ => false,
        })
    };
    let keyless = case.tables.iter().filter(|table| table.key.is_empty());
    keyless.clone().find(changes).map(|table| table.name.as_str())
}

#[tokio::main(flavor = "current_thread")]
async fn write(database: &Database, sql_mode: Option<&str>, steps: Vec<Step>) -> Result<(), WriteError> {
    let connection = Connection::plain(
        format!("mysql://127.0.0.1:{}/{}", database.port(), database.name()),
        MySqlClient::USER,
        Some(Secret::new(MySqlClient::USER)),
    );
    let options =
        json!({ "on_schema_change": "ignore", "sql_mode": sql_mode.into_iter().collect::<Vec<_>>() });
    let options: SinkOptions = serde_json::from_value(options).unwrap();
    let mut sink = MySqlSink::new(&connection, options, "cases", "here", None)?;
    sink.prepare(&[]).await?;
    let (encoder, mut writer) = (sink.encoder(), sink.open().await?);
    let lane = Lane::from("topic/3");
    writer.take(std::slice::from_ref(&lane)).await?;
    for step in steps {
        let encoded = match step {
            Step::Rows(batch) => encoder.encode(&batch)?,
            Step::Truncate(table) => encoder.truncate(&table.as_str().into())?.expect("it empties tables"),
        };
        let Encoded { rejects, .. } = &encoded;
        assert!(rejects.is_empty(), "{rejects:?}");
        writer.write(encoded).await?;
    }
    let position = |offset: u64| {
        let at = json!({ "offset": offset }).as_object().unwrap().clone();
        Position { v: 1, source: "cases".to_owned(), at }
    };
    let incarnations = Incarnations::default();
    let incarnation = incarnations.begin(&lane);
    let span = LaneSpan { lane, incarnation, from: position(0), to: position(1), released: true, note: None };
    writer.commit(&Epoch { number: 1, lanes: vec![span], incarnations }).await?;
    writer.close().await;
    Ok(())
}

/// The rows of a table, in a form that keeps every value.
fn rows(case: &Case, table: &Table, client: &mut MySqlClient) -> Vec<Row> {
    let word = |kind: &str| kind.split(['(', ' ']).next().unwrap_or_default().to_owned();
    let read = |name: &str, kind: &str| match word(kind).as_str() {
        "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" | "GEOMETRY" | "POINT"
        | "LINESTRING" | "POLYGON" | "MULTIPOINT" | "MULTILINESTRING" | "MULTIPOLYGON"
        | "GEOMETRYCOLLECTION" => format!("HEX(`{name}`)"),
        "BIT" => format!("`{name}` + 0"),
        // As text a float has six digits.
        "FLOAT" => format!("CAST(`{name}` AS DOUBLE)"),
        _ => format!("CAST(`{name}` AS CHAR)"),
    };
    let columns: Vec<String> = table.columns.iter().map(|column| read(&column.name, &column.kind)).collect();
    let sql = format!("SELECT {} FROM `{}`", columns.join(", "), name_of(&table.name));
    let cell = |(name, kind, text): (&String, &String, Option<String>)| {
        let cell = match (text, word(kind).as_str()) {
            (None, _) => Cell::Plain(Value::Null),
            (Some(digits), "BIT") => Cell::Plain(json!(digits.parse::<u64>().unwrap())),
            (Some(text), _) if read(name, kind).starts_with("HEX") => Cell::Bytes(from_hex(&text)),
            (Some(text), _) => Cell::Plain(json!(text)),
        };
        (case.name(name), cell)
    };
    let row = |texts: Vec<Option<String>>| {
        let cells = table.columns.iter().zip(texts).map(|(column, text)| (&column.name, &column.kind, text));
        Row { line: 0, table: table.name.clone(), kind: RowKind::Insert, cells: cells.map(cell).collect() }
    };
    client.rows(&sql).unwrap().into_iter().map(row).collect()
}
