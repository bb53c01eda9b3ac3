//! Whether each message came out exactly once, and each key in order.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde_json::Value;
use sluicegate_test_servers::Message;

/// The header that carries where a row came from: `TOPIC/PARTITION:OFFSET`, with `.PART` behind it where a message
/// holds several rows.
pub const ORIGIN: &str = "origin";

/// How many violations of a kind are shown.
const SHOWN: usize = 8;

/// What a `read_committed` reader found, against what was to come.
///
/// Each message of the source is to come out once over all outputs that are given to [`Ledger::see`]; where each
/// output is to have it once, there is a ledger for each.
#[derive(Debug)]
pub struct Ledger {
    lanes: BTreeMap<String, Vec<Option<Sight>>>,
    outputs: Vec<String>,
    keys: HashMap<(u16, Vec<u8>), Last>,
    seen: u64,
    violations: Violations,
}

/// Where and when a message was seen.
#[derive(Clone, Copy, Debug)]
struct Sight {
    output: u16,
    partition: i32,
    offset: i64,
    at_ms: i64,
}

/// The last row of a key in an output.
#[derive(Debug)]
struct Last {
    lane: String,
    offset: u64,
    sight: Sight,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Lost,
    Doubled,
    Disordered,
    Unknown,
}

/// How often each kind was met, and the first of each.
#[derive(Debug, Default)]
struct Violations(BTreeMap<Kind, (u64, Vec<String>)>);

impl Violations {
    fn add(&mut self, kind: Kind, violation: impl FnOnce() -> String) {
        self.add_several(kind, 1, violation);
    }

    /// One line for several messages.
    fn add_several(&mut self, kind: Kind, messages: u64, violation: impl FnOnce() -> String) {
        let (count, first) = self.0.entry(kind).or_default();
        *count += messages;
        if first.len() < SHOWN {
            first.push(violation());
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, (count, first)) in &self.0 {
            write!(f, "\n{count} {kind:?}, the first:\n  {}", first.join("\n  "))?;
        }
        Ok(())
    }
}

impl Ledger {
    /// Of a topic's messages: the ends of its partitions.
    pub fn new(topic: &str, ends: &BTreeMap<i32, i64>) -> Self {
        let lane =
            |(partition, end): (&i32, &i64)| (format!("{topic}/{partition}"), vec![None; *end as usize]);
        Ledger {
            lanes: ends.iter().map(lane).collect(),
            outputs: Vec::new(),
            keys: HashMap::new(),
            seen: 0,
            violations: Violations::default(),
        }
    }

    /// Notes a message of an output. Messages of a partition come in order.
    pub fn see(&mut self, output: &str, message: &Message) {
        self.seen += 1;
        let output = self.output(output);
        let at_ms = message.timestamp_ms.unwrap_or(-1);
        let sight = Sight { output, partition: message.partition, offset: message.offset, at_ms };
        let Some((lane, offset)) = message.header(ORIGIN).and_then(origin) else {
            let header = message.header(ORIGIN).map(String::from_utf8_lossy);
            let place = self.place(sight);
            self.violations.add(Kind::Unknown, || format!("{place}: the header {ORIGIN} is {header:?}"));
            return;
        };
        self.note(lane, offset, sight);
        if let Some(key) = &message.key {
            self.note_key(key, lane, offset, sight);
        }
    }

    /// Takes a dead letter for the message that it is about: that one is not to come out.
    pub fn excuse(&mut self, letter: &Message) {
        self.seen += 1;
        let output = self.output("the dead letters");
        let at_ms = letter.timestamp_ms.unwrap_or(-1);
        let sight = Sight { output, partition: letter.partition, offset: letter.offset, at_ms };
        let text = |name| letter.header(name).and_then(|value| std::str::from_utf8(value).ok());
        let position = text("sluicegate-position").and_then(|text| serde_json::from_str::<Value>(text).ok());
        let offset = position.as_ref().and_then(|position| position["at"]["offset"].as_u64());
        if let (Some(lane), Some(offset)) = (text("sluicegate-lane"), offset) {
            self.note(lane, offset, sight);
        } else {
            let place = self.place(sight);
            self.violations
                .add(Kind::Unknown, || format!("{place}: the headers do not say where it came from"));
        }
    }

    fn note(&mut self, lane: &str, offset: u64, sight: Sight) {
        let Some(place) = self.lanes.get_mut(lane).and_then(|seen| seen.get_mut(offset as usize)) else {
            let place = self.place(sight);
            self.violations
                .add(Kind::Unknown, || format!("{place}: from {lane}:{offset}, which there is not"));
            return;
        };
        match *place {
            None => *place = Some(sight),
            Some(first) => {
                let (first, again) = (self.place(first), self.place(sight));
                self.violations
                    .add(Kind::Doubled, || format!("{lane}:{offset} came twice: {first}; {again}"));
            }
        }
    }

    fn note_key(&mut self, key: &[u8], lane: &str, offset: u64, sight: Sight) {
        let now = Last { lane: lane.to_owned(), offset, sight };
        let Some(last) = self.keys.insert((sight.output, key.to_owned()), now) else { return };
        // Twice the same is another violation, noted above.
        if last.lane == lane && last.offset <= offset && last.sight.partition == sight.partition {
            return;
        }
        let (before, place) = (self.place(last.sight), self.place(sight));
        self.violations.add(Kind::Disordered, || {
            let key = String::from_utf8_lossy(key);
            format!(
                "key {key}: {lane}:{offset} at {place} came after {}:{} at {before}",
                last.lane, last.offset
            )
        });
    }

    fn output(&mut self, name: &str) -> u16 {
        let known = self.outputs.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.outputs.push(name.to_owned());
            self.outputs.len() - 1
        }) as u16
    }

    fn place(&self, sight: Sight) -> String {
        let Sight { output, partition, offset, at_ms } = sight;
        format!("{}/{partition}:{offset} (written at {at_ms} ms)", self.outputs[output as usize])
    }

    /// What is wrong, with what is missing. Nothing, where each message came once and each key in order.
    ///
    /// # Errors
    /// A report of the first violations.
    pub fn close(mut self) -> Result<Summary, String> {
        let mut messages = 0;
        for (lane, seen) in &self.lanes {
            messages += seen.len() as u64;
            let missing =
                seen.iter().enumerate().filter(|(_, sight)| sight.is_none()).map(|(offset, _)| offset);
            for (first, last, count) in runs(missing) {
                self.violations.add_several(Kind::Lost, count as u64, || {
                    format!("{lane}:{first} to {lane}:{last} did not come ({count} messages)")
                });
            }
        }
        let summary = Summary { messages, seen: self.seen, keys: self.keys.len() };
        if self.violations.0.is_empty() { Ok(summary) } else { Err(format!("{summary}{}", self.violations)) }
    }
}

/// What a ledger counted.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// Messages of the source.
    pub messages: u64,
    /// Rows that were found.
    pub seen: u64,
    /// Keys over all outputs.
    pub keys: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages, {} rows found, {} keys", self.messages, self.seen, self.keys)
    }
}

/// Lane and offset out of `orders/3:4711.2`.
fn origin(header: &[u8]) -> Option<(&str, u64)> {
    let (lane, rest) = std::str::from_utf8(header).ok()?.rsplit_once(':')?;
    let offset = rest.split_once('.').map_or(rest, |(offset, _)| offset);
    Some((lane, offset.parse().ok()?))
}

/// Runs of numbers that follow one another: first, last, how many.
fn runs(numbers: impl Iterator<Item = usize>) -> Vec<(usize, usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == number => *run = (run.0, number, run.2 + 1),
            _ => runs.push((number, number, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger::new("t", &[(0, 3), (1, 1)].into())
    }

    fn message(origin: &str, key: &str, offset: i64) -> Message {
        let headers = vec![(ORIGIN.to_owned(), Some(origin.as_bytes().to_vec()))];
        let key = Some(key.as_bytes().to_vec());
        Message { partition: 0, offset, timestamp_ms: Some(17), key, value: None, headers }
    }

    fn close(seen: &[(&str, &str)]) -> Result<Summary, String> {
        let mut ledger = ledger();
        for (place, (origin, key)) in (0..).zip(seen) {
            ledger.see("out", &message(origin, key, place));
        }
        ledger.close()
    }

    #[test]
    fn each_once_and_in_order_is_right() {
        let summary = close(&[("t/0:0", "a"), ("t/1:0", "b"), ("t/0:2", "c"), ("t/0:1.0", "d")]).unwrap();
        assert_eq!((summary.messages, summary.seen, summary.keys), (4, 4, 4));
    }

    #[test]
    fn what_is_lost_doubled_unknown_or_out_of_order_is_named() {
        let lost = close(&[("t/0:0", "a"), ("t/1:0", "b")]).unwrap_err();
        assert!(lost.contains("\n2 Lost, the first:"), "{lost}");
        assert!(lost.contains("t/0:1 to t/0:2 did not come (2 messages)"), "{lost}");
        let doubled =
            close(&[("t/0:0", "a"), ("t/0:0", "a"), ("t/0:1", "a"), ("t/0:2", "a"), ("t/1:0", "b")])
                .unwrap_err();
        assert!(
            doubled.contains("\n1 Doubled, the first:")
                && doubled.contains("t/0:0 came twice: out/0:0 (written at 17 ms)"),
            "{doubled}"
        );
        let disordered =
            close(&[("t/0:1", "a"), ("t/0:0", "a"), ("t/0:2", "a"), ("t/1:0", "b")]).unwrap_err();
        assert!(disordered.contains("key a: t/0:0 at out/0:1"), "{disordered}");
        let unknown = close(&[("t/0:9", "a"), ("x", "a")]).unwrap_err();
        assert!(unknown.contains("from t/0:9, which there is not"), "{unknown}");
        assert!(unknown.contains("the header origin is Some(\"x\")"), "{unknown}");
    }
}
