//! Lanes come, are read, rewound and given back.

use sluicegate_connector::{Event, Incarnations, Source, StartAt};
use sluicegate_kafka::{Identity, KafkaSource, Until};
use sluicegate_test_servers::unique_name;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_is_read_whole_in_order_and_within_the_room() {
    let topic = topic_with("whole", 1, 3_000);
    let mut source = source(&topic, &unique_name("p"), "i");
    let lanes = assigned(&mut source).await;
    let incarnations = Incarnations::default();
    let incarnation = start(&mut source, &incarnations, &lanes[0], StartAt::Configured).await;
    let (mut seen, room) = (Vec::new(), 50_000);
    while seen.len() < 3_000 {
        let chunk = rows(&mut source, incarnation, room).await;
        assert!(chunk.bytes <= room, "{chunk:?}");
        assert_eq!(offset(&chunk.from), seen.len() as i64);
        seen.extend(ordinals(&chunk));
        assert_eq!(offset(&chunk.to), seen.len() as i64);
    }
    assert!(seen.into_iter().eq(0..3_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_from_before_a_seek_comes_after_it() {
    let topic = topic_with("seek", 1, 20_000);
    let mut source = source(&topic, &unique_name("p"), "i");
    let lanes = assigned(&mut source).await;
    let incarnations = Incarnations::default();
    let mut incarnation = start(&mut source, &incarnations, &lanes[0], StartAt::Beginning).await;
    for round in 0..40_u64 {
        let before = rows(&mut source, incarnation, 100_000).await;
        let at = (round * 7_919) % 19_000;
        let position = sluicegate_model::Position {
            at: serde_json::from_value(serde_json::json!({ "offset": at })).unwrap(),
            ..before.to.clone()
        };
        incarnation = start(&mut source, &incarnations, &lanes[0], StartAt::Position(position)).await;
        let after = rows(&mut source, incarnation, 100_000).await;
        let seen = ordinals(&after);
        assert!(seen.iter().copied().eq(at..at + seen.len() as u64), "round {round}: {after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lanes_are_shared_out_and_given_back() {
    let topic = topic_with("share", 4, 10);
    let pipeline = unique_name("p");
    let mut first = source(&topic, &pipeline, "first");
    let all = assigned(&mut first).await;
    assert_eq!(all.len(), 4);
    let incarnations = Incarnations::default();
    for lane in &all {
        start(&mut first, &incarnations, lane, StartAt::Beginning).await;
    }
    let mut second = source(&topic, &pipeline, "second");
    let joining = tokio::spawn(async move {
        let lanes = assigned(&mut second).await;
        (second, lanes)
    });
    let revoked = loop {
        match next(&mut first, ROOM).await.unwrap() {
            Event::Revoked { lanes, deadline } => {
                assert!(deadline > std::time::Instant::now());
                break lanes;
            }
            // A rebalance may also give nothing new.
            Event::Rows(_) | Event::Assigned(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(revoked.len(), 2);
    // Nothing moves before the lanes are let go of.
    assert!(!joining.is_finished());
    first.release(&revoked).await.unwrap();
    let (mut second, taken) = loop {
        if joining.is_finished() {
            break joining.await.unwrap();
        }
        // The membership is kept by polling, also without room.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(50), first.next(0)).await;
    };
    assert_eq!(set(&taken), set(&revoked));
    // What stays is read on while the other reads what it got.
    let incarnation = start(&mut second, &incarnations, &taken[0], StartAt::Beginning).await;
    assert_eq!(ordinals(&*rows(&mut second, incarnation, ROOM).await).len(), 10);
    second.close().await.unwrap();
    first.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_until_the_end_passes_markers_and_aborted_messages() {
    use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
    let topic = topic_with("until", 1, 0);
    let producer: BaseProducer = rdkafka::ClientConfig::new()
        .set("bootstrap.servers", kafka().brokers())
        .set("transactional.id", unique_name("t"))
        .create()
        .unwrap();
    let limit = std::time::Duration::from_secs(20);
    producer.init_transactions(limit).unwrap();
    for round in 0..4 {
        producer.begin_transaction().unwrap();
        for _ in 0..5 {
            producer.send(BaseRecord::<(), str>::to(&topic).payload("{\"id\":\"x\"}")).unwrap();
        }
        producer.flush(limit).unwrap();
        if round % 2 == 0 {
            producer.commit_transaction(limit).unwrap();
        } else {
            producer.abort_transaction(limit).unwrap();
        }
    }
    let identity = Identity::new(unique_name("p"), "i");
    let mut source =
        KafkaSource::new(&connection(), source_options(&topic), &identity).unwrap().until(Until::End);
    let lanes = assigned(&mut source).await;
    start(&mut source, &Incarnations::default(), &lanes[0], StartAt::Configured).await;
    let (mut seen, mut last) = (Vec::new(), 0);
    loop {
        match next(&mut source, ROOM).await.unwrap() {
            Event::Rows(chunk) => {
                assert_eq!(offset(&chunk.from), last);
                last = offset(&chunk.to);
                seen.extend(ordinals(&chunk));
            }
            Event::Finished(lane) => break assert_eq!(lane, lanes[0]),
            other => panic!("{other:?}"),
        }
    }
    let committed: Vec<u64> = (0..5).chain(12..17).collect();
    assert_eq!(seen, committed);
    assert_eq!(last, 24, "the position stands behind the last marker");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_partitions_are_picked_up() {
    let topic = topic_with("grow", 1, 1);
    let mut options = source_options(&topic);
    options.refresh = sluicegate_model::units::TimeSpan(std::time::Duration::from_millis(500));
    let mut source = KafkaSource::new(&connection(), options, &Identity::new(unique_name("p"), "i")).unwrap();
    let lanes = assigned(&mut source).await;
    start(&mut source, &Incarnations::default(), &lanes[0], StartAt::Beginning).await;
    kafka().client().add_partitions(&topic, 2).unwrap();
    let lanes = loop {
        match next(&mut source, ROOM).await.unwrap() {
            Event::Assigned(lanes) if !lanes.is_empty() => break lanes,
            Event::Assigned(_) | Event::Rows(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(set(&lanes), [format!("{topic}/1")].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_finds_its_topics() {
    let topic = topic_with("pattern", 1, 1);
    let mut source = source(&format!("^{topic}$"), &unique_name("p"), "i");
    assert_eq!(set(&assigned(&mut source).await), [format!("{topic}/0")].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_ends_in_the_middle_of_a_rebalance() {
    let topic = topic_with("end", 4, 10);
    let pipeline = unique_name("p");
    let mut first = source(&topic, &pipeline, "first");
    for lane in assigned(&mut first).await {
        start(&mut first, &Incarnations::default(), &lane, StartAt::Beginning).await;
    }
    let mut second = source(&topic, &pipeline, "second");
    let joining = tokio::spawn(async move { assigned(&mut second).await });
    while !matches!(next(&mut first, ROOM).await.unwrap(), Event::Revoked { .. }) {}
    // Neither answered nor closed.
    let dropping = tokio::task::spawn_blocking(move || drop(first));
    tokio::time::timeout(std::time::Duration::from_mins(1), dropping).await.expect("it ends").unwrap();
    joining.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_stays_goes_on_at_its_end_when_others_move() {
    let topic = topic_with("stay", 2, 10);
    let pipeline = unique_name("p");
    let mut first = source(&topic, &pipeline, "first");
    let all = assigned(&mut first).await;
    let incarnations = Incarnations::default();
    for lane in &all {
        start(&mut first, &incarnations, lane, StartAt::Beginning).await;
    }
    // Both are read, and the ends behind them.
    let mut read = 0;
    while read < 20 {
        if let Event::Rows(chunk) = next(&mut first, ROOM).await.unwrap() {
            read += chunk.records;
        }
    }
    assert!(tokio::time::timeout(std::time::Duration::from_secs(1), first.next(ROOM)).await.is_err());

    let mut second = source(&topic, &pipeline, "second");
    let joining = tokio::spawn(async move { assigned(&mut second).await });
    let moved = loop {
        if let Event::Revoked { lanes, .. } = next(&mut first, ROOM).await.unwrap() {
            break lanes;
        }
    };
    first.release(&moved).await.unwrap();
    // The group has settled when the other lane was given away; the lane that stays was paused meanwhile.
    let moving = async {
        while !joining.is_finished() {
            drop(tokio::time::timeout(std::time::Duration::from_millis(50), first.next(ROOM)).await);
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), moving).await.unwrap();
    fill(&topic, 2, 5);
    let stays = all.iter().find(|lane| !moved.contains(lane)).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 5 {
        if let Event::Rows(chunk) = next(&mut first, ROOM).await.unwrap()
            && chunk.records > 0
        {
            assert_eq!(&chunk.lane, stays);
            seen.extend(ordinals(&chunk));
        }
    }
    assert_eq!(seen, [10, 11, 12, 13, 14]);
}
