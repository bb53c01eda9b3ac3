//! Batches to rows as literals, on worker threads.

use sluicegate_connector::{Encoded, Encoder, Error};
use sluicegate_model::{ChangeBatch, TableName};
use sluicegate_tables::Destination;

use super::destination::destination;
use super::options::SinkOptions;
use super::rows::{Rows, encode};
use super::tables::Tables;

/// What a writer gets.
pub enum Body {
    /// Rows as literals.
    Rows(Rows),
    /// A batch of a table that nobody has looked at: the writer does, and encodes it.
    Unknown(ChangeBatch),
    /// All rows of an output's table go.
    Truncate(TableName),
}

/// Turns batches into literals. Shared by all workers.
pub struct MySqlEncoder {
    destination: Destination,
    tables: Tables,
}

impl MySqlEncoder {
    /// An encoder; `tables` tells what was found out about tables.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub(super) fn new(options: &SinkOptions, tables: &Tables) -> Result<Self, Error> {
        options.check()?;
        Ok(Self { destination: destination(&options.table)?, tables: tables.clone() })
    }
}

impl MySqlEncoder {
    /// An encoder that knows no table: it tells what can be told of options and names without a server.
    ///
    /// # Errors
    /// As [`MySqlEncoder::new`].
    pub fn offline(options: &SinkOptions) -> Result<Self, Error> {
        Self::new(options, &Tables::default())
    }
}

impl Encoder for MySqlEncoder {
    fn encode(&self, batch: &ChangeBatch) -> Result<Encoded, Error> {
        let Some(plan) = self.tables.plans.plan(batch) else {
            // Also where no server is near: a name that no table can have is told all the same.
            self.destination.table(batch.table(), "database")?;
            let (rows, bytes) = (batch.changes(), batch.memory());
            return Ok(Encoded {
                body: Box::new(Body::Unknown(batch.clone())),
                rows,
                bytes,
                rejects: Vec::new(),
            });
        };
        let (rows, rejects) = encode(&plan, batch, self.tables.longest_statement())?;
        let (count, bytes) = (rows.len(), rows.bytes());
        Ok(Encoded { body: Box::new(Body::Rows(rows)), rows: count, bytes, rejects })
    }

    fn truncate(&self, table: &TableName) -> Result<Option<Encoded>, Error> {
        if !self.destination.keeps_tables_apart() {
            return Ok(None);
        }
        let body = Box::new(Body::Truncate(table.clone()));
        Ok(Some(Encoded { body, rows: 0, bytes: 0, rejects: Vec::new() }))
    }
}
