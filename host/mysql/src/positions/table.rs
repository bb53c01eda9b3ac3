//! The tables, and how their rows are read.

use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row};
use sluicegate_connector::Error;
use sluicegate_model::{Lane, Position};

use crate::client::Session;
use crate::sql::text::quoted;

/// Positions.
pub const POSITIONS: &str = "sluicegate_positions";
/// Large state that moves with positions.
pub const STATE: &str = "sluicegate_state";

/// Which process runs a pipeline.
pub const LEASES: &str = "sluicegate_leases";

/// Tables that are never written to as targets.
pub(crate) const OWN_TABLES: [&str; 3] = [POSITIONS, STATE, LEASES];

/// What makes them. Names are compared byte by byte: two lanes that differ in case are two.
const DEFINITIONS: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS sluicegate_positions (
       pipeline VARCHAR(220) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'whose',
       lane VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'of which stream',
       shard SMALLINT UNSIGNED NOT NULL COMMENT 'of which connection',
       term BIGINT UNSIGNED NOT NULL COMMENT 'how often the lane was taken',
       seq BIGINT UNSIGNED NOT NULL COMMENT 'how often it was decided',
       position LONGTEXT CHARACTER SET utf8mb4 NULL COMMENT 'read to here, as JSON',
       ordinal BIGINT UNSIGNED NULL COMMENT 'the last record with a row',
       shards SMALLINT UNSIGNED NOT NULL COMMENT 'connections when it was decided',
       plan VARCHAR(100) CHARACTER SET utf8mb4 NULL COMMENT 'what was done to the rows',
       released BOOLEAN NOT NULL COMMENT 'given up by its holder',
       from_beginning BOOLEAN NOT NULL COMMENT 'came later than the pipeline',
       note LONGTEXT CHARACTER SET utf8mb4 NULL,
       holder VARCHAR(255) CHARACTER SET utf8mb4 NULL COMMENT 'who has it',
       session VARCHAR(64) CHARACTER SET utf8mb4 NULL COMMENT 'by which session: a lock of this name',
       connection BIGINT UNSIGNED NULL COMMENT 'CONNECTION_ID() of the session',
       changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
       PRIMARY KEY (pipeline, lane, shard)
     ) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Sluicegate: how far each lane was read'",
    "CREATE TABLE IF NOT EXISTS sluicegate_state (
       pipeline VARCHAR(220) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
       name VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
       bytes LONGBLOB NOT NULL,
       PRIMARY KEY (pipeline, name)
     ) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Sluicegate: state of pipelines'",
    "CREATE TABLE IF NOT EXISTS sluicegate_leases (
       pipeline VARCHAR(220) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
       process VARCHAR(64) CHARACTER SET ascii NOT NULL COMMENT 'one of its kind',
       instance VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'its name',
       beat BIGINT UNSIGNED NOT NULL COMMENT 'how often it was renewed',
       released BOOLEAN NOT NULL COMMENT 'given up by its holder',
       PRIMARY KEY (pipeline)
     ) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Sluicegate: which process runs a pipeline'",
];

/// Makes the tables where they are missing. A user who may not make tables does, where they are there.
///
/// # Errors
/// The server's.
pub async fn ensure(session: &mut Session) -> Result<(), Error> {
    let what = "the table of positions cannot be made";
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ({})",
        OWN_TABLES.map(quoted).join(",")
    );
    if session.number(sql, what).await? == Some(OWN_TABLES.len() as u64) {
        return Ok(());
    }
    for definition in DEFINITIONS {
        session.run(definition.as_bytes()).await.map_err(|failure| failure.into_error(what))?;
    }
    Ok(())
}

/// A row of the table of positions.
#[derive(Clone, Debug)]
pub struct LaneRow {
    /// The lane.
    pub lane: Lane,
    /// The shard.
    pub shard: u16,
    /// How often the lane was taken.
    pub term: u64,
    /// How often it was decided.
    pub seq: u64,
    /// Read to here.
    pub position: Option<String>,
    /// The last record with a row.
    pub ordinal: Option<u64>,
    /// Shards when it was decided.
    pub shards: u16,
    /// What was done to the rows.
    pub plan: Option<String>,
    /// Given up by its holder.
    pub released: bool,
    /// A lane that came later.
    pub from_beginning: bool,
    /// The engine's.
    pub note: Option<String>,
    /// Who has it.
    pub holder: Option<String>,
    /// The name of the session that has it.
    pub session: Option<String>,
}

/// Columns of a [`LaneRow`].
pub const COLUMNS: &str = "lane, shard, term, seq, position, ordinal, shards, plan, released, from_beginning, note, \
                           holder, session";

impl FromRow for LaneRow {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        let parsed = (|| {
            Some(Self {
                lane: Lane::new(row.take_opt::<String, _>(0)?.ok()?),
                shard: row.take_opt(1)?.ok()?,
                term: row.take_opt(2)?.ok()?,
                seq: row.take_opt(3)?.ok()?,
                position: row.take_opt(4)?.ok()?,
                ordinal: row.take_opt(5)?.ok()?,
                shards: row.take_opt(6)?.ok()?,
                plan: row.take_opt(7)?.ok()?,
                released: row.take_opt(8)?.ok()?,
                from_beginning: row.take_opt(9)?.ok()?,
                note: row.take_opt(10)?.ok()?,
                holder: row.take_opt(11)?.ok()?,
                session: row.take_opt(12)?.ok()?,
            })
        })();
        parsed.ok_or(FromRowError(row))
    }
}

impl LaneRow {
    /// The position, read.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] for one that is none.
    pub fn parse_position(&self) -> Result<Option<Position>, Error> {
        let Some(text) = &self.position else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|error| {
            Error::fatal(format!("what {POSITIONS} holds for the lane cannot be read"))
                .lane(&self.lane)
                .caused_by(error)
        })
    }
}
