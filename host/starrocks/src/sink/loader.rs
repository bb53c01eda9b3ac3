//! Loads to transactions that are prepared.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sluicegate_connector::Error;
use sluicegate_model::Lane;

use super::label::Labels;
use super::note::Prepared;
use super::options::SinkOptions;
use super::stage::Batch;
use super::window::TableWindow;
use crate::client::{Begun, Client, Counts, Failure, LoadOptions, Payload};

/// Labels that are tried for one load.
const TRIES: usize = 8;

/// How long rows are sent again under the same label.
const PATIENCE: Duration = Duration::from_mins(1);

/// Loads rows of one epoch.
pub struct Loader<'a> {
    /// The cluster.
    pub client: &'a Client,
    /// Makes labels.
    pub labels: &'a Labels,
    /// What the sink is told.
    pub options: &'a SinkOptions,
    /// The epoch's number in this process.
    pub epoch: u64,
    /// Labels so far.
    pub attempts: &'a mut u64,
    /// Loads that were given up and could not be rolled back.
    pub left: &'a mut Vec<Prepared>,
}

/// Where rows go, and which.
pub struct Load<'a> {
    /// The rows of the table.
    pub table: &'a TableWindow,
    /// Those that may go together.
    pub batch: &'a Batch,
    /// Those of them that go now.
    pub entries: &'a [usize],
}

impl Load<'_> {
    fn options(&self) -> &LoadOptions {
        &self.batch.options
    }

    fn body(&self) -> Result<Payload, Failure> {
        self.batch.body(self.table, self.entries).map_err(unwritten)
    }

    /// What stands in a note about it.
    fn prepared(&self, label: String) -> Prepared {
        let (database, table) = self.names();
        Prepared {
            database: database.to_owned(),
            table: table.to_owned(),
            label,
            repeatable: !self.table.plan.key.is_empty(),
            last: self.last(),
        }
    }

    /// Of each lane the record of its last row, where it can be looked for.
    fn last(&self) -> BTreeMap<Lane, u64> {
        let mut last = BTreeMap::new();
        if self.table.plan.says_positions {
            for (lane, ordinal) in
                self.entries.iter().map(|place| self.table.origin(&self.table.entries[*place]))
            {
                let known: &mut u64 = last.entry(lane.clone()).or_default();
                *known = ordinal.max(*known);
            }
        }
        last
    }

    fn names(&self) -> (&str, &str) {
        let table = &self.table.plan.target.table;
        (&table.database, &table.name)
    }
}

impl Loader<'_> {
    fn next_label(&mut self, load: &Load<'_>) -> String {
        *self.attempts += 1;
        // A load has a row.
        let (lane, _) = load.table.origin(&load.table.entries[load.entries[0]]);
        self.labels.label(self.epoch, *self.attempts, &load.table.plan.target.table, lane)
    }

    /// Loads rows into a transaction and prepares it. What fails is rolled back.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn prepare(&mut self, load: &Load<'_>) -> Result<Prepared, Failure> {
        let label = self.begin(load).await?;
        let prepared = self.load_and_prepare(load, &label).await;
        match prepared {
            Ok(()) => Ok(load.prepared(label)),
            Err(failure) => {
                // Most failures have rolled it back already. Nothing ever commits it.
                self.roll_back(load.prepared(label)).await;
                Err(failure)
            }
        }
    }

    async fn begin(&mut self, load: &Load<'_>) -> Result<String, Failure> {
        let (database, table) = load.names();
        let mut last = None;
        for _ in 0..TRIES {
            let label = self.next_label(load);
            match self.client.begin(database, table, &label, self.options.load_timeout.0).await {
                Ok(Begun::Yes) => return Ok(label),
                // Never "ours, and done": whatever it is, it has other rows.
                Ok(Begun::Used) => {}
                Err(failure @ Failure::Lost { .. }) => {
                    self.roll_back(load.prepared(label)).await;
                    last = Some(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        let what = "a load cannot be begun";
        Err(last.unwrap_or(Failure::Busy { what, why: format!("{TRIES} labels are in use"), pause: None }))
    }

    async fn load_and_prepare(&self, load: &Load<'_>, label: &str) -> Result<(), Failure> {
        let (database, table) = load.names();
        self.client.load(database, table, label, load.options(), load.body()?).await?;
        let counts = self.client.prepare(database, table, label, self.options.prepared_timeout.0).await?;
        check(counts, load.entries.len())
    }

    /// Rolls back, as far as that can be done now: what is not committed is nothing.
    pub async fn roll_back(&mut self, given_up: Prepared) {
        let Prepared { database, table, label, .. } = &given_up;
        if let Err(failure) = self.client.roll_back(database, table, label).await {
            tracing::debug!(label, %failure, "a load is not rolled back yet");
            if failure.may_be_asked_again() {
                self.left.push(given_up);
            }
        }
    }

    /// Loads rows at once.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn apply(&mut self, load: &Load<'_>) -> Result<(), Failure> {
        let (database, table) = load.names();
        let label = self.next_label(load);
        let compressed = load.table.plan.compressed;
        let body = load.body()?.compressed(compressed).map_err(|error| unwritten(error.to_string()))?;
        let options = LoadOptions { compressed, ..load.options().clone() };
        let until = Instant::now() + PATIENCE;
        let rows = (&options, &body);
        let counts = self.client.stream_load_until(database, table, &label, rows, until).await?;
        // The count of a load whose answer was lost is not known; the label says that it is there.
        counts.map_or(Ok(()), |counts| check(Some(counts), load.entries.len()))
    }
}

fn unwritten(why: String) -> Failure {
    Failure::Refused { what: "rows cannot be written", why }
}

/// Whether the server has what was sent, no more and no less.
fn check(counts: Option<Counts>, sent: usize) -> Result<(), Failure> {
    let what = "a load cannot be prepared";
    let why = match counts {
        None => "the answer that counts its rows was lost".to_owned(),
        Some(counts) if counts.loaded == sent as u64 && counts.filtered == 0 => return Ok(()),
        Some(counts) => format!("{sent} rows were sent, and the server counts {counts:?}"),
    };
    Err(Failure::Busy { what, why, pause: None })
}

/// A failure of a load as an error of the sink.
pub fn told(failure: Failure, table: &TableWindow) -> Error {
    let refused = matches!(failure, Failure::Refused { .. });
    let error = failure.into_error().table(&table.plan.target.output);
    if refused {
        return error.help(format!(
            "see whether table {} is as it was when the pipeline started ({} columns are written), and start again",
            table.plan.target.table,
            table.plan.columns.len()
        ));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_differs_is_no_success() {
        let counts = |loaded, filtered| Some(Counts { total: 3, loaded, filtered, unselected: 0 });
        assert!(check(counts(3, 0), 3).is_ok());
        assert!(
            check(counts(2, 0), 3).is_err() && check(counts(3, 1), 3).is_err() && check(None, 3).is_err()
        );
    }
}
