//! Writing to tables.
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | what a sink is told |
//! | `destination` | the table of an output |
//! | `catalog` | looking at tables, and making them |
//! | `evolve` | columns that tables get |
//! | `plan` | how the rows of a schema are written to a table |
//! | `tables` | plans, shared by workers and writer |
//! | `body` | the body of a load of one batch |
//! | [`encoder`] | batches to rows as they are sent, on workers |
//! | [`form`] | in which form rows are sent |
//! | `rows` | rows as they are sent, and what each does |
//! | `cells` | the cells of one column, as they are sent |
//! | `csv` | rows as CSV |
//! | `line` | a row as it stands in a body |
//! | `arrow_body` | rows as an Arrow IPC stream |
//! | `window` | rows that wait, folded by key |
//! | `condition` | the column that decides which of two rows stays |
//! | `stage` | rows that wait, as loads |
//! | `text` | a body of lines, most of them sent from where they are |
//! | `loader` | loads to transactions that are prepared |
//! | `search` | the rows for which a load is refused |
//! | `label` | labels |
//! | `note` | which labels count, as the position store keeps it |
//! | `store` | the position store |
//! | `finish` | what was decided is committed, or found out about |
//! | `leftovers` | what processes left that died |
//! | [`writer`] | a transactional context |
//!
//! # From a batch to a load
//!
//! A worker writes each row of a batch as the line that is sent, straight from the Arrow arrays. The writer folds rows of one
//! key and puts the lines of many together to a body: it never looks at a value, and lines that stand together are sent from
//! where they were written. A body that the server refuses is
//! divided until the rows for which it is refused stand alone; they go back to the engine, which aborts the epoch and
//! puts them aside.

mod arrow_body;
mod body;
mod catalog;
mod cells;
mod condition;
mod csv;
mod destination;
pub mod encoder;
mod evolve;
mod finish;
pub mod form;
mod label;
mod leftovers;
mod line;
mod loader;
mod note;
pub mod options;
mod plan;
mod rows;
mod search;
mod stage;
mod store;
mod tables;
mod text;
mod window;
pub mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{Encoder, Error, Lease, Sink, Writer};
use sluicegate_model::ChangeBatch;
use sluicegate_tables::Moment;
pub use sluicegate_tables::OnSchemaChange;
use tokio::sync::Mutex;

pub use body::BodyMaker;
pub use encoder::StarRocksEncoder;
pub use form::{Compression, FormatChoice};
pub use options::{Delivery, PositionColumns, PositionsAt, SinkOptions, WriteMode};
pub use writer::StarRocksWriter;

use crate::{Client, Connection};
use catalog::Catalog;
use label::Labels;
use store::PositionStore;
use tables::Tables;
use writer::Shared;

/// Tables of a cluster that rows are written to.
pub struct StarRocksSink {
    shared: Shared,
    encoder: Arc<StarRocksEncoder>,
    store: Box<dyn Sink>,
}

impl StarRocksSink {
    /// A sink. `instance` names this process; `store` is a sink whose transactions hold positions, and which gets no
    /// rows. Nothing is asked of the cluster yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn new(
        connection: &Connection,
        options: SinkOptions,
        pipeline: &str,
        instance: &str,
        store: Box<dyn Sink>,
    ) -> Result<Self, Error> {
        connection.check()?;
        let tables = Tables::default();
        let encoder = Arc::new(StarRocksEncoder::new(&options, &connection.database, &tables)?);
        let shared = Shared {
            client: Client::new(connection)?,
            connection: connection.clone(),
            options: Arc::new(options),
            tables,
            catalog: Arc::new(Mutex::new(Catalog::default())),
            labels: Labels::new(pipeline, instance),
        };
        Ok(Self { shared, encoder, store })
    }
}

#[async_trait]
impl Sink for StarRocksSink {
    fn encoder(&self) -> Arc<dyn Encoder> {
        Arc::clone(&self.encoder) as Arc<dyn Encoder>
    }

    async fn prepare(&mut self, outputs: &[ChangeBatch]) -> Result<(), Error> {
        self.store.prepare(&[]).await?;
        let mut catalog = self.shared.catalog.lock().await;
        catalog.plan(&self.shared, outputs, Moment::Between).await?;
        Ok(())
    }

    async fn open(&mut self) -> Result<Box<dyn Writer>, Error> {
        let store = PositionStore::new(self.store.open().await?);
        Ok(Box::new(StarRocksWriter::new(self.shared.clone(), store)))
    }

    fn lease(&self) -> Option<Box<dyn Lease>> {
        self.store.lease()
    }
}
