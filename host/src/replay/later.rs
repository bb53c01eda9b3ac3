//! Whether the key of a row was changed after it.
//!
//! Each lane is read once, from its earliest letter on, for all of its letters. A later row of the same table and key
//! counts, unless it is itself a letter that waits: then it was not written either, and is sent again behind this one.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use sluicegate_connector::Error;
use sluicegate_model::{ChangeBatch, Decoded, Item, Lane, Position, TableName};

use super::Tools;
use super::plan::{Entry, Fate};
use super::rows::{RowKey, keys_of};

/// A row that came later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// Its lane.
    pub lane: Lane,
    /// Its record's number in the lane.
    pub ordinal: u64,
}

impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, offset {}", self.lane, self.ordinal)
    }
}

/// A letter whose key is looked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its number.
    pub(super) letter: usize,
    pub(super) ordinal: u64,
    pub(super) part: Option<u32>,
    pub(super) output: Option<TableName>,
    /// What its position belongs to.
    pub(super) source: String,
    pub(super) keys: Vec<u128>,
}

/// Letters that were not sent again yet, by their rows.
#[derive(Default)]
pub(super) struct Waiting(HashMap<(Lane, u64), Vec<PartOf>>);

/// A row of a record, and where it was on its way to; all of them where it is not said.
type PartOf = (Option<u32>, Option<TableName>);

impl Waiting {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut waiting = Self::default();
        for entry in entries {
            let row = (entry.lane.clone(), entry.ordinal);
            waiting.0.entry(row).or_default().push((entry.part, entry.output.clone()));
        }
        waiting
    }

    /// Whether a row was not written where the letter's row goes: it waits itself.
    fn holds(&self, lane: &Lane, ordinal: u64, part: Option<u32>, output: Option<&TableName>) -> bool {
        let Some(letters) = self.0.get(&(lane.clone(), ordinal)) else { return false };
        letters.iter().any(|(its_part, its_output)| {
            let same_row = its_part.is_none_or(|its| its == part.unwrap_or(0));
            let same_output = its_output.is_none() || its_output.as_ref() == output;
            same_row && same_output
        })
    }
}

/// What follows for letters: only those that are not to be sent again. Blocks.
pub(super) fn look(
    tools: &Tools,
    committed: &BTreeMap<Lane, Position>,
    wanted: BTreeMap<Lane, Vec<Wanted>>,
    waiting: &Waiting,
) -> Result<Vec<(usize, Fate)>, Error> {
    let Some(changes) = &tools.changes else {
        let cannot = "the source is no topic, and is not read again".to_owned();
        let all = wanted.into_values().flatten();
        return Ok(all.map(|letter| (letter.letter, Fate::CannotTell(cannot.clone()))).collect());
    };
    let mut source = (changes.open)()?;
    // A pipeline that runs writes what is behind its position within moments: that counts too.
    let running = source.members(&changes.group)? > 0;
    if running {
        tracing::warn!(
            "group {} has members: while the pipeline runs, what it reads from now on is not looked at; stop it to be certain",
            changes.group
        );
    }
    let mut fates = Vec::new();
    for (lane, wanted) in wanted {
        let cannot = |letter: &Wanted, why: &str| (letter.letter, Fate::CannotTell(why.to_owned()));
        let Some(extent) = source.extent(&lane)? else {
            fates.extend(wanted.iter().map(|letter| cannot(letter, "its topic or partition is gone")));
            continue;
        };
        let (wanted, foreign): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|letter| letter.source == extent.source);
        let made_anew = "its topic was made anew, or is of another cluster";
        fates.extend(foreign.iter().map(|letter| cannot(letter, made_anew)));
        let Some(from) = wanted.iter().map(|letter| letter.ordinal).min() else { continue };
        let position =
            committed.get(&lane).and_then(|position| position.number("offset")).unwrap_or(0) as u64;
        let to = if running { extent.end } else { position.min(extent.end) };
        let mut search = Search::new(&lane, &wanted, waiting);
        let begin = from.max(extent.first);
        tracing::info!(%lane, from = begin, to, letters = wanted.len(), "looking for later changes of the same keys");
        source.read(&lane, begin, to, &mut |decoded| search.see(&decoded))?;
        for (place, letter) in wanted.iter().enumerate() {
            match search.found[place] {
                Some(ordinal) => {
                    let later = Later { lane: lane.clone(), ordinal };
                    fates.push((letter.letter, Fate::ChangedLater(later)));
                }
                None if letter.ordinal + 1 < extent.first => {
                    let why = format!(
                        "the messages from offset {} to {} are gone from {lane}",
                        letter.ordinal + 1,
                        extent.first - 1
                    );
                    fates.push(cannot(letter, &why));
                }
                None => {}
            }
        }
    }
    Ok(fates)
}

/// Looks for the keys of a lane's letters.
struct Search<'a> {
    lane: &'a Lane,
    wanted: &'a [Wanted],
    waiting: &'a Waiting,
    by_key: HashMap<u128, Vec<usize>>,
    /// The first later row of each letter.
    found: Vec<Option<u64>>,
}

impl<'a> Search<'a> {
    fn new(lane: &'a Lane, wanted: &'a [Wanted], waiting: &'a Waiting) -> Self {
        let mut by_key: HashMap<u128, Vec<usize>> = HashMap::new();
        for (place, letter) in wanted.iter().enumerate() {
            for key in &letter.keys {
                by_key.entry(*key).or_default().push(place);
            }
        }
        Self { lane, wanted, waiting, by_key, found: vec![None; wanted.len()] }
    }

    fn see(&mut self, decoded: &Decoded) {
        for item in &decoded.items {
            if let Item::Rows(batch) = item {
                self.see_rows(batch);
            }
        }
    }

    fn see_rows(&mut self, batch: &ChangeBatch) {
        for (row, key) in keys_of(batch).into_iter().enumerate() {
            let RowKey::Known(key) = key else { continue };
            let Some(places) = self.by_key.get(&key) else { continue };
            let (ordinal, part) = (batch.origin().ordinals[row], batch.origin().part(row));
            for &place in places {
                let letter = &self.wanted[place];
                // A letter without a part is about all rows of its record.
                let after = ordinal > letter.ordinal
                    || (ordinal == letter.ordinal
                        && letter.part.is_some_and(|its| part.is_some_and(|part| part > its)));
                let sooner = self.found[place].is_none_or(|found| ordinal < found);
                if after && sooner && !self.waiting.holds(self.lane, ordinal, part, letter.output.as_ref()) {
                    self.found[place] = Some(ordinal);
                }
            }
        }
    }
}
