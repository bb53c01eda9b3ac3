//! A simulated cluster, a position store in memory's place, batches.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use arrow_schema::{Field, Schema};
use sluicegate_connector::{
    Epoch, Incarnations, LaneSpan, Reject, Sink, SinkReject, StartAt, WriteError, Writer,
};
use sluicegate_file::FileSink;
use sluicegate_model::{ChangeBatch, Column, Lane, Meta, Origin, Position};
use sluicegate_starrocks::{Client, Connection, Secret, SinkOptions, StarRocksSink};
use starrocks_sim::{Settings, Simulator};
use tempfile::TempDir;

/// The user of tests, and the password.
pub const USER: (&str, &str) = ("loader", "hush: hush");

/// A cluster with the user of tests and a database `ods`.
pub async fn cluster() -> Simulator {
    cluster_with(Settings::default()).await
}

/// The same with settings of its own.
pub async fn cluster_with(settings: Settings) -> Simulator {
    let users = vec![(USER.0.to_owned(), USER.1.to_owned()), ("guest".to_owned(), "guest".to_owned())];
    let simulator = Simulator::start(Settings { users, ..settings }).await.expect("free ports");
    simulator.query("CREATE DATABASE ods").expect("a database");
    simulator
}

/// A connection to it.
pub fn connection(simulator: &Simulator) -> Connection {
    let secret = Some(Secret::new(USER.1));
    Connection::plain(simulator.front_ends(), simulator.sql(), "ods", USER.0, secret)
}

/// A client of it.
pub fn client(simulator: &Simulator) -> Client {
    Client::new(&connection(simulator)).expect("a client")
}

/// A sink whose positions are in a directory.
pub struct Target {
    /// Where positions are.
    pub directory: TempDir,
    options: SinkOptions,
    connection: Connection,
}

impl Target {
    /// A sink with options.
    pub fn new(simulator: &Simulator, options: &str) -> Self {
        Self::on(connection(simulator), options)
    }

    /// A sink on any cluster.
    pub fn on(connection: Connection, options: &str) -> Self {
        Self {
            directory: TempDir::new().expect("a directory"),
            options: serde_json::from_str(options).expect("options"),
            connection,
        }
    }

    /// A writer, as a process that starts has it.
    pub async fn writer(&self) -> Box<dyn Writer> {
        self.sink().open().await.expect("a writer")
    }

    /// The sink.
    pub fn sink(&self) -> StarRocksSink {
        let options = serde_json::json!({ "directory": self.directory.path(), "format": "json" });
        let options = serde_json::from_value(options).expect("options of a file sink");
        let store = FileSink::new(options, self.directory.path(), "p").expect("a store");
        StarRocksSink::new(&self.connection, self.options.clone(), "p", "i", Box::new(store)).expect("a sink")
    }
}

/// A writer that has taken the lane `t/0`, with what is needed to commit.
pub struct Running {
    /// The writer.
    pub writer: Box<dyn Writer>,
    sink: StarRocksSink,
    incarnations: Incarnations,
    at: i64,
}

/// The one lane of tests.
pub fn lane() -> Lane {
    "t/0".into()
}

/// A position in it.
pub fn position(offset: i64) -> Position {
    let json = serde_json::json!({ "v": 1, "source": "s", "at": { "offset": offset } });
    serde_json::from_value(json).expect("a position")
}

impl Running {
    /// Starts.
    pub async fn start(target: &Target) -> Self {
        let mut sink = target.sink();
        let mut writer = sink.open().await.expect("a writer");
        let taken = writer.take(&[lane()]).await.expect("the lane");
        let at = match &taken[0].at {
            StartAt::Position(position) => position.number("offset").expect("an offset"),
            _ => 0,
        };
        let incarnations = Incarnations::default();
        incarnations.begin(&lane());
        Self { writer, sink, incarnations, at }
    }

    /// Where the lane goes on, or went on.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// Hands over a batch.
    pub async fn write(&mut self, batch: &ChangeBatch) -> Result<(), WriteError> {
        let encoded = self.sink.encoder().encode(batch).map_err(WriteError::Error)?;
        assert!(encoded.rejects.is_empty(), "{:?}", encoded.rejects);
        self.writer.write(encoded).await
    }

    /// What a worker refuses of a batch.
    pub fn refused(&self, batch: &ChangeBatch) -> Vec<Reject> {
        self.sink.encoder().encode(batch).expect("a body").rejects
    }

    /// Commits up to an offset.
    pub async fn commit(&mut self, to: i64) -> Result<(), WriteError> {
        let span = LaneSpan {
            lane: lane(),
            incarnation: self.incarnations.begin(&lane()),
            from: position(self.at),
            to: position(to),
            released: false,
            note: None,
        };
        let epoch = Epoch { number: 1, lanes: vec![span], incarnations: self.incarnations.clone() };
        self.writer.commit(&epoch).await?;
        self.at = to;
        Ok(())
    }

    /// Writes a batch and commits.
    pub async fn epoch(&mut self, batch: &ChangeBatch, to: i64) -> Result<(), WriteError> {
        self.write(batch).await?;
        self.commit(to).await
    }
}

/// The rows that were refused.
pub fn rejects(outcome: Result<(), WriteError>) -> Vec<SinkReject> {
    match outcome {
        Err(WriteError::Rejected(rejects)) => rejects,
        other => panic!("no rows were refused: {other:?}"),
    }
}

/// A batch of `ods.orders`: id and name. Kinds as in [`sluicegate_model::RowKind`].
pub fn orders(rows: &[(u8, i64, Option<&str>)]) -> ChangeBatch {
    let ids: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>());
    let names: ArrayRef = Arc::new(rows.iter().map(|row| row.2).collect::<StringArray>());
    let kinds: Vec<u8> = rows.iter().map(|row| row.0).collect();
    batch("orders", vec![("id", Column::new(ids)), ("name", Column::new(names))], &kinds)
}

/// A batch with the key `id`, of which each row is a record but the halves of a pair.
pub fn batch(table: &str, columns: Vec<(&str, Column)>, kinds: &[u8]) -> ChangeBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let mut ordinals: Vec<u64> = Vec::new();
    for (place, kind) in kinds.iter().enumerate() {
        let last = ordinals.last().copied();
        let is_second_half = *kind == 2 && place > 0 && kinds[place - 1] == 1;
        ordinals.push(if is_second_half { last.unwrap_or(0) } else { last.map_or(0, |last| last + 1) });
    }
    ChangeBatch::new(
        table.into(),
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, column)| column).collect(),
        kinds.to_vec().into(),
        Origin { lane: lane(), ordinals: ordinals.into(), parts: None },
        Arc::from(["id".to_owned()]),
        Meta::new(),
    )
    .expect("a batch")
}
