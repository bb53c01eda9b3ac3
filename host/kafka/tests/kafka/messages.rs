//! What a person reads when something does not do.

use std::time::Duration;

use sluicegate_connector::{Class, Incarnations, LaneStart, Source, StartAt};
use sluicegate_kafka::source::{OnPurged, Start};
use sluicegate_kafka::{Connection, Identity, KafkaSource};
use sluicegate_model::units::TimeSpan;
use sluicegate_test_servers::unique_name;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_does_not_exist_is_named() {
    let mut source = source("no-such-topic", &unique_name("p"), "i");
    let error = next(&mut source, ROOM).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("there is no topic no-such-topic at 127.0.0.1"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_is_named() {
    // A port that was free a moment ago: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut connection = Connection::plain(format!("127.0.0.1:{port}"));
    connection.connect_timeout = TimeSpan(Duration::from_secs(3));
    let identity = Identity::new("p", "i");
    let mut source = KafkaSource::new(&connection, source_options("t"), &identity).unwrap();
    let error = next(&mut source, ROOM).await.unwrap_err();
    assert_eq!(error.class(), Class::Transient);
    let text = error.to_string();
    assert!(text.contains(&format!("no broker of 127.0.0.1:{port} answered within 3s")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_has_never_run_asks_where_to_begin() {
    let topic = topic_with("committed", 1, 1);
    let mut options = source_options(&topic);
    options.start = Start::Committed;
    let pipeline = unique_name("p");
    let mut source = KafkaSource::new(&connection(), options, &Identity::new(&pipeline, "i")).unwrap();
    let lanes = assigned(&mut source).await;
    let incarnation = Incarnations::default().begin(&lanes[0]);
    let start = LaneStart { lane: lanes[0].clone(), at: StartAt::Configured, incarnation, ahead: None };
    let error = source.start(&[start]).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    let text = error.to_string();
    assert!(text.contains(&format!("group {pipeline} has committed nothing")), "{text}");
    assert!(text.contains("`start: earliest`"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_messages_stop_the_pipeline_or_are_passed_on_wish() {
    for on_purged in [OnPurged::Stop, OnPurged::Earliest] {
        let topic = topic_with("purged", 1, 100);
        let mut options = source_options(&topic);
        options.on_purged = on_purged;
        let identity = Identity::new(unique_name("p"), "i");
        let mut first = KafkaSource::new(&connection(), options.clone(), &identity).unwrap();
        let lanes = assigned(&mut first).await;
        let incarnation = start(&mut first, &Incarnations::default(), &lanes[0], StartAt::Beginning).await;
        let position = rows(&mut first, incarnation, 20_000).await.to.clone();
        assert!(offset(&position) < 100);
        first.close().await.unwrap();
        kafka().client().delete_records(&topic, 0, 90).unwrap();

        let mut second = KafkaSource::new(&connection(), options, &identity).unwrap();
        let lanes = assigned(&mut second).await;
        let incarnations = Incarnations::default();
        let incarnation = incarnations.begin(&lanes[0]);
        let at = StartAt::Position(position.clone());
        let started =
            second.start(&[LaneStart { lane: lanes[0].clone(), at, incarnation, ahead: None }]).await;
        if on_purged == OnPurged::Stop {
            let error = started.unwrap_err();
            assert_eq!(error.class(), Class::Fatal);
            let text = error.to_string();
            assert!(text.contains("the topic begins at 90") && text.contains("positions set"), "{text}");
        } else {
            started.unwrap();
            let chunk = rows(&mut second, incarnation, ROOM).await;
            assert_eq!(ordinals(&chunk), (90..100).collect::<Vec<_>>());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_made_anew_is_told_apart() {
    let topic = topic_with("anew", 1, 10);
    let pipeline = unique_name("p");
    let mut first = source(&topic, &pipeline, "i");
    let lanes = assigned(&mut first).await;
    let incarnation = start(&mut first, &Incarnations::default(), &lanes[0], StartAt::Beginning).await;
    let position = rows(&mut first, incarnation, ROOM).await.to.clone();
    first.close().await.unwrap();
    kafka().client().delete_topic(&topic).unwrap();
    kafka().create_topic(&topic, 1, &[]).unwrap();
    fill(&topic, 1, 50);

    let mut second = source(&topic, &pipeline, "i");
    let lanes = assigned(&mut second).await;
    let incarnation = Incarnations::default().begin(&lanes[0]);
    let at = StartAt::Position(position);
    let error = second
        .start(&[LaneStart { lane: lanes[0].clone(), at, incarnation, ahead: None }])
        .await
        .unwrap_err();
    assert_eq!(error.class(), Class::Fatal);
    assert!(
        error.to_string().contains("made anew") && error.to_string().contains("positions set"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_of_two_processes_under_one_instance_is_told() {
    let topic = topic_with("instance", 1, 1);
    let pipeline = unique_name("p");
    let mut first = source(&topic, &pipeline, "same");
    assigned(&mut first).await;
    let mut second = source(&topic, &pipeline, "same");
    assigned(&mut second).await;
    let error = next(&mut first, 0).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("another living process runs under the same instance"), "{error}");
}
