//! Source and sink on different clusters: lanes are claimed by name.

use std::time::Duration;

use sluicegate_connector::{Class, LaneSpan, StartAt};
use sluicegate_model::Lane;
use sluicegate_test_servers::unique_name;

use crate::support::*;

fn at(taken: &sluicegate_connector::Taken) -> i64 {
    match &taken.at {
        StartAt::Position(position) => offset(position),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_takes_a_lane_from_a_living_holder() {
    let out = topic_with("out", 1, 0);
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let mut old = Process::new(&pipeline, "old", None).await;
    assert_eq!(old.take(&lane).await.unwrap().at, StartAt::Configured);
    old.write(&batch(&out, &lane, 0, &["a", "b"])).await.unwrap();
    old.commit(&lane, position(0), position(2)).await.unwrap();
    // A zombie: it has rows in an open transaction, and knows of nothing.
    old.write(&batch(&out, &lane, 2, &["c"])).await.unwrap();

    let mut new = Process::new(&pipeline, "new", None).await;
    assert_eq!(at(&new.take(&lane).await.unwrap()), 2);
    let refused = error(old.commit(&lane, position(2), position(3)).await);
    assert!(matches!(refused.class(), Class::Fenced | Class::Unknown), "{refused}");
    assert!(old.writer.abort().await.is_err(), "nothing was acknowledged");

    new.write(&batch(&out, &lane, 2, &["c"])).await.unwrap();
    new.commit(&lane, position(2), position(3)).await.unwrap();
    assert_eq!(texts(&out), ["a", "b", "c"]);

    // The old one is alive after all, and takes the lane back with a new id.
    assert_eq!(at(&old.take(&lane).await.unwrap()), 3);
    old.write(&batch(&out, &lane, 3, &["d"])).await.unwrap();
    old.commit(&lane, position(3), position(4)).await.unwrap();
    assert!(new.commit(&lane, position(3), position(4)).await.is_err());
    assert_eq!(texts(&out), ["a", "b", "c", "d"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_lane_goes_without_fencing_its_holder() {
    let out = topic_with("out", 1, 0);
    let pipeline = unique_name("p");
    let (kept, given) = (Lane::from("src/0"), Lane::from("src/1"));
    let mut old = Process::new(&pipeline, "old", None).await;
    old.take(&kept).await.unwrap();
    old.take(&given).await.unwrap();
    let incarnation = old.incarnations.begin(&given);
    let (from, to) = (position(0), position(7));
    let span = LaneSpan { lane: given.clone(), incarnation, from, to, released: true, note: None };
    old.commit_as(span).await.unwrap();

    let mut new = Process::new(&pipeline, "new", None).await;
    assert_eq!(at(&new.take(&given).await.unwrap()), 7);
    old.write(&batch(&out, &kept, 0, &["still mine"])).await.unwrap();
    old.commit(&kept, position(0), position(1)).await.unwrap();
    assert_eq!(texts(&out), ["still mine"]);
    // What was given away must not be decided any more.
    let refused = error(old.commit(&given, position(7), position(8)).await);
    assert_eq!(refused.class(), Class::Fenced);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_takes_its_own_lane_again() {
    let out = topic_with("out", 1, 0);
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let mut process = Process::new(&pipeline, "i", None).await;
    for round in 0..3_u64 {
        process.take(&lane).await.unwrap();
        process.write(&batch(&out, &lane, round, &["x"])).await.unwrap();
        process.commit(&lane, position(round as i64), position(round as i64 + 1)).await.unwrap();
    }
    assert_eq!(at(&process.take(&lane).await.unwrap()), 3);
    assert_eq!(texts(&out).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_behind_anothers_open_transaction_is_read() {
    use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
    let out = topic_with("out", 1, 0);
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let mut options = sink_options();
    options.positions.topic = unique_name("positions");
    options.positions.partitions = 1;
    let mut old = Process::with(options.clone(), &pipeline, "old", None).await;
    old.take(&lane).await.unwrap();
    old.commit(&lane, position(0), position(1)).await.unwrap();

    // Another pipeline's transaction, open in the same partition.
    let limit = Duration::from_secs(20);
    let other: BaseProducer = rdkafka::ClientConfig::new()
        .set("bootstrap.servers", kafka().brokers())
        .set("transactional.id", unique_name("other"))
        .create()
        .unwrap();
    other.init_transactions(limit).unwrap();
    other.begin_transaction().unwrap();
    other.send(BaseRecord::<str, str>::to(&options.positions.topic).key("other").payload("x")).unwrap();
    other.flush(limit).unwrap();

    old.write(&batch(&out, &lane, 1, &["a"])).await.unwrap();
    old.commit(&lane, position(1), position(2)).await.unwrap();
    let ending = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_secs(2));
        other.abort_transaction(limit).unwrap();
    });
    let mut new = Process::with(options, &pipeline, "new", None).await;
    // The end that a read_committed client is told lies before the transaction, and so before the decision.
    assert_eq!(at(&new.take(&lane).await.unwrap()), 2);
    assert!(ending.is_finished(), "it was waited for");
}

#[tokio::test(flavor = "multi_thread")]
async fn state_is_decided_with_the_epoch() {
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let mut process = Process::new(&pipeline, "i", None).await;
    process.take(&lane).await.unwrap();
    process.writer.write_state("schema", b"one".to_vec()).await.unwrap();
    process.commit(&lane, position(0), position(1)).await.unwrap();
    process.writer.write_state("schema", b"two".to_vec()).await.unwrap();
    process.writer.abort().await.unwrap();
    assert_eq!(process.writer.state("schema").await.unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(process.writer.state("other").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_whose_caller_was_cancelled_is_settled_before_the_next_take() {
    let out = topic_with("out", 1, 0);
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let mut process = Process::new(&pipeline, "i", None).await;
    let mut next = 0;
    process.take(&lane).await.unwrap();
    for round in 0..12_u64 {
        process.write(&batch(&out, &lane, next as u64, &[&next.to_string()])).await.unwrap();
        // Cancelled somewhere on the way: the decision may be made, or not.
        let cut = Duration::from_micros(round * 700);
        let _ = tokio::time::timeout(cut, process.commit(&lane, position(next), position(next + 1))).await;
        let _ = process.writer.abort().await;
        next = match process.take(&lane).await.unwrap().at {
            StartAt::Position(position) => offset(&position),
            _ => 0,
        };
    }
    let expected: Vec<String> = (0..next).map(|n| n.to_string()).collect();
    assert_eq!(texts(&out), expected, "what the records say was decided is what is there");
}
