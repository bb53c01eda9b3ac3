//! Looking at tables, and making them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_connector::Error;
use sluicegate_model::ChangeBatch;

use super::destination::Template;
use super::plan::Plan;
use super::writer::Shared;
use crate::sql::Session;
use crate::table::make::create_statement;
use crate::table::{Table, TableRef};

/// A session for looking at tables.
#[derive(Default)]
pub struct Catalog {
    session: Option<Session>,
}

impl Catalog {
    /// The session, made where there is none.
    pub async fn session(&mut self, shared: &Shared) -> Result<&mut Session, Error> {
        if !self.session.as_ref().is_some_and(Session::is_alive) {
            self.session = Some(Session::open(&shared.connection).await?);
        }
        self.session.as_mut().ok_or_else(|| Error::transient("there is no connection"))
    }

    /// How batches are written; plans are made and kept. All that does not fit is told at once.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for what a person must change.
    pub async fn plan(&mut self, shared: &Shared, batches: &[ChangeBatch]) -> Result<Vec<Arc<Plan>>, Error> {
        let template = Template::parse(&shared.options.table)?;
        let mut plans = Vec::with_capacity(batches.len());
        let mut misfits: Vec<(TableRef, Vec<String>)> = Vec::new();
        for batch in batches {
            if let Some(plan) = shared.tables.plan(batch) {
                plans.push(plan);
                continue;
            }
            let name = template.table(batch.table(), &shared.connection.database)?;
            let Some(table) = self.find(shared, &name, batch).await? else {
                let mut why =
                    "it does not exist: make it, or set `create_tables: true` of the sink".to_owned();
                if let Ok(statement) = statement(shared, &name, batch) {
                    let _ = write!(why, " ({statement})");
                }
                misfits.push((name, vec![why]));
                continue;
            };
            match Plan::new(&table, batch, &shared.options) {
                Ok(plan) => {
                    shared.tables.keep(Arc::clone(&plan));
                    plans.push(plan);
                }
                Err(all) => misfits.push((name, all)),
            }
        }
        match misfits.as_slice() {
            [] => Ok(plans),
            some => Err(told(some)),
        }
    }

    /// A table as it is, or as it was made.
    async fn find(
        &mut self,
        shared: &Shared,
        name: &TableRef,
        batch: &ChangeBatch,
    ) -> Result<Option<Table>, Error> {
        let session = self.session(shared).await?;
        if let Some(table) = Table::read(session, name).await? {
            return Ok(Some(table));
        }
        if !shared.options.create_tables {
            return Ok(None);
        }
        let what = format!("table {name} cannot be made");
        let statement = statement(shared, name, batch)
            .map_err(|why| Error::configuration(format!("{what}: {why}")).table(batch.table()))?;
        tracing::info!(table = %name, "a table is made");
        session.run(&statement, &what).await?;
        // A follower hears of it a little later than the leader that made it.
        for _ in 0..50 {
            if let Some(table) = Table::read(session, name).await? {
                return Ok(Some(table));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err(Error::transient(format!("table {name} was made and is not to be seen yet")))
    }

    /// Says goodbye.
    pub async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

fn statement(shared: &Shared, name: &TableRef, batch: &ChangeBatch) -> Result<String, String> {
    let upserts = shared.options.write.upserts(!batch.primary_key().is_empty());
    create_statement(name, batch, !upserts, shared.options.copies)
}

fn told(misfits: &[(TableRef, Vec<String>)]) -> Error {
    let mut lines = Vec::new();
    for (table, all) in misfits {
        lines.extend(all.iter().map(|why| format!("table {table}: {why}")));
    }
    Error::configuration(format!("rows do not fit into tables: {}", lines.join("; ")))
}
