//! Batches as tables on a terminal, or as JSON.

use std::fmt::Write as _;

use arrow_cast::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Value, json};
use sluicegate_model::{Cell, ChangeBatch};

/// Cells longer than this are cut in a table, never in JSON.
const WIDTH: usize = 28;
/// How a missing cell is shown: the source did not say.
const MISSING: &str = "(missing)";

/// A cell as text.
fn cell(batch: &ChangeBatch, column: usize, row: usize) -> String {
    let cells = &batch.columns()[column];
    match cells.cell(row) {
        Cell::Missing => MISSING.to_owned(),
        Cell::Null => "NULL".to_owned(),
        Cell::Value => ArrayFormatter::try_new(cells.values().as_ref(), &FormatOptions::default())
            .and_then(|formatter| formatter.value(row).try_to_string())
            .unwrap_or_else(|error| format!("({error})")),
    }
}

/// What names a row in every stage: its record and, where a record holds several, its part.
fn origin(batch: &ChangeBatch, row: usize) -> String {
    let ordinal = batch.origin().ordinals[row];
    let part = batch.origin().part(row).map(|part| format!(".{part}")).unwrap_or_default();
    format!("{}:{ordinal}{part}", batch.origin().lane)
}

fn cut(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.chars().count() <= WIDTH {
        return plain;
    }
    plain.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// A batch as a table: a line a row, with its kind and where it came from.
pub(super) fn text(batch: &ChangeBatch) -> String {
    let mut lines = vec![vec![String::new(), "row".to_owned()]];
    lines[0].extend(batch.schema().fields().iter().map(|field| cut(field.name())));
    for row in 0..batch.len() {
        let mut line = vec![batch.kind(row).to_string(), origin(batch, row)];
        line.extend((0..batch.columns().len()).map(|column| cut(&cell(batch, column, row))));
        lines.push(line);
    }
    let columns = lines[0].len();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut table = String::new();
    for line in &lines {
        let mut text = String::new();
        for (value, width) in line.iter().zip(&widths) {
            let padding = " ".repeat(width - value.chars().count());
            // Writing to a string cannot fail.
            let _ = write!(text, "{value}{padding}  ");
        }
        table.push_str("  ");
        table.push_str(text.trim_end());
        table.push('\n');
    }
    table
}

/// A batch as JSON: every cell as text, NULL as null, missing cells left out.
pub(super) fn json(batch: &ChangeBatch) -> Value {
    let row = |row: usize| {
        let mut cells = Map::new();
        for (column, field) in batch.schema().fields().iter().enumerate() {
            let value = match batch.columns()[column].cell(row) {
                Cell::Missing => continue,
                Cell::Null => Value::Null,
                Cell::Value => Value::String(cell(batch, column, row)),
            };
            cells.insert(field.name().clone(), value);
        }
        json!({ "kind": batch.kind(row).short(), "origin": origin(batch, row), "row": cells })
    };
    let rows: Vec<Value> = (0..batch.len()).map(row).collect();
    json!({ "table": batch.table().as_str(), "rows": rows })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::StringArray;
    use arrow_schema::{DataType, Field, Schema};
    use sluicegate_model::{Column, Meta, Origin};

    use super::*;

    #[test]
    fn three_states_and_long_cells_are_told_apart() {
        let long = "x".repeat(40);
        let column = |cells: Vec<Option<&str>>, presence: Option<Vec<bool>>| {
            Column::with_presence(Arc::new(StringArray::from(cells)), presence.map(Into::into))
        };
        let field = |name| Field::new(name, DataType::Utf8, true);
        let batch = ChangeBatch::new(
            "t".into(),
            Arc::new(Schema::new(vec![field("id"), field("name")])),
            vec![
                column(vec![Some("1"), Some("2")], None),
                column(vec![Some(&long), None], Some(vec![true, false])),
            ],
            vec![0, 3].into(),
            Origin { lane: "orders/0".into(), ordinals: vec![7, 8].into(), parts: None },
            Arc::from([]),
            Meta::new(),
        )
        .unwrap();
        let expected = [
            "      row         id  name",
            "  +I  orders/0:7  1   xxxxxxxxxxxxxxxxxxxxxxxxxxx…",
            "  -D  orders/0:8  2   (missing)",
            "",
        ];
        assert_eq!(text(&batch), expected.join("\n"));
        assert_eq!(json(&batch)["rows"][1]["row"], json!({ "id": "2" }));
    }
}
