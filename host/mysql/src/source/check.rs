//! Whether a server is ready to be a source, all at once, each with the statement that mends it.

use std::fmt::Write as _;
use std::time::Duration;

use mysql_async::Row;
use sluicegate_connector::{Class, Error};
use sluicegate_model::{Lane, Position};

use super::dump::{From, Request};
use super::facts::Facts;
use super::kept::Kept;
use super::opening::Opening;
use super::options::{ColumnsFrom, Start};
use super::snapshot;
use crate::Connection;
use crate::binlog::LogPosition;
use crate::client::ReadSession;
use crate::client::server::Family;
use crate::sql::name;

/// A log that is kept for less than this is gone after a weekend.
const KEPT: Duration = Duration::from_hours(3 * 24);

/// Names of tables in one message, at most.
const NAMES: usize = 5;

/// What was found of a server.
#[derive(Debug, Default)]
pub struct Findings {
    /// What keeps the source from running, each with what mends it.
    pub problems: Vec<String>,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl Findings {
    fn problem(&mut self, what: &str, mend: &str) {
        self.problems.push(format!("{what}; {mend}"));
    }

    fn note(&mut self, what: &str, mend: &str) {
        self.notes.push(format!("{what}; {mend}"));
    }

    fn error(&mut self, error: &Error) {
        self.problems.push(error.to_string());
    }

    /// The notes, where there is no problem.
    ///
    /// # Errors
    /// [`Class::Configuration`] with all problems.
    pub fn into_notes(self) -> Result<Vec<String>, Error> {
        if self.problems.is_empty() {
            return Ok(self.notes);
        }
        let mut what = "the server is not ready to be a source".to_owned();
        for (number, problem) in self.problems.iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = write!(what, "\n{}. {problem}", number + 1);
        }
        Err(Error::configuration(what))
    }
}

/// Looks at a server. `position` is where the pipeline stands.
///
/// # Errors
/// Where it cannot be asked.
pub async fn check(
    opening: &Opening,
    connection: &Connection,
    position: Option<&Position>,
) -> Result<Findings, Error> {
    let mut session = ReadSession::open(connection).await?;
    let facts = Facts::read(&mut session).await?;
    let user: Option<(String,)> =
        session.first("SELECT CURRENT_USER()", "the user's name cannot be asked for").await?;
    let user = user.map_or_else(String::new, |(user,)| account(&user));
    let mut found = Findings::default();
    settings(opening, &facts, &mut found);
    if facts.writes_log() {
        log(opening, connection, &facts, &mut session, (&user, position), &mut found).await?;
    }
    tables(opening, &mut session, &user, &mut found).await?;
    session.close().await;
    Ok(found)
}

/// `user@%` as statements have it.
fn account(user: &str) -> String {
    let (name, host) = user.rsplit_once('@').unwrap_or((user, "%"));
    format!("{}@{}", crate::sql::text::quoted(name), crate::sql::text::quoted(host))
}

fn settings(opening: &Opening, facts: &Facts, found: &mut Findings) {
    if let Err(error) = facts.check() {
        found.error(&error);
    }
    let options = &opening.options;
    if let Err(error) = facts.check_whole_rows() {
        if options.start == Start::Snapshot {
            found.error(&error);
        } else {
            found.note(
                "changes bring parts of rows only: columns that did not change are missing in them",
                "`SET GLOBAL binlog_row_image = FULL` on the server brings whole rows",
            );
        }
    }
    let metadata = facts.variable("binlog_row_metadata");
    if !metadata.eq_ignore_ascii_case("FULL") {
        let what = format!("the log does not name the columns of tables (binlog_row_metadata={metadata})");
        let mend = "`SET GLOBAL binlog_row_metadata = FULL` on the server";
        match options.columns_from {
            ColumnsFrom::Log => found.problem(
                &what,
                &format!("{mend}, or `columns_from: information-schema` of the source where no table is ever changed"),
            ),
            ColumnsFrom::InformationSchema => {
                found.note(&what, &format!("{mend} makes it right at each point of its history"));
            }
        }
    }
    if !facts.names_transactions {
        let what = format!("transactions have no GTIDs (gtid_mode={})", facts.variable("gtid_mode"));
        let mend = "`SET GLOBAL enforce_gtid_consistency = ON`, then `SET GLOBAL gtid_mode` to OFF_PERMISSIVE, \
                    ON_PERMISSIVE and ON, one after the other";
        if options.urls.is_empty() {
            found.note(&format!("{what}: positions hold on this server alone"), mend);
        } else {
            found.problem(&format!("{what}, and `urls` need them"), mend);
        }
    }
    if facts.variable("server_id").parse() == Ok(opening.server_id) {
        found.problem(
            &format!("`server_id` of the source, {}, is the server's own", opening.server_id),
            "give the source another number, or none",
        );
    }
    if let Some(kept) = facts.kept_for().filter(|kept| *kept < KEPT) {
        let seconds = kept.as_secs();
        found.note(
            &format!(
                "the server removes its log after {seconds} s: a pipeline that stands still for longer loses changes \
                 (see `on_purged`)"
            ),
            "`SET GLOBAL binlog_expire_logs_seconds = 604800` on the server keeps it for a week",
        );
    }
}

/// What can be asked of a server that writes a log.
async fn log(
    opening: &Opening,
    connection: &Connection,
    facts: &Facts,
    session: &mut ReadSession,
    (user, position): (&str, Option<&Position>),
    found: &mut Findings,
) -> Result<(), Error> {
    let monitor = match facts.family {
        Family::MySql => "REPLICATION CLIENT",
        Family::MariaDb => "BINLOG MONITOR",
    };
    let kept = match Kept::read(facts, session).await {
        Ok(kept) => kept,
        Err(error) if error.class() == Class::Configuration => {
            let what = format!("the user may not ask where the log is ({})", error.what());
            found.problem(&what, &format!("`GRANT {monitor} ON *.* TO {user}`"));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if let Some(position) = position.filter(|position| position.source == facts.source)
        && let Ok(at) = LogPosition::from_position(position)
        && let Some(missing) = kept.misses(facts, &at)
    {
        found.error(&kept.error(facts, &at, missing).lane(&Lane::new(super::LANE)));
    }
    // Under a number of its own: a pipeline that runs is not disturbed.
    let request = Request {
        from: From::Place(kept.end.place.clone()),
        server_id: rand::random_range(1 << 30..u32::MAX),
        heartbeat: opening.options.heartbeat.0,
        family: facts.family,
    };
    match request.open(connection).await {
        Ok(stream) => drop(stream),
        Err(error) if error.class() == Class::Configuration => found
            .problem("the user may not read the log", &format!("`GRANT REPLICATION SLAVE ON *.* TO {user}`")),
        Err(error) => found.error(&error),
    }
    let readers = match facts.family {
        Family::MySql if facts.version >= (8, 0, 22) => "SHOW REPLICAS",
        _ => "SHOW SLAVE HOSTS",
    };
    // Who may not ask is not told.
    let rows: Vec<Row> = session.rows(readers, "readers cannot be listed").await.unwrap_or_default();
    if rows.iter().any(|row| row.get::<u32, _>(0) == Some(opening.server_id)) {
        found.note(
            &format!(
                "a reader of the number {} is connected, which a start of the pipeline ends",
                opening.server_id
            ),
            "give the source a `server_id` of its own where that is not this pipeline itself",
        );
    }
    Ok(())
}

/// Which tables are there, and may be read.
async fn tables(
    opening: &Opening,
    session: &mut ReadSession,
    user: &str,
    found: &mut Findings,
) -> Result<(), Error> {
    let all = snapshot::all(session, &opening.tables).await?;
    if all.is_empty() {
        found.problem(
            "`tables` of the source matches no table that the user can see",
            &format!("mend the names, or `GRANT SELECT ON DATABASE.* TO {user}`"),
        );
        return Ok(());
    }
    let seen: Vec<String> = all.iter().map(|(database, table)| format!("{database}.{table}")).collect();
    for written in opening.tables.unmatched(&seen) {
        found.note(
            &format!("{written:?} of `tables` matches no table that the user can see"),
            &format!(
                "mend it, or `GRANT SELECT ON DATABASE.* TO {user}`; a table that is made later is read"
            ),
        );
    }
    if opening.options.start != Start::Snapshot {
        return Ok(());
    }
    let mut closed = Vec::new();
    for (database, table) in &all {
        let sql = format!("SELECT * FROM {}.{} LIMIT 0", name::quoted(database), name::quoted(table));
        if let Err(failure) = session.run(&sql).await {
            if session.is_broken() {
                return Err(failure.into_error("the tables cannot be asked for"));
            }
            closed.push(format!("{database}.{table}"));
        }
    }
    if let Some(first) = closed.first() {
        let what = format!("the user may not read {}", few(&closed));
        found.problem(&what, &format!("`GRANT SELECT ON {first} TO {user}`, and so on"));
    }
    Ok(())
}

fn few(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES);
    let shown = names[..names.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
