//! Finishing what was decided: labels are committed, and what became of those of which nobody knows is found out.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use sluicegate_connector::{Error, StartAt, Taken};
use sluicegate_model::Lane;
use sluicegate_tables::name::quoted;

use super::note::{Prepared, Work};
use super::options::PositionColumns;
use super::writer::Shared;
use crate::Client;
use crate::client::{Ended, Failure};
use crate::sql::text;

/// How long commits of one decision are asked for before the lanes are taken again, and asked for anew.
const PATIENCE: Duration = Duration::from_mins(2);

/// What became of a load that was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its rows are in the table, or will be without anybody's help.
    Applied,
    /// Nobody knows, and why.
    Unknown(String),
}

/// What became of the rows of one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are there.
    There,
    /// They are sent again: they are not there, or there once in the end.
    Again(String),
}

/// Commits labels in their order, all of them: who takes another lane of the decision must not find one that is
/// prepared, and commit it when its rows were long replaced.
///
/// # Errors
/// Where that cannot be done now.
pub async fn commit(client: &Client, labels: &[Prepared]) -> Result<Vec<Outcome>, Failure> {
    let until = Instant::now() + PATIENCE;
    let mut outcomes = Vec::with_capacity(labels.len());
    for Prepared { database, table, label, .. } in labels {
        outcomes.push(match client.commit_until(database, table, label, until).await? {
            Ended::Applied => Outcome::Applied,
            Ended::Unknown(why) => Outcome::Unknown(why),
        });
    }
    Ok(outcomes)
}

/// What became of a lane's rows, and where the lane goes on.
///
/// # Errors
/// [`sluicegate_connector::Class::Fatal`] where a person has to look; where the table cannot be asked now.
pub async fn settle(
    shared: &Shared,
    taken: &mut Taken,
    work: &Work,
    outcomes: &[Outcome],
) -> Result<Verdict, Error> {
    let lane = &taken.lane;
    // Of tables in which a row that comes twice is there twice.
    let (mut there, mut missing) = (None, None);
    let mut again = None;
    for (prepared, outcome) in work.labels.iter().zip(outcomes) {
        match outcome {
            Outcome::Applied if prepared.repeatable => {}
            Outcome::Applied => {
                if prepared.last.is_empty() || prepared.last.contains_key(lane) {
                    there = Some(prepared);
                }
            }
            Outcome::Unknown(why) if prepared.repeatable => again = Some((prepared, why)),
            Outcome::Unknown(why) => match is_there(shared, prepared, lane).await? {
                Known::NoRows => {}
                Known::There => there = Some(prepared),
                Known::Missing => missing = Some((prepared, why)),
                Known::Nothing => return Err(told(taken, work, prepared, prepared, why)),
            },
        }
    }
    let Some((prepared, why)) = missing.or(again) else { return Ok(Verdict::There) };
    if let Some(appended) = there {
        return Err(told(taken, work, appended, prepared, why));
    }
    let Some(from) = work.from.get(lane) else { return Ok(Verdict::There) };
    tracing::warn!(%lane, label = prepared.label, why, "rows of a decided load are sent again");
    taken.at = StartAt::Position(from.clone());
    Ok(Verdict::Again(why.clone()))
}

fn told(taken: &Taken, work: &Work, appended: &Prepared, unknown: &Prepared, why: &str) -> Error {
    let to = match &taken.at {
        StartAt::Position(position) => position.to_string(),
        _ => "its beginning".to_owned(),
    };
    let from = work.from.get(&taken.lane).map_or_else(|| "its beginning".to_owned(), ToString::to_string);
    Error::fatal(format!(
        "it is not known whether the rows from {from} to {to} are in {}.{}: load {}: {why}",
        appended.database, appended.table, unknown.label
    ))
    .lane(&taken.lane)
    .help(
        "look whether the table has them; then `sluicegate positions set` to before them or behind them, and start again. \
         Where the table has columns for partition and offset, name them in `position_columns` of the sink: then it looks \
         by itself",
    )
}

/// What a table says about the rows of a lane that a load brought.
enum Known {
    /// It brought none.
    NoRows,
    /// They are there.
    There,
    /// They are not.
    Missing,
    /// The table cannot tell.
    Nothing,
}

/// Looks for the last row of a lane that a load brought. The largest offset of the table would not do: a later load of the same
/// decision may have brought that one.
async fn is_there(shared: &Shared, prepared: &Prepared, lane: &Lane) -> Result<Known, Error> {
    let Some(columns) = shared.options.position_columns.as_ref().filter(|_| !prepared.last.is_empty()) else {
        return Ok(Known::Nothing);
    };
    let Some(offset) = prepared.last.get(lane) else { return Ok(Known::NoRows) };
    let Some(condition) = condition(columns, lane, *offset) else { return Ok(Known::Nothing) };
    let Prepared { database, table, .. } = prepared;
    let sql = format!("SELECT COUNT(*) FROM {}.{} WHERE {condition}", quoted(database), quoted(table));
    let what =
        format!("table {database}.{table} cannot be asked whether it has the rows that were decided last");
    let mut catalog = shared.catalog.lock().await;
    let counts: Vec<u64> = catalog.session(shared).await?.rows(&sql, &what).await?;
    Ok(if counts.first().is_some_and(|count| *count > 0) { Known::There } else { Known::Missing })
}

/// The row with an offset of a lane, where that is a partition of a topic.
fn condition(columns: &PositionColumns, lane: &Lane, offset: u64) -> Option<String> {
    let (topic, partition) = lane.as_str().rsplit_once('/')?;
    let partition: i32 = partition.parse().ok()?;
    let mut condition =
        format!("{} = {partition} AND {} = {offset}", quoted(&columns.partition), quoted(&columns.offset));
    if let Some(column) = &columns.topic {
        let _ = write!(condition, " AND {} = {}", quoted(column), text(topic));
    }
    Some(condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_where_it_came_from() {
        let mut columns =
            PositionColumns { partition: "lane".to_owned(), offset: "at".to_owned(), topic: None };
        let of = |columns: &PositionColumns, lane: &str| condition(columns, &lane.into(), 17);
        assert_eq!(of(&columns, "a/b/3").unwrap(), "`lane` = 3 AND `at` = 17");
        columns.topic = Some("topic".to_owned());
        assert_eq!(of(&columns, "a/b/3").unwrap(), "`lane` = 3 AND `at` = 17 AND `topic` = 'a/b'");
        assert_eq!(of(&columns, "binlog"), None);
    }
}
