//! Batches to rows as they are sent, on worker threads.

use sluicegate_connector::{Encoded, Encoder, Error};
use sluicegate_model::ChangeBatch;
use sluicegate_tables::Destination;

use super::destination::destination;
use super::options::SinkOptions;
use super::rows::{Rows, encode};
use super::tables::Tables;

/// What a writer gets.
pub enum Body {
    /// Rows.
    Rows(Rows),
    /// A batch of a table that nobody has looked at: the writer does, and encodes it.
    Unknown(ChangeBatch),
}

/// Turns batches into rows. Shared by all workers.
pub struct StarRocksEncoder {
    destination: Destination,
    database: String,
    tables: Tables,
}

impl StarRocksEncoder {
    /// An encoder; `tables` tells what was found out about tables.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub(super) fn new(options: &SinkOptions, database: &str, tables: &Tables) -> Result<Self, Error> {
        options.check()?;
        let destination = destination(&options.table)?;
        Ok(Self { destination, database: database.to_owned(), tables: tables.clone() })
    }

    /// An encoder that knows no table: it tells what can be told of options and names without a cluster.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn offline(options: &SinkOptions, database: &str) -> Result<Self, Error> {
        Self::new(options, database, &Tables::default())
    }
}

impl Encoder for StarRocksEncoder {
    fn encode(&self, batch: &ChangeBatch) -> Result<Encoded, Error> {
        let Some(plan) = self.tables.plans.plan(batch) else {
            // Also where no cluster is near: a name that no table can have is told all the same.
            self.destination.table(batch.table(), &self.database)?;
            let (rows, bytes) = (batch.changes(), batch.memory());
            return Ok(Encoded {
                body: Box::new(Body::Unknown(batch.clone())),
                rows,
                bytes,
                rejects: Vec::new(),
            });
        };
        let (rows, rejects) = encode(&plan, batch)?;
        let (count, bytes) = (rows.len(), rows.bytes());
        Ok(Encoded { body: Box::new(Body::Rows(rows)), rows: count, bytes, rejects })
    }
}
