//! What is done about events that are no rows, and about messages that cannot be read.

use sluicegate_connector::{Chunk, Encoded, Error};
use sluicegate_model::{ControlEvent, RowReject, TableName};
use tracing::warn;

use crate::options::{OnDdl, OnError, OnTruncate, Options};
use crate::worker::Shop;

/// Characters of a statement that a log shows.
const SHOWN: usize = 200;

/// What a pipeline was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policies {
    truncate: OnTruncate,
    ddl: OnDdl,
    error: OnError,
}

impl Policies {
    pub(crate) fn of(options: &Options) -> Self {
        Self { truncate: options.on_truncate, ddl: options.on_ddl, error: options.on_error }
    }

    /// Handles an event; what the sink is to do about it, in its place among the rows.
    pub(crate) fn control(
        self,
        shop: &Shop,
        chunk: &Chunk,
        event: &ControlEvent,
    ) -> Result<Option<Encoded>, Error> {
        match event {
            ControlEvent::Truncate { table } => self.truncate(shop, chunk, table),
            ControlEvent::SchemaChange { table, ddl: Some(ddl), .. } => {
                self.ddl(shop, chunk, table, ddl).map(|()| None)
            }
            // What the columns of the rows tell by themselves.
            ControlEvent::SchemaChange { ddl: None, .. } | ControlEvent::Heartbeat => Ok(None),
        }
    }

    fn truncate(self, shop: &Shop, chunk: &Chunk, table: &TableName) -> Result<Option<Encoded>, Error> {
        match self.truncate {
            OnTruncate::Stop => Err(at(
                chunk,
                table,
                "the source says that all rows of the table were removed",
            )
            .help(
                "empty the target yourself if it should follow, then set `on_truncate: ignore` to pass it by",
            )),
            OnTruncate::Ignore => {
                warn!(pipeline = shop.pipeline, lane = %chunk.lane, %table, "a truncate was ignored");
                Ok(None)
            }
            OnTruncate::Apply => match shop.encoder.truncate(table)? {
                Some(encoded) => Ok(Some(encoded)),
                None => Err(at(chunk, table, "the sink cannot remove all rows of a table").help(
                    "empty the target yourself, and set `on_truncate: ignore` to pass the truncate by",
                )),
            },
        }
    }

    fn ddl(self, shop: &Shop, chunk: &Chunk, table: &TableName, ddl: &str) -> Result<(), Error> {
        // Of messages that came encrypted nothing is shown.
        let hidden = shop.seal.is_some() || shop.unquoted;
        let shown: String = if hidden { "...".to_owned() } else { ddl.chars().take(SHOWN).collect() };
        match self.ddl {
            OnDdl::Stop => Err(at(chunk, table, format!("the source changed the table: {shown:?}")).help(
                "change the target yourself if it should follow, then set `on_ddl: ignore` to pass the statement by",
            )),
            OnDdl::Ignore => {
                warn!(
                    pipeline = shop.pipeline, lane = %chunk.lane, %table, statement = shown,
                    "the source changed the table; the statement was passed by, columns follow the rows"
                );
                Ok(())
            }
        }
    }

    /// Stops at a message that cannot be read, where it was told to.
    pub(crate) fn unreadable(self, shop: &Shop, chunk: &Chunk, reject: &RowReject) -> Result<(), Error> {
        if self.error == OnError::DeadLetter {
            return Ok(());
        }
        let position = chunk.payload.position_of(reject.ordinal);
        let lane = chunk.payload.lane_of(reject.ordinal).unwrap_or_else(|| chunk.lane.clone());
        let reason = shop.clear(reject.reason.clone());
        Err(Error::fatal(format!("a message cannot be read: {reason}")).lane(&lane).position(&position).help(
            "mend the format's options, or set `on_error: dead_letter` to put such messages to the dead letters",
        ))
    }
}

fn at(chunk: &Chunk, table: &TableName, what: impl Into<String>) -> Error {
    Error::fatal(what).lane(&chunk.lane).position(&chunk.from).table(table)
}
