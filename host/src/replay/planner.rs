//! Finding out what becomes of each letter.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sluicegate_connector::{Error, TransformFactory};
use sluicegate_engine::Chain;
use sluicegate_model::{ChangeBatch, DeadLetter, Item, Lane, TableName};

use super::Tools;
use super::done::{KnownPlace, Progress};
use super::later::{self, Wanted};
use super::narrow::{Stage, stage_of};
use super::order;
use super::places::{LetterStore, Stored};
use super::plan::{Asked, Decided, Entry, Fate, Plan, Unit};
use super::rows::{RowKey, keys_of, rows_of};

/// Stretches of letters that may be left behind, at most: a position holds each of them, and is written with each epoch.
const MOST_STRETCHES: usize = 20_000;

/// Finds out what becomes of each letter. Blocks.
///
/// # Errors
/// Of the systems.
pub fn plan(
    tools: &Tools,
    steps: &[Arc<dyn TransformFactory>],
    asked: &Asked,
    decided: &Decided,
) -> Result<Plan, Error> {
    let plan = Plan { places: Arc::from([]), entries: Vec::new(), units: Vec::new(), stages: HashMap::new() };
    let mut planner = Planner { tools, steps, asked, decided, chains: HashMap::new(), plan };
    planner.collect()?;
    planner.what_the_pipeline_has_passed();
    planner.one_step_at_a_time();
    if !asked.force {
        planner.what_changed_later()?;
    }
    planner.line_up();
    let mut progress = Progress::new(decided.replays.clone(), &planner.plan.places);
    for unit in &planner.plan.units {
        planner.plan.copies(unit).for_each(|(place, at)| progress.finish(place, at));
    }
    if progress.stretches() > MOST_STRETCHES {
        return Err(Error::configuration(format!(
            "too many letters would be left in between: {} stretches of them",
            progress.stretches()
        ))
        .help("send more of them again at once, or --force those that are refused"));
    }
    Ok(planner.plan)
}

struct Planner<'a> {
    tools: &'a Tools,
    steps: &'a [Arc<dyn TransformFactory>],
    asked: &'a Asked,
    decided: &'a Decided,
    /// Chains of the first steps, by their number.
    chains: HashMap<usize, Chain>,
    plan: Plan,
}

impl Planner<'_> {
    /// Reads all letters that were not sent again yet.
    fn collect(&mut self) -> Result<(), Error> {
        let mut store = LetterStore::open(&self.tools.places)?;
        let mut places: Vec<KnownPlace> = store
            .places()
            .iter()
            .map(|place| KnownPlace {
                name: place.name.clone(),
                source: place.source.clone(),
                end: place.end,
                letters: Vec::new(),
            })
            .collect();
        let replays = &self.decided.replays;
        let mut by_id: HashMap<String, usize> = HashMap::new();
        let mut failed = None;
        store.each(&|place| replays.first_open(&place.name, &place.source), &mut |stored| {
            let place = &mut places[stored.place];
            place.letters.push(stored.at);
            if !replays.is_done(&place.name, &place.source, stored.at)
                && let Err(error) = self.add(stored, &mut by_id)
            {
                failed = Some(error);
            }
            failed.is_none()
        })?;
        self.plan.places = places.into();
        failed.map_or(Ok(()), Err)
    }

    fn add(&mut self, stored: Stored, by_id: &mut HashMap<String, usize>) -> Result<(), Error> {
        let Stored { place, at, when, letter } = stored;
        let id = letter.id();
        let fate = if self.asked.filter.matches(&letter, when) { Fate::Send } else { Fate::NotAsked };
        let number = if let Some(&known) = by_id.get(&id) {
            // The same row again, after a crash: what was said last counts.
            let entry = &mut self.plan.entries[known];
            entry.copies.push((place, at));
            if when < entry.when {
                return Ok(());
            }
            entry.when = when;
            entry.step.clone_from(&letter.why.step);
            entry.reason.clone_from(&letter.why.reason);
            entry.fate = fate;
            entry.anywhere = false;
            known
        } else {
            let number = self.plan.entries.len();
            by_id.insert(id.clone(), number);
            self.plan.entries.push(Entry {
                id,
                lane: letter.lane.clone(),
                position: letter.position.clone(),
                ordinal: letter.ordinal,
                part: letter.part,
                output: letter.output.clone(),
                step: letter.why.step.clone(),
                reason: letter.why.reason.clone(),
                when,
                copies: vec![(place, at)],
                fate,
                keys: Vec::new(),
                key_unknown: false,
                anywhere: false,
            });
            number
        };
        if self.plan.entries[number].fate == Fate::Send { self.look_into(number, letter) } else { Ok(()) }
    }

    /// What the letter's row is now: its keys, and whether it goes where it was on its way to.
    fn look_into(&mut self, number: usize, mut letter: DeadLetter) -> Result<(), Error> {
        if let Some(opener) = &self.tools.opener
            && let Err(why) = opener.open(&mut letter)
        {
            self.plan.entries[number].fate = Fate::Closed(why);
            return Ok(());
        }
        let decoded = rows_of(self.tools.decode.as_ref(), &letter);
        let mut keys = Vec::new();
        let mut unknown = false;
        let batches: Vec<_> = decoded
            .items
            .into_iter()
            .filter_map(|item| match item {
                Item::Rows(batch) => Some(batch),
                Item::Control(_) => None,
            })
            .collect();
        for batch in &batches {
            let of_rows = keys_of(batch);
            for row in 0..batch.len() {
                let unit = batch.unit_of(row);
                match of_rows[row] {
                    RowKey::Known(key) => keys.push(key),
                    // One half of a pair may lack what the other has.
                    RowKey::Unknown => {
                        unknown |= !unit.clone().any(|row| matches!(of_rows[row], RowKey::Known(_)));
                    }
                    RowKey::None => {}
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let entry = &mut self.plan.entries[number];
        (entry.keys, entry.key_unknown) = (keys, unknown);
        match &letter.output {
            Some(output) => self.check_output(number, output, batches),
            None => Ok(()),
        }
    }

    /// A letter about one of several outputs of a row: whether the row has that output still.
    fn check_output(
        &mut self,
        number: usize,
        output: &TableName,
        batches: Vec<ChangeBatch>,
    ) -> Result<(), Error> {
        let step = self.plan.entries[number].step.clone();
        let stage = stage_of(&step, self.steps);
        let chain = self.chains.entry(stage).or_insert_with(|| Chain::new(&self.steps[..stage]));
        let mut tables: Vec<TableName> = Vec::new();
        for batch in batches {
            let passed = chain.apply(batch).map_err(|failure| {
                Error::fatal(format!("step {} stopped: {}", failure.step, failure.error))
                    .table(&failure.table)
            })?;
            if !passed.refusals.is_empty() {
                // It fails before it gets there: that becomes a letter of its own.
                return Ok(());
            }
            tables.extend(
                passed
                    .outputs
                    .iter()
                    .filter(|output| !output.is_empty())
                    .map(|output| output.table().clone()),
            );
        }
        if !tables.is_empty() && !tables.contains(output) {
            if self.asked.force {
                self.plan.entries[number].anywhere = true;
                return Ok(());
            }
            tables.sort();
            tables.dedup();
            let now: Vec<&str> = tables.iter().map(TableName::as_str).collect();
            let why = format!("it was on its way to {output}, and the row goes to {} now", now.join(", "));
            self.plan.entries[number].fate = Fate::Elsewhere(why);
        }
        Ok(())
    }

    /// A letter may be there before its row is passed, where the letters are no part of the sink's transactions.
    fn what_the_pipeline_has_passed(&mut self) {
        for entry in self.plan.entries.iter_mut().filter(|entry| entry.fate == Fate::Send) {
            match self.decided.has_passed(&entry.lane, &entry.position) {
                Some(false) => entry.fate = Fate::NotPassed,
                None if !self.asked.force => {
                    entry.fate = Fate::CannotTell(format!("nothing is committed for lane {}", entry.lane));
                }
                _ => {}
            }
        }
    }

    /// Letters about one row that failed at different steps cannot be told apart on their way: one step at a time.
    fn one_step_at_a_time(&mut self) {
        let mut first: HashMap<(Lane, u64, u32), (String, String)> = HashMap::new();
        for entry in self.plan.entries.iter_mut().filter(|entry| entry.fate == Fate::Send) {
            let row = (entry.lane.clone(), entry.ordinal, entry.part.unwrap_or(0));
            let (step, id) = first.entry(row).or_insert_with(|| (entry.step.clone(), entry.id.clone()));
            if *step != entry.step {
                entry.fate = Fate::Waits(id.clone());
            }
        }
    }

    /// Refuses rows whose key was changed after them.
    fn what_changed_later(&mut self) -> Result<(), Error> {
        let mut wanted: BTreeMap<Lane, Vec<Wanted>> = BTreeMap::new();
        for (number, entry) in self.plan.entries.iter_mut().enumerate() {
            if entry.fate != Fate::Send {
                continue;
            }
            if entry.key_unknown {
                let why = "a column of its primary key is not in the message".to_owned();
                entry.fate = Fate::CannotTell(why);
            } else if !entry.keys.is_empty() {
                wanted.entry(entry.lane.clone()).or_default().push(Wanted {
                    letter: number,
                    ordinal: entry.ordinal,
                    part: entry.part,
                    output: entry.output.clone(),
                    source: entry.position.source.clone(),
                    keys: entry.keys.clone(),
                });
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let waiting = later::Waiting::of(&self.plan.entries);
        for (number, fate) in later::look(self.tools, &self.decided.pipeline, wanted, &waiting)? {
            self.plan.entries[number].fate = fate;
        }
        Ok(())
    }

    /// Puts what is sent again in order, and notes where its outputs part.
    fn line_up(&mut self) {
        let entries = &self.plan.entries;
        let mut units: HashMap<(&Lane, u64, u32), Vec<usize>> = HashMap::new();
        for (number, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.fate == Fate::Send) {
            units.entry((&entry.lane, entry.ordinal, entry.part.unwrap_or(0))).or_default().push(number);
        }
        let mut stages = HashMap::new();
        let mut found = Vec::with_capacity(units.len());
        for ((lane, ordinal, part), letters) in units {
            let only =
                |letter: &usize| entries[*letter].output.clone().filter(|_| !entries[*letter].anywhere);
            let outputs: Option<Vec<TableName>> = letters.iter().map(only).collect();
            let stage = stage_of(&entries[letters[0]].step, self.steps);
            if let Some(outputs) = outputs {
                stages.insert((lane.clone(), ordinal, part), Stage { stage, outputs });
            }
            let bytes = letters.iter().flat_map(|letter| &entries[*letter].copies).min().copied();
            found.extend(bytes.map(|bytes| Unit { letters, bytes }));
        }
        self.plan.units = order::in_order(found, |unit| {
            let entry = &entries[unit.letters[0]];
            order::Row { lane: &entry.lane, ordinal: entry.ordinal, part: entry.part, keys: &entry.keys }
        });
        self.plan.stages = stages;
    }
}
