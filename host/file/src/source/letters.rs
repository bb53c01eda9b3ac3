//! The records of dead letters, as the source read them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sluicegate_connector::{Error, Payload, StartAt};
use sluicegate_format::{Decode, LaneInfo, Record};
use sluicegate_model::{Decoded, Lane, RowReject};

use super::discover::{Found, discover};
use super::options::SourceOptions;
use super::payload::TextRows;
use super::position::TextPoint;
use super::split::Span;
use super::text::{Records, TextReader};
use crate::format::FileFormat;

/// Reads single records of files again: in the files' character set, with their tables and, where the columns are named
/// by the first record, with the names that stand there now.
pub struct LetterRecords {
    options: SourceOptions,
    directory: PathBuf,
    /// What reads a lane's records, or why nothing does.
    lanes: Mutex<HashMap<Lane, Result<Records, String>>>,
}

impl LetterRecords {
    /// A reader of the records of a source.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for files of columns: their rows are no records.
    pub fn new(options: &SourceOptions, directory: &Path) -> Result<Self, Error> {
        options.check()?;
        match &options.format {
            FileFormat::Messages(_) => Ok(Self {
                options: options.clone(),
                directory: directory.to_owned(),
                lanes: Mutex::default(),
            }),
            FileFormat::Parquet(_) | FileFormat::Arrow(_) => Err(Error::configuration(
                "the source is files of columns, whose rows cannot be read again one by one",
            )
            .help("repair the file and let a pipeline of another name read it")),
        }
    }

    fn records(&self, lane: &Lane) -> Result<Records, String> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lanes.get(lane) {
            return known.clone();
        }
        let records = self.open(lane).map_err(|error| error.to_string());
        lanes.insert(lane.clone(), records.clone());
        records
    }

    fn open(&self, lane: &Lane) -> Result<Records, Error> {
        let none = Found {
            lane: lane.clone(),
            path: if self.options.is_stdin() { "stdin".into() } else { lane.as_str().into() },
        };
        let records = Records::new(&self.options, &none)?;
        if records.decode.is_some() {
            return Ok(records);
        }
        let header_gone = || {
            Error::configuration(format!(
                "the columns of {lane} are named by its first record, which is gone"
            ))
            .help("name them: `columns` of the format")
        };
        let found = discover(self.options.paths.all(), &self.directory)?;
        let found = found.into_iter().find(|found| found.lane == *lane).ok_or_else(header_gone)?;
        let records = TextReader::open(&self.options, &found, &StartAt::Beginning)?.with_header()?;
        if records.decode.is_some() { Ok(records) } else { Err(header_gone()) }
    }
}

impl Decode for LetterRecords {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let mut decoded = Decoded::default();
        let known = self.records(lane.lane);
        for record in records {
            let one = known.clone().and_then(|known| {
                let bytes = record.value.unwrap_or_default().to_vec();
                let end = u32::try_from(bytes.len()).map_err(|_| "the record is too large".to_owned())?;
                let rows = TextRows {
                    facts: known.facts,
                    decode: known.decode,
                    source: Arc::from(""),
                    bytes,
                    spans: vec![Span { start: 0, end, line: 0 }],
                    // Records are numbered by their lines, from 1.
                    at: TextPoint { lines: record.ordinal.saturating_sub(1), ..TextPoint::default() },
                };
                rows.decode().map_err(|error| error.to_string())
            });
            match one {
                Ok(one) => {
                    decoded.items.extend(one.items);
                    decoded.rejects.extend(one.rejects);
                }
                Err(reason) => {
                    decoded.rejects.push(RowReject { ordinal: record.ordinal, part: None, reason });
                }
            }
        }
        decoded
    }
}

#[cfg(test)]
mod tests {
    use sluicegate_model::Item;

    use super::*;

    fn read(records: &LetterRecords, lane: &str, ordinal: u64, value: &[u8]) -> Decoded {
        let lane = Lane::from(lane);
        let record = Record { ordinal, key: None, value: Some(value), timestamp_us: None, headers: &[] };
        records.decode(&LaneInfo { lane: &lane, topic: "", partition: 0 }, &[record])
    }

    #[test]
    fn a_record_is_read_as_its_file_was() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("orders.csv"), b"id,name\n1,a\n").unwrap();
        let options: SourceOptions =
            serde_json::from_str(r#"{"paths": "*.csv", "format": "csv", "encoding": "gbk"}"#).unwrap();
        let records = LetterRecords::new(&options, folder.path()).unwrap();
        let decoded = read(&records, "orders.csv", 7, b"2,\xc4\xe3\xba\xc3");
        let [Item::Rows(batch)] = &*decoded.items else { panic!("{decoded:?}") };
        assert_eq!((batch.table().as_str(), batch.origin().ordinals[0]), ("orders", 7));
        assert_eq!(batch.origin().lane.as_str(), "orders.csv");
        let names: Vec<&str> = batch.schema().fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["id", "name"]);
        let decoded = read(&records, "orders.csv", 8, b"2,\xff");
        assert_eq!((decoded.rejects[0].ordinal, decoded.items.len()), (8, 0));

        let gone = read(&records, "gone.csv", 1, b"1,a");
        assert!(gone.rejects[0].reason.contains("first record, which is gone"), "{gone:?}");
    }

    #[test]
    fn rows_of_columns_are_no_records() {
        let options: SourceOptions =
            serde_json::from_str(r#"{"paths": "a.parquet", "format": "parquet"}"#).unwrap();
        assert!(LetterRecords::new(&options, Path::new(".")).is_err());
    }
}
