//! A sink as the engine drives it, step by step.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{Field, Schema};
use serde_json::json;
use sluicegate_connector::{
    Encoded, Encoder, Epoch, Error, Incarnations, LaneSpan, Sink, SinkReject, StartAt, Taken, WriteError,
    Writer,
};
use sluicegate_model::{ChangeBatch, Column, Incarnation, Lane, Meta, Origin, Position, RowKind};
use sluicegate_mysql::{Connection, MySqlSink, Secret, SinkOptions};
use sluicegate_test_servers::{Database, Flavour, MySql, MySqlClient};
use tokio::runtime::Runtime;

/// Makes a test of each function for each server.
macro_rules! on_each_server {
    ($($name:ident),* $(,)?) => {
        mod mariadb {
            $(#[test] fn $name() { super::$name(sluicegate_test_servers::Flavour::MariaDb); })*
        }
        mod mysql {
            $(#[test] fn $name() { super::$name(sluicegate_test_servers::Flavour::MySql); })*
        }
    };
}
pub(crate) use on_each_server;

pub const LANE: &str = "src/0";

/// A database of its own on the shared server.
pub fn database(flavour: Flavour) -> Database {
    MySql::shared(flavour).unwrap().database("sink").unwrap()
}

pub fn connection(port: u16, database: &str) -> Connection {
    Connection::plain(
        format!("mysql://127.0.0.1:{port}/{database}"),
        MySqlClient::USER,
        Some(Secret::new(MySqlClient::USER)),
    )
}

/// Options as they stand in a file.
pub fn options(json: &str) -> SinkOptions {
    serde_json::from_str(json).unwrap()
}

pub fn position(offset: u64) -> Position {
    let at = json!({ "offset": offset }).as_object().unwrap().clone();
    Position { v: 1, source: "test".to_owned(), at }
}

/// A process: one sink and one writer, with lane [`LANE`].
pub struct Process {
    runtime: Runtime,
    sink: MySqlSink,
    encoder: Arc<dyn Encoder>,
    writer: Box<dyn Writer>,
    incarnations: Incarnations,
    incarnation: Option<Incarnation>,
    from: u64,
    epochs: u64,
}

impl Process {
    pub fn new(connection: &Connection, options: SinkOptions) -> Self {
        Self::with_plan(connection, options, "plan-1")
    }

    pub fn with_plan(connection: &Connection, options: SinkOptions, plan: &str) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut sink =
            MySqlSink::new(connection, options, "pipeline", "host-1", Some(plan.to_owned())).unwrap();
        let encoder = sink.encoder();
        let writer = runtime.block_on(sink.open()).unwrap();
        Self {
            runtime,
            sink,
            encoder,
            writer,
            incarnations: Incarnations::default(),
            incarnation: None,
            from: 0,
            epochs: 0,
        }
    }

    pub fn prepare(&mut self, outputs: &[ChangeBatch]) -> Result<(), Error> {
        self.runtime.block_on(self.sink.prepare(outputs))
    }

    pub fn try_take(&mut self) -> Result<Taken, Error> {
        let taken = self.runtime.block_on(self.writer.take(&[Lane::from(LANE)]))?.remove(0);
        self.incarnation = Some(self.incarnations.begin(&taken.lane));
        self.from = match &taken.at {
            StartAt::Position(position) => position.number("offset").unwrap() as u64,
            _ => 0,
        };
        Ok(taken)
    }

    /// Makes the sink's tables and takes the lane. Gives the offset where it goes on.
    pub fn take(&mut self) -> u64 {
        self.prepare(&[]).unwrap();
        self.try_take().unwrap();
        self.from
    }

    /// Encodes and writes; rows that the encoder refused come as rejects too.
    pub fn write(&mut self, batch: &ChangeBatch) -> Result<(), WriteError> {
        let Encoded { body, rows, bytes, rejects } = self.encoder.encode(batch)?;
        if !rejects.is_empty() {
            let reject = |reject: sluicegate_connector::Reject| SinkReject {
                lane: batch.origin().lane.clone(),
                ordinal: batch.origin().ordinals[reject.row as usize],
                part: None,
                output: batch.table().clone(),
                reason: reject.reason,
            };
            return Err(WriteError::Rejected(rejects.into_iter().map(reject).collect()));
        }
        self.runtime.block_on(self.writer.write(Encoded { body, rows, bytes, rejects }))
    }

    /// Removes all rows of an output's table, where the sink does so.
    pub fn truncate(&mut self, output: &str) -> Result<(), WriteError> {
        let encoded = self.encoder.truncate(&output.into())?;
        let encoded = encoded.ok_or_else(|| Error::fatal("the sink does not empty it"))?;
        self.runtime.block_on(self.writer.write(encoded))
    }

    /// Decides, up to an offset.
    pub fn commit(&mut self, to: u64) -> Result<(), WriteError> {
        self.epochs += 1;
        let span = LaneSpan {
            lane: LANE.into(),
            incarnation: self.incarnation.unwrap(),
            from: position(self.from),
            to: position(to),
            released: false,
            note: Some(json!({ "to": to })),
        };
        let epoch = Epoch { number: self.epochs, lanes: vec![span], incarnations: self.incarnations.clone() };
        self.runtime.block_on(self.writer.commit(&epoch))?;
        self.from = to;
        Ok(())
    }

    pub fn abort(&mut self) -> Result<(), Error> {
        self.runtime.block_on(self.writer.abort())
    }

    pub fn close(&mut self) {
        self.runtime.block_on(self.writer.close());
    }

    /// Writes batches and decides, up to the offset after the last row.
    pub fn epoch(&mut self, batches: &[ChangeBatch]) -> Result<(), WriteError> {
        let mut to = self.from;
        for batch in batches {
            to = to.max(batch.origin().ordinals.iter().max().map_or(0, |last| last + 1));
            self.write(batch)?;
        }
        self.commit(to)
    }
}

/// The reasons of rows that were refused, by their ordinals.
pub fn refused(result: Result<(), WriteError>) -> Vec<(u64, String)> {
    match result {
        Err(WriteError::Rejected(rows)) => {
            let mut rows: Vec<_> = rows.into_iter().map(|row| (row.ordinal, row.reason)).collect();
            rows.sort();
            rows
        }
        Err(WriteError::Error(error)) => panic!("{error}"),
        Ok(()) => Vec::new(),
    }
}

pub fn error(result: Result<(), WriteError>) -> Error {
    match result {
        Err(WriteError::Error(error)) => error,
        Err(WriteError::Rejected(rows)) => panic!("{rows:?}"),
        Ok(()) => panic!("it went well"),
    }
}

pub fn column(name: &str, values: impl arrow_array::Array + 'static) -> (Field, Column) {
    let values: ArrayRef = Arc::new(values);
    (Field::new(name, values.data_type().clone(), true), Column::new(values))
}

/// A batch of inserts, from the ordinal `first` on.
pub fn inserts(table: &str, key: &[&str], first: u64, columns: Vec<(Field, Column)>) -> ChangeBatch {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    let kinds = vec![RowKind::Insert; rows];
    changes(table, key, first, &kinds, columns)
}

/// A batch in which both halves of a pair have one ordinal.
pub fn changes(
    table: &str,
    key: &[&str],
    first: u64,
    kinds: &[RowKind],
    columns: Vec<(Field, Column)>,
) -> ChangeBatch {
    let mut ordinals = Vec::new();
    let mut next = first;
    for kind in kinds {
        ordinals.push(next);
        next += u64::from(*kind != RowKind::UpdateBefore);
    }
    let (fields, columns): (Vec<Field>, Vec<Column>) = columns.into_iter().unzip();
    ChangeBatch::new(
        table.into(),
        Arc::new(Schema::new(fields)),
        columns,
        kinds.iter().map(|kind| kind.code()).collect(),
        Origin { lane: LANE.into(), ordinals: ordinals.into(), parts: None },
        key.iter().map(|name| (*name).to_owned()).collect(),
        Meta::new(),
    )
    .unwrap()
}

/// Changes of a table with a number for its key and two texts; `"?"` is a cell that is missing.
pub fn simple(table: &str, first: u64, rows: &[(RowKind, i64, Option<&str>, Option<&str>)]) -> ChangeBatch {
    let kinds: Vec<RowKind> = rows.iter().map(|row| row.0).collect();
    let ids = Int64Array::from_iter_values(rows.iter().map(|row| row.1));
    let cells = |name: &str, cells: Vec<Option<&str>>| {
        let presence: BooleanBuffer = cells.iter().map(|cell| *cell != Some("?")).collect();
        let values: ArrayRef = Arc::new(StringArray::from(cells));
        let field = Field::new(name, values.data_type().clone(), true);
        (field, Column::with_presence(values, Some(presence)))
    };
    let columns = vec![
        column("id", ids),
        cells("a", rows.iter().map(|row| row.2).collect()),
        cells("b", rows.iter().map(|row| row.3).collect()),
    ];
    changes(table, &["id"], first, &kinds, columns)
}
