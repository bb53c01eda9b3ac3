//! What would come of a replay, found out without writing anything.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use sluicegate_connector::{Error, TransformFactory};
use sluicegate_engine::Chain;
use sluicegate_model::{Item, TableName};

use super::Tools;
use super::narrow::narrowed;
use super::places::LetterStore;
use super::plan::Plan;
use super::rows::rows_of;
use super::source::fetch;

/// What would become of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Rows by their destination.
    pub rows: BTreeMap<TableName, usize>,
    /// Steps that would refuse it again, and why.
    pub refused: Vec<(String, String)>,
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self
            .rows
            .iter()
            .map(|(table, rows)| format!("{rows} {} to {table}", if *rows == 1 { "row" } else { "rows" }))
            .collect();
        parts.extend(self.refused.iter().map(|(step, reason)| format!("fails again at {step}: {reason}")));
        if parts.is_empty() {
            return f.write_str("the steps drop it");
        }
        f.write_str(&parts.join("; "))
    }
}

/// Puts every letter of a plan through the steps. What the sink would say is not asked. Blocks.
///
/// # Errors
/// Of the systems, and of a step that stops.
pub fn forecast(
    plan: &Arc<Plan>,
    tools: &Tools,
    steps: &[Arc<dyn TransformFactory>],
) -> Result<Vec<Forecast>, Error> {
    let mut store = LetterStore::open(&tools.places)?;
    let mut chain = Chain::new(&narrowed(steps, plan));
    let mut forecasts = Vec::with_capacity(plan.units.len());
    for unit in &plan.units {
        let letter = fetch(&mut store, plan, unit.bytes, tools)?;
        let decoded = rows_of(tools.decode.as_ref(), &letter);
        let mut forecast = Forecast::default();
        forecast
            .refused
            .extend(decoded.rejects.into_iter().map(|reject| ("decode".to_owned(), reject.reason)));
        for item in decoded.items {
            let Item::Rows(batch) = item else { continue };
            let passed = chain.apply(batch).map_err(|failure| {
                Error::fatal(format!("step {} stopped: {}", failure.step, failure.error))
                    .table(&failure.table)
            })?;
            for output in passed.outputs.iter().filter(|output| !output.is_empty()) {
                *forecast.rows.entry(output.table().clone()).or_default() += output.len();
            }
            for refusal in passed.refusals {
                forecast.refused.push((refusal.step, refusal.reason));
            }
        }
        forecast.refused.dedup();
        forecasts.push(forecast);
    }
    Ok(forecasts)
}
