//! The block that says where an event comes from.
//!
//! Connectors name the same things differently; what is taken of each:
//!
//! | of the source | keys |
//! |---|---|
//! | table | `db`, `schema`, `table`, those that have a text, set apart by dots; `collection` where there is no `table` |
//! | event time | `ts_ns`, `ts_us` or `ts_ms`, the finest |
//! | position | `file` and `pos` as `file:pos`; `lsn`; `commit_lsn` and `change_lsn`; `scn`; `sequence` |
//! | transaction | `gtid`, `txId` (only where the event has no `transaction`) |

use crate::scan::{Fault, Scanner, Text};

/// What was found. Texts that are empty or null are not there.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    db: Option<Text>,
    schema: Option<Text>,
    table: Option<Text>,
    collection: Option<Text>,
    pub(super) times: Times,
    file: Option<Text>,
    pos: Option<Text>,
    lsn: Option<Text>,
    commit_lsn: Option<Text>,
    change_lsn: Option<Text>,
    scn: Option<Text>,
    sequence: Option<Text>,
    gtid: Option<Text>,
    tx_id: Option<Text>,
    /// Whether before images may have NULL in the place of what the source did not send.
    pub(super) blank_images: bool,
}

/// A time in the units that it comes in.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    pub(super) ms: Option<Text>,
    pub(super) us: Option<Text>,
    pub(super) ns: Option<Text>,
}

impl Times {
    /// Microseconds since 1970, where that is known: snapshots of some connectors have 0.
    pub(super) fn micros(&self, scanner: &Scanner<'_>) -> Option<i64> {
        let number = |text: &Option<Text>| -> Option<i64> {
            let digits = &scanner.bytes()[text.as_ref()?.range.clone()];
            lexical_core::parse(digits).ok().filter(|time| *time != 0)
        };
        number(&self.ns)
            .map(|ns| ns.div_euclid(1_000))
            .or_else(|| number(&self.us))
            .or_else(|| number(&self.ms)?.checked_mul(1_000))
    }

    /// Whether there is any.
    pub(super) fn is_some(&self) -> bool {
        self.ms.is_some() || self.us.is_some() || self.ns.is_some()
    }
}

/// Passes a value; text and numbers are given, but for texts of nothing.
pub(super) fn text(scanner: &mut Scanner<'_>, outer: u32) -> Result<Option<Text>, Fault> {
    match scanner.peek() {
        b'"' => scanner.string().map(|text| Some(text).filter(|text| !text.range.is_empty())),
        b'-' | b'0'..=b'9' => Ok(Some(Text { range: scanner.number()?, escaped: false })),
        _ => scanner.value(outer).map(|_| None),
    }
}

impl Source {
    /// Reads the object that comes next. `outer` objects are open around it.
    pub(super) fn read(scanner: &mut Scanner<'_>, outer: u32) -> Result<Self, Fault> {
        let mut found = Self::default();
        let mut scratch = Vec::new();
        let mut more = scanner.open_object()?;
        while more {
            let key = scanner.string()?;
            let key = scanner.resolve(&key, &mut scratch);
            scanner.colon()?;
            if let Some(place) = found.place(key) {
                *place = text(scanner, outer + 1)?;
            } else {
                if key == b"connector" {
                    found.blank_images = scanner.rest().starts_with(b"\"postgresql\"");
                }
                // version, name, snapshot, server_id, row, thread, query, xmin, and what else there is.
                scanner.value(outer + 1)?;
            }
            more = scanner.next_in_object()?;
        }
        Ok(found)
    }

    /// Where the value of a key is put.
    pub(super) fn place(&mut self, key: &[u8]) -> Option<&mut Option<Text>> {
        Some(match key {
            b"db" => &mut self.db,
            b"schema" => &mut self.schema,
            b"table" => &mut self.table,
            b"collection" => &mut self.collection,
            b"ts_ms" => &mut self.times.ms,
            b"ts_us" => &mut self.times.us,
            b"ts_ns" => &mut self.times.ns,
            b"file" => &mut self.file,
            b"pos" => &mut self.pos,
            b"gtid" => &mut self.gtid,
            b"lsn" => &mut self.lsn,
            b"commit_lsn" => &mut self.commit_lsn,
            b"change_lsn" => &mut self.change_lsn,
            b"scn" => &mut self.scn,
            b"sequence" => &mut self.sequence,
            b"txId" => &mut self.tx_id,
            _ => return None,
        })
    }

    /// Whether it names a table.
    pub(super) fn has_table(&self) -> bool {
        self.table.is_some() || self.collection.is_some()
    }

    /// Writes the name of the table over `out`, with a quote at its end by which it is known again.
    pub(super) fn write_name(&self, scanner: &Scanner<'_>, out: &mut Vec<u8>, scratch: &mut Vec<u8>) {
        let table = self.table.as_ref().or(self.collection.as_ref());
        out.clear();
        for part in [self.db.as_ref(), self.schema.as_ref(), table].into_iter().flatten() {
            if !out.is_empty() {
                out.push(b'.');
            }
            out.extend_from_slice(scanner.resolve(part, scratch));
        }
        out.push(b'"');
    }

    /// Writes the position over `out`; `false` where there is none.
    pub(super) fn write_position(
        &self,
        scanner: &Scanner<'_>,
        out: &mut Vec<u8>,
        scratch: &mut Vec<u8>,
    ) -> bool {
        let (first, second) = match self {
            Self { file: Some(file), pos: Some(pos), .. } => (file, Some(pos)),
            Self { lsn: Some(lsn), .. } => (lsn, None),
            Self { commit_lsn: Some(commit), change_lsn, .. } => (commit, change_lsn.as_ref()),
            Self { scn: Some(scn), .. } => (scn, None),
            Self { sequence: Some(sequence), .. } => (sequence, None),
            _ => return false,
        };
        out.clear();
        out.extend_from_slice(scanner.resolve(first, scratch));
        if let Some(second) = second {
            out.push(b':');
            out.extend_from_slice(scanner.resolve(second, scratch));
        }
        true
    }

    /// The transaction.
    pub(super) fn transaction(&self) -> Option<&Text> {
        self.gtid.as_ref().or(self.tx_id.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (String, Option<String>, Option<i64>) {
        let mut scanner = Scanner::new(json.as_bytes()).unwrap();
        let source = Source::read(&mut scanner, 1).unwrap();
        assert!(scanner.is_at_end());
        let (mut name, mut position, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
        source.write_name(&scanner, &mut name, &mut scratch);
        let found = source.write_position(&scanner, &mut position, &mut scratch);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(name), found.then(|| text(position)), source.times.micros(&scanner))
    }

    #[test]
    fn each_connector_says_it_in_its_own_words() {
        let own = |name: &str, position: &str, micros| {
            (format!("{name}\""), Some(position.to_owned()), Some(micros))
        };
        assert_eq!(
            read(
                r#"{"connector":"mysql","ts_ms":5,"ts_us":5001,"db":"d","table":"t","gtid":null,"file":"b.1","pos":7,"row":0}"#
            ),
            own("d.t", "b.1:7", 5001)
        );
        assert_eq!(
            read(
                r#"{"connector":"postgresql","ts_ms":5,"ts_ns":6000999,"db":"d","schema":"s","table":"t","lsn":34078720,"txId":601}"#
            ),
            own("d.s.t", "34078720", 6000)
        );
        assert_eq!(
            read(
                r#"{"ts_ms":5,"db":"d","schema":"dbo","table":"t","change_lsn":"00:0d:03","commit_lsn":"00:0d:04"}"#
            ),
            own("d.dbo.t", "00:0d:04:00:0d:03", 5000)
        );
        assert_eq!(read(r#"{"ts_ms":0,"file":"","pos":0,"table":"\u0074"}"#), ("t\"".to_owned(), None, None));
    }
}
