//! Writing to tables.
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | what a sink is told |
//! | `destination` | the table of an output |
//! | `catalog` | looking at tables, and making them |
//! | `evolve` | tables that get the columns which rows bring |
//! | `plan` | how the rows of a schema are written to a table |
//! | `tables` | plans, shared by workers and writer |
//! | [`encoder`] | batches to rows as literals, on workers |
//! | `rows` | rows as literals, and what each does |
//! | `window` | rows that wait, folded by key |
//! | `load` | new rows streamed by `LOAD DATA` |
//! | `statements` | statements about many rows |
//! | `shard` | one connection, and what it has to do next |
//! | `together` | epochs that one connection writes for all |
//! | [`writer`] | a transactional context |
//!
//! # From a batch to a statement
//!
//! A worker writes each row of a batch as SQL literals, straight from the Arrow arrays. The writer folds rows of one key
//! and copies the literals of many into a statement: it never looks at a value. What the server refuses is searched for
//! by dividing the statement, and goes back to the engine, which aborts the epoch and puts those rows aside.

mod catalog;
mod destination;
pub mod encoder;
mod evolve;
mod load;
pub mod options;
mod plan;
mod rows;
mod shard;
mod statements;
mod tables;
mod together;
mod window;
pub mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{Encoder, Error, Lease, Sink, Writer};
use sluicegate_model::ChangeBatch;
use sluicegate_tables::Moment;
pub use sluicegate_tables::OnSchemaChange;
use tokio::sync::Mutex;

pub use encoder::MySqlEncoder;
pub use options::{BatchOptions, OnlineDdl, SinkOptions, WriteBy, WriteMode};
pub use writer::MySqlWriter;

use crate::Connection;
use crate::positions::{MySqlLease, Store};
use catalog::Catalog;
use tables::Tables;
use writer::Shared;

/// Tables of a server that rows are written to.
pub struct MySqlSink {
    shared: Shared,
    encoder: Arc<MySqlEncoder>,
}

impl MySqlSink {
    /// A sink. `instance` names this process, for people; `plan` is what the pipeline does to rows, as a hash. Nothing
    /// is asked of the server yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn new(
        connection: &Connection,
        options: SinkOptions,
        pipeline: &str,
        instance: &str,
        plan: Option<String>,
    ) -> Result<Self, Error> {
        let database = connection.database()?;
        connection.options()?;
        let tables = Tables::default();
        let encoder = Arc::new(MySqlEncoder::new(&options, &tables)?);
        let store = Store {
            pipeline: pipeline.to_owned(),
            holder: instance.to_owned(),
            plan,
            shards: options.writers,
        };
        let shared = Shared {
            connection: connection.clone(),
            database,
            options: Arc::new(options),
            tables,
            store,
            catalog: Arc::new(Mutex::new(Catalog::default())),
        };
        Ok(Self { shared, encoder })
    }
}

#[async_trait]
impl Sink for MySqlSink {
    fn encoder(&self) -> Arc<dyn Encoder> {
        Arc::clone(&self.encoder) as Arc<dyn Encoder>
    }

    async fn prepare(&mut self, outputs: &[ChangeBatch]) -> Result<(), Error> {
        let mut catalog = self.shared.catalog.lock().await;
        let session = catalog.session(&self.shared).await?;
        if self.shared.options.mode == WriteBy::Load && !session.server().local_infile {
            return Err(Error::configuration("the server does not take rows by LOAD DATA LOCAL INFILE")
                .help("SET GLOBAL local_infile = 1 there, or set `mode: auto` of the sink"));
        }
        Store::ensure(session).await?;
        catalog.plan(&self.shared, outputs, Moment::Start).await?;
        Ok(())
    }

    async fn open(&mut self) -> Result<Box<dyn Writer>, Error> {
        Ok(Box::new(MySqlWriter::new(self.shared.clone())))
    }

    fn lease(&self) -> Option<Box<dyn Lease>> {
        let Store { pipeline, holder, .. } = &self.shared.store;
        let connection = self.shared.connection.clone();
        Some(Box::new(MySqlLease::new(connection, pipeline.clone(), holder.clone())))
    }
}
