//! From what a lane is told to an offset.

use std::collections::HashMap;
use std::time::Duration;

use sluicegate_connector::{Error, LaneStart, StartAt};
use sluicegate_model::Lane;

use super::lanes::purged;
use super::{OnPurged, SourceGroup, Start, Until};
use crate::client::admin::{self, Offset};
use crate::client::{Partition, PartitionList, group};

/// A lane that is to be started, with what has to be known to find out where.
pub struct Wanted {
    /// The partition.
    pub partition: Partition,
    /// From where.
    pub at: StartAt,
    /// Whether it is started for the first time since the group gave it to this process.
    pub first: bool,
}

/// Where a lane starts, and where the run stops in it.
#[derive(Clone, Copy, Debug)]
pub struct Resolved {
    /// The first offset to read.
    pub offset: i64,
    /// The first offset that is not read, where the run stops at all; set at the first start only.
    pub end: Option<i64>,
}

/// What the source is told about starts and ends.
#[derive(Clone)]
pub struct Rules {
    /// Where a pipeline begins that has never run.
    pub start: Start,
    /// What to do about deleted messages.
    pub on_purged: OnPurged,
    /// Where the run stops.
    pub until: Option<Until>,
}

/// The offset that a position means in a lane.
///
/// # Errors
/// [`sluicegate_connector::Class::Fatal`] where it is a position of another topic, or none of Kafka at all.
pub fn offset_of(start: &LaneStart, source: &str) -> Result<Option<i64>, Error> {
    let StartAt::Position(position) = &start.at else { return Ok(None) };
    if position.source != source {
        let (was, is) = (&position.source, source);
        return Err(Error::fatal(format!(
            "the position is of another topic or cluster ({was}) than the one that is read now ({is}): the topic \
             was made anew, or `brokers` point elsewhere"
        ))
        .lane(&start.lane)
        .position(position)
        .help("choose with `sluicegate positions set` where to go on in the topic of today"));
    }
    position
        .number("offset")
        .map(Some)
        .ok_or_else(|| Error::fatal("the position holds no offset").lane(&start.lane).position(position))
}

/// Finds out where lanes start. Blocks.
///
/// # Errors
/// Where a lane may not be started: nothing committed, or messages gone.
pub fn resolve(
    group: &SourceGroup,
    rules: &Rules,
    wanted: &[Wanted],
) -> Result<HashMap<Lane, Resolved>, Error> {
    let committed = committed(group, rules, wanted)?;
    let mut known: HashMap<Partition, i64> = HashMap::new();
    let mut asked = Vec::new();
    for one in wanted {
        match (&one.at, &rules.start) {
            (StartAt::Position(position), _) => {
                known.insert(one.partition.clone(), position.number("offset").unwrap_or_default());
            }
            (StartAt::Configured, Start::Committed) => {
                known.insert(one.partition.clone(), committed[&one.partition]);
            }
            (StartAt::Configured, Start::Offsets(offsets)) => {
                match offsets.get(one.partition.lane().as_str()) {
                    Some(offset) => drop(known.insert(one.partition.clone(), *offset)),
                    None => asked.push((one.partition.clone(), Offset::Earliest)),
                }
            }
            (StartAt::Configured, Start::Latest) => asked.push((one.partition.clone(), Offset::Latest)),
            (StartAt::Configured, Start::Timestamp(moment)) => {
                asked.push((one.partition.clone(), Offset::Time(moment.0)));
            }
            (StartAt::Beginning, _) | (StartAt::Configured, Start::Earliest) => {
                asked.push((one.partition.clone(), Offset::Earliest));
            }
        }
    }
    for (partition, offset) in after_the_last(group, admin::offsets(&group.consumer, &asked, true)?)? {
        known.insert(partition, offset);
    }
    check_range(group, rules, wanted, &mut known)?;
    let ends = ends(group, rules, wanted)?;
    Ok(wanted
        .iter()
        .map(|one| {
            let resolved = Resolved { offset: known[&one.partition], end: ends.get(&one.partition).copied() };
            (one.partition.lane(), resolved)
        })
        .collect())
}

/// What the group has committed for lanes that begin there.
fn committed(
    group: &SourceGroup,
    rules: &Rules,
    wanted: &[Wanted],
) -> Result<HashMap<Partition, i64>, Error> {
    let lanes: Vec<&Partition> = wanted
        .iter()
        .filter(|one| one.at == StartAt::Configured && rules.start == Start::Committed)
        .map(|one| &one.partition)
        .collect();
    if lanes.is_empty() {
        return Ok(HashMap::new());
    }
    let list = PartitionList::of(lanes.into_iter().map(|partition| (partition, -1)))?;
    let entries = group::committed(&group.consumer, &list, Duration::from_secs(30))
        .map_err(|error| error.during(format!("offsets of group {} could not be read", group.name)))?;
    entries
        .into_iter()
        .map(|entry| {
            if entry.offset >= 0 {
                return Ok((entry.partition, entry.offset));
            }
            let what = format!("the pipeline has never run and group {} has committed nothing", group.name);
            Err(Error::configuration(what)
                .lane(&entry.partition.lane())
                .help("say where to begin: `start: earliest`, `start: latest`, a timestamp or offsets"))
        })
        .collect()
}

/// A time after the last message has no offset: then it is the end.
fn after_the_last(
    group: &SourceGroup,
    offsets: Vec<(Partition, i64)>,
) -> Result<Vec<(Partition, i64)>, Error> {
    let (found, missing): (Vec<_>, Vec<_>) = offsets.into_iter().partition(|(_, offset)| *offset >= 0);
    let missing: Vec<_> = missing.into_iter().map(|(partition, _)| (partition, Offset::Latest)).collect();
    let ends = admin::offsets(&group.consumer, &missing, true)?;
    Ok(found.into_iter().chain(ends).collect())
}

/// Looks whether the messages at the offsets are still there, at the first start of each lane.
fn check_range(
    group: &SourceGroup,
    rules: &Rules,
    wanted: &[Wanted],
    known: &mut HashMap<Partition, i64>,
) -> Result<(), Error> {
    let first = || wanted.iter().filter(|one| one.first).map(|one| one.partition.clone());
    let starts: Vec<_> = first().map(|partition| (partition, Offset::Earliest)).collect();
    let ends: Vec<_> = first().map(|partition| (partition, Offset::Latest)).collect();
    let starts = admin::offsets(&group.consumer, &starts, false)?;
    let ends: HashMap<_, _> = admin::offsets(&group.consumer, &ends, false)?.into_iter().collect();
    for (partition, earliest) in starts {
        let Some(offset) = known.get_mut(&partition) else { continue };
        let lane = partition.lane();
        let end = ends.get(&partition).copied().unwrap_or(i64::MAX);
        if *offset > end {
            let what =
                format!("the position {offset} lies behind the end of the topic, {end}: messages are gone");
            return Err(purged(&what, &lane));
        }
        if *offset >= earliest {
            continue;
        }
        let gone = earliest - *offset;
        if rules.on_purged == OnPurged::Stop {
            let what = format!(
                "messages that were not read yet are gone: the pipeline stands at offset {offset}, the topic begins \
                 at {earliest}"
            );
            return Err(purged(&what, &lane));
        }
        tracing::warn!(%lane, from = *offset, to = earliest, gone, "messages were deleted before they were read");
        *offset = earliest;
    }
    Ok(())
}

/// Where the run stops in lanes that are started for the first time.
fn ends(group: &SourceGroup, rules: &Rules, wanted: &[Wanted]) -> Result<HashMap<Partition, i64>, Error> {
    let Some(until) = &rules.until else { return Ok(HashMap::new()) };
    let mut known = HashMap::new();
    let mut asked = Vec::new();
    for partition in wanted.iter().filter(|one| one.first).map(|one| one.partition.clone()) {
        match until {
            Until::End => asked.push((partition, Offset::Latest)),
            Until::Time(moment) => asked.push((partition, Offset::Time(moment.0))),
            Until::Offsets(offsets) => match offsets.get(partition.lane().as_str()) {
                Some(offset) => drop(known.insert(partition, *offset)),
                None => asked.push((partition, Offset::Latest)),
            },
        }
    }
    known.extend(after_the_last(group, admin::offsets(&group.consumer, &asked, true)?)?);
    Ok(known)
}
