//! The shapes of its answers.

use hyper::Response;
use serde_json::{Map, Value};

use crate::cluster::Counts;
use crate::http::{Text, json};

const INDENT: &[u8] = b"    ";

/// An answer about a transaction.
pub fn answer(
    status: &str,
    before: &[(&str, Value)],
    message: &str,
    after: &[(&str, Value)],
) -> Response<Text> {
    let mut fields = Map::new();
    fields.insert("Status".to_owned(), status.into());
    fields.extend(before.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    fields.insert("Message".to_owned(), message.into());
    fields.extend(after.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    json(&fields, INDENT, None)
}

/// A transaction's operation failed.
pub fn failed(status: &str, message: &str) -> Response<Text> {
    answer(status, &[], message, &[])
}

/// The numbers that stand in the answers of prepare and commit.
pub fn counted(id: i64, label: &str, counts: &Counts, url: Option<String>) -> Vec<(&'static str, Value)> {
    let mut fields: Vec<(&str, Value)> = vec![
        ("Label", label.into()),
        ("TxnId", id.into()),
        ("NumberTotalRows", counts.total.into()),
        ("NumberLoadedRows", counts.loaded.into()),
        ("NumberFilteredRows", counts.filtered.into()),
        ("NumberUnselectedRows", 0.into()),
        ("LoadBytes", counts.bytes.into()),
        ("LoadTimeMs", 1.into()),
        ("StreamLoadPlanTimeMs", 0.into()),
        ("ReceivedDataTimeMs", 0.into()),
        ("WriteDataTimeMs", 0.into()),
        ("CommitAndPublishTimeMs", 0.into()),
    ];
    fields.extend(url.map(|url| ("ErrorURL", url.into())));
    fields
}

/// The answer of a load that is a transaction by itself.
pub fn stream_load(
    id: i64,
    label: &str,
    status: &str,
    existing: Option<&str>,
    message: &str,
    counts: &Counts,
    url: Option<String>,
) -> Response<Text> {
    let mut fields = Map::new();
    fields.insert("TxnId".to_owned(), id.into());
    fields.insert("Label".to_owned(), label.into());
    fields.insert("Status".to_owned(), status.into());
    fields.extend(existing.map(|existing| ("ExistingJobStatus".to_owned(), existing.into())));
    fields.insert("Message".to_owned(), message.into());
    let numbers = [
        ("NumberTotalRows", counts.total),
        ("NumberLoadedRows", counts.loaded),
        ("NumberFilteredRows", counts.filtered),
        ("NumberUnselectedRows", 0),
        ("LoadBytes", counts.bytes),
        ("LoadTimeMs", 1),
        ("BeginTxnTimeMs", 0),
        ("StreamLoadPlanTimeMs", 0),
        ("ReadDataTimeMs", 0),
        ("WriteDataTimeMs", 0),
        ("CommitAndPublishTimeMs", 0),
    ];
    fields.extend(numbers.map(|(name, number)| (name.to_owned(), number.into())));
    fields.extend(url.map(|url| ("ErrorURL".to_owned(), url.into())));
    json(&fields, INDENT, None)
}

/// A load that failed before it had a number.
pub fn stream_load_failed(message: &str) -> Response<Text> {
    stream_load(-1, "", "Fail", None, message, &Counts::default(), None)
}
