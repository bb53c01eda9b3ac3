//! Source and sink on one cluster: the group is the fence.

use sluicegate_connector::{Class, LaneSpan, Source, StartAt};
use sluicegate_test_servers::unique_name;

use crate::support::*;

/// Reads a lane's rows and writes them on, once.
async fn pump(
    source: &mut sluicegate_kafka::KafkaSource,
    process: &mut Process,
    out: &str,
) -> (sluicegate_model::Lane, LaneSpan) {
    let lane = assigned(source).await.remove(0);
    let taken = process.take(&lane).await.unwrap();
    let incarnation = start(source, &process.incarnations, &lane, taken.at).await;
    let chunk = rows(source, incarnation, ROOM).await;
    let texts: Vec<String> = ordinals(&chunk).iter().map(ToString::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let first = offset(&chunk.from) as u64;
    process.write(&batch(out, &lane, first, &texts)).await.unwrap();
    let (from, to) = (chunk.from.clone(), chunk.to.clone());
    (lane.clone(), LaneSpan { lane, incarnation, from, to, released: false, note: None })
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_record_and_offsets_are_one() {
    let (topic, out) = (topic_with("in", 1, 10), topic_with("out", 1, 0));
    let pipeline = unique_name("p");
    let mut source = source(&topic, &pipeline, "i");
    let mut process = Process::new(&pipeline, "i", Some(source.group())).await;
    let (lane, mut span) = pump(&mut source, &mut process, &out).await;
    assert_eq!(kafka().client().committed_offsets(&pipeline, &topic).unwrap().get(&0), None);
    span.note = Some(serde_json::json!({"plan": "x"}));
    process.commit_as(span).await.unwrap();
    assert_eq!(texts(&out).len(), 10);
    assert_eq!(kafka().client().committed_offsets(&pipeline, &topic).unwrap()[&0], 10);
    let taken = process.take(&lane).await.unwrap();
    assert_eq!(taken.note, Some(serde_json::json!({"plan": "x"})));
    assert!(matches!(taken.at, StartAt::Position(position) if offset(&position) == 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_epoch_leaves_no_trace() {
    let (topic, out) = (topic_with("in", 1, 10), topic_with("out", 1, 0));
    let pipeline = unique_name("p");
    let mut source = source(&topic, &pipeline, "i");
    let mut process = Process::new(&pipeline, "i", Some(source.group())).await;
    let (lane, _) = pump(&mut source, &mut process, &out).await;
    process.writer.abort().await.unwrap();
    assert!(texts(&out).is_empty());
    assert_eq!(process.take(&lane).await.unwrap().at, StartAt::Configured);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_whose_incarnation_has_ended_is_not_decided() {
    let (topic, out) = (topic_with("in", 1, 10), topic_with("out", 1, 0));
    let pipeline = unique_name("p");
    let mut source = source(&topic, &pipeline, "i");
    let mut process = Process::new(&pipeline, "i", Some(source.group())).await;
    let (lane, span) = pump(&mut source, &mut process, &out).await;
    process.incarnations.end(&lane);
    let error = error(process.commit_as(span).await);
    assert_eq!(error.class(), Class::Fenced);
    process.writer.abort().await.unwrap();
    assert!(texts(&out).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_under_the_same_instance_is_refused() {
    let (topic, out) = (topic_with("in", 1, 10), topic_with("out", 1, 0));
    let pipeline = unique_name("p");
    let mut old_source = source(&topic, &pipeline, "i");
    let mut old = Process::new(&pipeline, "i", Some(old_source.group())).await;
    let (_, old_span) = pump(&mut old_source, &mut old, &out).await;

    let mut new_source = source(&topic, &pipeline, "i");
    let mut new = Process::new(&pipeline, "i", Some(new_source.group())).await;
    let (_, new_span) = pump(&mut new_source, &mut new, &out).await;

    // The zombie does not know yet: its lane's incarnation is the current one.
    let refused = error(old.commit_as(old_span).await);
    assert!(matches!(refused.class(), Class::Fenced | Class::Unknown), "{refused}");
    let _ = old.writer.abort().await;
    new.commit_as(new_span).await.unwrap();
    assert_eq!(texts(&out).len(), 10, "each row once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_a_generation_is_refused() {
    let (topic, out) = (topic_with("in", 1, 10), topic_with("out", 1, 0));
    let pipeline = unique_name("p");
    let mut source = source(&topic, &pipeline, "i");
    let mut process = Process::new(&pipeline, "i", Some(source.group())).await;
    let (_, span) = pump(&mut source, &mut process, &out).await;
    source.close().await.unwrap();
    let refused = error(process.commit_as(span).await);
    assert_eq!(refused.class(), Class::Fenced, "{refused}");
    process.writer.abort().await.unwrap();
    assert!(texts(&out).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_positions_are_told() {
    let (topic, out) = (topic_with("in", 1, 10), topic_with("out", 1, 0));
    let pipeline = unique_name("p");
    let mut options = sink_options();
    options.positions.topic = unique_name("positions");
    let mut first_source = source(&topic, &pipeline, "i");
    let mut first = Process::with(options.clone(), &pipeline, "i", Some(first_source.group())).await;
    let (lane, span) = pump(&mut first_source, &mut first, &out).await;
    first.commit_as(span).await.unwrap();
    first_source.close().await.unwrap();
    first.writer.close().await;
    kafka().client().delete_topic(&options.positions.topic).unwrap();

    let mut second_source = source(&topic, &pipeline, "i");
    let mut second = Process::with(options, &pipeline, "i", Some(second_source.group())).await;
    assigned(&mut second_source).await;
    let error = second.take(&lane).await.unwrap_err();
    assert_eq!(error.class(), Class::Fatal);
    let text = error.to_string();
    assert!(text.contains("the position of the lane is lost") && text.contains("offset 10"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_came_later_is_read_from_its_beginning() {
    let topic = topic_with("in", 2, 1);
    let pipeline = unique_name("p");
    let mut source = source(&topic, &pipeline, "i");
    let mut process = Process::new(&pipeline, "i", Some(source.group())).await;
    assigned(&mut source).await;
    let lane = |number: i32| sluicegate_model::Lane::new(format!("{topic}/{number}"));
    assert_eq!(process.take(&lane(0)).await.unwrap().at, StartAt::Configured);
    kafka().client().add_partitions(&topic, 3).unwrap();
    // Found by the founding process's record, whatever lane was decided first.
    assert_eq!(process.take(&lane(1)).await.unwrap().at, StartAt::Configured);
    assert_eq!(process.take(&lane(2)).await.unwrap().at, StartAt::Beginning);
}
