//! Points in files.

use serde_json::{Map, Value};
use sluicegate_connector::Error;
use sluicegate_model::{Lane, Position};

/// The version of the form that is written.
const VERSION: u32 = 1;

/// A point in text, at the beginning of a line or after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TextPoint {
    /// Bytes before it; of a compressed file, decompressed.
    pub(super) offset: u64,
    /// Lines before it.
    pub(super) lines: u64,
    /// Whether the last of them had no line end: it was the last of the file.
    pub(super) unterminated: bool,
}

/// A point in a file of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ColumnsPoint {
    /// The row group or record batch.
    pub(super) unit: u64,
    /// Rows of it before the point.
    pub(super) row: u64,
    /// Rows of the file before the point.
    pub(super) records: u64,
}

fn position<const N: usize>(source: &str, at: [(&str, Value); N]) -> Position {
    let at: Map<String, Value> = at.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Position { v: VERSION, source: source.to_owned(), at }
}

fn number(position: &Position, key: &str, lane: &Lane) -> Result<u64, Error> {
    let number = position.number(key).and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| {
        Error::fatal(format!("the position has no {key}: it was made for another kind of source"))
            .lane(lane)
            .position(position)
            .help("choose with `sluicegate positions set` or `positions reset` where to go on")
    })
}

/// Refuses a position that a later version wrote.
fn known(position: &Position, lane: &Lane) -> Result<(), Error> {
    if position.v <= VERSION {
        return Ok(());
    }
    Err(Error::fatal("a later version of Sluicegate wrote the position").lane(lane).position(position))
}

impl TextPoint {
    pub(super) fn to_position(self, source: &str) -> Position {
        let mut position = position(source, [("offset", self.offset.into()), ("lines", self.lines.into())]);
        if self.unterminated {
            position.at.insert("unterminated".to_owned(), true.into());
        }
        position
    }

    pub(super) fn of(position: &Position, lane: &Lane) -> Result<Self, Error> {
        known(position, lane)?;
        Ok(Self {
            offset: number(position, "offset", lane)?,
            lines: number(position, "lines", lane)?,
            unterminated: position.at.get("unterminated") == Some(&Value::Bool(true)),
        })
    }
}

impl ColumnsPoint {
    pub(super) fn to_position(self, unit: &str, source: &str) -> Position {
        let at = [(unit, self.unit.into()), ("row", self.row.into()), ("records", self.records.into())];
        position(source, at)
    }

    pub(super) fn of(position: &Position, unit: &str, lane: &Lane) -> Result<Self, Error> {
        known(position, lane)?;
        Ok(Self {
            unit: number(position, unit, lane)?,
            row: number(position, "row", lane)?,
            records: number(position, "records", lane)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_go_both_ways_and_strangers_are_refused() {
        let lane = Lane::from("a");
        let text = TextPoint { offset: 10, lines: 2, unterminated: true };
        assert_eq!(TextPoint::of(&text.to_position("s"), &lane).unwrap(), text);
        let columns = ColumnsPoint { unit: 1, row: 2, records: 3 };
        let position = columns.to_position("row_group", "s");
        assert_eq!(position.to_string(), "row_group 1, row 2, records 3");
        assert_eq!(ColumnsPoint::of(&position, "row_group", &lane).unwrap(), columns);
        let error = TextPoint::of(&position, &lane).unwrap_err().to_string();
        assert!(error.contains("positions set"), "{error}");
        let later = Position { v: 2, ..text.to_position("s") };
        assert!(TextPoint::of(&later, &lane).unwrap_err().to_string().contains("later version"));
    }
}
