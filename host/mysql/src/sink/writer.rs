//! A transactional context: connections, each with a transaction, and the positions that are decided in them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::UInt32Array;
use async_trait::async_trait;
use futures_util::future::join_all;
use sluicegate_connector::{Encoded, Epoch, Error, LaneSpan, SinkReject, Taken, WriteError, Writer};
use sluicegate_model::{ChangeBatch, Lane, TableName};
use sluicegate_tables::{Moment, TableRef, sink_rejects};
use tokio::sync::Mutex;

use super::catalog::Catalog;
use super::destination::destination;
use super::encoder::Body;
use super::options::{SinkOptions, WriteMode};
use super::plan::Plan;
use super::rows::{Rows, encode};
use super::shard::{Shard, shard_of};
use super::tables::Tables;
use super::together::Together;
use super::window::Window;
use crate::Connection;
use crate::client::failure::has_waited_in_vain;
use crate::client::{LOCK_WAIT, Session};
use crate::positions::{Held, OWN_TABLES, Store};

/// What a writer needs of its sink.
#[derive(Clone)]
pub struct Shared {
    /// How the server is reached.
    pub connection: Connection,
    /// The database of the connection.
    pub database: String,
    /// What the sink is told.
    pub options: Arc<SinkOptions>,
    /// Tables that were looked at.
    pub tables: Tables,
    /// Positions of the pipeline.
    pub store: Store,
    /// Looks at tables.
    pub catalog: Arc<Mutex<Catalog>>,
}

impl Shared {
    /// A new session.
    ///
    /// # Errors
    /// The server's.
    pub async fn connect(&self) -> Result<Session, Error> {
        Session::open(&self.connection, &self.options.sql_mode, &self.options.init).await
    }

    /// Bytes of a statement, at most, where one row is not larger.
    pub fn longest_statement(&self) -> usize {
        let wanted = usize::try_from(self.options.batch.bytes.0).unwrap_or(usize::MAX);
        self.tables.longest_statement().min(wanted)
    }

    /// The table of ours that a name is, if it is one.
    pub fn own_table(&self, table: &TableRef) -> Option<&'static str> {
        let own = OWN_TABLES.into_iter().find(|own| own.eq_ignore_ascii_case(&table.name));
        own.filter(|_| table.database.eq_ignore_ascii_case(&self.database))
    }
}

/// How long positions that move over records without rows may wait.
const WITHOUT_ROWS: Duration = Duration::from_secs(10);

/// What is known of the rows of an epoch that is not decided yet.
#[derive(Default)]
struct OpenEpoch {
    /// Of each lane, the last record with a row.
    last: HashMap<Lane, u64>,
    /// Whether there are rows that are not found by a key.
    keyless: bool,
}

/// A writer to tables.
pub struct MySqlWriter {
    shared: Shared,
    shards: Vec<Shard>,
    /// What each shard holds of each lane.
    held: HashMap<Lane, Vec<Held>>,
    /// What is known of the open epoch.
    open: OpenEpoch,
    /// When positions were decided last.
    decided: Option<Instant>,
    /// Of each lane, the note that was decided last.
    notes: HashMap<Lane, Option<serde_json::Value>>,
    /// A batch of no rows whose table has to be changed before anything is written.
    wanted: Option<ChangeBatch>,
    /// Whether one connection writes for all.
    together: Together,
}

impl MySqlWriter {
    /// A writer without connections: the first take makes them.
    pub fn new(shared: Shared) -> Self {
        let shards = connections(shared.options.writers);
        Self {
            shared,
            shards,
            held: HashMap::new(),
            open: OpenEpoch::default(),
            decided: None,
            notes: HashMap::new(),
            wanted: None,
            together: Together::default(),
        }
    }

    /// As many connections as the lanes need: where the last run left some connections ahead of others, as many as it
    /// had, until the others have come as far.
    async fn arrange(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        let Some(first) = self.shards.first_mut() else { return Ok(()) };
        if first.is_open() {
            first.give_up();
        }
        let session = first.session(&self.shared).await?;
        let uneven = self.shared.store.uneven_shards(session, lanes).await?;
        let holds_others = self.held.keys().any(|lane| !lanes.contains(lane));
        let now = self.shared.store.shards;
        let needed = match uneven {
            Some(needed) if needed != now && holds_others => {
                return Err(Error::configuration(format!(
                    "a lane was written with {needed} connections by a run that did not end in order, and others are \
                     written with {now}"
                ))
                .help(format!("run it with `writers: {needed}` until it has caught up, and stop it")));
            }
            Some(needed) => needed,
            None if holds_others => now,
            None => self.shared.options.writers,
        };
        if usize::from(needed) != self.shards.len() {
            tracing::info!(connections = needed, "connections that write");
            join_all(self.shards.iter_mut().map(Shard::close)).await;
            self.shards = connections(needed);
        }
        self.shared.store.shards = needed;
        Ok(())
    }

    /// Whether the lanes can be taken with as many connections as were asked for, and were not.
    fn may_rearrange(&self) -> bool {
        self.shared.store.shards != self.shared.options.writers
            && self.shards.iter().all(|shard| !shard.is_open())
            && self.held.values().flatten().all(|held| !held.ahead)
    }

    /// Whether an epoch has nothing that is worth a transaction: it only moves positions over records without rows,
    /// and did so not long ago. After a crash those records are read again.
    fn can_wait(&self, epoch: &Epoch) -> bool {
        let known = |span: &LaneSpan| self.notes.get(&span.lane) == Some(&span.note);
        self.open.last.is_empty()
            && self.shards.iter().all(|shard| !shard.is_open())
            && epoch.lanes.iter().all(|span| !span.released && known(span))
            && self.decided.is_some_and(|decided| decided.elapsed() < WITHOUT_ROWS)
    }

    /// Looks at the table of a batch. What has to be changed there and cannot be now is done by
    /// [`MySqlWriter::change_tables`], after the epoch was aborted.
    async fn look_at(&mut self, batch: &ChangeBatch) -> Result<Vec<Arc<Plan>>, Error> {
        let open = self.shards.iter().any(Shard::is_open);
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
        if let Some(batch) = self.wanted.take_if(|_| self.shards.iter().all(|shard| !shard.is_open())) {
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
        let (rows, rejects) = encode(plan, batch, self.shared.tables.longest_statement())?;
        if rejects.is_empty() {
            return Ok(rows);
        }
        Err(WriteError::Rejected(sink_rejects(batch, rejects)))
    }

    /// Rows that the server refused, as the error that the epoch ends with.
    fn look_at_rejects(&mut self) -> Result<(), WriteError> {
        let rejects: Vec<SinkReject> = self.shards.iter_mut().flat_map(Shard::take_rejects).collect();
        if rejects.is_empty() { Ok(()) } else { Err(WriteError::Rejected(rejects)) }
    }

    fn held(&self, lane: &Lane) -> Result<&[Held], Error> {
        self.held
            .get(lane)
            .map(Vec::as_slice)
            .ok_or_else(|| Error::unknown("the lane has to be taken before it is written").lane(lane))
    }

    /// How many connections write this epoch: the first ones.
    fn at_work(&self) -> usize {
        if self.together.is_on() { self.shards.len().min(1) } else { self.shards.len() }
    }

    /// Has the first connection write the whole of this epoch.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Transient`] where rows of the open epoch were divided already: it begins again.
    fn write_together(&mut self, output: &TableName, why: &str) -> Result<(), Error> {
        let begun = !self.together.is_on() && !self.open.last.is_empty();
        self.together.ask();
        if begun && self.shards.len() > 1 {
            let what = format!("{why}: the epoch begins again, and one connection writes it alone");
            return Err(Error::transient(what).table(output));
        }
        Ok(())
    }

    /// Removes all rows of a table, after those that came before: in the epoch's transaction, which `TRUNCATE TABLE`
    /// would end.
    async fn truncate(&mut self, output: &TableName) -> Result<(), WriteError> {
        let table = destination(&self.shared.options.table)?.table(output, &self.shared.database)?;
        if let Some(own) = self.shared.own_table(&table) {
            let what = format!("{own} is the sink's own table, and is not emptied");
            return Err(Error::configuration(what).table(output).into());
        }
        self.write_together(output, "a table is emptied")?;
        let Some(first) = self.shards.first_mut() else { return Ok(()) };
        first.set_alone(true);
        first.flush(&self.shared).await?;
        first.settle(&self.shared).await?;
        tracing::info!(%table, "all rows of the table are removed, as in the source");
        let statement = format!("DELETE FROM {}", table.quoted());
        first.transaction(&self.shared).await?.run_long(statement.as_bytes()).await.map_err(|failure| {
            failure.into_error(&format!("table {table} cannot be emptied")).table(output)
        })?;
        self.look_at_rejects()
    }

    /// Looks whether rows can be divided among the connections.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Transient`] where they cannot, and rows of the open epoch were.
    fn keep_together(&mut self, rows: &Rows, held: &[Held]) -> Result<(), Error> {
        let shards = self.shards.len();
        let moves = |row: &usize| {
            Window::is_barrier(rows, *row) && !held[shard_of(rows, *row, shards)].has(rows.ordinal(*row))
        };
        if shards == 1 || !(0..rows.len()).any(|row| moves(&row)) {
            return Ok(());
        }
        self.write_together(&rows.plan.target.output, "a key changes in a change without all columns")
    }

    /// Has the first connection write alone where a row was locked for too long: by another of ours, perhaps, which waits
    /// for the epoch's end. No deadlock is seen there by the server, and it would be so each time.
    fn heed(&mut self, done: Result<(), Error>) -> Result<(), Error> {
        if let Err(error) = &done
            && self.at_work() > 1
            && has_waited_in_vain(error)
        {
            tracing::info!("a row was locked for too long: one connection writes the next epochs alone");
            self.together.waited();
        }
        done
    }

    /// Writes what waits, and the positions, into the open transactions.
    async fn decide(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        let (shared, at_work) = (&self.shared, self.at_work());
        let flushed = join_all(self.shards[..at_work].iter_mut().map(async |shard| {
            shard.flush(shared).await?;
            shard.settle(shared).await
        }));
        let flushed = flushed.await.into_iter().collect();
        self.heed(flushed)?;
        self.look_at_rejects()?;
        if let Some(lane) = epoch.stale_lane() {
            let what = "the lane was given away or rewound before its epoch was decided";
            return Err(Error::fenced(what).lane(lane).into());
        }
        for number in 0..self.shards.len() {
            let mut moves = Vec::with_capacity(epoch.lanes.len());
            for span in &epoch.lanes {
                let held =
                    self.held.get(&span.lane).and_then(|held| held.get(number)).ok_or_else(|| {
                        Error::fenced("the lane was not taken by this writer").lane(&span.lane)
                    })?;
                moves.push((span, held.next(self.open.last.get(&span.lane).copied())));
            }
            let name = self.shards[number].name(&self.shared).await?;
            let session = self.shards[number.min(at_work - 1)].transaction(&self.shared).await?;
            self.shared.store.decide(session, (number, &name), &moves).await?;
        }
        Ok(())
    }

    /// The epoch is decided.
    fn decided(&mut self, spans: &[LaneSpan]) {
        for span in spans {
            let last = self.open.last.get(&span.lane).copied();
            for held in self.held.get_mut(&span.lane).into_iter().flatten() {
                held.decided(held.next(last));
            }
            self.notes.insert(span.lane.clone(), span.note.clone());
            if span.released {
                self.held.remove(&span.lane);
                self.notes.remove(&span.lane);
            }
        }
        self.decided = Some(Instant::now());
        self.together.decided();
        self.open = OpenEpoch::default();
    }
}

fn connections(count: u16) -> Vec<Shard> {
    (0..count).map(|_| Shard::new()).collect()
}

#[async_trait]
impl Writer for MySqlWriter {
    async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error> {
        self.open = OpenEpoch::default();
        self.arrange(lanes).await?;
        let mut names = Vec::with_capacity(self.shards.len());
        for shard in &mut self.shards {
            if shard.is_open() {
                shard.give_up();
            }
            names.push(shard.name(&self.shared).await?);
        }
        let Some(first) = self.shards.first_mut() else { return Ok(Vec::new()) };
        let session = first.session(&self.shared).await?;
        session.wait_for_locks(LOCK_WAIT).await?;
        let taken = self.shared.store.take(session, lanes, &names).await?;
        let mut starts = Vec::with_capacity(taken.len());
        for lane in taken {
            self.notes.remove(&lane.taken.lane);
            self.held.insert(lane.taken.lane.clone(), lane.held);
            starts.push(lane.taken);
        }
        Ok(starts)
    }

    async fn write(&mut self, encoded: Encoded) -> Result<(), WriteError> {
        let body = encoded
            .body
            .downcast::<Body>()
            .map_err(|_| Error::fatal("rows of another sink were given to a writer of tables"))?;
        if self.may_rearrange() {
            // Every lane is taken again, and none is held any more.
            self.held.clear();
            let what = "the connections are level again: lanes are taken with as many as were asked for";
            return Err(Error::unknown(what).into());
        }
        self.change_tables().await?;
        let rows = match *body {
            Body::Rows(rows) => rows,
            Body::Unknown(batch) => self.encode(&batch).await?,
            Body::Truncate(output) => return self.truncate(&output).await,
        };
        if rows.is_empty() {
            return Ok(());
        }
        self.open.keyless |= rows.plan.key.is_empty() || rows.plan.write == WriteMode::Insert;
        let rows = Arc::new(rows);
        let lane = rows.origin().lane.clone();
        let held = self.held(&lane)?.to_vec();
        self.keep_together(&rows, &held)?;
        let last = (0..rows.len()).map(|row| rows.ordinal(row)).max();
        let known = self.open.last.get(&lane).copied();
        self.open.last.extend(last.max(known).map(|last| (lane, last)));
        let (shards, at_work) = (self.shards.len(), self.at_work());
        let (shared, rows, held) = (&self.shared, &rows, &held);
        let added = self.shards[..at_work].iter_mut().enumerate().map(async |(number, shard)| {
            shard.set_alone(at_work == 1);
            let is_ours = |row| {
                let own = shard_of(rows, row, shards);
                own.min(at_work - 1) == number && !held[own].has(rows.ordinal(row))
            };
            shard.add(shared, rows, is_ours).await
        });
        let added = join_all(added).await.into_iter().collect();
        self.heed(added)?;
        self.look_at_rejects()
    }

    async fn commit(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        if self.can_wait(epoch) && epoch.stale_lane().is_none() {
            return Ok(());
        }
        self.decide(epoch).await?;
        let at_work = self.at_work();
        let Some((first, others)) = self.shards[..at_work].split_first_mut() else { return Ok(()) };
        let committed = if self.open.keyless {
            // Such rows are on the first connection alone, and a source may bring others in their place when it reads
            // again. So that one is never ahead of the others.
            let mut committed = join_all(others.iter_mut().map(Shard::commit)).await;
            if committed.iter().all(Result::is_ok) {
                committed.push(first.commit().await);
            }
            committed
        } else {
            join_all(std::iter::once(first).chain(others).map(Shard::commit)).await
        };
        // One that failed makes the whole of it unknown: lanes are taken again, and each shard goes on from its own.
        committed.into_iter().collect::<Result<(), Error>>()?;
        self.decided(&epoch.lanes);
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), Error> {
        self.open = OpenEpoch::default();
        let undone = join_all(self.shards.iter_mut().map(Shard::roll_back)).await;
        undone.into_iter().collect()
    }

    async fn state(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(shard) = self.shards.first_mut() else { return Ok(None) };
        let session = shard.session(&self.shared).await?;
        self.shared.store.state(session, key).await
    }

    async fn write_state(&mut self, key: &str, bytes: Vec<u8>) -> Result<(), WriteError> {
        let Some(shard) = self.shards.first_mut() else { return Ok(()) };
        let session = shard.transaction(&self.shared).await?;
        Ok(self.shared.store.write_state(session, key, &bytes).await?)
    }

    async fn close(&mut self) {
        join_all(self.shards.iter_mut().map(Shard::close)).await;
        self.shared.catalog.lock().await.close().await;
    }
}
