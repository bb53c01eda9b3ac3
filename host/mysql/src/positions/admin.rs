//! Positions for people.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sluicegate_connector::{Error, LanePosition, PositionAdmin};
use sluicegate_model::{Lane, Position};

use super::table::{self, COLUMNS, LaneRow, POSITIONS};
use crate::Connection;
use crate::client::Session;
use crate::sql::text::quoted;

/// The positions of a pipeline whose sink is a MySQL or MariaDB.
pub struct MySqlPositions {
    connection: Connection,
    pipeline: String,
}

impl MySqlPositions {
    /// Of a pipeline. Nothing is asked of the server yet.
    pub fn new(connection: Connection, pipeline: impl Into<String>) -> Self {
        Self { connection, pipeline: pipeline.into() }
    }

    async fn session(&self) -> Result<Session, Error> {
        self.connection.database()?;
        let mut session = Session::open(&self.connection, &[], &[]).await?;
        table::ensure(&mut session).await?;
        Ok(session)
    }

    async fn rows(&self, session: &mut Session, lock: bool) -> Result<Vec<LaneRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {POSITIONS} WHERE pipeline = {} ORDER BY lane, shard{}",
            quoted(&self.pipeline),
            if lock { " FOR UPDATE" } else { "" }
        );
        session.rows(sql, "positions cannot be read").await
    }

    /// Changes rows in one transaction, while nobody writes.
    async fn change(
        &self,
        statements: impl Fn(&[LaneRow]) -> Result<Vec<String>, Error>,
    ) -> Result<(), Error> {
        let what = "positions cannot be changed";
        let mut session = self.session().await?;
        let fail = |failure: crate::client::Failure| failure.into_error(what);
        session.run(b"START TRANSACTION").await.map_err(fail)?;
        let rows = self.rows(&mut session, true).await?;
        for row in rows.iter().filter(|row| !row.released) {
            let Some(token) = &row.session else { continue };
            let id = session.number(format!("SELECT IS_USED_LOCK({})", quoted(token)), what).await?;
            if id.is_some() {
                let holder = row.holder.as_deref().unwrap_or("a process");
                let what = format!("{holder} runs the pipeline: positions are not changed under it");
                return Err(Error::configuration(what).lane(&row.lane).help("stop it first"));
            }
        }
        for statement in statements(&rows)? {
            session.run(statement.as_bytes()).await.map_err(fail)?;
        }
        session.run(b"COMMIT").await.map_err(fail)?;
        session.close().await;
        Ok(())
    }

    fn is(&self, lane: &Lane) -> String {
        format!("pipeline = {} AND lane = {}", quoted(&self.pipeline), quoted(lane.as_str()))
    }

    /// One row for the lane, which a later take spreads over its shards. The term only grows.
    fn replace(&self, rows: &[LaneRow], lane: &Lane, position: Option<&str>) -> Vec<String> {
        let of_lane = || rows.iter().filter(|row| row.lane == *lane);
        let term = of_lane().map(|row| row.term).max().unwrap_or(0) + 1;
        let seq = of_lane().map(|row| row.seq).max().unwrap_or(0) + 1;
        vec![
            format!("DELETE FROM {POSITIONS} WHERE {}", self.is(lane)),
            format!(
                "INSERT INTO {POSITIONS} (pipeline, lane, shard, term, seq, position, shards, released, from_beginning) \
                 VALUES ({},{},0,{term},{seq},{},1,1,0)",
                quoted(&self.pipeline),
                quoted(lane.as_str()),
                position.map_or_else(|| "NULL".to_owned(), quoted),
            ),
        ]
    }
}

#[async_trait]
impl PositionAdmin for MySqlPositions {
    async fn show(&mut self) -> Result<Vec<LanePosition>, Error> {
        let mut session = self.session().await?;
        let rows = self.rows(&mut session, false).await?;
        session.close().await;
        let mut lanes: BTreeMap<Lane, LaneRow> = BTreeMap::new();
        for row in rows {
            // Of several shards, the one that has decided least: that is where the lane goes on.
            match lanes.get(&row.lane) {
                Some(known) if known.ordinal <= row.ordinal => {}
                _ => drop(lanes.insert(row.lane.clone(), row)),
            }
        }
        let shown = |row: LaneRow| {
            let position = row.parse_position()?;
            let holder = row.holder.filter(|_| !row.released);
            Ok(LanePosition { lane: row.lane, position, holder, lag: None, behind: None })
        };
        lanes.into_values().map(shown).collect()
    }

    async fn set(&mut self, positions: &[(Lane, Position)]) -> Result<(), Error> {
        let texts: Vec<(Lane, String)> = positions
            .iter()
            .map(|(lane, position)| Ok((lane.clone(), serde_json::to_string(position)?)))
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|error| Error::fatal("a position cannot be written").caused_by(error))?;
        self.change(|rows| {
            Ok(texts.iter().flat_map(|(lane, text)| self.replace(rows, lane, Some(text))).collect())
        })
        .await
    }

    async fn reset(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        self.change(|rows| {
            if lanes.is_empty() {
                return Ok(vec![format!(
                    "DELETE FROM {POSITIONS} WHERE pipeline = {}",
                    quoted(&self.pipeline)
                )]);
            }
            Ok(lanes.iter().flat_map(|lane| self.replace(rows, lane, None)).collect())
        })
        .await
    }
}
