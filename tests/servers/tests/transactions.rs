//! The broker keeps Kafka's promises: what the project's guarantees stand on.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use sluicegate_test_servers::{Kafka, Message, Record, ServerError, SharedKafka, unique_name};

const LIMIT: Duration = Duration::from_secs(30);

fn transactional(kafka: &SharedKafka, id: &str) -> BaseProducer {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", kafka.brokers())
        .set("transactional.id", id)
        .create()
        .unwrap();
    producer.init_transactions(LIMIT).unwrap();
    producer
}

fn send(producer: &BaseProducer, topic: &str, value: &str) {
    producer.send(BaseRecord::to(topic).key("k").payload(value)).unwrap();
    producer.flush(LIMIT).unwrap();
}

fn values(kafka: &SharedKafka, topic: &str) -> Vec<String> {
    kafka.client().read_committed(topic).unwrap().iter().map(Message::value_text).collect()
}

#[test]
fn a_reader_sees_the_committed_and_neither_the_aborted_nor_the_open() {
    let kafka = Kafka::shared().unwrap();
    let topic = unique_name("transactions");
    kafka.create_topic(&topic, 1, &[]).unwrap();
    let producer = transactional(&kafka, &unique_name("writer"));

    producer.begin_transaction().unwrap();
    send(&producer, &topic, "aborted");
    producer.abort_transaction(LIMIT).unwrap();
    producer.begin_transaction().unwrap();
    send(&producer, &topic, "committed");
    producer.commit_transaction(LIMIT).unwrap();
    producer.begin_transaction().unwrap();
    send(&producer, &topic, "open");

    assert_eq!(values(&kafka, &topic), ["committed"]);
    let open = kafka.client().settle(&topic, Duration::from_millis(200)).unwrap_err();
    assert!(matches!(open, ServerError::OpenTransaction { partition: 0, .. }), "{open}");

    producer.commit_transaction(LIMIT).unwrap();
    kafka.client().settle(&topic, LIMIT).unwrap();
    assert_eq!(values(&kafka, &topic), ["committed", "open"]);
}

#[test]
fn a_message_behind_an_open_transaction_is_read_when_it_ends() {
    let kafka = Kafka::shared().unwrap();
    let topic = unique_name("behind");
    kafka.create_topic(&topic, 1, &[]).unwrap();
    let producer = transactional(&kafka, &unique_name("writer"));
    producer.begin_transaction().unwrap();
    send(&producer, &topic, "open");
    kafka.client().produce(&topic, [Record::new("k", "plain")]).unwrap();
    assert_eq!(values(&kafka, &topic), [""; 0]);

    let ended = std::thread::spawn(move || producer.abort_transaction(LIMIT).unwrap());
    let all = kafka.client().read_all_committed(&topic).unwrap();
    ended.join().unwrap();
    assert_eq!(all.iter().map(Message::value_text).collect::<Vec<_>>(), ["plain"]);
}

#[test]
fn a_second_init_fences_the_first_producer() {
    let kafka = Kafka::shared().unwrap();
    let topic = unique_name("fenced");
    kafka.create_topic(&topic, 1, &[]).unwrap();
    let id = unique_name("writer");

    let first = transactional(&kafka, &id);
    first.begin_transaction().unwrap();
    send(&first, &topic, "zombie");
    let second = transactional(&kafka, &id);

    let refused = first.commit_transaction(LIMIT).unwrap_err();
    let code = refused.rdkafka_error_code();
    assert!(
        matches!(code, Some(RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced)),
        "{refused} ({code:?})"
    );
    second.begin_transaction().unwrap();
    send(&second, &topic, "successor");
    second.commit_transaction(LIMIT).unwrap();
    kafka.client().settle(&topic, LIMIT).unwrap();
    assert_eq!(values(&kafka, &topic), ["successor"]);
}

#[test]
fn a_dead_writers_transaction_is_aborted_after_its_time_out() {
    let kafka = Kafka::shared().unwrap();
    let topic = unique_name("timed-out");
    kafka.create_topic(&topic, 1, &[]).unwrap();
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", kafka.brokers())
        .set("transactional.id", unique_name("writer"))
        .set("transaction.timeout.ms", "1000")
        .create()
        .unwrap();
    producer.init_transactions(LIMIT).unwrap();
    producer.begin_transaction().unwrap();
    send(&producer, &topic, "never committed");
    kafka.client().settle(&topic, LIMIT).unwrap();
    assert_eq!(values(&kafka, &topic), [""; 0]);
}
