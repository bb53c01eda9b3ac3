//! The rows of a letter, and the keys of rows.

use arrow_array::UInt32Array;
use sluicegate_format::{Decode, LaneInfo, Record};
use sluicegate_kernels::canonical::{CellEncoder, NULL_FRAME};
use sluicegate_model::field::{JSON, JSON_RAW};
use sluicegate_model::{ChangeBatch, DeadLetter, Decoded, Item, RowReject};
use xxhash_rust::xxh3::xxh3_128;

/// What a letter's record is now: all of its rows, or the one that the letter is about.
pub fn rows_of(decode: &dyn Decode, letter: &DeadLetter) -> Decoded {
    let name = letter.lane.as_str();
    let place = name.rsplit_once('/').and_then(|(topic, number)| Some((topic, number.parse().ok()?)));
    let (topic, partition) = place.unwrap_or((name, 0));
    let record = Record {
        ordinal: letter.ordinal,
        key: letter.raw.key.as_deref(),
        value: letter.raw.value.as_deref(),
        // The letter does not know when its message entered the log.
        timestamp_us: None,
        headers: &letter.raw.headers,
    };
    let decoded = decode.decode(&LaneInfo { lane: &letter.lane, topic, partition }, &[record]);
    match letter.part {
        None => decoded,
        Some(part) => only(part, letter.ordinal, decoded),
    }
}

/// One row of a record that held several. What else is in the record had its own way.
fn only(part: u32, ordinal: u64, decoded: Decoded) -> Decoded {
    let mut kept = Decoded::default();
    for item in decoded.items {
        let Item::Rows(batch) = item else { continue };
        let rows: UInt32Array = (0..batch.len())
            .filter(|row| batch.origin().part(*row).unwrap_or(0) == part)
            .map(|row| row as u32)
            .collect();
        if rows.is_empty() {
            continue;
        }
        // Rows of one batch: taking them cannot fail.
        let Ok(batch) = batch.take(&rows) else { continue };
        let mut parts = batch.into_parts();
        parts.origin.parts = Some(vec![part; rows.len()].into());
        kept.items.extend(parts.build().ok().map(Item::Rows));
    }
    let about = decoded.rejects.into_iter().filter(|reject| reject.part.is_none_or(|other| other == part));
    kept.rejects.extend(about.map(|reject| RowReject { part: Some(part), ..reject }));
    if kept.items.is_empty() && kept.rejects.is_empty() {
        let reason = format!("the record has no row {part}, as the format reads it now");
        kept.rejects.push(RowReject { ordinal, part: Some(part), reason });
    }
    kept
}

/// What is known of a row's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    /// Stands for table and key. Equal keys of one table have equal numbers.
    Known(u128),
    /// The table has no key: its rows are not told from one another.
    None,
    /// A column of the key is not there, or has a type without a text.
    Unknown,
}

/// The keys of the rows of a batch, by the primary key that the source names.
pub fn keys_of(batch: &ChangeBatch) -> Vec<RowKey> {
    if batch.primary_key().is_empty() {
        return vec![RowKey::None; batch.len()];
    }
    let columns: Option<Vec<_>> = batch
        .primary_key()
        .iter()
        .map(|name| {
            let (place, field) = batch.schema().column_with_name(name)?;
            let column = &batch.columns()[place];
            let raw = field.metadata().get(JSON).is_some_and(|form| form == JSON_RAW);
            Some((column, CellEncoder::new(column)?, raw))
        })
        .collect();
    let Some(columns) = columns else { return vec![RowKey::Unknown; batch.len()] };
    let key = |row: usize| {
        let mut bytes = batch.table().as_str().as_bytes().to_vec();
        let mut cell = Vec::new();
        for (column, encoder, raw) in &columns {
            if column.is_missing(row) {
                return RowKey::Unknown;
            }
            if !encoder.is_value(row) {
                bytes.extend_from_slice(&NULL_FRAME);
                continue;
            }
            cell.clear();
            encoder.write(row, &mut cell);
            if *raw {
                plain(&mut cell);
            }
            bytes.extend_from_slice(&(cell.len() as u32).to_be_bytes());
            bytes.extend_from_slice(&cell);
        }
        RowKey::Known(xxh3_128(&bytes))
    };
    (0..batch.len()).map(key).collect()
}

/// A column whose cells are of several kinds of JSON in one batch, and texts in another, holds the same text.
fn plain(cell: &mut Vec<u8>) {
    if let Ok(serde_json::Value::String(text)) = serde_json::from_slice(cell) {
        *cell = text.into_bytes();
    }
}

#[cfg(test)]
mod tests {
    use sluicegate_format::FormatOptions;
    use sluicegate_model::dead_letter::Reason;
    use sluicegate_model::{Position, RawRecord};

    use super::*;

    fn letter(part: Option<u32>, value: &str) -> DeadLetter {
        DeadLetter {
            pipeline: "p".into(),
            lane: "t/3".into(),
            position: Position { v: 1, source: String::new(), at: serde_json::Map::new() },
            ordinal: 9,
            part,
            output: None,
            why: Reason { step: "decode".into(), reason: String::new() },
            raw: RawRecord { value: Some(value.as_bytes().to_vec()), ..RawRecord::default() },
        }
    }

    fn ogg(id: u32, name: &str) -> String {
        format!(
            r#"{{"table":"T","op_type":"I","op_ts":"2026-03-01 00:00:00.000000","pos":"1","primary_keys":["ID"],"after":{{"ID":{id},"NAME":{name}}}}}"#
        )
    }

    fn batches(decoded: &Decoded) -> Vec<&ChangeBatch> {
        let rows = decoded.items.iter().filter_map(|item| match item {
            Item::Rows(batch) => Some(batch),
            Item::Control(_) => None,
        });
        rows.collect()
    }

    #[test]
    fn a_letter_about_one_row_is_that_row() {
        let options: FormatOptions = serde_json::from_str("\"ogg-json\"").unwrap();
        let decode = options.decoder().unwrap();
        let both = format!("{}{}", ogg(1, "\"a\""), ogg(2, "\"b\""));
        let all = rows_of(decode.as_ref(), &letter(None, &both));
        assert_eq!(batches(&all)[0].len(), 2);
        let second = rows_of(decode.as_ref(), &letter(Some(1), &both));
        let batch = batches(&second)[0];
        assert_eq!((batch.len(), batch.origin().part(0), batch.origin().ordinals[0]), (1, Some(1), 9));
        assert_eq!(batch.origin().lane.as_str(), "t/3");
        assert_eq!(keys_of(batch)[0], keys_of(batches(&all)[0])[1]);
        assert_ne!(keys_of(batch)[0], keys_of(batches(&all)[0])[0]);

        let alone = rows_of(decode.as_ref(), &letter(Some(0), &ogg(1, "\"a\"")));
        assert_eq!(batches(&alone)[0].origin().part(0), Some(0));
        let none = rows_of(decode.as_ref(), &letter(Some(7), &both));
        assert_eq!(none.rejects[0].reason, "the record has no row 7, as the format reads it now");
    }

    #[test]
    fn a_key_is_the_same_whatever_stands_beside_it() {
        let options: FormatOptions = serde_json::from_str("{\"json\": {\"primary_key\": [\"id\"]}}").unwrap();
        let decode = options.decoder().unwrap();
        let key = |value: &str| keys_of(batches(&rows_of(decode.as_ref(), &letter(None, value)))[0])[0];
        assert_eq!(key(r#"{"id":"7","x":1}"#), key(r#"{"id":"7","x":{}}"#));
        assert_ne!(key(r#"{"id":"7"}"#), key(r#"{"id":"8"}"#));
        assert_eq!(key(r#"{"other":1}"#), RowKey::Unknown);
    }
}
