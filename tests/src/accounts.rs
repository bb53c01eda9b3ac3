//! Messages of Oracle GoldenGate about accounts, of every kind, and the table that they leave.

use std::collections::{BTreeMap, VecDeque};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sluicegate_test_servers::Record;

/// Accounts that a partition holds before the first of them is changed.
const AT_FIRST: usize = 300;
/// The first ones of so many changes...
const STRETCH: u64 = 30_000;
/// ... have keys that change in changes without all columns. A sink may treat these otherwise, and is to do both.
const COMPRESSED: u64 = 3_000;

/// A stream of changes to a table of accounts, the same for the same seed: inserts, whole and compressed updates,
/// changes of the key, at times compressed, deletes, and keys that come back. Behind each change stands a message for an audit table that
/// has no key, or two, for an audit table and a journal. So in a partition what is said about a change has the next offsets.
///
/// An account stays in its partition: what happens to it is in order.
#[derive(Debug)]
pub struct Accounts {
    random: StdRng,
    partitions: Vec<Partition>,
    changes: u64,
    /// What is said about the last change and has not come yet.
    said: VecDeque<Record>,
    /// Whether there is a journal.
    journal: bool,
    /// Whether some changes of a key are compressed.
    compressed: bool,
}

#[derive(Debug, Default)]
struct Partition {
    alive: Vec<(u64, Account)>,
    /// Keys that were given up.
    free: Vec<u64>,
    keys: u64,
}

/// A row beside its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    owner: u64,
    cents: u64,
    note: Option<u64>,
    /// The change that touched it last.
    change: u64,
}

impl Accounts {
    /// Changes to accounts of this many partitions.
    pub fn new(partitions: i32, seed: u64) -> Self {
        let partitions = (0..partitions).map(|_| Partition::default()).collect();
        let random = StdRng::seed_from_u64(seed);
        Self { random, partitions, changes: 0, said: VecDeque::new(), journal: false, compressed: true }
    }

    /// The same with the journal.
    #[must_use]
    pub fn with_journal(self) -> Self {
        Self { journal: true, ..self }
    }

    /// Messages of each change.
    pub fn messages_a_change(&self) -> usize {
        if self.journal { 3 } else { 2 }
    }

    /// The same with whole images wherever a key changes, for a target that cannot move a row.
    #[must_use]
    pub fn with_whole_keys(self) -> Self {
        Self { compressed: false, ..self }
    }

    /// The rows that are there after all messages so far, by their keys, as `id|owner|balance|note|change`.
    pub fn rows(&self) -> Vec<String> {
        let all = self.partitions.iter().flat_map(|partition| &partition.alive);
        let by_key: BTreeMap<u64, &Account> = all.map(|(id, account)| (*id, account)).collect();
        by_key.into_iter().map(|(id, account)| account.line(id)).collect()
    }

    /// Changes so far.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The next change. What is said about it comes behind it.
    fn change(&mut self) -> Record {
        let number = self.changes;
        self.changes += 1;
        let count = self.partitions.len() as u64;
        let place = (number % count) as usize;
        let (random, partition) = (&mut self.random, &mut self.partitions[place]);
        let kind = if partition.alive.len() < AT_FIRST { 0 } else { random.random_range(0..100) };
        let chosen = random.random_range(0..partition.alive.len().max(1));
        let fresh = |random: &mut StdRng| Account {
            owner: random.random_range(0..100_000),
            cents: random.random_range(0..100_000_000),
            note: random.random_bool(0.7).then(|| random.random_range(0..1_000)),
            change: number,
        };
        let (op, images, id) = match kind {
            0..12 => {
                let (id, account) = (partition.key(random, place as u64, count), fresh(random));
                partition.alive.push((id, account));
                ('I', format!(r#""after":{}"#, account.image(id)), id)
            }
            12..50 => {
                let (id, account) = &mut partition.alive[chosen];
                let before = std::mem::replace(account, fresh(random));
                ('U', format!(r#""before":{},"after":{}"#, before.image(*id), account.image(*id)), *id)
            }
            50..80 => {
                let (id, account) = &mut partition.alive[chosen];
                let new = fresh(random);
                // Some of the columns, never the same.
                let part = if random.random_bool(0.5) {
                    account.cents = new.cents;
                    format!(r#""BALANCE":"{}""#, account.balance())
                } else {
                    account.note = new.note;
                    format!(r#""NOTE":{}"#, account.note_text())
                };
                account.change = number;
                let after = format!(r#"{{"ID":{id},{part},"CHANGE":{number}}}"#);
                ('U', format!(r#""before":{{"ID":{id}}},"after":{after}"#), *id)
            }
            80..88 => {
                let new = partition.key(random, place as u64, count);
                let (id, account) = &mut partition.alive[chosen];
                let (old, before, after) = (*id, *account, fresh(random));
                *id = new;
                let images = if self.compressed && number % STRETCH < COMPRESSED {
                    (account.cents, account.change) = (after.cents, number);
                    let (balance, images) = (account.balance(), r#""before":{"ID":"#);
                    format!(
                        r#"{images}{old}}},"after":{{"ID":{new},"BALANCE":"{balance}","CHANGE":{number}}}"#
                    )
                } else {
                    *account = after;
                    format!(r#""before":{},"after":{}"#, before.image(old), account.image(new))
                };
                partition.free.push(old);
                ('U', images, new)
            }
            _ => {
                let (id, before) = partition.alive.swap_remove(chosen);
                partition.free.push(id);
                let image =
                    if random.random_bool(0.5) { before.image(id) } else { format!(r#"{{"ID":{id}}}"#) };
                ('D', format!(r#""before":{image}"#), id)
            }
        };
        let message = |table: &str, op: char, keys: &str, images: &str| {
            let text = format!(
                r#"{{"table":"SHOP.{table}","op_type":"{op}","op_ts":"2026-03-01 08:00:00.000000","current_ts":"2026-03-01T08:00:00.000000","pos":"{number:020}"{keys},{images}}}"#
            );
            Record::keyless(text).partition(place as i32)
        };
        let change = message("ACCOUNTS", op, r#","primary_keys":["ID"]"#, &images);
        let about = format!(r#""after":{{"NUMBER":{number},"OP":"{op}","ID":{id}}}"#);
        let tables = ["AUDIT", "JOURNAL"].into_iter().take(1 + usize::from(self.journal));
        self.said.extend(tables.map(|table| message(table, 'I', "", &about)));
        change
    }
}

impl Iterator for Accounts {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.said.pop_front().or_else(|| Some(self.change()))
    }
}

impl Partition {
    /// A key that no account has: one that was given up, or a new one.
    fn key(&mut self, random: &mut StdRng, place: u64, partitions: u64) -> u64 {
        if !self.free.is_empty() && random.random_bool(0.5) {
            let last = self.free.len() - 1;
            // Mostly one that was given up just now.
            let chosen = last - random.random_range(0..=last.min(5));
            return self.free.swap_remove(chosen);
        }
        self.keys += 1;
        self.keys * partitions + place
    }
}

impl Account {
    fn balance(self) -> String {
        format!("{}.{:02}", self.cents / 100, self.cents % 100)
    }

    fn note_text(self) -> String {
        // Quotes and a backslash, which a statement must not take for its own.
        self.note.map_or_else(|| "null".to_owned(), |note| format!(r#""it's \\ {note}""#))
    }

    fn image(self, id: u64) -> String {
        format!(
            r#"{{"ID":{id},"OWNER":"Owner {}","BALANCE":"{}","NOTE":{},"CHANGE":{}}}"#,
            self.owner,
            self.balance(),
            self.note_text(),
            self.change
        )
    }

    fn line(self, id: u64) -> String {
        let note = self.note.map_or_else(|| "NULL".to_owned(), |note| format!(r"it's \ {note}"));
        format!("{id}|Owner {}|{}|{note}|{}", self.owner, self.balance(), self.change)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;

    /// What the messages say is what [`Accounts::rows`] says.
    #[test]
    fn the_table_is_what_the_messages_leave() {
        let mut accounts = Accounts::new(3, 5);
        let mut table: BTreeMap<u64, Value> = BTreeMap::new();
        let mut kinds = BTreeMap::new();
        for (place, record) in accounts.by_ref().take(70_000).enumerate() {
            let message: Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
            if place % 2 == 1 {
                assert_eq!(message["table"], "SHOP.AUDIT");
                continue;
            }
            let id = |image: &Value| image["ID"].as_u64().unwrap();
            let op = message["op_type"].as_str().unwrap().to_owned();
            let (before, after) = (&message["before"], &message["after"]);
            let moves = op == "U" && id(before) != id(after);
            let old = match op.as_str() {
                "I" => Value::Object(serde_json::Map::new()),
                _ => table.remove(&id(before)).expect("only what is there is changed"),
            };
            if op != "D" {
                let mut row = old.as_object().unwrap().clone();
                row.extend(after.as_object().unwrap().clone());
                assert!(table.insert(id(after), row.into()).is_none(), "a key is used twice");
            }
            *kinds.entry((op, moves, after.as_object().map_or(0, serde_json::Map::len))).or_insert(0) += 1;
        }
        assert!(kinds.values().all(|count| *count > 90) && kinds.len() == 6, "{kinds:?}");
        let text = |value: &Value| value.as_str().map_or_else(|| "NULL".to_owned(), str::to_owned);
        let lines: Vec<String> = table
            .iter()
            .map(|(id, row)| {
                let [owner, balance, note] = ["OWNER", "BALANCE", "NOTE"].map(|name| text(&row[name]));
                format!("{id}|{owner}|{balance}|{note}|{}", row["CHANGE"])
            })
            .collect();
        assert_eq!(lines, accounts.rows());
    }
}
