//! What an engine does, as far as a test needs it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::StringArray;
use arrow_schema::{DataType, Field, Schema};
use sluicegate_connector::{
    Chunk, Epoch, Error, Event, Incarnations, LaneSpan, LaneStart, Sink, Source, StartAt, Taken, WriteError,
    Writer,
};
use sluicegate_format::FormatOptions;
use sluicegate_kafka::source::Start;
use sluicegate_kafka::{
    Connection, Identity, KafkaSink, KafkaSource, PositionsOptions, SinkOptions, SourceGroup, SourceOptions,
};
use sluicegate_model::{ChangeBatch, Column, Incarnation, Lane, Meta, Origin, Position};
use sluicegate_test_servers::{Kafka, Record, SharedKafka};

/// Room for any number of rows.
pub const ROOM: usize = 64 << 20;

pub fn kafka() -> SharedKafka {
    Kafka::shared().expect("a broker")
}

pub fn connection() -> Connection {
    Connection::plain(kafka().brokers())
}

pub fn json() -> FormatOptions {
    serde_json::from_str("\"json\"").expect("the name of a format")
}

/// A topic with numbered messages in each partition: `{"id":"0"}`, `{"id":"1"}`, ..
pub fn topic_with(name: &str, partitions: i32, messages: usize) -> String {
    let topic = sluicegate_test_servers::unique_name(name);
    kafka().create_topic(&topic, partitions, &[]).expect("a topic");
    fill(&topic, partitions, messages);
    topic
}

pub fn fill(topic: &str, partitions: i32, messages: usize) {
    let records = (0..partitions).flat_map(|partition| {
        (0..messages).map(move |n| Record::keyless(format!("{{\"id\":\"{n}\"}}")).partition(partition))
    });
    kafka().client().produce(topic, records).expect("messages");
}

pub fn source_options(topic: &str) -> SourceOptions {
    let mut options = SourceOptions::new([topic], json());
    options.start = Start::Earliest;
    options
}

pub fn sink_options() -> SinkOptions {
    let mut options = SinkOptions::new(json());
    // Of its own, so that pipelines of other tests do not share its partitions.
    options.positions =
        PositionsOptions { topic: "sluicegate_test_positions".into(), partitions: 8, replication: None };
    options
}

pub fn source(topic: &str, pipeline: &str, instance: &str) -> KafkaSource {
    KafkaSource::new(&connection(), source_options(topic), &Identity::new(pipeline, instance))
        .expect("a source")
}

/// The next event, or a panic after a minute.
pub async fn next(source: &mut KafkaSource, room: usize) -> Result<Event, Error> {
    tokio::time::timeout(Duration::from_mins(1), source.next(room)).await.expect("an event within a minute")
}

/// Waits for lanes to be assigned.
pub async fn assigned(source: &mut KafkaSource) -> Vec<Lane> {
    loop {
        match next(source, ROOM).await.expect("lanes") {
            // A member that joins a group which has no lane left for it yet.
            Event::Assigned(lanes) if lanes.is_empty() => {}
            Event::Assigned(lanes) => return lanes,
            other => panic!("lanes were to be assigned, and there came {other:?}"),
        }
    }
}

pub async fn start(
    source: &mut KafkaSource,
    incarnations: &Incarnations,
    lane: &Lane,
    at: StartAt,
) -> Incarnation {
    let incarnation = incarnations.begin(lane);
    source
        .start(&[LaneStart { lane: lane.clone(), at, incarnation, ahead: None }])
        .await
        .expect("the lane starts");
    incarnation
}

/// The next rows of a life; rows of older ones are dropped, as the engine does, and moves over nothing are passed.
pub async fn rows(source: &mut KafkaSource, incarnation: Incarnation, room: usize) -> Box<Chunk> {
    loop {
        if let Event::Rows(chunk) = next(source, room).await.expect("rows")
            && chunk.incarnation == incarnation
            && chunk.records > 0
        {
            return chunk;
        }
    }
}

/// Offsets of the messages in a chunk.
pub fn ordinals(chunk: &Chunk) -> Vec<u64> {
    let decoded = chunk.payload.decode().expect("messages");
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let of_item = |item: &sluicegate_model::Item| match item {
        sluicegate_model::Item::Rows(batch) => batch.origin().ordinals.to_vec(),
        sluicegate_model::Item::Control(_) => Vec::new(),
    };
    decoded.items.iter().flat_map(of_item).collect()
}

pub fn offset(position: &Position) -> i64 {
    position.number("offset").expect("an offset")
}

/// A position of a lane that no Kafka source stands behind.
pub fn position(offset: i64) -> Position {
    let mut at = serde_json::Map::new();
    at.insert("offset".into(), offset.into());
    Position { v: 1, source: "elsewhere/topic".into(), at }
}

/// Rows to a topic, with text as their only column.
pub fn batch(topic: &str, lane: &Lane, first: u64, texts: &[&str]) -> ChangeBatch {
    let rows = texts.len();
    ChangeBatch::new(
        topic.into(),
        Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, true)])),
        vec![Column::new(Arc::new(StringArray::from(texts.to_vec())))],
        vec![0; rows].into(),
        Origin { lane: lane.clone(), ordinals: (first..first + rows as u64).collect(), parts: None },
        Arc::from(["id".to_owned()]),
        Meta::new(),
    )
    .expect("a batch")
}

/// A sink and its one writer, with the incarnations that an engine would keep.
pub struct Process {
    pub sink: KafkaSink,
    pub writer: Box<dyn Writer>,
    pub incarnations: Incarnations,
    pub epochs: u64,
}

impl Process {
    pub async fn new(pipeline: &str, instance: &str, source: Option<SourceGroup>) -> Self {
        Self::with(sink_options(), pipeline, instance, source).await
    }

    pub async fn with(
        options: SinkOptions,
        pipeline: &str,
        instance: &str,
        source: Option<SourceGroup>,
    ) -> Self {
        let identity = Identity::new(pipeline, instance);
        let mut sink = KafkaSink::new(&connection(), options, &identity, source).expect("a sink");
        let writer = sink.open().await.expect("a writer");
        Self { sink, writer, incarnations: Incarnations::default(), epochs: 0 }
    }

    pub async fn take(&mut self, lane: &Lane) -> Result<Taken, Error> {
        let mut taken = self.writer.take(std::slice::from_ref(lane)).await?;
        Ok(taken.remove(0))
    }

    pub async fn write(&mut self, batch: &ChangeBatch) -> Result<(), WriteError> {
        let encoded = self.sink.encoder().encode(batch)?;
        assert!(encoded.rejects.is_empty(), "{:?}", encoded.rejects);
        self.writer.write(encoded).await
    }

    pub async fn commit(&mut self, lane: &Lane, from: Position, to: Position) -> Result<(), WriteError> {
        let incarnation = self.incarnations.begin(lane);
        self.commit_as(LaneSpan { lane: lane.clone(), incarnation, from, to, released: false, note: None })
            .await
    }

    pub async fn commit_as(&mut self, span: LaneSpan) -> Result<(), WriteError> {
        self.epochs += 1;
        let incarnations = self.incarnations.clone();
        self.writer.commit(&Epoch { number: self.epochs, lanes: vec![span], incarnations }).await
    }
}

/// The error of something that was not to work.
pub fn error<T>(outcome: Result<T, WriteError>) -> Error {
    match outcome {
        Err(WriteError::Error(error)) => error,
        Err(WriteError::Rejected(rejects)) => panic!("rows were refused: {rejects:?}"),
        Ok(_) => panic!("it worked, and was not to"),
    }
}

/// The texts in a topic, as a `read_committed` reader sees them.
pub fn texts(topic: &str) -> Vec<String> {
    let messages = kafka().client().read_all_committed(topic).expect("messages");
    messages.iter().map(sluicegate_test_servers::Message::key_text).collect()
}

pub fn set(lanes: &[Lane]) -> BTreeSet<String> {
    lanes.iter().map(ToString::to_string).collect()
}
