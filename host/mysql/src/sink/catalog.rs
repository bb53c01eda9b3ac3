//! Looking at tables, and making them.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use sluicegate_connector::Error;
use sluicegate_model::ChangeBatch;
use sluicegate_tables::name::{quoted, same};
use sluicegate_tables::plan::missing_columns;
use sluicegate_tables::{Misfits, Moment, TableRef};

use super::destination::destination;
use super::evolve::{self, Evolved};
use super::options::WriteMode;
use super::plan::Plan;
use super::writer::Shared;
use crate::client::Session;
use crate::schema::Table;
use crate::types::column_definition;

/// A connection for looking at tables, apart from those that have transactions: a table that is made commits them.
#[derive(Default)]
pub struct Catalog {
    session: Option<Session>,
    /// Columns that tables did not get, by their names.
    given_up: HashSet<(TableRef, String)>,
}

impl Catalog {
    /// The session, made where there is none.
    pub async fn session(&mut self, shared: &Shared) -> Result<&mut Session, Error> {
        let alive = match &mut self.session {
            Some(session) => session.is_alive().await,
            None => false,
        };
        if !alive {
            let session = shared.connect().await?;
            shared.tables.set_longest_statement(session.server().longest_statement());
            self.session = Some(session);
        }
        self.session.as_mut().ok_or_else(|| Error::transient("there is no connection"))
    }

    /// How batches are written; plans are made and kept. All that does not fit is told at once.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for what a person must change.
    /// [`sluicegate_connector::Class::Transient`] within a transaction where a table has to be changed first.
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
            let name = destination.table(batch.table(), &shared.database)?;
            if let Some(own) = shared.own_table(&name) {
                misfits.add(name, vec![format!("{own} is the sink's own table")]);
                continue;
            }
            let Some(table) = self.find(shared, &name, batch).await? else {
                let statement = create_statement(&name, batch, shared.options.write).ok();
                misfits.add_absent(name, statement.as_deref());
                continue;
            };
            let table = self.evolve(shared, table, batch, moment).await?;
            let options = &shared.options;
            match Plan::new(&table, batch, (options.write, options.on_schema_change), moment) {
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
        let statement = create_statement(name, batch, shared.options.write).map_err(|why| {
            Error::configuration(format!("table {name} cannot be made: {why}")).table(batch.table())
        })?;
        tracing::info!(table = %name, "the table is made: {statement}");
        session.run(statement.as_bytes()).await.map_err(|failure| {
            failure.into_error(&format!("table {name} cannot be made")).table(batch.table())
        })?;
        Table::read(session, name).await
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
        match evolve::add(session, &shared.options, &table, batch, &fields).await? {
            Evolved::Yes => Table::read(session, &table.name).await?.ok_or_else(|| {
                Error::transient(format!("table {} is gone", table.name)).table(batch.table())
            }),
            Evolved::No => {
                let names = fields.iter().map(|field| (table.name.clone(), field.name().clone()));
                self.given_up.extend(names);
                Ok(table)
            }
        }
    }

    /// Says goodbye.
    pub async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

/// The statement that makes a table for rows.
///
/// # Errors
/// What of the rows no table holds, in words.
pub fn create_statement(name: &TableRef, batch: &ChangeBatch, write: WriteMode) -> Result<String, String> {
    let key = batch.primary_key();
    let in_key = |column: &str| key.iter().any(|part| same(part, column));
    if key.is_empty() && write != WriteMode::Insert {
        return Err("the rows have no key: give them one in a step, or set `write: insert`".to_owned());
    }
    let mut statement = format!("CREATE TABLE {} (", name.quoted());
    for (place, field) in batch.schema().fields().iter().enumerate() {
        let definition = column_definition(field, in_key(field.name()))
            .map_err(|why| format!("column {}: {why}", field.name()))?;
        let null = if in_key(field.name()) { "NOT NULL" } else { "NULL" };
        let comma = if place == 0 { "" } else { ", " };
        let _ = write!(statement, "{comma}{} {definition} {null}", quoted(field.name()));
    }
    if batch.schema().fields().is_empty() {
        return Err("the rows have no columns".to_owned());
    }
    for part in key.iter() {
        if !batch.schema().fields().iter().any(|field| same(field.name(), part)) {
            return Err(format!("the rows have no column {part}, which is part of their key"));
        }
    }
    if !key.is_empty() {
        let names: Vec<String> = key.iter().map(|part| quoted(part)).collect();
        let _ = write!(statement, ", PRIMARY KEY ({})", names.join(", "));
    }
    statement.push_str(") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
    Ok(statement)
}
