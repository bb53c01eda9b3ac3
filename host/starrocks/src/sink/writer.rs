//! A transactional context: rows that wait, what is prepared of them, and the positions that decide about both.

use std::sync::Arc;

use arrow_array::UInt32Array;
use async_trait::async_trait;
use sluicegate_connector::{Class, Encoded, Epoch, Error, SinkReject, Taken, WriteError, Writer};
use sluicegate_model::{ChangeBatch, Lane};
use sluicegate_tables::{Moment, sink_rejects};
use tokio::sync::Mutex;

use super::catalog::Catalog;
use super::encoder::Body;
use super::finish::{self, Outcome, Verdict};
use super::label::Labels;
use super::leftovers;
use super::loader::{Load, Loader, told};
use super::note::{Prepared, Work};
use super::options::{Delivery, SinkOptions};
use super::plan::Plan;
use super::rows::{Rows, encode};
use super::stage::batches;
use super::store::{Decision, HeldLane, PositionStore};
use super::tables::Tables;
use super::window::Window;
use crate::client::{Failure, Format};
use crate::{Client, Connection};

/// What a writer needs of its sink.
#[derive(Clone)]
pub struct Shared {
    /// Requests to the cluster.
    pub client: Client,
    /// How the cluster is reached.
    pub connection: Connection,
    /// What the sink is told.
    pub options: Arc<SinkOptions>,
    /// Tables that were looked at.
    pub tables: Tables,
    /// Looks at tables.
    pub catalog: Arc<Mutex<Catalog>>,
    /// Makes labels.
    pub labels: Labels,
}

/// A writer to tables.
pub struct StarRocksWriter {
    shared: Shared,
    store: PositionStore,
    window: Window,
    /// Of the open epoch, in the order in which they are committed.
    prepared: Vec<Prepared>,
    /// Loads that were given up and could not be rolled back yet. No note names them, and none ever will.
    left: Vec<Prepared>,
    /// The epoch's number in this process.
    epoch: u64,
    attempts: u64,
    /// Whether lanes were taken before.
    had_lanes: bool,
    /// A batch of no rows for whose columns a table has to be changed before anything is written.
    wanted: Option<ChangeBatch>,
    /// A decision was asked for and not plainly made, or made and not carried out: lanes have to be taken again.
    in_doubt: bool,
}

impl StarRocksWriter {
    /// A writer. Nothing is asked of the cluster yet.
    pub(super) fn new(shared: Shared, store: PositionStore) -> Self {
        Self {
            shared,
            store,
            window: Window::default(),
            prepared: Vec::new(),
            left: Vec::new(),
            epoch: 0,
            attempts: 0,
            had_lanes: false,
            wanted: None,
            in_doubt: false,
        }
    }

    /// Looks at the table of a batch. What has to be changed there and cannot be now is done by
    /// [`StarRocksWriter::change_tables`], after the epoch was aborted.
    async fn look_at(&mut self, batch: &ChangeBatch) -> Result<Vec<Arc<Plan>>, Error> {
        let open = !self.prepared.is_empty();
        let moment = if open { Moment::Within } else { Moment::Between };
        let mut catalog = self.shared.catalog.lock().await;
        let plans = catalog.plan(&self.shared, std::slice::from_ref(batch), moment).await;
        if open && plans.is_err() {
            self.wanted = batch.take(&UInt32Array::from(Vec::<u32>::new())).ok();
        }
        plans
    }

    /// Changes the table that an epoch was aborted for.
    async fn change_tables(&mut self) -> Result<(), Error> {
        if let Some(batch) = self.wanted.take_if(|_| self.prepared.is_empty()) {
            let planned = self.look_at(&batch).await;
            // Until it is done nothing is written.
            self.wanted = Some(batch).filter(|_| planned.is_err());
            planned?;
        }
        Ok(())
    }

    /// Rows of a batch that no worker could encode: the table was not looked at yet.
    async fn encode(&mut self, batch: &ChangeBatch) -> Result<Rows, WriteError> {
        let plans = self.look_at(batch).await?;
        let plan = plans.first().ok_or_else(|| Error::fatal("a batch has no table").table(batch.table()))?;
        let (rows, rejects) = encode(plan, batch)?;
        if rejects.is_empty() {
            return Ok(rows);
        }
        Err(WriteError::Rejected(sink_rejects(batch, rejects)))
    }

    /// Sends what waits.
    async fn flush(&mut self) -> Result<(), WriteError> {
        let tables = self.window.empty();
        let refused: Vec<SinkReject> =
            tables.iter().flat_map(|table| table.refused.iter().cloned()).collect();
        if !refused.is_empty() {
            return Err(WriteError::Rejected(refused));
        }
        let mut loader = Loader {
            client: &self.shared.client,
            labels: &self.shared.labels,
            options: &self.shared.options,
            epoch: self.epoch,
            attempts: &mut self.attempts,
            left: &mut self.left,
        };
        for table in &tables {
            for batch in batches(table) {
                let load = Load { table, batch: &batch, entries: &batch.entries };
                let done = match self.shared.options.delivery {
                    Delivery::ExactlyOnce => {
                        loader.prepare(&load).await.map(|prepared| self.prepared.push(prepared))
                    }
                    Delivery::AtLeastOnce => loader.apply(&load).await,
                };
                match done {
                    Ok(()) => table.plan.send_as_json(false),
                    Err(refused @ Failure::Rows { .. }) if table.plan.format != Format::Json => {
                        table.plan.send_as_json(true);
                        let what = "a load is refused for some of its rows, and they are sent again as JSON to find which";
                        let error =
                            Error::transient(what).table(&table.plan.target.output).caused_by(refused);
                        return Err(error.into());
                    }
                    Err(refused @ Failure::Rows { .. }) => {
                        return Err(WriteError::Rejected(loader.search(table, &batch, refused).await?));
                    }
                    Err(failure) => return Err(told(failure, table).into()),
                }
            }
        }
        Ok(())
    }

    /// Carries out what was decided: commits, then notes that it is done.
    async fn carry_out(&mut self, epoch: &Epoch, work: &Work) -> Result<(), Error> {
        let outcomes = finish::commit(&self.shared.client, &work.labels).await.map_err(|failure| {
            Error::unknown("a load was decided and is not committed yet").caused_by(failure)
        })?;
        for (prepared, outcome) in work.labels.iter().zip(outcomes) {
            if let Outcome::Unknown(why) = outcome {
                return Err(Error::unknown(format!(
                    "the load {} into {}.{} was decided, and it is not known whether it is in the table: {why}",
                    prepared.label, prepared.database, prepared.table
                )));
            }
        }
        self.store.done(epoch).await
    }

    /// Finishes what was decided for lanes that were just taken, and says where they go on.
    async fn finish(&mut self, held: Vec<HeldLane>) -> Result<Vec<Taken>, Error> {
        let mut taken = Vec::with_capacity(held.len());
        let mut finished = Vec::new();
        let mut known: Vec<(Work, Vec<Outcome>)> = Vec::new();
        for HeldLane { taken: mut lane, work } in held {
            if let Some(work) = work {
                // Lanes of one decision come with the same work.
                let outcomes = if let Some((_, outcomes)) = known.iter().find(|(other, _)| *other == work) {
                    outcomes.clone()
                } else {
                    let count = work.labels.len();
                    tracing::info!(loads = count, lane = %lane.lane, "loads that were decided are committed");
                    let committed = finish::commit(&self.shared.client, &work.labels).await;
                    let outcomes = committed.map_err(|failure| {
                        Error::transient("what was decided before cannot be committed yet").caused_by(failure)
                    })?;
                    known.push((work.clone(), outcomes.clone()));
                    outcomes
                };
                if finish::settle(&self.shared, &mut lane, &work, &outcomes).await? == Verdict::There {
                    finished.push(taken.len());
                }
            }
            taken.push(lane);
        }
        if !finished.is_empty() {
            let lanes: Vec<&Taken> = finished.iter().map(|place| &taken[*place]).collect();
            self.store.done_before(&lanes).await?;
        }
        Ok(taken)
    }

    /// Gives up what is prepared and was never decided.
    async fn roll_back(&mut self) {
        self.window.empty();
        self.left.append(&mut self.prepared);
        self.clean_up().await;
        self.next_epoch();
    }

    /// Rolls back what was given up. What is prepared holds up changes of its table, and counts for the cluster's limit of open
    /// transactions, until `prepared_timeout`.
    async fn clean_up(&mut self) {
        let mut left = std::mem::take(&mut self.left).into_iter();
        while let Some(prepared) = left.next() {
            let Prepared { database, table, label, .. } = &prepared;
            // Nobody will ever commit it: nothing hangs on the answer.
            if let Err(failure) = self.shared.client.roll_back(database, table, label).await {
                tracing::debug!(label, %failure, "a load is not rolled back yet");
                if failure.may_be_asked_again() {
                    self.left.push(prepared);
                    self.left.extend(left);
                    return;
                }
            }
        }
    }

    fn next_epoch(&mut self) {
        self.epoch += 1;
        self.attempts = 0;
    }
}

#[async_trait]
impl Writer for StarRocksWriter {
    async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error> {
        self.roll_back().await;
        self.in_doubt = false;
        // Whoever had the lanes may have changed their tables. Before the first take they were looked at just now.
        if std::mem::replace(&mut self.had_lanes, true) {
            self.shared.tables.plans.forget();
        }
        let transactions = self.shared.options.delivery == Delivery::ExactlyOnce;
        let found = if transactions { leftovers::look(&self.shared, lanes).await } else { Vec::new() };
        let held = self.store.take(lanes).await?;
        let undecided = leftovers::undecided(found, held.iter().filter_map(|lane| lane.work.as_ref()));
        let taken = self.finish(held).await?;
        if !undecided.is_empty() {
            tracing::info!(
                loads = undecided.len(),
                "loads that were prepared and never decided are rolled back"
            );
            self.left.extend(undecided);
            self.clean_up().await;
        }
        Ok(taken)
    }

    async fn write(&mut self, encoded: Encoded) -> Result<(), WriteError> {
        self.change_tables().await?;
        let body = encoded
            .body
            .downcast::<Body>()
            .map_err(|_| Error::fatal("rows of another sink were given to a writer of tables"))?;
        let rows = match *body {
            Body::Rows(rows) => rows,
            Body::Unknown(batch) => self.encode(&batch).await?,
        };
        if rows.is_empty() {
            return Ok(());
        }
        let rows = Arc::new(rows);
        let mut start = 0;
        while let Some(next) = self.window.add(&rows, start) {
            self.flush().await?;
            start = next;
        }
        if self.window.bytes() as u64 >= self.shared.options.buffer.0 {
            self.flush().await?;
        }
        Ok(())
    }

    async fn commit(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        self.flush().await?;
        if let Some(lane) = epoch.stale_lane() {
            let what = "the lane was given away or rewound before its epoch was decided";
            return Err(Error::fenced(what).lane(lane).into());
        }
        let from = epoch.lanes.iter().map(|span| (span.lane.clone(), span.from.clone())).collect();
        let work = Work { labels: std::mem::take(&mut self.prepared), from };
        let work = Some(work).filter(|work| !work.labels.is_empty());
        self.next_epoch();
        // From here on nothing of the epoch is rolled back by this process: it may be decided whatever the answer is.
        self.in_doubt = true;
        if let Decision::NotPlainly(error) = self.store.decide(epoch, work.as_ref()).await {
            return Err(error.into());
        }
        if let Some(work) = &work {
            self.carry_out(epoch, work).await?;
        }
        self.in_doubt = false;
        self.clean_up().await;
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), Error> {
        self.roll_back().await;
        if self.in_doubt {
            return Err(Error::new(
                Class::Unknown,
                "what was decided last is not known: the lanes are taken again",
            ));
        }
        self.store.abort().await
    }

    async fn state(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.store.state(key).await
    }

    async fn write_state(&mut self, key: &str, bytes: Vec<u8>) -> Result<(), WriteError> {
        self.store.write_state(key, bytes);
        Ok(())
    }

    async fn close(&mut self) {
        self.roll_back().await;
        self.store.close().await;
        self.shared.catalog.lock().await.close().await;
    }
}
