//! `sluicegate dead-letters replay`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};
use sluicegate_engine::{Counts, End};

use super::super::Output;
use super::super::exit::Failure;
use super::super::signals;
use super::super::table::printable;
use super::{Chosen, blocking};
use crate::config::Config;
use crate::replay::forecast::{Forecast, forecast};
use crate::replay::{Asked, Entry, Fate, LetterSource, Plan, narrowed, plan};

/// The command line of `dead-letters replay`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The pipeline file.
    file: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    /// Also rows whose key was changed later, or of which that cannot be told.
    #[arg(long)]
    force: bool,
    /// Show what would become of each letter, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) const LONG: &str = "\
Letters that are not asked for, and those that are kept back, stay where they are. What was sent again is decided with \
the rows: a replay that was killed goes on where it was, and another one does nothing new.

Exit code 0: all letters that were asked for are written. 1: some are dead letters still, kept back or failed again.

With --output json one object is printed: `sent`, `written` (rows), `failed_again`, `left` (not asked for), `refused` (a \
list: `id`, `why`, `reason`, `later`); with --dry-run, `letters` (a list: `id`, `fate`, `reason`, `rows`).

Examples:
  sluicegate dead-letters replay orders.yaml --dry-run
  sluicegate dead-letters replay orders.yaml --step mask_name
  sluicegate dead-letters replay orders.yaml --force";

pub(super) async fn replay(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let config = Config::load(&arguments.file)?;
    let tools = config.replay_tools()?;
    let steps = config.chain_factories()?;
    let decided = config.decided().await?;
    let asked = Asked { filter: arguments.chosen.filter(), force: arguments.force };
    let (for_plan, of_plan) = (tools.clone(), steps.clone());
    let planned = blocking(move || plan(&for_plan, &of_plan, &asked, &decided)).await?;
    let planned = Arc::new(planned);
    if arguments.dry_run {
        let of_plan = Arc::clone(&planned);
        let forecasts = blocking(move || forecast(&of_plan, &tools, &steps)).await?;
        say_what_would_be(&planned, &forecasts, output);
        return Ok(());
    }
    let counts = if planned.units.is_empty() {
        Counts::default()
    } else {
        let level = signals::stop_level().map_err(|error| Failure::failed(format!("signals: {error}")))?;
        let source = LetterSource::new(Arc::clone(&planned), tools);
        let pipeline = config.assemble_replay(Box::new(source), narrowed(&steps, &planned))?;
        let counters = Arc::clone(&pipeline.counters);
        let ended = pipeline.run(level).await;
        let end = ended.map_err(|stop| Failure::from(stop).of(config.name()))?;
        if end != End::SourceEnd {
            let counts = counters.counts();
            summarize(config.name(), &planned, counts, output);
            return Err(Failure::failed("stopped before the last letter; replay once more to go on"));
        }
        counters.counts()
    };
    summarize(config.name(), &planned, counts, output);
    let refused = planned.refused().count() as u64;
    if refused + counts.dead == 0 {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "{} dead letters are left of those that were asked for: {refused} kept back, {} failed again",
        refused + counts.dead,
        counts.dead
    )))
}

/// What was done, and what was kept back.
fn summarize(name: &str, plan: &Plan, counts: Counts, output: Output) {
    let left = plan.count(|fate| *fate == Fate::NotAsked);
    if output == Output::Json {
        let refused: Vec<Value> = plan.refused().map(refusal).collect();
        println!(
            "{}",
            json!({
                "pipeline": name, "sent": counts.read, "written": counts.written, "failed_again": counts.dead,
                "left": left, "refused": refused,
            })
        );
        return;
    }
    for entry in plan.refused() {
        println!("{}: kept back: {}", printable(&entry.id), printable(&entry.fate.to_string()));
    }
    println!(
        "{name}: {} letters sent again, {} rows written, {} failed again, {} kept back, {left} not asked for",
        counts.read,
        counts.written,
        counts.dead,
        plan.refused().count(),
    );
}

fn refusal(entry: &Entry) -> Value {
    let later = match &entry.fate {
        Fate::ChangedLater(later) => json!({ "lane": later.lane, "ordinal": later.ordinal }),
        _ => Value::Null,
    };
    json!({ "id": entry.id, "why": entry.fate.name(), "reason": entry.fate.to_string(), "later": later })
}

fn say_what_would_be(plan: &Plan, forecasts: &[Forecast], output: Output) {
    let mut said: Vec<(&Entry, Option<&Forecast>)> =
        plan.entries.iter().filter(|entry| entry.fate != Fate::Send).map(|entry| (entry, None)).collect();
    for (unit, forecast) in plan.units.iter().zip(forecasts) {
        said.extend(unit.letters.iter().map(|letter| (&plan.entries[*letter], Some(forecast))));
    }
    if output == Output::Json {
        let letters: Vec<Value> = said
            .iter()
            .map(|(entry, forecast)| {
                let reason = forecast.map_or_else(|| entry.fate.to_string(), ToString::to_string);
                let rows = forecast.map(|forecast| &forecast.rows);
                json!({ "id": entry.id, "fate": entry.fate.name(), "reason": reason, "rows": rows })
            })
            .collect();
        println!("{}", json!({ "letters": letters }));
        return;
    }
    for (entry, forecast) in &said {
        let id = printable(&entry.id);
        match forecast {
            Some(forecast) => println!("{id}: would be sent again: {}", printable(&forecast.to_string())),
            None if entry.fate == Fate::NotAsked => println!("{id}: {}", entry.fate),
            None => println!("{id}: would be kept back: {}", printable(&entry.fate.to_string())),
        }
    }
    println!("{} letters, of which {} would be sent again; nothing was written", said.len(), sent(plan));
}

fn sent(plan: &Plan) -> usize {
    plan.count(|fate| *fate == Fate::Send)
}
