//! The configuration that the options of a case stand for.

use serde_json::{Value, json};
use sluicegate_format::FormatOptions;

use super::case::{Case, Table};

/// The format with its options; `None` while there is no such format.
pub(crate) fn of(case: &Case) -> Option<String> {
    let name = case.format.as_str();
    if !FormatOptions::names().contains(&name) {
        return None;
    }
    let mut options = json!({});
    if name == "json" {
        options["table"] = json!(case.options["table"].as_str().unwrap());
        options["schema"] = schema(case, |_| true);
    }
    if name == "debezium-json" && !case.has_schemas() {
        options = json!({ "schema": mysql_schema(case, |_| true), "decimals": "precise" });
    }
    if case.id == "canal-001" {
        // A table that the case is not about: its messages say `int` of what is text.
        options["schema"] = json!({ "mydb.project": { "id": "text" } });
    }
    if name == "maxwell-json" {
        // Times stay the text that they are: with zero dates among them, and in whatever zone.
        let declared = |word: &str| matches!(word, "SET" | "BIT" | "JSON" | "BINARY" | "VARBINARY" | "BLOB");
        options["schema"] = mysql_schema(case, declared);
        let keys = case.tables.iter().map(|table| (table.name.clone(), json!(table.key)));
        options["primary_key"] = keys.collect();
    }
    if name == "canal-json" && case.options["target_sql_mode"] == "ALLOW_INVALID_DATES" {
        options["zero_dates"] = json!("text");
    }
    if name == "ogg-json" && case.options["case_sensitive"] == false {
        options["case_sensitive"] = json!(false);
    }
    if name == "delimited" {
        let same = ["table", "quote", "columns", "empty_is_null", "meta_columns"];
        let given = same.iter().filter(|key| !case.options[**key].is_null());
        options = given.map(|key| ((*key).to_owned(), case.options[*key].clone())).collect();
        options["delimiter"] = case.options["separator"].clone();
        options["schema"] = schema(case, |_| true);
        for table in &case.tables {
            // Where the target's flag is a number, the text says true or false.
            for column in table.columns.iter().filter(|column| column.kind == "TINYINT(1)") {
                options["schema"][&table.name][&column.name] = json!("boolean");
            }
        }
    }
    Some(json!({ name: options }).to_string())
}

/// The `schema:` block of the case's tables, with the columns of some types.
fn schema(case: &Case, declared: impl Fn(&str) -> bool) -> Value {
    let types = |table: &Table| -> Value {
        let columns = table.columns.iter().filter(|column| declared(word(&column.kind)));
        columns.filter_map(|column| Some((column.name.clone(), json!(type_of(&column.kind)?)))).collect()
    };
    case.tables.iter().map(|table| (table.name.clone(), types(table))).collect()
}

/// The `schema:` block of the case's tables by their own types, with the columns of some of them.
fn mysql_schema(case: &Case, declared: impl Fn(&str) -> bool) -> Value {
    let name =
        |kind: &str| if word(kind).starts_with("BOOL") { "tinyint".to_owned() } else { kind.to_owned() };
    let types = |table: &Table| -> Value {
        let columns = table.columns.iter().filter(|column| declared(word(&column.kind)));
        columns.map(|column| (column.name.clone(), json!(name(&column.kind)))).collect()
    };
    case.tables.iter().map(|table| (table.name.clone(), types(table))).collect()
}

/// The first word of a MySQL type.
fn word(kind: &str) -> &str {
    kind.split(['(', ' ']).next().unwrap_or_default()
}

/// The name of our type for a MySQL type; `None` where only the source knows how its values are written.
fn type_of(kind: &str) -> Option<String> {
    let unsigned = kind.to_uppercase().contains("UNSIGNED");
    let signed_or_not = |bits: u32| format!("{}int{bits}", if unsigned { "u" } else { "" });
    Some(match word(kind) {
        "TINYINT" | "BOOL" | "BOOLEAN" => signed_or_not(8),
        "SMALLINT" | "YEAR" => signed_or_not(16),
        "MEDIUMINT" | "INT" | "INTEGER" => signed_or_not(32),
        "BIGINT" => signed_or_not(64),
        "FLOAT" => "float32".to_owned(),
        "REAL" | "DOUBLE" => "float64".to_owned(),
        "DECIMAL" | "NUMERIC" | "FIXED" => {
            let (open, close) = (kind.find('(')?, kind.find(')')?);
            format!("decimal{}", &kind[open..=close])
        }
        "DATE" => "date".to_owned(),
        "TIME" => "time".to_owned(),
        "DATETIME" => "datetime".to_owned(),
        "TIMESTAMP" => "timestamp".to_owned(),
        "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => "bytes".to_owned(),
        "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" => "text".to_owned(),
        _ => return None,
    })
}
