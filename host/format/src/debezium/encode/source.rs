//! Where an event comes from.

use sluicegate_model::ChangeBatch;

use crate::provenance::Provenance;
use crate::write::write_string;

/// Writes `source` and `transaction` of the events of one batch.
pub(super) struct SourceWriter<'a> {
    /// The keys that are the same for all.
    head: Vec<u8>,
    provenance: Provenance<'a>,
}

/// A position in the keys that connectors have for theirs.
#[derive(Debug, PartialEq, Eq)]
enum Position<'a> {
    File(&'a str, &'a str),
    Lsn(&'a str),
    Sequence(&'a str),
}

impl<'a> Position<'a> {
    fn of(text: &'a str) -> Self {
        let is_number = |digits: &str| {
            digits.parse::<i64>().is_ok_and(|number| number.to_string() == digits && number >= 0)
        };
        match text.rsplit_once(':') {
            Some((file, pos)) if !file.is_empty() && is_number(pos) => Self::File(file, pos),
            _ if is_number(text) => Self::Lsn(text),
            _ => Self::Sequence(text),
        }
    }
}

impl<'a> SourceWriter<'a> {
    pub(super) fn new(batch: &'a ChangeBatch) -> Self {
        let mut head = b",\"source\":{\"connector\":\"sluicegate\"".to_vec();
        // The first part is the database, the last the table, and what stands between them the schema.
        let (database, table) =
            batch.table().as_str().split_once('.').unwrap_or(("", batch.table().as_str()));
        let (schema, table) = table.rsplit_once('.').unwrap_or(("", table));
        for (key, part) in [("db", database), ("schema", schema), ("table", table)] {
            if !part.is_empty() || key == "db" {
                head.extend_from_slice(format!(",\"{key}\":").as_bytes());
                write_string(part.as_bytes(), &mut head);
            }
        }
        Self { head, provenance: Provenance::of(batch) }
    }

    /// Appends both, with the commas before them.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        if let Some(time) = self.provenance.event_time(row) {
            let mut digits = itoa::Buffer::new();
            out.extend_from_slice(b",\"ts_ms\":");
            out.extend_from_slice(digits.format(time.div_euclid(1_000)).as_bytes());
            out.extend_from_slice(b",\"ts_us\":");
            out.extend_from_slice(digits.format(time).as_bytes());
        }
        if let Some(position) = self.provenance.position(row) {
            match Position::of(position) {
                Position::File(file, pos) => {
                    out.extend_from_slice(b",\"file\":");
                    write_string(file.as_bytes(), out);
                    out.extend_from_slice(b",\"pos\":");
                    out.extend_from_slice(pos.as_bytes());
                }
                Position::Lsn(lsn) => {
                    out.extend_from_slice(b",\"lsn\":");
                    out.extend_from_slice(lsn.as_bytes());
                }
                Position::Sequence(text) => {
                    out.extend_from_slice(b",\"sequence\":");
                    write_string(text.as_bytes(), out);
                }
            }
        }
        out.push(b'}');
        if let Some(transaction) = self.provenance.transaction(row) {
            out.extend_from_slice(b",\"transaction\":{\"id\":");
            write_string(transaction.as_bytes(), out);
            out.push(b'}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_as_it_was() {
        assert_eq!(Position::of("binlog.000001:4"), Position::File("binlog.000001", "4"));
        assert_eq!(Position::of("34078720"), Position::Lsn("34078720"));
        for other in ["", "f:", ":4", "f:04", "f:-4", "01", "3e1-0-9", "99999999999999999999"] {
            assert_eq!(Position::of(other), Position::Sequence(other));
        }
    }
}
