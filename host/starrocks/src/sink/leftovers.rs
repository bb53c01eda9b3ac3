//! Loads that a process prepared and could not decide about: it died, or was taken its lanes from.
//!
//! A label says of which lane its first row is. A decision about it moves that lane, and a store moves all lanes of a
//! decision or none. So once the lane is taken nobody can decide about what was prepared before: what its note does not
//! name is rolled back. It is looked for *before* the lane is taken. Later somebody else may have taken it in turn, and what
//! is found then may be his (`tests/model/src/prepared`, `LookBeforeFence`).

use std::collections::BTreeMap;
use std::time::Duration;

use sluicegate_connector::Error;
use sluicegate_model::Lane;

use super::label::Labels;
use super::note::{Prepared, Work};
use super::writer::Shared;
use crate::sql::text;

/// How long the cluster is asked. What is left does little harm, and less than a lane that waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// Loads that are prepared with rows of lanes, by anybody of the pipeline.
pub async fn look(shared: &Shared, lanes: &[Lane]) -> Vec<Prepared> {
    match tokio::time::timeout(PATIENCE, ask(shared, lanes)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            tracing::debug!(%error, "nobody knows what is left of processes that died");
            Vec::new()
        }
        Err(_) => Vec::new(),
    }
}

async fn ask(shared: &Shared, lanes: &[Lane]) -> Result<Vec<Prepared>, Error> {
    // As a pattern `_` and `%` would mean more, and labels have neither.
    let sql = format!(
        "SELECT LABEL, DB_NAME, TABLE_NAME FROM information_schema.loads WHERE STATE = 'PREPARED' AND LABEL LIKE {}",
        text(&format!("{}%", shared.labels.of_pipeline()))
    );
    let mut catalog = shared.catalog.lock().await;
    let session = catalog.session(shared).await?;
    let rows: Vec<(String, String, String)> = session.rows(&sql, "loads cannot be looked at").await?;
    let found = rows.into_iter().filter(|(label, ..)| lanes.iter().any(|lane| Labels::is_of(label, lane)));
    let prepared = |(label, database, table)| Prepared {
        database,
        table,
        label,
        repeatable: false,
        last: BTreeMap::new(),
    };
    Ok(found.map(prepared).collect())
}

/// Those that no note names.
pub fn undecided<'a>(found: Vec<Prepared>, noted: impl Iterator<Item = &'a Work> + Clone) -> Vec<Prepared> {
    let is_named = |prepared: &Prepared| {
        noted.clone().any(|work| work.labels.iter().any(|label| label.label == prepared.label))
    };
    found.into_iter().filter(|prepared| !is_named(prepared)).collect()
}
