//! The client that tests read and write with.

use sluicegate_test_servers::{Kafka, Record, unique_name};

#[test]
fn what_is_written_is_read() {
    let kafka = Kafka::shared().unwrap();
    let topic = unique_name("round-trip");
    kafka.create_topic(&topic, 3, &[("compression.type", "zstd")]).unwrap();
    let records = [
        Record::new("a", "1").partition(2).header("h", "x").header("h", "y").at_ms(1_000),
        Record::keyless("no key").partition(0),
        Record { key: Some(b"t".to_vec()), partition: Some(1), ..Record::default() },
    ];
    assert_eq!(kafka.client().produce(&topic, records).unwrap(), 3);

    let read = kafka.client().read_all_committed(&topic).unwrap();
    assert_eq!(read.iter().map(|m| (m.partition, m.offset)).collect::<Vec<_>>(), [(0, 0), (1, 0), (2, 0)]);
    assert_eq!((read[0].key.as_deref(), read[0].value_text().as_str()), (None, "no key"));
    assert_eq!((read[1].key_text().as_str(), read[1].value.as_deref()), ("t", None), "a tombstone");
    assert_eq!(read[2].timestamp_ms, Some(1_000));
    assert_eq!(read[2].header("h"), Some(b"x".as_slice()));
    assert_eq!(read[2].headers.len(), 2);
}

#[test]
fn keys_go_where_java_clients_put_them() {
    let kafka = Kafka::shared().unwrap();
    let topic = unique_name("murmur2");
    kafka.create_topic(&topic, 100, &[]).unwrap();
    // From the tests of Kafka's own Utils.murmur2: "21" hashes to -973932308, "foobar" to -790332482.
    kafka.client().produce(&topic, ["21", "foobar"].map(|key| Record::new(key, ""))).unwrap();
    let partition = |hash: i32| (hash & 0x7fff_ffff) % 100;
    for message in kafka.client().read_all_committed(&topic).unwrap() {
        let hash = if message.key_text() == "21" { -973_932_308 } else { -790_332_482 };
        assert_eq!(message.partition, partition(hash), "key {}", message.key_text());
    }
}

#[test]
fn topics_grow_lose_their_beginning_and_go() {
    let kafka = Kafka::shared().unwrap();
    let client = kafka.client();
    let topic = unique_name("admin");
    client.create_topic(&topic, 1, &[]).unwrap();
    client.produce(&topic, (0..10).map(|n| Record::new("k", n.to_string()).partition(0))).unwrap();

    client.add_partitions(&topic, 3).unwrap();
    assert_eq!(client.partitions(&topic).unwrap(), 3);
    client.delete_records(&topic, 0, 7).unwrap();
    let left: Vec<i64> = client.read_committed(&topic).unwrap().iter().map(|m| m.offset).collect();
    assert_eq!(left, [7, 8, 9]);
    assert_eq!(client.end_offsets(&topic).unwrap()[&0], 10);
    assert!(client.committed_offsets("nobody", &topic).unwrap().is_empty());

    client.delete_topic(&topic).unwrap();
    let gone = client.read_committed(&topic).unwrap_err().to_string();
    assert!(gone.contains(&topic) && gone.contains("UnknownTopicOrPartition"), "{gone}");
}

#[test]
fn a_topic_that_nobody_made_is_an_error() {
    let kafka = Kafka::shared().unwrap();
    let topic = unique_name("misspelt");
    assert!(kafka.client().produce(&topic, [Record::new("k", "v")]).is_err());
}

#[test]
fn a_hundred_thousand_messages_keep_their_order() {
    let kafka = Kafka::shared().unwrap();
    let topic = unique_name("many");
    kafka.create_topic(&topic, 2, &[]).unwrap();
    let record = |n: i32| Record::new("k", n.to_string()).partition(n % 2);
    assert_eq!(kafka.client().produce(&topic, (0..100_000).map(record)).unwrap(), 100_000);
    let mut next = [0, 1];
    kafka
        .client()
        .for_each_committed(&topic, |message| {
            let expected = &mut next[message.partition as usize];
            assert_eq!(message.value_text(), expected.to_string());
            *expected += 2;
        })
        .unwrap();
    assert_eq!(next, [100_000, 100_001]);
}
