//! Taking lanes, deciding about them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sluicegate_connector::{Error, LaneSpan, StartAt, Taken};
use sluicegate_model::{Lane, Position};

use super::table::{self, COLUMNS, LaneRow, POSITIONS, STATE};
use crate::client::Session;
use crate::sql::text::{push_bytes, quoted};

/// The rows of one pipeline.
#[derive(Clone, Debug)]
pub struct Store {
    /// The pipeline.
    pub pipeline: String,
    /// Who this process is, for people.
    pub holder: String,
    /// What is done to rows, as a hash.
    pub plan: Option<String>,
    /// Connections that write.
    pub shards: u16,
}

/// What one shard holds of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The term under which it was taken.
    pub term: u64,
    /// Decisions so far.
    pub seq: u64,
    /// The last record with a row of which this shard has decided.
    pub ordinal: Option<u64>,
    /// Whether this shard has decided more than the others: its rows up to `ordinal` are there already.
    pub ahead: bool,
}

/// A lane that was taken, and what each shard holds of it.
pub struct TakenLane {
    /// Where it goes on.
    pub taken: Taken,
    /// A shard each.
    pub held: Vec<Held>,
}

impl Store {
    /// Makes the tables where they are missing.
    ///
    /// # Errors
    /// The server's.
    pub async fn ensure(session: &mut Session) -> Result<(), Error> {
        table::ensure(session).await
    }

    /// With how many connections the last run wrote those of the lanes that it left uneven, where some connections have
    /// decided what others have not; `None` where all are level. Such lanes are to be taken with that number.
    ///
    /// # Errors
    /// The server's; [`sluicegate_connector::Class::Configuration`] where lanes need different numbers.
    pub async fn uneven_shards(&self, session: &mut Session, lanes: &[Lane]) -> Result<Option<u16>, Error> {
        if lanes.is_empty() {
            return Ok(None);
        }
        let mut by_lane: BTreeMap<Lane, Vec<LaneRow>> = BTreeMap::new();
        for row in self.rows(session, lanes, false, "lanes cannot be looked at").await? {
            by_lane.entry(row.lane.clone()).or_default().push(row);
        }
        let uneven = by_lane.values().filter(|rows| !are_level(rows)).map(|rows| rows.len() as u16);
        let needed: BTreeSet<u16> = uneven.collect();
        let numbers: Vec<String> = needed.iter().map(ToString::to_string).collect();
        match needed.first() {
            Some(_) if needed.len() > 1 => Err(Error::configuration(format!(
                "the last runs wrote with different numbers of connections ({}) and did not end in order",
                numbers.join(", ")
            ))
            .help("run the pipeline with each of these numbers as `writers` once, and stop it; then change the number")),
            first => Ok(first.copied()),
        }
    }

    /// Takes lanes: from its return on nobody else's commit about them succeeds. `names` are those of the sessions that
    /// will write, a shard each.
    ///
    /// # Errors
    /// See [`sluicegate_connector::Writer::take`].
    pub async fn take(
        &self,
        session: &mut Session,
        lanes: &[Lane],
        names: &[SessionName],
    ) -> Result<Vec<TakenLane>, Error> {
        if lanes.is_empty() {
            return Ok(Vec::new());
        }
        let what = "lanes cannot be taken";
        self.end_holders(session, lanes, names).await?;
        let fail = |failure: crate::client::Failure| failure.into_error(what);
        session.run(b"START TRANSACTION").await.map_err(fail)?;
        let taken = self.take_in_transaction(session, lanes, names, what).await;
        match taken {
            Ok(taken) => {
                session.run(b"COMMIT").await.map_err(fail)?;
                Ok(taken)
            }
            Err(error) => {
                if !session.is_broken() {
                    let _ = session.run(b"ROLLBACK").await;
                }
                Err(error)
            }
        }
    }

    /// Ends the sessions that have the lanes: one that stands still would keep their rows locked. Only what holds the
    /// lock of the session's own name is ended, so no number that was given to another is.
    async fn end_holders(
        &self,
        session: &mut Session,
        lanes: &[Lane],
        own: &[SessionName],
    ) -> Result<(), Error> {
        let what = "holders of lanes cannot be looked for";
        let rows = self.rows(session, lanes, false, what).await?;
        let held = rows.into_iter().filter(|row| !row.released);
        let tokens: BTreeSet<String> = held.filter_map(|row| row.session).collect();
        for token in tokens.into_iter().filter(|token| own.iter().all(|own| own.token != *token)) {
            let sql = format!("SELECT IS_USED_LOCK({})", quoted(&token));
            let id = session.number(sql, what).await?;
            if let Some(id) = id.filter(|id| *id != u64::from(session.id())) {
                tracing::info!(connection = id, "another session has lanes that are taken: it is ended");
                // It may have ended by itself, or be another user's: the term refuses it either way.
                if let Err(failure) = session.run(format!("KILL {id}").as_bytes()).await {
                    tracing::debug!("the session was not ended: {}", failure.into_error("KILL"));
                    if session.is_broken() {
                        return Err(Error::transient("the connection was lost while lanes were taken"));
                    }
                }
            }
        }
        Ok(())
    }

    async fn take_in_transaction(
        &self,
        session: &mut Session,
        lanes: &[Lane],
        names: &[SessionName],
        what: &str,
    ) -> Result<Vec<TakenLane>, Error> {
        let mut by_lane: BTreeMap<Lane, Vec<LaneRow>> = BTreeMap::new();
        for row in self.rows(session, lanes, true, what).await? {
            by_lane.entry(row.lane.clone()).or_default().push(row);
        }
        let sql = format!("SELECT 1 FROM {POSITIONS} WHERE pipeline = {} LIMIT 1", quoted(&self.pipeline));
        let has_run = session.number(sql, what).await?.is_some();
        let mut taken = Vec::with_capacity(lanes.len());
        for lane in lanes {
            let rows = by_lane.remove(lane).unwrap_or_default();
            taken.push(self.take_lane(session, lane, rows, (has_run, names), what).await?);
        }
        Ok(taken)
    }

    async fn take_lane(
        &self,
        session: &mut Session,
        lane: &Lane,
        rows: Vec<LaneRow>,
        (has_run, names): (bool, &[SessionName]),
        what: &str,
    ) -> Result<TakenLane, Error> {
        let now = Standing::of(lane, rows, has_run, self)?;
        let mut sql = format!(
            "INSERT INTO {POSITIONS} (pipeline, lane, shard, term, seq, position, ordinal, shards, plan, released, \
             from_beginning, note, holder, session, connection) VALUES "
        );
        for (shard, held) in now.held.iter().enumerate() {
            let comma = if shard == 0 { "" } else { "," };
            let position = &now.positions[shard];
            let name = &names[shard];
            let _ = write!(
                sql,
                "{comma}({},{},{shard},{},{},{},{},{},{},0,{},{},{},{},{})",
                quoted(&self.pipeline),
                quoted(lane.as_str()),
                held.term,
                held.seq,
                optional(position.as_deref()),
                held.ordinal.map_or_else(|| "NULL".to_owned(), |ordinal| ordinal.to_string()),
                self.shards,
                optional(self.plan.as_deref()),
                u8::from(now.from_beginning),
                optional(now.note.as_deref()),
                quoted(&self.holder),
                quoted(&name.token),
                name.id,
            );
        }
        let fail = |failure: crate::client::Failure| failure.into_error(what).lane(lane);
        if now.known {
            let gone = format!(
                "DELETE FROM {POSITIONS} WHERE pipeline = {} AND lane = {}",
                quoted(&self.pipeline),
                quoted(lane.as_str())
            );
            session.run(gone.as_bytes()).await.map_err(fail)?;
        }
        session.run(sql.as_bytes()).await.map_err(fail)?;
        let at = match (now.position, now.from_beginning) {
            (Some(text), _) => StartAt::Position(parse(&text, lane)?),
            (None, true) => StartAt::Beginning,
            (None, false) => StartAt::Configured,
        };
        let note = now.note.and_then(|note| serde_json::from_str(&note).ok());
        let ahead = now.held.iter().filter(|held| held.ahead).filter_map(|held| held.ordinal).max();
        Ok(TakenLane { taken: Taken { lane: lane.clone(), at, note, ahead }, held: now.held })
    }

    async fn rows(
        &self,
        session: &mut Session,
        lanes: &[Lane],
        lock: bool,
        what: &str,
    ) -> Result<Vec<LaneRow>, Error> {
        let names: Vec<String> = lanes.iter().map(|lane| quoted(lane.as_str())).collect();
        let sql = format!(
            "SELECT {COLUMNS} FROM {POSITIONS} WHERE pipeline = {} AND lane IN ({}) ORDER BY lane, shard{}",
            quoted(&self.pipeline),
            names.join(","),
            if lock { " FOR UPDATE" } else { "" }
        );
        session.rows(sql, what).await
    }

    /// Writes what one shard decides about lanes into an open transaction: its own, or that of the shard that writes for
    /// all. The shard comes with the name of its own session.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fenced`] where a lane was taken by another.
    pub async fn decide(
        &self,
        session: &mut Session,
        (shard, name): (usize, &SessionName),
        spans: &[(&LaneSpan, Move)],
    ) -> Result<(), Error> {
        let what = "positions cannot be written";
        // In the order of the key, as every writer does: two that wait for each other's rows would be a deadlock.
        for (span, to) in spans {
            let mut sql =
                format!("UPDATE {POSITIONS} SET seq = seq + 1, released = {}", u8::from(span.released));
            if to.moves {
                let position = serde_json::to_string(&span.to)
                    .map_err(|error| Error::fatal("a position cannot be written").caused_by(error))?;
                let _ = write!(sql, ", position = {}", quoted(&position));
                if let Some(ordinal) = to.ordinal {
                    let _ = write!(sql, ", ordinal = {ordinal}");
                }
                let note = span.note.as_ref().map(ToString::to_string);
                let _ = write!(sql, ", note = {}", optional(note.as_deref()));
            }
            let _ = write!(
                sql,
                ", session = {}, connection = {} WHERE pipeline = {} AND lane = {} AND shard = {shard} AND term = {} \
                 AND seq = {}",
                quoted(&name.token),
                name.id,
                quoted(&self.pipeline),
                quoted(span.lane.as_str()),
                to.term,
                to.seq,
            );
            let done = session
                .run(sql.as_bytes())
                .await
                .map_err(|failure| failure.into_error(what).lane(&span.lane))?;
            if done.rows != 1 {
                return Err(Error::fenced("another process has taken the lane").lane(&span.lane));
            }
        }
        Ok(())
    }

    /// A state as it was decided last.
    ///
    /// # Errors
    /// The server's.
    pub async fn state(&self, session: &mut Session, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let sql = format!(
            "SELECT bytes FROM {STATE} WHERE pipeline = {} AND name = {}",
            quoted(&self.pipeline),
            quoted(name)
        );
        session.first(sql, "state cannot be read").await
    }

    /// Writes a state into the open transaction.
    ///
    /// # Errors
    /// The server's.
    pub async fn write_state(&self, session: &mut Session, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut sql = format!(
            "REPLACE INTO {STATE} (pipeline, name, bytes) VALUES ({},{},",
            quoted(&self.pipeline),
            quoted(name)
        )
        .into_bytes();
        push_bytes(bytes, &mut sql);
        sql.push(b')');
        let done = session.run(&sql).await;
        done.map(|_| ()).map_err(|failure| failure.into_error("state cannot be written"))
    }
}

/// What a shard writes about a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The term under which the lane is held.
    pub term: u64,
    /// Decisions before this one.
    pub seq: u64,
    /// Whether the position moves: not where the shard had decided more before.
    pub moves: bool,
    /// The last record with a row.
    pub ordinal: Option<u64>,
}

impl Held {
    /// What is written about the lane where `last` is the last record with a row that was read of it in this epoch.
    pub fn next(&self, last: Option<u64>) -> Move {
        let ordinal = last.max(self.ordinal);
        // Where the others come just as far, all are level.
        let moves = !self.ahead || last >= self.ordinal;
        Move { term: self.term, seq: self.seq, moves, ordinal }
    }

    /// Notes that it was decided.
    pub fn decided(&mut self, made: Move) {
        self.seq = made.seq + 1;
        if made.moves {
            self.ordinal = made.ordinal;
            self.ahead = false;
        }
    }

    /// Whether a row of a record is there already.
    pub fn has(&self, ordinal: u64) -> bool {
        self.ahead && self.ordinal.is_some_and(|last| ordinal <= last)
    }
}

/// Whether all shards of a lane have decided the same.
fn are_level(rows: &[LaneRow]) -> bool {
    rows.iter().all(|row| row.ordinal == rows[0].ordinal)
}

/// Where a lane stands when it is taken.
struct Standing {
    known: bool,
    /// Of the shard that has decided least.
    position: Option<String>,
    /// Of each shard.
    positions: Vec<Option<String>>,
    from_beginning: bool,
    note: Option<String>,
    held: Vec<Held>,
}

impl Standing {
    fn of(lane: &Lane, rows: Vec<LaneRow>, has_run: bool, store: &Store) -> Result<Self, Error> {
        let shards = usize::from(store.shards);
        // Above the terms of rows that were taken away: what was held under one of those must not be held again.
        let first = u64::try_from(chrono::Utc::now().timestamp_micros()).unwrap_or(1);
        let fresh = Held { term: first, seq: 0, ordinal: None, ahead: false };
        let term = rows.iter().map(|row| row.term).max().map_or(1, |term| term + 1);
        let Some(least) = rows.iter().min_by_key(|row| row.ordinal) else {
            return Ok(Self {
                known: false,
                position: None,
                positions: vec![None; shards],
                from_beginning: has_run,
                note: None,
                held: vec![fresh; shards],
            });
        };
        let is_level = are_level(&rows);
        let same_shards = rows.len() == shards && rows.iter().all(|row| row.shards == store.shards);
        if !is_level && !same_shards {
            // [`Store::uneven_shards`] has said otherwise.
            return Err(
                Error::transient("another process decided about the lane while it was taken").lane(lane)
            );
        }
        if !is_level && store.plan.is_some() && least.plan.is_some() && store.plan != least.plan {
            return Err(Error::configuration(
                "the last run did not end in order, and the steps were changed since: rows that only some connections \
                 have decided would be made in two ways",
            )
            .lane(lane)
            .help("run it once with the steps as they were, and stop it; then change them"));
        }
        let seq = rows.iter().map(|row| row.seq).max().unwrap_or(0) + 1;
        let own = |shard: usize| rows.iter().find(|row| usize::from(row.shard) == shard);
        let of_shard = |shard| own(shard).filter(|_| same_shards).unwrap_or(least);
        let held = |shard| {
            let row = of_shard(shard);
            Held { term, seq, ordinal: row.ordinal, ahead: row.ordinal > least.ordinal }
        };
        Ok(Self {
            known: true,
            position: least.position.clone(),
            positions: (0..shards).map(|shard| of_shard(shard).position.clone()).collect(),
            from_beginning: least.from_beginning,
            note: least.note.clone(),
            held: (0..shards).map(held).collect(),
        })
    }
}

fn parse(text: &str, lane: &Lane) -> Result<Position, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::fatal(format!("what {POSITIONS} holds for the lane cannot be read"))
            .lane(lane)
            .caused_by(error)
    })
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), quoted)
}

/// A session as others find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionName {
    /// The lock that it holds.
    pub token: String,
    /// The server's number for it.
    pub id: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(shards: u16) -> Store {
        Store { pipeline: "p".to_owned(), holder: "h".to_owned(), plan: Some("a".to_owned()), shards }
    }

    fn row(shard: u16, ordinal: u64, shards: u16, plan: &str) -> LaneRow {
        LaneRow {
            lane: "t/0".into(),
            shard,
            term: 4,
            seq: 7,
            position: Some(format!("at {ordinal}")),
            ordinal: Some(ordinal),
            shards,
            plan: Some(plan.to_owned()),
            released: false,
            from_beginning: false,
            note: None,
            holder: None,
            session: None,
        }
    }

    #[test]
    fn uneven_shards_go_on_from_the_lowest() {
        let rows = vec![row(0, 20, 2, "a"), row(1, 10, 2, "a")];
        let standing = Standing::of(&"t/0".into(), rows, true, &store(2)).unwrap();
        assert_eq!(standing.position.as_deref(), Some("at 10"));
        assert_eq!((standing.held[0].ahead, standing.held[1].ahead), (true, false));
        assert!(standing.held[0].has(20) && !standing.held[0].has(21) && !standing.held[1].has(10));
        assert!(standing.held.iter().all(|held| held.term == 5));
        // It stays where it is until the others have come as far.
        let mut ahead = standing.held[0].clone();
        assert!(!ahead.next(Some(15)).moves);
        let past = ahead.next(Some(25));
        ahead.decided(past);
        assert_eq!((past.moves, ahead.ordinal, ahead.ahead), (true, Some(25), false));
    }

    #[test]
    fn uneven_shards_are_not_rearranged() {
        let rows = || vec![row(0, 20, 2, "a"), row(1, 10, 2, "a")];
        let error = Standing::of(&"t/0".into(), rows(), true, &store(3)).err().unwrap().to_string();
        assert!(error.contains("while it was taken"), "{error}");
        let other = Store { plan: Some("b".to_owned()), ..store(2) };
        assert!(Standing::of(&"t/0".into(), rows(), true, &other).is_err());
        let level = vec![row(0, 10, 2, "a"), row(1, 10, 2, "a")];
        let standing = Standing::of(&"t/0".into(), level, true, &store(3)).unwrap();
        assert_eq!(standing.held.len(), 3);
        assert!(standing.held.iter().all(|held| !held.ahead && held.ordinal == Some(10)));
    }
}
