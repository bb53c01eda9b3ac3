//! `sluicegate preview`
//!
//! | file | task |
//! |---|---|
//! | `trace.rs` | rows put through the steps, and what each step made of them |
//! | `compare.rs` | which column and which row of an output was which of the input |
//! | `text.rs` | a table a step, for people |
//! | `json.rs` | the same for programs |

mod compare;
mod json;
mod text;
mod trace;

use std::path::PathBuf;

use clap::Args;
use sluicegate_model::{ChangeBatch, Decoded, Item, Lane};

pub(super) use self::trace::Trace;

use super::Output;
use super::exit::Failure;
use super::table::printable;
use super::terminal::Terminal;
use crate::config::{Config, Today};

/// Records that are looked through for rows of certain tables.
const LOOKED_THROUGH: usize = 5_000;

/// The command line of `preview`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(super) struct Arguments {
    /// The pipeline file.
    file: PathBuf,
    /// Records to show: the newest of the source.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rows: u16,
    /// Show only rows that the source has under this table's name. May be given several times.
    ///
    /// Looks through the newest 5,000 records.
    #[arg(long = "table", value_name = "NAME")]
    tables: Vec<String>,
    /// Show every column, also those that no step touches.
    ///
    /// Without it they are left out of a table that is too wide for the terminal, and counted below it.
    #[arg(long)]
    all_columns: bool,
    /// The day from which dates of the file (`$[yyyy-MM-dd-1]`) are counted, as in 2026-11-01. Default: today.
    #[arg(long, value_name = "DATE")]
    date: Option<Today>,
}

const LONG: &str = "\
A changed cell is marked with `*`, a new column with `+`, a column under another name or of another type with `~`; on a \
terminal with colours they are yellow, green and cyan. Kinds of rows: +I insert, -U before an update, +U after it, -D \
delete. NULL is what the source calls NULL; (missing) is what it did not speak of. A text that could be taken for one of \
them is in double quotes.

With --output json one object is printed:

  pipeline      its name
  stages        the source, then the steps in order
    step        the name of the step; null for the source
    tables      what it made
      table, from, primary_key
                the table, the tables of the input, names of key columns
      columns   name, type, before (name and type in the input; null: new)
      removed   names of columns that are no more
      rows      lane, ordinal, part, kind, kind_before, cells, changed
                a cell is text; NULL is null; a missing cell is left out
    dropped     rows left out on purpose: lane, ordinal, part, kind, table
    rejected    rows for the dead letters: the same, and reason
  events        what is no row: lane, event

Examples:
  sluicegate preview orders.yaml
  sluicegate preview orders.yaml --rows 20 --table SHOP.ORDERS_07
  sluicegate preview orders.yaml --output json | jq '.stages[].rejected'";

pub(super) async fn preview(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let config = Config::load_as_of(&arguments.file, arguments.date.unwrap_or_default())?;
    let steps = config.chain_factories()?;
    let rows = usize::from(arguments.rows);
    let records = if arguments.tables.is_empty() { rows } else { LOOKED_THROUGH.max(rows) };
    let mut sample = config.sample(records).await?;
    if sample.is_empty() {
        return Err(Failure::failed("the source has no records to show"));
    }
    if !arguments.tables.is_empty() {
        keep_tables(&mut sample, &arguments.tables, rows)?;
    }
    let mut trace = Trace::new(config.name(), &steps);
    let ended = sample.into_iter().try_for_each(|(lane, decoded)| trace.pass(&lane, decoded));
    // What was done before a step stopped says most about why it did.
    trace.print(output, arguments.all_columns);
    ended
}

impl Trace {
    /// Prints the source and stage after stage.
    pub(super) fn print(&self, output: Output, all_columns: bool) {
        match output {
            Output::Text => print!("{}", text::render(self, &Terminal::of_stdout(), all_columns)),
            Output::Json => println!("{}", json::render(self)),
        }
    }
}

/// Leaves the newest rows of some tables, and nothing else.
fn keep_tables(sample: &mut Vec<(Lane, Decoded)>, wanted: &[String], rows: usize) -> Result<(), Failure> {
    let mut others: Vec<String> = Vec::new();
    let mut left = rows;
    for (_, decoded) in sample.iter_mut().rev() {
        decoded.rejects.clear();
        let items = std::mem::take(&mut decoded.items);
        for item in items.into_iter().rev() {
            let Item::Rows(batch) = item else { continue };
            let table = batch.table().as_str();
            if wanted.iter().any(|name| name == table) {
                let batch = newest(&batch, left);
                left = left.saturating_sub(batch.len());
                if !batch.is_empty() {
                    decoded.items.insert(0, Item::Rows(batch));
                }
            } else if !others.iter().any(|other| other == table) {
                others.push(table.to_owned());
            }
        }
    }
    sample.retain(|(_, decoded)| !decoded.items.is_empty());
    if !sample.is_empty() {
        return Ok(());
    }
    others.sort();
    let others: Vec<_> = others.iter().map(|name| printable(name)).collect();
    let found = match others.as_slice() {
        [] => "they hold no rows".to_owned(),
        names => format!("they hold rows of {}", names.join(", ")),
    };
    Err(Failure::failed(format!(
        "the newest records of the source hold no rows of {}; {found}",
        wanted.join(" or ")
    )))
}

/// The last rows of a batch, pairs whole.
fn newest(batch: &ChangeBatch, rows: usize) -> ChangeBatch {
    let start = batch.len().saturating_sub(rows);
    let start = if start < batch.len() { batch.unit_of(start).start } else { start };
    batch.slice(start, batch.len() - start)
}
