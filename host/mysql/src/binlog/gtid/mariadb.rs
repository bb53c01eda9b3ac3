//! MariaDB's names of transactions: `0-1-9`, domain, server and sequence. Within a domain the sequence grows
//! in the order of the log, so the last one of each domain stands for all before it.
//! <https://mariadb.com/kb/en/gtid/>

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::GtidError;

/// The name of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gtid {
    /// The domain: transactions of one are in one order.
    pub domain: u32,
    /// The server where it was made.
    pub server: u32,
    /// Its number in the domain, from 1.
    pub sequence: u64,
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.domain, self.server, self.sequence)
    }
}

impl FromStr for Gtid {
    type Err = GtidError;

    fn from_str(text: &str) -> Result<Self, GtidError> {
        let mut words = text.trim().split('-');
        let mut word = || words.next().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        let domain = word().and_then(|word| word.parse().ok());
        let server = word().and_then(|word| word.parse().ok());
        let sequence = word().and_then(|word| word.parse().ok());
        match (domain, server, sequence, words.next()) {
            (Some(domain), Some(server), Some(sequence), None) => Ok(Self { domain, server, sequence }),
            _ => Err(GtidError {
                text: text.to_owned(),
                what: "GTID of MariaDB (0-1-9)",
                why: "it is not three numbers joined by dashes".to_owned(),
            }),
        }
    }
}

/// The last transaction of each domain, for it and all before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GtidSet(BTreeMap<u32, Gtid>);

impl GtidSet {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The last transaction of each domain, by domain.
    pub fn iter(&self) -> impl Iterator<Item = Gtid> {
        self.0.values().copied()
    }

    /// Adds a transaction and all before it in its domain.
    pub fn add(&mut self, gtid: Gtid) {
        let last = self.0.entry(gtid.domain).or_insert(gtid);
        if gtid.sequence > last.sequence {
            *last = gtid;
        }
    }

    /// Whether a transaction, or a later one of its domain, was added.
    pub fn contains(&self, gtid: Gtid) -> bool {
        self.0.get(&gtid.domain).is_some_and(|last| last.sequence >= gtid.sequence)
    }

    /// Whether every transaction of `other` is in the set.
    pub fn contains_all(&self, other: &Self) -> bool {
        other.iter().all(|gtid| self.contains(gtid))
    }

    /// Adds the transactions of another set.
    pub fn add_all(&mut self, other: &Self) {
        other.iter().for_each(|gtid| self.add(gtid));
    }

    /// Takes the domains out in which `other` is as far or further.
    pub fn remove_all(&mut self, other: &Self) {
        self.0.retain(|_, gtid| !other.contains(*gtid));
    }

    /// How many transactions are between another set and this one, as far as each domain counts its own.
    pub fn count_without(&self, other: &Self) -> u64 {
        let had = |gtid: &Gtid| other.0.get(&gtid.domain).map_or(0, |last| last.sequence);
        self.0.values().map(|gtid| gtid.sequence.saturating_sub(had(gtid))).sum()
    }
}

/// As `gtid_binlog_pos` and `gtid_slave_pos` are written: `0-1-9,1-2-5`.
impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, gtid) in self.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{gtid}")?;
        }
        Ok(())
    }
}

impl FromStr for GtidSet {
    type Err = GtidError;

    /// # Errors
    /// Where a part is no GTID, or a domain comes twice.
    fn from_str(text: &str) -> Result<Self, GtidError> {
        let mut set = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let gtid: Gtid = part.parse()?;
            if set.0.insert(gtid.domain, gtid).is_some() {
                return Err(GtidError {
                    text: text.to_owned(),
                    what: "position of MariaDB (0-1-9,1-2-5)",
                    why: format!("domain {} comes twice", gtid.domain),
                });
            }
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_set() -> impl Strategy<Value = GtidSet> {
        proptest::collection::vec((0_u32..4, 1_u32..3, 1_u64..20), 0..8).prop_map(|gtids| {
            let mut set = GtidSet::default();
            for (domain, server, sequence) in gtids {
                set.add(Gtid { domain, server, sequence });
            }
            set
        })
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for text in ["0-1", "0-1-2-3", "a-1-2", "0-1-2,0-2-3", "0-1--2", "0-1-+2"] {
            assert!(text.parse::<GtidSet>().is_err(), "{text}");
        }
        assert!("".parse::<GtidSet>().unwrap().is_empty());
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
            let mut rest = one.clone();
            rest.remove_all(&other);
            prop_assert_eq!(rest.is_empty(), other.contains_all(&one));
            prop_assert_eq!(one.count_without(&other) == 0, other.contains_all(&one));
            prop_assert!(rest.iter().all(|gtid| !other.contains(gtid)));
        }
    }
}
