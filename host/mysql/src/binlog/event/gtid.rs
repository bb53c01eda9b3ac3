//! The events that name transactions, and those that say which came before.

use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;
use crate::binlog::gtid::{Gtid, GtidSet, mariadb, mysql};

/// The start of a transaction, as its GTID event has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The transaction's name; `None` for an anonymous one.
    pub gtid: Option<Gtid>,
    /// When it was committed on the server where it was made, in microseconds since 1970.
    pub committed_at: Option<i64>,
    /// MariaDB: it is one event, with no commit after it.
    pub standalone: bool,
    /// MariaDB: what it does to an XA transaction.
    pub xa: Option<Xa>,
}

/// What a MariaDB transaction does to an XA transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xa {
    /// Its rows are prepared, not committed.
    Prepared,
    /// Rows that were prepared before are committed or rolled back.
    Completed,
}

/// MariaDB: flags of a GTID event. <https://mariadb.com/kb/en/gtid_event/>
mod flag {
    pub const STANDALONE: u8 = 1;
    pub const GROUP_COMMIT_ID: u8 = 2;
    pub const PREPARED_XA: u8 = 64;
    pub const COMPLETED_XA: u8 = 128;
}

/// Reads MySQL's GTID event; in an anonymous one the name is empty.
///
/// # Errors
/// A [`Fault`].
pub fn mysql(body: &[u8], anonymous: bool) -> Result<Named, Fault> {
    const LOGICAL_CLOCK: u8 = 2;
    let mut cursor = Cursor::new(body);
    let _flags = cursor.u8()?;
    let uuid = mysql::Uuid(cursor.array()?);
    let number = cursor.u64()?;
    let mut committed_at = None;
    // Servers before 5.7 end here; before 8.0 after the clock.
    if !cursor.is_empty() && cursor.u8()? == LOGICAL_CLOCK {
        let (_last_committed, _sequence_number) = (cursor.u64()?, cursor.u64()?);
        if !cursor.is_empty() {
            committed_at = Some(commit_time(&mut cursor)?);
        }
    }
    let gtid =
        (!anonymous).then(|| Gtid::MySql(mysql::Gtid { source: mysql::Source::untagged(uuid), number }));
    Ok(Named { gtid, committed_at, standalone: false, xa: None })
}

/// Microseconds; where the transaction came from another server, the highest bit is set and that server's
/// time follows.
fn commit_time(cursor: &mut Cursor<'_>) -> Result<i64, Fault> {
    const HAS_ORIGINAL: u64 = 1 << 55;
    let immediate = cursor.u56()?;
    let original = if immediate & HAS_ORIGINAL == 0 { immediate } else { cursor.u56()? };
    Ok(original as i64)
}

/// Reads MySQL's tagged GTID event: a message of the serialization library, each field behind its number.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/PageLibsMysqlSerialization.html>
///
/// # Errors
/// A [`Fault`].
pub fn mysql_tagged(body: &[u8]) -> Result<Named, Fault> {
    mod field {
        pub const FLAGS: u64 = 0;
        pub const UUID: u64 = 1;
        pub const NUMBER: u64 = 2;
        pub const TAG: u64 = 3;
        pub const LAST_COMMITTED: u64 = 4;
        pub const SEQUENCE_NUMBER: u64 = 5;
        pub const IMMEDIATE_COMMIT: u64 = 6;
        pub const ORIGINAL_COMMIT: u64 = 7;
    }
    let mut cursor = Cursor::new(body);
    let _version = cursor.varlen()?;
    let _length = cursor.varlen()?;
    let _last_that_counts = cursor.varlen()?;
    let (mut uuid, mut number, mut tag) = (None, None, mysql::Tag::default());
    let (mut immediate, mut original) = (None, None);
    while !cursor.is_empty() {
        match cursor.varlen()? {
            field::FLAGS => drop(cursor.varlen()?),
            field::UUID => {
                let mut bytes = [0; 16];
                for byte in &mut bytes {
                    *byte = u8::try_from(cursor.varlen()?)
                        .map_err(|_| Fault::new("a byte of its UUID is over 255"))?;
                }
                uuid = Some(mysql::Uuid(bytes));
            }
            field::NUMBER => number = u64::try_from(cursor.varlen_signed()?).ok(),
            field::TAG => {
                let length = cursor.varlen()?;
                let length = usize::try_from(length).map_err(|_| Fault::new("its tag is beyond memory"))?;
                tag = mysql::Tag::from_bytes(cursor.take(length)?)?;
            }
            field::LAST_COMMITTED | field::SEQUENCE_NUMBER => drop(cursor.varlen_signed()?),
            field::IMMEDIATE_COMMIT => immediate = Some(cursor.varlen()? as i64),
            field::ORIGINAL_COMMIT => original = Some(cursor.varlen()? as i64),
            // Lengths of fields are not written: past one that is not known nothing can be read, and nothing
            // is needed.
            _ => break,
        }
    }
    let (Some(uuid), Some(number)) = (uuid, number) else {
        return Err(Fault::new("it has no UUID or no number"));
    };
    Ok(Named {
        gtid: Some(Gtid::MySql(mysql::Gtid { source: mysql::Source { uuid, tag }, number })),
        committed_at: original.or(immediate),
        standalone: false,
        xa: None,
    })
}

/// Reads MariaDB's GTID event.
///
/// # Errors
/// A [`Fault`].
pub fn mariadb(body: &[u8], server: u32) -> Result<Named, Fault> {
    let mut cursor = Cursor::new(body);
    let sequence = cursor.u64()?;
    let domain = cursor.u32()?;
    let flags = cursor.u8()?;
    if flags & flag::GROUP_COMMIT_ID != 0 {
        cursor.skip(8)?;
    }
    let xa = if flags & flag::PREPARED_XA != 0 {
        Some(Xa::Prepared)
    } else {
        (flags & flag::COMPLETED_XA != 0).then_some(Xa::Completed)
    };
    Ok(Named {
        gtid: Some(Gtid::MariaDb(mariadb::Gtid { domain, server, sequence })),
        committed_at: None,
        standalone: flags & flag::STANDALONE != 0,
        xa,
    })
}

/// Reads MySQL's list of the transactions before a file.
///
/// # Errors
/// A [`Fault`].
pub fn previous(body: &[u8]) -> Result<GtidSet, Fault> {
    const TAGGED: u64 = 1;
    let mut cursor = Cursor::new(body);
    let head = cursor.u64()?;
    // With tags the first and the last byte say so, and the number stands between.
    let tagged = head >> 56 == TAGGED;
    let sources = if tagged { (head >> 8) & 0xffff_ffff_ffff } else { head };
    let mut set = mysql::GtidSet::default();
    for _ in 0..sources {
        let uuid = mysql::Uuid(cursor.array()?);
        let mut tag = mysql::Tag::default();
        if tagged {
            let length = cursor.varlen()?;
            let length = usize::try_from(length).map_err(|_| Fault::new("a tag is beyond memory"))?;
            tag = mysql::Tag::from_bytes(cursor.take(length)?)?;
        }
        let source = mysql::Source { uuid, tag };
        for _ in 0..cursor.u64()? {
            let (start, end) = (cursor.u64()?, cursor.u64()?);
            if start == 0 || start >= end {
                return Err(Fault::new(format!("{start} to {end} is no range of transactions")));
            }
            set.add_range(&source, start..end);
        }
    }
    Ok(GtidSet::MySql(set))
}

/// Reads MariaDB's list of the last transactions before a file.
///
/// # Errors
/// A [`Fault`].
pub fn list(body: &[u8]) -> Result<GtidSet, Fault> {
    /// The upper four bits are flags.
    const COUNT: u32 = 0x0fff_ffff;
    let mut cursor = Cursor::new(body);
    let count = cursor.u32()? & COUNT;
    let mut set = mariadb::GtidSet::default();
    for _ in 0..count {
        let (domain, server, sequence) = (cursor.u32()?, cursor.u32()?, cursor.u64()?);
        set.add(mariadb::Gtid { domain, server, sequence });
    }
    Ok(GtidSet::MariaDb(set))
}
