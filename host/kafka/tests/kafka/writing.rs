//! Messages as they arrive, and those that do not.

use std::collections::BTreeMap;

use sluicegate_connector::{Class, DeadLetters, Sink};
use sluicegate_kafka::topics::CreateTopics;
use sluicegate_kafka::{DeadLetterOptions, Identity, KafkaDeadLetters, KafkaSink};
use sluicegate_model::dead_letter::Reason;
use sluicegate_model::{DeadLetter, Lane, RawRecord};
use sluicegate_test_servers::unique_name;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn headers_key_and_value_arrive() {
    let out = topic_with("out", 3, 0);
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/2"));
    let mut options = sink_options();
    options.headers = BTreeMap::from([("from".to_owned(), "{origin}/{table}".to_owned())]);
    let mut process = Process::with(options, &pipeline, "i", None).await;
    process.take(&lane).await.unwrap();
    process.write(&batch(&out, &lane, 41, &["a"])).await.unwrap();
    process.commit(&lane, position(41), position(42)).await.unwrap();
    let messages = kafka().client().read_all_committed(&out).unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].key_text(), messages[0].value_text()), ("a".into(), "{\"id\":\"a\"}".into()));
    assert_eq!(messages[0].header("from"), Some(format!("src/2:41/{out}").as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rows_pass_through_a_small_topic_and_large_ones_are_refused() {
    let out = unique_name("small");
    kafka().create_topic(&out, 1, &[("max.message.bytes", "20000")]).unwrap();
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let mut options = sink_options();
    // Otherwise the broker would measure what compression leaves.
    options.compression = sluicegate_kafka::sink::Compression::None;
    let mut process = Process::with(options, &pipeline, "i", None).await;
    let texts: Vec<String> = (0..200).map(|n| format!("{n:04}{}", "x".repeat(2_000))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let rows = batch(&out, &lane, 0, &texts);
    process.sink.prepare(&[rows.slice(0, 0)]).await.unwrap();
    process.take(&lane).await.unwrap();
    process.write(&rows).await.unwrap();
    process.commit(&lane, position(0), position(200)).await.unwrap();
    assert_eq!(crate::support::texts(&out).len(), 200);

    let large = "y".repeat(15_000);
    let encoded = process.sink.encoder().encode(&batch(&out, &lane, 200, &["a", &large, "b"])).unwrap();
    assert_eq!((encoded.rows, encoded.rejects.len()), (2, 1));
    assert_eq!(encoded.rejects[0].row, 1);
    assert!(encoded.rejects[0].reason.contains("takes 20000"), "{:?}", encoded.rejects);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_takes_less_than_was_thought_costs_one_epoch() {
    let (large, small) = (topic_with("large", 1, 0), unique_name("small"));
    kafka().create_topic(&small, 1, &[("max.message.bytes", "20000")]).unwrap();
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let mut process = Process::new(&pipeline, "i", None).await;
    process.take(&lane).await.unwrap();
    process.write(&batch(&large, &lane, 0, &["a"])).await.unwrap();
    // The topic shows up with the first row for it.
    let again = error(process.write(&batch(&small, &lane, 1, &["b"])).await);
    assert_eq!(again.class(), Class::Unknown);
    assert!(process.writer.abort().await.is_err());
    process.take(&lane).await.unwrap();
    process.write(&batch(&large, &lane, 0, &["a"])).await.unwrap();
    process.write(&batch(&small, &lane, 1, &["b"])).await.unwrap();
    process.commit(&lane, position(0), position(2)).await.unwrap();
    assert_eq!((texts(&large), texts(&small)), (vec!["a".to_owned()], vec!["b".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_topics_are_named_or_made() {
    let (pipeline, out) = (unique_name("p"), unique_name("missing"));
    let lane = Lane::from("src/0");
    let mut process = Process::new(&pipeline, "i", None).await;
    let error = process.sink.prepare(&[batch(&out, &lane, 0, &[])]).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains(&format!("there is no topic {out}")), "{error}");

    let mut options = sink_options();
    options.create_topics = Some(CreateTopics { partitions: Some(3), ..CreateTopics::default() });
    let mut process = Process::with(options, &pipeline, "i", None).await;
    process.sink.prepare(&[batch(&out, &lane, 0, &[])]).await.unwrap();
    assert_eq!(kafka().client().partitions(&out).unwrap(), 3);
}

fn letter(pipeline: &str, value: Vec<u8>) -> DeadLetter {
    DeadLetter {
        pipeline: pipeline.into(),
        lane: "src/0".into(),
        position: position(5),
        ordinal: 5,
        part: None,
        output: None,
        why: Reason { step: "decode".into(), reason: "no JSON".into() },
        raw: RawRecord {
            key: Some(b"k".to_vec()),
            value: Some(value),
            headers: vec![("own".into(), Some(b"h".to_vec())), ("empty".into(), None)],
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_decided_with_the_rows() {
    let dead = topic_with("dead", 1, 0);
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let letters = DeadLetterOptions { topic: dead.clone(), create_topics: None };
    let identity = Identity::new(&pipeline, "i");
    let mut sink = KafkaSink::new(&connection(), sink_options(), &identity, None)
        .unwrap()
        .with_dead_letters(&letters)
        .unwrap();
    let mut writer = sink.open().await.unwrap();
    assert!(writer.joins_dead_letters());
    writer.take(std::slice::from_ref(&lane)).await.unwrap();
    assert!(writer.write_dead_letters(vec![letter(&pipeline, b"bad".to_vec())]).await.unwrap().is_empty());
    writer.abort().await.unwrap();
    assert!(kafka().client().read_all_committed(&dead).unwrap().is_empty());

    let all = vec![letter(&pipeline, b"bad".to_vec()), letter(&pipeline, vec![b'x'; 2_000_000])];
    let left = writer.write_dead_letters(all).await.unwrap();
    assert_eq!(left.len(), 1, "too large for the topic: for a file");
    let mut process = Process { sink, writer, ..Process::new(&pipeline, "other", None).await };
    process.commit(&lane, position(0), position(6)).await.unwrap();
    let messages = kafka().client().read_all_committed(&dead).unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].value_text(), "bad");
    assert_eq!(messages[0].header("own"), Some(&b"h"[..]));
    assert_eq!(messages[0].header("sluicegate-reason"), Some(&b"no JSON"[..]));
    assert_eq!(messages[0].header("sluicegate-id"), Some(format!("{pipeline}/src/0/5").as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_apart_are_durable_when_put() {
    let dead = topic_with("dead", 1, 0);
    let options = DeadLetterOptions { topic: dead.clone(), create_topics: None };
    let mut letters = KafkaDeadLetters::new(&connection(), &options).unwrap();
    let left =
        letters.put(vec![letter("p", b"1".to_vec()), letter("p", vec![b'x'; 2_000_000])]).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(kafka().client().read_committed(&dead).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_transactions_rows_are_there_at_once_and_positions_after_them() {
    let out = topic_with("out", 1, 0);
    let (pipeline, lane) = (unique_name("p"), Lane::from("src/0"));
    let mut options = sink_options();
    options.transactions = false;
    let mut process = Process::with(options, &pipeline, "i", None).await;
    process.take(&lane).await.unwrap();
    process.write(&batch(&out, &lane, 0, &["a"])).await.unwrap();
    process.commit(&lane, position(0), position(1)).await.unwrap();
    assert_eq!(texts(&out), ["a"]);
    assert!(
        matches!(process.take(&lane).await.unwrap().at, sluicegate_connector::StartAt::Position(p) if offset(&p) == 1)
    );
}
