//! The engine against a system that refuses, forgets its answers and takes lanes away.

mod memory;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use memory::sink::{Faults, MemoryLetters, MemorySink};
use memory::source::{MemorySource, TRANSACTION};
use memory::steps::{Deed, step};
use memory::{Dice, Shared, Store, assert_exactly_once};
use parking_lot::Mutex;
use sluicegate_connector::TransformFactory;
use sluicegate_engine::options::RetryOptions;
use sluicegate_engine::{Counters, DeadLetterRoute, End, Options, Pipeline, Stop, StopAfter, StopLevel};
use sluicegate_model::{ByteSize, Lane, TimeSpan};
use tokio::sync::watch;

struct Run {
    lanes: BTreeMap<Lane, u64>,
    store: Shared,
    faults: Faults,
    rebalance_once_in: u64,
    steps: Vec<Arc<dyn TransformFactory>>,
    stop_after: StopAfter,
    letters_open: bool,
    whole_transactions: bool,
    bounded: bool,
}

impl Run {
    fn new() -> Self {
        Self {
            lanes: [("t/0", 1500), ("t/1", 900), ("t/2", 0)]
                .map(|(lane, rows)| (Lane::from(lane), rows))
                .into(),
            store: Arc::new(Mutex::new(Store::default())),
            faults: Faults::default(),
            rebalance_once_in: 0,
            steps: Vec::new(),
            stop_after: StopAfter { failed: 1000, of: 1000 },
            letters_open: true,
            whole_transactions: false,
            bounded: true,
        }
    }

    fn pipeline(&self, seed: u64, counters: &Arc<Counters>) -> Pipeline {
        let millis = |millis| TimeSpan(Duration::from_millis(millis));
        Pipeline {
            name: "test".to_owned(),
            source: Box::new(MemorySource::new(&self.lanes, seed, self.rebalance_once_in)),
            steps: self.steps.clone(),
            sink: Box::new(MemorySink {
                store: Arc::clone(&self.store),
                faults: self.faults,
                dice: Dice::new(seed + 1),
            }),
            outputs: Vec::new(),
            dead_letters: DeadLetterRoute {
                open: self.letters_open,
                outside: Some(Box::new(MemoryLetters(Arc::clone(&self.store)))),
                stop_after: self.stop_after,
                ..DeadLetterRoute::default()
            },
            options: Options {
                workers: Some(2),
                memory: ByteSize(20_000),
                max_delay: millis(1),
                max_epoch: millis(3),
                whole_transactions: self.whole_transactions,
                retry: RetryOptions { first: millis(1), longest: millis(2), give_up_after: None },
                ..Options::default()
            },
            bounded: self.bounded,
            counters: Arc::clone(counters),
        }
    }

    async fn run(&self, seed: u64) -> Result<End, Stop> {
        let (_level, receiver) = watch::channel(StopLevel::Run);
        let pipeline = self.pipeline(seed, &Arc::default());
        let limit = Duration::from_mins(1);
        tokio::time::timeout(limit, pipeline.run(receiver)).await.expect("it comes to an end")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_faults_every_row_arrives_once() {
    let run = Run::new();
    assert_eq!(run.run(1).await.unwrap(), End::SourceEnd);
    assert_exactly_once(
        &run.store.lock(),
        &[("t/0", 1500), ("t/1", 900)].map(|(l, n)| (l.into(), n)).into(),
        &[],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_faults_every_row_arrives_once() {
    for seed in 0..12 {
        let mut run = Run::new();
        run.lanes.remove(&Lane::from("t/2"));
        run.faults = Faults { prepare: 2, open: 2, write: 40, commit: 6, abort: 3, take: 4, refuse_every: 0 };
        run.rebalance_once_in = 60;
        assert_eq!(run.run(seed).await.unwrap(), End::SourceEnd, "seed {seed}");
        assert_exactly_once(&run.store.lock(), &run.lanes, &[]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_epoch_ends_inside_a_transaction_that_is_kept_whole() {
    let cut = |run: &Run| {
        let store = run.store.lock();
        let inside = |(lane, end): &&(Lane, u64)| !end.is_multiple_of(TRANSACTION) && *end < run.lanes[lane];
        store.ends.iter().filter(inside).count()
    };
    let mut cut_otherwise = 0;
    for seed in 0..12 {
        for whole_transactions in [true, false] {
            let mut run = Run { whole_transactions, ..Run::new() };
            run.lanes.remove(&Lane::from("t/2"));
            run.faults = Faults { write: 200, commit: 6, abort: 3, take: 4, ..Faults::default() };
            run.rebalance_once_in = 100;
            assert_eq!(run.run(seed).await.unwrap(), End::SourceEnd, "seed {seed}");
            assert_exactly_once(&run.store.lock(), &run.lanes, &[]);
            if whole_transactions {
                assert_eq!(cut(&run), 0, "seed {seed}");
            } else {
                cut_otherwise += cut(&run);
            }
        }
    }
    assert!(cut_otherwise > 0, "epochs end anywhere where nobody asks for more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_trap_or_are_rejected_are_put_aside_alone() {
    let mut run = Run::new();
    run.lanes = [(Lane::from("t/0"), 1000)].into();
    run.steps = vec![
        step("first", |ordinal| if ordinal % 250 == 17 { Deed::Trap } else { Deed::Pass }),
        step("second", |ordinal| if ordinal == 300 { Deed::Reject } else { Deed::Pass }),
    ];
    run.run(3).await.unwrap();
    let dead = [17, 267, 300, 517, 767].map(|ordinal| (Lane::from("t/0"), ordinal));
    let store = run.store.lock();
    assert_exactly_once(&store, &run.lanes, &dead);
    let letters: Vec<(u64, &str)> =
        store.letters.iter().map(|one| (one.ordinal, one.why.step.as_str())).collect();
    assert_eq!(letters, [(17, "first"), (267, "first"), (300, "second"), (517, "first"), (767, "first")]);
    assert_eq!(store.letters[0].raw.value.as_deref(), Some(b"17".as_slice()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_the_sink_refuses_are_put_aside_on_the_way_back() {
    let mut run = Run::new();
    run.lanes = [(Lane::from("t/0"), 400)].into();
    run.faults = Faults { refuse_every: 150, ..Faults::default() };
    run.run(4).await.unwrap();
    let dead = [0, 150, 300].map(|ordinal| (Lane::from("t/0"), ordinal));
    let store = run.store.lock();
    assert_exactly_once(&store, &run.lanes, &dead);
    assert!(store.letters.iter().all(|letter| letter.why.step == "write" && letter.why.reason == "too odd"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_dead_letters_stop_and_a_restart_does_not_forget() {
    let mut run = Run::new();
    run.lanes = [(Lane::from("t/0"), 1000)].into();
    run.stop_after = StopAfter { failed: 5, of: 1000 };
    run.steps = vec![step("odd", |ordinal| if ordinal % 100 == 50 { Deed::Reject } else { Deed::Pass })];
    for _ in 0..2 {
        match run.run(5).await {
            Err(Stop::Threshold { failed: 5, of: 1000, step, reason, .. }) => {
                assert_eq!((step.as_str(), reason.as_str()), ("odd", "not this one"));
            }
            other => panic!("the threshold stops it: {other:?}"),
        }
    }
    let passed = run.store.lock().positions.get(&Lane::from("t/0")).copied().unwrap_or(0);
    assert!(passed <= 450, "the row that was too much is not passed: {passed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_place_for_dead_letters_the_first_stops() {
    let mut run = Run::new();
    run.letters_open = false;
    run.steps = vec![step("odd", |ordinal| if ordinal == 700 { Deed::Reject } else { Deed::Pass })];
    let message = run.run(6).await.unwrap_err().to_string();
    assert!(message.contains("step odd cannot handle a row: not this one"), "{message}");
    assert!(message.contains("ordinal 700") && message.contains("dead_letters"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_fails_on_every_row_stops_the_pipeline() {
    let mut run = Run::new();
    run.lanes = [(Lane::from("t/0"), 5000)].into();
    run.stop_after = StopAfter { failed: 5000, of: 5000 };
    run.steps = vec![step("broken", |_| Deed::Trap)];
    // Chunks are small here: what stops it is either the budget of one batch or the threshold.
    let stop = run.run(7).await.unwrap_err();
    assert!(matches!(stop, Stop::Error(_) | Stop::Threshold { .. }), "{stop}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_is_not_there_yet_is_waited_for() {
    let mut run = Run::new();
    run.faults.prepare = 1;
    let counters = Arc::new(Counters::default());
    let (level, receiver) = watch::channel(StopLevel::Run);
    let running = tokio::spawn(run.pipeline(9, &counters).run(receiver));
    while !counters.counts().stalled {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    level.send(StopLevel::Drain).unwrap();
    assert_eq!(running.await.unwrap().unwrap(), End::Drained);
    assert!(run.store.lock().rows.is_empty());
    // And no longer than it was told to.
    let mut pipeline = run.pipeline(9, &counters);
    pipeline.options.retry.give_up_after = Some(TimeSpan(Duration::from_millis(20)));
    let (_level, receiver) = watch::channel(StopLevel::Run);
    let stop = pipeline.run(receiver).await.unwrap_err().to_string();
    assert!(stop.contains("prepare: not now"), "{stop}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drained_stop_commits_and_releases_all_that_was_read() {
    let mut run = Run::new();
    run.bounded = false;
    let counters = Arc::new(Counters::default());
    let (level, receiver) = watch::channel(StopLevel::Run);
    let running = tokio::spawn(run.pipeline(8, &counters).run(receiver));
    while counters.counts().read < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    level.send(StopLevel::Drain).unwrap();
    assert_eq!(running.await.unwrap().unwrap(), End::Drained);
    let store = run.store.lock();
    let counts = counters.counts();
    assert_eq!(counts.read, store.positions.values().sum::<u64>());
    assert_eq!(counts.written, store.rows.len() as u64);
    let moved = store.positions.iter().filter(|(_, next)| **next > 0).map(|(lane, _)| lane);
    for lane in moved {
        assert!(store.released.contains(lane), "{lane} is released");
    }
}
