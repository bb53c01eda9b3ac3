//! `sluicegate dead-letters list`

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use sluicegate_model::DeadLetter;

use super::super::Output;
use super::super::exit::Failure;
use super::super::terminal::Terminal;
use super::columns::columns;
use super::{Chosen, blocking, moment};
use crate::config::Config;
use crate::replay::{Filter, LetterStore, Stored};

/// The command line of `dead-letters list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The pipeline file.
    file: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    /// How many letters there are for each step and reason. What reasons quote, and their numbers, do not count.
    #[arg(long)]
    summary: bool,
    /// Also letters that were sent again.
    #[arg(long)]
    all: bool,
}

pub(super) const LONG: &str = "\
The bytes of a row are never shown here; `dead-letters show` shows those of one.

With --output json an object a line is printed: `id`, `when`, `lane`, `position`, `ordinal`, `part`, `output`, `step`, \
`reason`, `place`, `sent` (whether it was sent again). With --summary: `count`, `step`, `reason`, `first`, `last`.

Examples:
  sluicegate dead-letters list orders.yaml --summary
  sluicegate dead-letters list orders.yaml --step crypt --since 2h
  sluicegate dead-letters list orders.yaml --output json | jq -r .reason | sort | uniq -c";

/// A letter without its bytes, and whether it was sent again.
struct Listed {
    place: String,
    at: u64,
    when: Option<DateTime<Utc>>,
    letter: DeadLetter,
    sent: bool,
}

pub(super) async fn list(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let config = Config::load(&arguments.file)?;
    let places = config.letter_places()?;
    let replays = config.decided().await?.replays;
    let (filter, all) = (arguments.chosen.filter(), arguments.all);
    let listed = blocking(move || {
        let mut store = LetterStore::open(&places)?;
        let known = store.places().to_vec();
        let mut listed = Vec::new();
        let from = |place: &crate::replay::places::Place| {
            if all { 0 } else { replays.first_open(&place.name, &place.source) }
        };
        store.each(&from, &mut |stored| {
            let place = &known[stored.place];
            let sent = replays.is_done(&place.name, &place.source, stored.at);
            listed.extend(wanted(stored, sent, all, &filter, &place.name));
            true
        })?;
        Ok(listed)
    })
    .await?;
    match (arguments.summary, output) {
        (true, _) => print_summary(&listed, output),
        (false, Output::Json) => listed.iter().for_each(|one| println!("{}", one.json())),
        (false, Output::Text) => print(&listed),
    }
    Ok(())
}

fn wanted(stored: Stored, sent: bool, all: bool, filter: &Filter, place: &str) -> Option<Listed> {
    let Stored { at, when, mut letter, .. } = stored;
    if (sent && !all) || !filter.matches(&letter, when) {
        return None;
    }
    letter.raw = sluicegate_model::RawRecord::default();
    Some(Listed { place: place.to_owned(), at, when, letter, sent })
}

impl Listed {
    fn json(&self) -> serde_json::Value {
        let letter = &self.letter;
        json!({
            "id": letter.id(), "when": self.when.map(|when| when.to_rfc3339()), "lane": letter.lane,
            "position": letter.position.at, "ordinal": letter.ordinal, "part": letter.part, "output": letter.output,
            "step": letter.why.step, "reason": letter.why.reason,
            "place": { "name": self.place, "at": self.at }, "sent": self.sent,
        })
    }

    fn line(&self) -> Vec<String> {
        let letter = &self.letter;
        let none = || "-".to_owned();
        let id = if self.sent { format!("{} (sent again)", letter.id()) } else { letter.id() };
        vec![
            id,
            moment(self.when),
            format!("{}: {}", letter.lane, letter.position),
            letter.part.map_or_else(none, |part| part.to_string()),
            letter.output.as_ref().map_or_else(none, ToString::to_string),
            letter.why.step.clone(),
            letter.why.reason.clone(),
        ]
    }
}

fn print(listed: &[Listed]) {
    if listed.is_empty() {
        println!("no dead letters");
        return;
    }
    let heading = ["ID", "WHEN", "LANE: POSITION", "PART", "OUTPUT", "STEP", "REASON"];
    let mut lines = vec![heading.map(str::to_owned).to_vec()];
    lines.extend(listed.iter().map(Listed::line));
    print!("{}", columns(&lines, &Terminal::of_stdout()));
}

/// Letters of one step and one kind of reason.
#[derive(Default)]
struct Group {
    count: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

fn print_summary(listed: &[Listed], output: Output) {
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    for one in listed {
        let why = &one.letter.why;
        let group = groups.entry((why.step.clone(), kind_of(&why.reason))).or_default();
        group.count += 1;
        group.first = [group.first, one.when].into_iter().flatten().min();
        group.last = group.last.max(one.when);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
    if output == Output::Json {
        for ((step, reason), Group { count, first, last }) in groups {
            let time = |when: Option<DateTime<Utc>>| when.map(|when| when.to_rfc3339());
            let line = json!({
                "count": count, "step": step, "reason": reason, "first": time(first), "last": time(last),
            });
            println!("{line}");
        }
        return;
    }
    if groups.is_empty() {
        println!("no dead letters");
        return;
    }
    let mut lines = vec![["COUNT", "STEP", "FIRST", "LAST", "REASON"].map(str::to_owned).to_vec()];
    for ((step, reason), group) in groups {
        lines.push(vec![group.count.to_string(), step, moment(group.first), moment(group.last), reason]);
    }
    print!("{}", columns(&lines, &Terminal::of_stdout()));
}

/// A reason without what differs from row to row: what it quotes, and numbers.
fn kind_of(reason: &str) -> String {
    let mut kind = String::with_capacity(reason.len());
    let mut quoted = false;
    let mut number = false;
    for c in reason.chars() {
        if c == '"' {
            if !quoted {
                kind.push_str("\"…\"");
            }
            quoted = !quoted;
        } else if !quoted {
            let digit = c.is_ascii_digit();
            // A digit within a name is a part of it: int32.
            let in_name = kind.chars().last().is_some_and(char::is_alphanumeric);
            match (digit, in_name) {
                (true, false) if !number => {
                    kind.push('#');
                    number = true;
                }
                (true, false) => {}
                _ => {
                    kind.push(c);
                    number = false;
                }
            }
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_one_kind_are_one() {
        let one = kind_of("column \"A\": \"12x\" is no int, at byte 17");
        assert_eq!(one, kind_of("column \"B\": \"7\" is no int, at byte 5"));
        assert_eq!(one, "column \"…\": \"…\" is no int, at byte #");
        assert_eq!(kind_of("row 17 is no decimal128(18,2)"), "row # is no decimal128(#,#)");
    }
}
