//! Threads that turn chunks into encoded rows.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arrow_array::UInt32Array;
use crossbeam_channel::{Receiver, Sender};
use sluicegate_connector::{Chunk, Encoded, Encoder, Error, Incarnations, TransformError, TransformFactory};
use sluicegate_model::dead_letter::Reason;
use sluicegate_model::{ChangeBatch, DeadLetter, Incarnation, Item, Lane, Position, TableName};
use tokio::sync::mpsc;
use tracing::warn;

use crate::budget::Permit;
use crate::chain::{Chain, Passed, StepFailure};
use crate::dead::{Refused, SealLetters, without_quotes};
use crate::policies::Policies;

/// The longest that a step which asks for patience waits between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What an encoded row costs beside its bytes, about: where it lies, where it came from, its key.
const ROW_BYTES: usize = 64;

/// What all workers of a pipeline share.
pub(crate) struct Shop {
    pub(crate) pipeline: String,
    pub(crate) steps: Vec<Arc<dyn TransformFactory>>,
    pub(crate) encoder: Arc<dyn Encoder>,
    pub(crate) refused: Refused,
    pub(crate) incarnations: Incarnations,
    pub(crate) policies: Policies,
    pub(crate) seal: Option<Arc<dyn SealLetters>>,
    pub(crate) unquoted: bool,
}

impl Shop {
    /// A reason as it may be shown and stored.
    pub(crate) fn clear(&self, reason: String) -> String {
        if self.seal.is_some() || self.unquoted { without_quotes(&reason) } else { reason }
    }
}

/// A chunk to be worked on; `seq` is its place among its incarnation's chunks.
pub(crate) struct Job {
    pub(crate) seq: u64,
    pub(crate) chunk: Box<Chunk>,
    pub(crate) permit: Permit,
}

/// What a chunk became.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) parts: Vec<Encoded>,
    pub(crate) letters: Vec<DeadLetter>,
}

impl Work {
    /// Bytes of memory that it takes, about.
    fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.bytes + part.rows * ROW_BYTES).sum()
    }
}

/// A chunk that was worked on.
pub(crate) struct Done {
    pub(crate) lane: Lane,
    pub(crate) incarnation: Incarnation,
    pub(crate) seq: u64,
    pub(crate) from: Position,
    pub(crate) to: Position,
    pub(crate) records: usize,
    pub(crate) bytes: usize,
    pub(crate) in_transaction: bool,
    pub(crate) result: Result<Work, Error>,
    /// Given back when the rows are handed over or dropped.
    pub(crate) permit: Permit,
}

/// The threads. They end when the pool is dropped and their current chunk is done.
pub(crate) struct Pool {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub(crate) fn start(
        shop: &Arc<Shop>,
        count: usize,
        results: &mpsc::UnboundedSender<Done>,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = crossbeam_channel::unbounded();
        let threads = (0..count)
            .map(|number| {
                let (shop, queue, results) = (Arc::clone(shop), queue.clone(), results.clone());
                let worker = std::thread::Builder::new().name(format!("worker-{number}"));
                worker.spawn(move || Worker::new(shop).run(&queue, &results))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Never blocks: how much is on its way is the budget's business.
    pub(crate) fn give(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // Fails only when every worker has ended, and then nobody waits for the result either.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

struct Worker {
    shop: Arc<Shop>,
    chain: Chain,
}

impl Worker {
    fn new(shop: Arc<Shop>) -> Self {
        let chain = Chain::new(&shop.steps);
        Self { shop, chain }
    }

    fn run(mut self, jobs: &Receiver<Job>, results: &mpsc::UnboundedSender<Done>) {
        for Job { seq, chunk, mut permit } in jobs {
            let stale = !self.shop.incarnations.is_current(&chunk.lane, chunk.incarnation);
            let result = if stale { Ok(Work::default()) } else { self.work_unless_it_panics(&chunk) };
            permit.grow_to(result.as_ref().map_or(0, Work::bytes));
            let Chunk { lane, incarnation, from, to, records, bytes, in_transaction, .. } = *chunk;
            let done =
                Done { lane, incarnation, seq, from, to, records, bytes, in_transaction, result, permit };
            if results.send(done).is_err() {
                return;
            }
        }
    }

    /// A panic here is a defect of ours. It must end the pipeline with an error, not hang it.
    fn work_unless_it_panics(&mut self, chunk: &Chunk) -> Result<Work, Error> {
        catch_unwind(AssertUnwindSafe(|| self.work(chunk))).unwrap_or_else(|panic| {
            self.chain = Chain::new(&self.shop.steps);
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Err(Error::fatal(format!("a defect of Sluicegate: {words}"))
                .lane(&chunk.lane)
                .position(&chunk.from))
        })
    }

    fn work(&mut self, chunk: &Chunk) -> Result<Work, Error> {
        let decoded = chunk.payload.decode()?;
        let mut work = Work::default();
        let mut letters = Letters { shop: &self.shop, chunk, known: HashSet::new(), written: Vec::new() };
        for reject in decoded.rejects {
            self.shop.policies.unreadable(&self.shop, chunk, &reject)?;
            letters.add(reject.ordinal, reject.part, None, "decode", reject.reason)?;
        }
        for item in decoded.items {
            let batch = match item {
                Item::Rows(batch) => batch,
                Item::Control(event) => {
                    work.parts.extend(self.shop.policies.control(&self.shop, chunk, &event)?);
                    continue;
                }
            };
            let passed = transform(&mut self.chain, &self.shop, chunk, batch)?;
            for refusal in passed.refusals {
                letters.add(refusal.ordinal, refusal.part, refusal.output, &refusal.step, refusal.reason)?;
            }
            for output in passed.outputs {
                work.parts.extend(encode(&self.shop, output, &mut letters)?);
            }
        }
        work.letters = letters.written;
        Ok(work)
    }
}

/// Puts a batch through the steps; a step that asks for patience gets it here, as long as the lane is ours.
fn transform(chain: &mut Chain, shop: &Shop, chunk: &Chunk, batch: ChangeBatch) -> Result<Passed, Error> {
    let mut pause = Duration::from_millis(100);
    loop {
        let StepFailure { step, table, error } = match chain.apply(batch.clone()) {
            Ok(passed) => return Ok(passed),
            Err(failure) => failure,
        };
        let TransformError::Retry { message, after } = error else {
            return Err(Error::fatal(format!("step {step} stopped: {}", shop.clear(error.to_string())))
                .lane(&chunk.lane)
                .position(&chunk.from)
                .table(&table));
        };
        warn!(pipeline = shop.pipeline, %step, %table, "the step waits: {message}");
        metrics::counter!("sluicegate_retries_total", "pipeline" => shop.pipeline.clone()).increment(1);
        let until = Instant::now() + after.unwrap_or(pause).min(LONGEST_PAUSE);
        while Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
            if !shop.incarnations.is_current(&chunk.lane, chunk.incarnation) {
                return Ok(Passed::default());
            }
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Encodes a batch; rows that the sink cannot hold, or refused before, become letters.
fn encode(shop: &Shop, batch: ChangeBatch, letters: &mut Letters<'_>) -> Result<Option<Encoded>, Error> {
    let refused = shop.refused.among(&batch);
    let batch = if refused.is_empty() { batch } else { without(&batch, &refused)? };
    let table = batch.table().clone();
    let encoded = shop.encoder.encode(&batch).map_err(|error| error.lane(&letters.chunk.lane))?;
    for reject in &encoded.rejects {
        let row = reject.row as usize;
        let (ordinal, part) = (batch.origin().ordinals[row], batch.origin().part(row));
        letters.add(ordinal, part, Some(table.clone()), "encode", reject.reason.clone())?;
    }
    for (ordinal, part, reason) in refused.into_iter().map(|row| row.named) {
        letters.add(ordinal, part, Some(table.clone()), "write", reason)?;
    }
    Ok((encoded.rows > 0).then_some(encoded))
}

/// The batch without rows that were refused.
fn without(batch: &ChangeBatch, refused: &[crate::dead::RefusedRow]) -> Result<ChangeBatch, Error> {
    let gone: HashSet<usize> = refused.iter().flat_map(|row| batch.unit_of(row.row)).collect();
    let kept: UInt32Array =
        (0..batch.len()).filter(|row| !gone.contains(row)).map(|row| row as u32).collect();
    batch.take(&kept).map_err(|error| Error::fatal("rows cannot be taken out of a batch").caused_by(error))
}

/// Collects the letters of a chunk, each once.
struct Letters<'a> {
    shop: &'a Shop,
    chunk: &'a Chunk,
    known: HashSet<(u64, Option<u32>, Option<TableName>)>,
    written: Vec<DeadLetter>,
}

impl Letters<'_> {
    /// Both halves of a pair are one record: the first reason stands for both.
    fn add(
        &mut self,
        ordinal: u64,
        part: Option<u32>,
        output: Option<TableName>,
        step: &str,
        reason: String,
    ) -> Result<(), Error> {
        if !self.known.insert((ordinal, part, output.clone())) {
            return Ok(());
        }
        let mut letter = DeadLetter {
            pipeline: self.shop.pipeline.clone(),
            lane: self.chunk.payload.lane_of(ordinal).unwrap_or_else(|| self.chunk.lane.clone()),
            position: self.chunk.payload.position_of(ordinal),
            ordinal,
            part,
            output,
            why: Reason { step: step.to_owned(), reason: self.shop.clear(reason) },
            raw: self.chunk.payload.raw_row(ordinal, part).unwrap_or_default(),
        };
        if let Some(seal) = &self.shop.seal {
            seal.seal(&mut letter).map_err(|why| {
                Error::configuration(format!("a dead letter cannot be sealed: {why}")).lane(&letter.lane)
            })?;
        }
        self.written.push(letter);
        Ok(())
    }
}
