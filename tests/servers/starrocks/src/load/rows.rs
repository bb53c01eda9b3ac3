//! Fields to rows of the table, checked.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::plan::{Body, Plan, Source};
use super::{Fields, Line, arrow, csv, json};
use crate::cluster::{Counts, Row, Table};
use crate::convert::{Cell, Token, convert};

/// What a load read.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// Rows, in order.
    pub rows: Vec<Row>,
    /// Their number, and that of those which were refused.
    pub counts: Counts,
    /// The log of refused rows.
    pub log: String,
}

/// Reads the bodies of a transaction.
///
/// # Errors
/// The words with which the load ends: a body that cannot be read, too many refused rows, none at all.
pub fn read(table: &Table, plan: &Plan, loads: &[Bytes]) -> Result<Read, (String, Read)> {
    let mut read = Read::default();
    read.counts.bytes = loads.iter().map(|body| body.len() as u64).sum();
    match lines(plan, loads) {
        Ok(lines) => lines.into_iter().for_each(|line| read.add(table, plan, line)),
        Err(why) => return Err((why, read)),
    }
    if let Some(condition) = &plan.condition
        && read.rows.iter().any(|row| row.delete)
    {
        let why = format!("memtable of tablet 10001 delete with condition column {}", condition.name);
        return Err((why, read));
    }
    let counts = &mut read.counts;
    counts.loaded = read.rows.len() as u64;
    counts.filtered = counts.total - counts.loaded;
    if counts.filtered as f64 > plan.max_filter_ratio * counts.total as f64 {
        return Err(("too many filtered rows".to_owned(), read));
    }
    if counts.loaded == 0 {
        let why =
            "No rows were imported from upstream, please check the upstream data and the load parameters";
        return Err((why.to_owned(), read));
    }
    Ok(read)
}

/// The rows of bodies, each of which is read by itself; but of Arrow the first stream only.
fn lines(plan: &Plan, loads: &[Bytes]) -> Result<Vec<Line>, String> {
    let bodies: Vec<Bytes> =
        loads.iter().map(|body| plan.compression.open(body)).collect::<Result<_, String>>()?;
    match &plan.body {
        Body::Arrow => arrow::lines(&bodies, &plan.sources),
        Body::Json { strip_outer_array, keys } => {
            let mut lines = Vec::new();
            for body in &bodies {
                lines.append(&mut json::lines(body, keys, *strip_outer_array)?);
            }
            Ok(lines)
        }
        form @ Body::Csv { .. } => {
            Ok(bodies.iter().flat_map(|body| csv::lines(body, form, plan.sources.len())).collect())
        }
    }
}

impl Read {
    fn add(&mut self, table: &Table, plan: &Plan, line: Line) {
        self.counts.total += 1;
        let row = line.fields.and_then(|fields| row(table, plan, &fields));
        match row {
            Ok(row) => self.rows.push(row),
            Err(why) if self.log.lines().count() < plan.logged => {
                let _ = writeln!(self.log, "Error: {why}. Row: {}", line.text.trim_end());
            }
            Err(_) => {}
        }
    }
}

fn row(table: &Table, plan: &Plan, fields: &Fields) -> Result<Row, String> {
    let delete = match &plan.op {
        Source::Nothing => false,
        Source::Constant(text) => is_delete(&Token::Text(text.clone()))?,
        Source::Field(place) | Source::Base64(place) => match &fields[*place] {
            None => false,
            Some(token) => is_delete(token)?,
        },
    };
    let mut cells = Vec::with_capacity(table.columns.len());
    for (column, from) in table.columns.iter().zip(&plan.columns) {
        let token = match from {
            Source::Nothing if plan.partial => {
                cells.push(None);
                continue;
            }
            Source::Nothing => column.default.clone().map_or(Token::Null, Token::Text),
            Source::Constant(text) => Token::Text(text.clone()),
            Source::Field(place) => fields[*place].clone().unwrap_or(Token::Null),
            Source::Base64(place) => match fields[*place].clone().unwrap_or(Token::Null) {
                // What is no base64 becomes NULL.
                Token::Text(text) => STANDARD.decode(text).map_or(Token::Null, Token::Bytes),
                _ => Token::Null,
            },
        };
        let cell: Cell = match convert(&column.name, column.column_type, &token) {
            Ok(cell) => cell,
            Err(why) if plan.strict => return Err(why),
            Err(_) => None,
        };
        if cell.is_none() && !column.nullable {
            return Err(format!("NULL value in non-nullable column '{}'", column.name));
        }
        cells.push(Some(cell));
    }
    Ok(Row { delete, cells, condition: plan.condition.as_ref().map(|condition| condition.place) })
}

fn is_delete(token: &Token) -> Result<bool, String> {
    let text = match token {
        Token::Null => return Ok(false),
        Token::Number(text) | Token::Text(text) => text.as_str(),
        _ => "",
    };
    match text.to_ascii_lowercase().as_str() {
        "0" | "upsert" => Ok(false),
        "1" | "delete" => Ok(true),
        _ => Err(format!("Value '{text}' is out of range. The type of '__op' is TINYINT'")),
    }
}
