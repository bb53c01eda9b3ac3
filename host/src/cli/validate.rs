//! `sluicegate validate`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Output;
use super::exit::Failure;
use super::table::{Grid, Tone, printable};
use super::terminal::Terminal;
use crate::config::{Config, OutputTable, Today};

/// The command line of `validate`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(super) struct Arguments {
    /// The pipeline file.
    file: PathBuf,
    /// Also ask the systems: brokers, topics, privileges.
    ///
    /// The newest records of the source are put through the steps, and the sink is asked whether it can hold what comes
    /// out. No group is joined and nothing is committed; the topic of positions is made where it is missing.
    #[arg(long)]
    online: bool,
    /// The day from which dates of the file (`$[yyyy-MM-dd-1]`) are counted, as in 2026-11-01. Default: today.
    #[arg(long, value_name = "DATE")]
    date: Option<Today>,
}

const LONG: &str = "\
The tables that the `schema:` of the source's format declares are put through all steps without a row, and the tables that \
come out are printed with their columns and types. A step that cannot handle a table is an error at its line. Without \
`schema:` the outputs are known with --online, or when rows come. A note says where a step needs more of a row than the \
source tells: the row before an update, for one.

With --output json one object is printed: `pipeline`, `valid`, `online`, `steps` (names), `outputs`; an output has \
`table`, `from` (tables of the source), `columns` (`name`, `type`), `primary_key`; and `cautions`, the notes. Mistakes are \
one object on standard error, with the exit code 2: `error` (all of it as text), `code`, `problems` (`message`, `help`, \
`line`, `column`).

Examples:
  sluicegate validate orders.yaml
  sluicegate validate orders.yaml --online
  sluicegate validate orders.yaml --output json | jq '.outputs[].columns'";

pub(super) async fn validate(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let config = Config::load_as_of(&arguments.file, arguments.date.unwrap_or_default())?;
    let declared = config.outputs()?;
    let (outputs, notes) =
        if arguments.online { config.check_online().await? } else { (declared, config.needs_unmet()?) };
    let notes: Vec<String> = config.cautions().into_iter().map(str::to_owned).chain(notes).collect();
    let steps = config.step_names();
    match output {
        Output::Json => println!(
            "{}",
            json!({
                "pipeline": config.name(), "valid": true, "online": arguments.online, "steps": steps,
                "outputs": outputs, "cautions": notes,
            })
        ),
        Output::Text => {
            print!("{}", text(config.name(), &steps, arguments.online, &outputs, &Terminal::of_stdout()));
            for note in notes {
                println!("note: {note}");
            }
        }
    }
    Ok(())
}

fn text(name: &str, steps: &[String], online: bool, outputs: &[OutputTable], terminal: &Terminal) -> String {
    let checked =
        if online { ", and its systems are ready" } else { " (systems were not asked: --online does)" };
    let steps = if steps.is_empty() { "none".to_owned() } else { steps.join(" -> ") };
    let mut text = format!("{name}: valid{checked}\nsteps: {steps}\n");
    if outputs.is_empty() {
        let why =
            if online { "the source has no rows" } else { "the format of the source declares no `schema:`" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "outputs: not known before the first row; {why}");
    }
    for output in outputs {
        text.push('\n');
        text.push_str(&table(output, terminal));
    }
    text
}

fn table(output: &OutputTable, terminal: &Terminal) -> String {
    let others: Vec<_> =
        output.from.iter().filter(|from| **from != output.table).map(|from| printable(from)).collect();
    let from = if others.is_empty() { String::new() } else { format!(", from {}", others.join(", ")) };
    let mut grid = Grid::pinned(1);
    let mut lines = vec![("column", "type", "")];
    lines.extend(output.columns.iter().map(|column| {
        let is_key = output.primary_key.contains(&column.name);
        (column.name.as_str(), column.data_type.as_str(), if is_key { "primary key" } else { "" })
    }));
    for (number, (name, data_type, key)) in lines.into_iter().enumerate() {
        let tone = if number == 0 { Tone::Strong } else { Tone::Plain };
        grid.line([name, data_type, key].map(|cell| (printable(cell).into_owned(), tone)).to_vec());
    }
    format!("output {}{from}\n{}", printable(&output.table), grid.render(terminal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OutputColumn;

    #[test]
    fn outputs_are_shown_with_their_columns() {
        let column =
            |name: &str, data_type: &str| OutputColumn { name: name.into(), data_type: data_type.into() };
        let output = OutputTable {
            table: "ods.orders".to_owned(),
            from: vec!["SHOP.ORDERS_01".to_owned(), "SHOP.ORDERS_02".to_owned()],
            columns: vec![column("id", "int64"), column("amount", "decimal128(18,2)")],
            primary_key: vec!["id".to_owned()],
        };
        let terminal = Terminal { width: None, colour: false };
        let expected = "orders: valid (systems were not asked: --online does)\n\
            steps: schema-map -> split\n\
            \n\
            output ods.orders, from SHOP.ORDERS_01, SHOP.ORDERS_02\n\
            \x20 column  type\n\
            \x20 id      int64             primary key\n\
            \x20 amount  decimal128(18,2)\n";
        let steps = ["schema-map".to_owned(), "split".to_owned()];
        assert_eq!(text("orders", &steps, false, &[output], &terminal), expected);
    }
}
