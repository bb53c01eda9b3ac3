//! Looking at tables, and making them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_connector::{Class, Error};
use sluicegate_model::ChangeBatch;
use sluicegate_tables::plan::missing_columns;
use sluicegate_tables::{Misfits, Moment, OnSchemaChange, TableRef};

use super::destination::destination;
use super::plan::Plan;
use super::writer::Shared;
use super::{evolve, form};
use crate::client::Format;
use crate::sql::Session;
use crate::table::Table;
use crate::table::make::create_statement;

/// A session for looking at tables.
#[derive(Default)]
pub struct Catalog {
    session: Option<Session>,
    /// Columns that could not be added, and are left out.
    given_up: HashSet<(TableRef, String)>,
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
    pub async fn plan(
        &mut self,
        shared: &Shared,
        batches: &[ChangeBatch],
        moment: Moment,
    ) -> Result<Vec<Arc<Plan>>, Error> {
        let destination = destination(&shared.options.table)?;
        let mut plans = Vec::with_capacity(batches.len());
        let mut misfits = Misfits::default();
        for batch in batches {
            if let Some(plan) = shared.tables.plans.plan(batch) {
                plans.push(plan);
                continue;
            }
            let name = destination.table(batch.table(), &shared.connection.database)?;
            let Some(table) = self.find(shared, &name, batch).await? else {
                let statement = statement(shared, &name, batch).ok();
                misfits.add_absent(name, statement.as_deref());
                continue;
            };
            let table = self.evolve(shared, table, batch, moment).await?;
            let wanted = self.format(shared).await?;
            match Plan::new(&table, batch, &shared.options, wanted) {
                Ok(plan) => {
                    shared.tables.plans.keep(Arc::clone(&plan));
                    plans.push(plan);
                }
                Err(all) => misfits.add(name, all),
            }
        }
        misfits.told()?;
        Ok(plans)
    }

    /// The form in which rows are sent, where it holds them.
    async fn format(&mut self, shared: &Shared) -> Result<Format, Error> {
        if !form::asks_version(&shared.options) {
            return form::wanted(&shared.options, None);
        }
        let sql = "SELECT current_version()";
        let rows: Vec<String> =
            self.session(shared).await?.rows(sql, "the version of the cluster cannot be asked for").await?;
        form::wanted(&shared.options, rows.first().and_then(|text| form::version_of(text)))
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

    /// A table with the columns of a batch, as far as it gets them.
    async fn evolve(
        &mut self,
        shared: &Shared,
        table: Table,
        batch: &ChangeBatch,
        moment: Moment,
    ) -> Result<Table, Error> {
        if !shared.options.on_schema_change.evolves() {
            return Ok(table);
        }
        let mut fields = missing_columns(batch, |name| table.column(name).is_some());
        fields.retain(|field| !self.given_up.contains(&(table.name.clone(), field.name().clone())));
        if fields.is_empty() {
            return Ok(table);
        }
        if moment == Moment::Within {
            let what =
                format!("table {} gets new columns, and the epoch begins again behind that", table.name);
            return Err(Error::transient(what).table(batch.table()));
        }
        let session = self.session(shared).await?;
        let added = evolve::add(session, &table, &fields).await;
        shared.tables.has_grown(&table.name);
        let error = match added {
            Ok(table) => return Ok(table),
            Err(error) => error.table(batch.table()),
        };
        let passes = matches!(error.class(), Class::Transient | Class::Unknown);
        if passes || shared.options.on_schema_change != OnSchemaChange::TryEvolve {
            return Err(error);
        }
        let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
        tracing::warn!(table = %table.name, columns = names.join(", "), "rows are written without these columns: {error}");
        self.given_up.extend(names.into_iter().map(|column| (table.name.clone(), column.to_owned())));
        // Some of them may be there.
        let session = self.session(shared).await?;
        Ok(Table::read(session, &table.name).await?.unwrap_or(table))
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
