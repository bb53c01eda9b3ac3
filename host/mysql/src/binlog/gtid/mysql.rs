//! MySQL's names of transactions: `3e11fa47-71ca-11e1-9e33-c80aa9429562:23`, with a tag
//! `3e11fa47-71ca-11e1-9e33-c80aa9429562:nightly:23`.
//!
//! Sets are written as the server writes `gtid_executed`: the ranges of a UUID without a tag first, then each
//! tag with its ranges (`UUID:1-5:7:nightly:1-3`), UUIDs set apart by commas.
//! <https://dev.mysql.com/doc/refman/8.4/en/replication-gtids-concepts.html>

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use super::GtidError;
use super::intervals::Intervals;
use crate::binlog::error::Fault;

/// Longest tag.
const MAX_TAG: usize = 32;

/// The UUID of a server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uuid(pub [u8; 16]);

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let dash = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Uuid {
    type Err = String;

    /// As the server takes it: with dashes, without, or in braces.
    fn from_str(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        let mut digits = inner.bytes().filter(|byte| *byte != b'-').map(|byte| char::from(byte).to_digit(16));
        let mut uuid = [0; 16];
        for byte in &mut uuid {
            match (digits.next().flatten(), digits.next().flatten()) {
                (Some(high), Some(low)) => *byte = (high * 16 + low) as u8,
                _ => return Err(format!("{text:?} is no UUID")),
            }
        }
        let dashes = inner.bytes().filter(|byte| *byte == b'-').count();
        if digits.next().is_some() || !matches!(dashes, 0 | 4) {
            return Err(format!("{text:?} is no UUID"));
        }
        Ok(Self(uuid))
    }
}

/// A tag: a name in lower case of at most 32 letters, digits and underscores, not beginning with a digit;
/// empty for none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Option<Arc<str>>);

impl Tag {
    /// The name; empty where there is none.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("")
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// A tag from the bytes of an event.
    pub(in crate::binlog) fn from_bytes(bytes: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::new("its tag is no text"))?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        text.parse().map_err(Fault::new)
    }
}

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let valid = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !begins || !valid || text.len() > MAX_TAG {
            return Err(format!("{text:?} is no tag"));
        }
        Ok(Self(Some(text.to_ascii_lowercase().into())))
    }
}

/// Who numbers transactions: a server, under a tag or none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// The server.
    pub uuid: Uuid,
    /// The tag.
    pub tag: Tag,
}

impl Source {
    /// A server without a tag.
    pub fn untagged(uuid: Uuid) -> Self {
        Self { uuid, tag: Tag::default() }
    }
}

/// The name of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gtid {
    /// Who numbered it.
    pub source: Source,
    /// Its number, from 1.
    pub number: u64,
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.source.uuid)?;
        if !self.source.tag.is_empty() {
            write!(f, "{}:", self.source.tag.as_str())?;
        }
        write!(f, "{}", self.number)
    }
}

/// A set of transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GtidSet(BTreeMap<Source, Intervals>);

impl GtidSet {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who numbered them, and their numbers; by UUID and tag.
    pub fn iter(&self) -> impl Iterator<Item = (&Source, &Intervals)> {
        self.0.iter()
    }

    /// Adds a transaction.
    pub fn add(&mut self, gtid: &Gtid) {
        self.add_range(&gtid.source, gtid.number..gtid.number + 1);
    }

    /// Adds the transactions of a range of numbers.
    pub fn add_range(&mut self, source: &Source, numbers: Range<u64>) {
        if numbers.is_empty() {
            return;
        }
        match self.0.get_mut(source) {
            Some(intervals) => intervals.add(numbers),
            None => self.0.entry(source.clone()).or_default().add(numbers),
        }
    }

    /// Whether a transaction is in the set.
    pub fn contains(&self, gtid: &Gtid) -> bool {
        self.0.get(&gtid.source).is_some_and(|intervals| intervals.contains(gtid.number))
    }

    /// Whether every transaction of `other` is in the set.
    pub fn contains_all(&self, other: &Self) -> bool {
        other
            .0
            .iter()
            .all(|(source, intervals)| self.0.get(source).is_some_and(|known| known.contains_all(intervals)))
    }

    /// Adds the transactions of another set.
    pub fn add_all(&mut self, other: &Self) {
        for (source, intervals) in &other.0 {
            self.0.entry(source.clone()).or_default().add_all(intervals);
        }
    }

    /// Takes the transactions of another set out.
    pub fn remove_all(&mut self, other: &Self) {
        for (source, intervals) in &other.0 {
            if let Some(known) = self.0.get_mut(source) {
                known.remove_all(intervals);
                if known.is_empty() {
                    self.0.remove(source);
                }
            }
        }
    }

    /// How many transactions of the set are not in another.
    pub fn count_without(&self, other: &Self) -> u64 {
        let mut rest = self.clone();
        rest.remove_all(other);
        rest.0.values().map(Intervals::count).sum()
    }
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last: Option<Uuid> = None;
        for (source, intervals) in &self.0 {
            if last != Some(source.uuid) {
                let comma = if last.is_some() { "," } else { "" };
                write!(f, "{comma}{}", source.uuid)?;
                last = Some(source.uuid);
            }
            if !source.tag.is_empty() {
                write!(f, ":{}", source.tag.as_str())?;
            }
            for range in intervals.ranges() {
                match range.end - range.start {
                    1 => write!(f, ":{}", range.start)?,
                    _ => write!(f, ":{}-{}", range.start, range.end - 1)?,
                }
            }
        }
        Ok(())
    }
}

impl FromStr for GtidSet {
    type Err = GtidError;

    fn from_str(text: &str) -> Result<Self, GtidError> {
        let mut set = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            set.parse_source(part).map_err(|why| GtidError {
                text: text.to_owned(),
                what: "set of GTIDs (UUID:1-5:7, with a tag UUID:tag:1-5)",
                why,
            })?;
        }
        Ok(set)
    }
}

impl GtidSet {
    /// One UUID with its tags and ranges.
    fn parse_source(&mut self, text: &str) -> Result<(), String> {
        let mut words = text.split(':').map(str::trim);
        let uuid: Uuid = words.next().unwrap_or_default().parse()?;
        let mut source = Source::untagged(uuid);
        let mut ranges = 0;
        for word in words {
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                self.add_range(&source, numbers(word)?);
                ranges += 1;
            } else {
                source.tag = word.parse()?;
            }
        }
        if ranges == 0 { Err(format!("{text:?} names no transaction")) } else { Ok(()) }
    }
}

/// `7` or `1-5`, both ends within.
fn numbers(word: &str) -> Result<Range<u64>, String> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let number =
        |text: &str| text.trim().parse::<u64>().ok().filter(|number| (1..i64::MAX as u64).contains(number));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..last + 1),
        _ => Err(format!("{word:?} is no range of numbers from 1")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    const B: &str = "4f22fb58-82db-22f2-af44-d91bba53a673";

    fn set(text: &str) -> GtidSet {
        text.parse().unwrap()
    }

    #[test]
    fn sets_are_written_as_the_server_writes_them() {
        for text in [
            format!("{A}:1-5:7"),
            format!("{A}:1:3,{B}:9"),
            format!("{A}:1-5:nightly:1-3:5,{B}:nightly:7"),
            String::new(),
        ] {
            assert_eq!(set(&text).to_string(), text);
        }
        let loose = format!(" {}:7 : 1-3:4-5 ,\n{A}:NIGHTLY:2 ", A.to_uppercase().replace('-', ""));
        assert_eq!(set(&loose).to_string(), format!("{A}:1-5:7:nightly:2"));
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for text in
            ["x:1", A, &format!("{A}:0"), &format!("{A}:5-1"), &format!("{A}:a-b:1"), &format!("{A}1:1")]
        {
            assert!(text.parse::<GtidSet>().is_err(), "{text}");
        }
    }

    #[test]
    fn tags_number_on_their_own() {
        let mut all = set(&format!("{A}:1-9:nightly:1-3"));
        assert!(!all.contains_all(&set(&format!("{A}:nightly:4"))));
        all.remove_all(&set(&format!("{A}:nightly:1-9")));
        assert_eq!(all.to_string(), format!("{A}:1-9"));
    }

    fn any_set() -> impl Strategy<Value = GtidSet> {
        let one = (any::<bool>(), 0..3_usize, 1_u64..50, 1_u64..9);
        proptest::collection::vec(one, 0..12).prop_map(|parts| {
            let mut set = GtidSet::default();
            for (first, tag, start, length) in parts {
                let uuid = if first { A } else { B }.parse().unwrap();
                let tag = ["", "a", "b_2"][tag].parse().unwrap_or_default();
                set.add_range(&Source { uuid, tag }, start..start + length);
            }
            set
        })
    }

    proptest! {
        #[test]
        fn text_goes_both_ways(set in any_set()) {
            prop_assert_eq!(set.to_string().parse::<GtidSet>().unwrap(), set);
        }

        #[test]
        fn union_and_difference_agree(one in any_set(), other in any_set()) {
            let mut union = one.clone();
            union.add_all(&other);
            prop_assert!(union.contains_all(&one) && union.contains_all(&other));
            let mut rest = union.clone();
            rest.remove_all(&other);
            prop_assert!(one.contains_all(&rest));
            let mut left = other.clone();
            left.remove_all(&one);
            prop_assert_eq!(one.contains_all(&other), left.is_empty());
            rest.add_all(&other);
            prop_assert_eq!(rest, union);
        }
    }
}
