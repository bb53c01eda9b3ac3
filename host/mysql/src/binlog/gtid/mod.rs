//! Names of transactions, and sets of them.
//!
//! | module | holds |
//! |---|---|
//! | [`mysql`] | MySQL's: a server's UUID, a tag where there is one, a number; sets hold any of them |
//! | [`mariadb`] | MariaDB's: domain, server, sequence; a set is the last one of each domain |
//! | [`intervals`] | sets of numbers as ranges |

pub mod intervals;
pub mod mariadb;
pub mod mysql;

use std::fmt;

use thiserror::Error;

/// Text that is no GTID, or no set of them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} is no {what}: {why}")]
pub struct GtidError {
    /// What was written.
    pub text: String,
    /// What it should have been.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// The name of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gtid {
    /// Of MySQL.
    MySql(mysql::Gtid),
    /// Of MariaDB.
    MariaDb(mariadb::Gtid),
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MySql(gtid) => gtid.fmt(f),
            Self::MariaDb(gtid) => gtid.fmt(f),
        }
    }
}

/// Transactions that were seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GtidSet {
    /// Of MySQL.
    MySql(mysql::GtidSet),
    /// Of MariaDB.
    MariaDb(mariadb::GtidSet),
}

impl GtidSet {
    /// Adds a transaction. One of the other family is not added, and the answer is `false`.
    pub fn add(&mut self, gtid: &Gtid) -> bool {
        match (self, gtid) {
            (Self::MySql(set), Gtid::MySql(gtid)) => set.add(gtid),
            (Self::MariaDb(set), Gtid::MariaDb(gtid)) => set.add(*gtid),
            _ => return false,
        }
        true
    }

    /// Whether every transaction of `other` is in the set. None of the other family is.
    pub fn contains_all(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::MySql(set), Self::MySql(other)) => set.contains_all(other),
            (Self::MariaDb(set), Self::MariaDb(other)) => set.contains_all(other),
            _ => other.is_empty(),
        }
    }

    /// How many transactions of the set are not in another; `None` where that is of the other family.
    pub fn count_without(&self, other: &Self) -> Option<u64> {
        match (self, other) {
            (Self::MySql(set), Self::MySql(other)) => Some(set.count_without(other)),
            (Self::MariaDb(set), Self::MariaDb(other)) => Some(set.count_without(other)),
            _ => None,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::MySql(set) => set.is_empty(),
            Self::MariaDb(set) => set.is_empty(),
        }
    }
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MySql(set) => set.fmt(f),
            Self::MariaDb(set) => set.fmt(f),
        }
    }
}
