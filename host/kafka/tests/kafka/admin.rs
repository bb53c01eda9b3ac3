//! Positions for people.

use sluicegate_connector::{Class, PositionAdmin, Source, StartAt};
use sluicegate_kafka::Identity;
use sluicegate_kafka::KafkaPositions;
use sluicegate_model::Position;
use sluicegate_test_servers::unique_name;

use crate::support::*;

/// As a person gives it: without the topic that it is of.
fn plain(offset: i64) -> Position {
    Position { source: String::new(), ..position(offset) }
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_are_shown_set_and_reset() {
    let (topic, out) = (topic_with("in", 1, 10), topic_with("out", 1, 0));
    let pipeline = unique_name("p");
    let mut running = source(&topic, &pipeline, "i");
    let group = running.group();
    let mut process = Process::new(&pipeline, "i", Some(group.clone())).await;
    let lane = assigned(&mut running).await.remove(0);
    let taken = process.take(&lane).await.unwrap();
    let incarnation = start(&mut running, &process.incarnations, &lane, taken.at).await;
    let chunk = rows(&mut running, incarnation, ROOM).await;
    process.write(&batch(&out, &lane, 0, &["a"])).await.unwrap();
    process.commit(&lane, chunk.from.clone(), chunk.to.clone()).await.unwrap();

    let identity = Identity::new(&pipeline, "admin");
    let options = sink_options().positions;
    let for_people = source(&topic, &pipeline, "admin");
    let mut admin = KafkaPositions::new(&connection(), options, identity, for_people.group()).unwrap();
    let shown = admin.show().await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!((offset(shown[0].position.as_ref().unwrap()), shown[0].lag), (10, Some(0)));

    let refused = admin.set(&[(lane.clone(), plain(4))]).await.unwrap_err();
    assert_eq!(refused.class(), Class::Configuration);
    assert!(refused.to_string().contains("the pipeline is running"), "{refused}");

    running.close().await.unwrap();
    process.writer.close().await;
    // A static member is remembered for its session time-out.
    let set = loop {
        match admin.set(&[(lane.clone(), plain(4))]).await {
            Err(error) if error.to_string().contains("is running") => {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
            other => break other,
        }
    };
    set.unwrap();
    assert_eq!(admin.show().await.unwrap()[0].lag, Some(6));
    assert_eq!(kafka().client().committed_offsets(&pipeline, &topic).unwrap()[&0], 4);

    let mut again = source(&topic, &pipeline, "i");
    let mut process = Process::new(&pipeline, "i", Some(again.group())).await;
    assigned(&mut again).await;
    let taken = process.take(&lane).await.unwrap();
    assert!(matches!(&taken.at, StartAt::Position(position) if offset(position) == 4));
    start(&mut again, &process.incarnations, &lane, taken.at).await;
    again.close().await.unwrap();

    loop {
        match admin.reset(&[]).await {
            Err(error) if error.to_string().contains("is running") => {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
            other => break other.unwrap(),
        }
    }
    assert_eq!(admin.show().await.unwrap()[0].position, None);
    assert!(kafka().client().committed_offsets(&pipeline, &topic).unwrap().is_empty());
    let unknown = admin.set(&[("nowhere/7".into(), plain(1))]).await.unwrap_err();
    assert!(unknown.to_string().contains("the source has no partition nowhere/7"), "{unknown}");
}
