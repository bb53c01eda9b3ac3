//! What may be set about `raw`.

use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};
use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_model::meta;

use super::decode::RawDecoder;
use super::encode::RawEncoder;
use super::{NAME, column};
use crate::options::{DeclaredTable, Direction, Format};
use crate::{Decode, Encode, FormatError};

/// Messages as they are: `key`, `value`, `headers`, `topic`, `partition`, `offset` and `timestamp` are columns, so that
/// a step can read a format of its own. Written, `value` is the message, `key` and `headers` are its own.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOptions {
    /// Reading: whether keys and values are text. A message with bytes that are no UTF-8 is then rejected. Default:
    /// false, they are binary.
    #[serde(default)]
    pub text: Option<bool>,
    /// Reading: the name of the table that the rows are of. Default: the topic.
    #[serde(default)]
    pub table: Option<String>,
}

impl RawOptions {
    /// Names and types of the columns.
    pub(super) fn columns(&self) -> Vec<(&'static str, DataType)> {
        let bytes = || if self.text == Some(true) { DataType::Utf8 } else { DataType::Binary };
        vec![
            (column::KEY, bytes()),
            (column::VALUE, bytes()),
            (column::HEADERS, meta::headers_type()),
            (column::TOPIC, DataType::Utf8),
            (column::PARTITION, DataType::Int32),
            (column::OFFSET, DataType::Int64),
            (column::TIMESTAMP, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ]
    }
}

impl Format for RawOptions {
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        Ok(Arc::new(RawDecoder::new(self)))
    }

    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        let of_reading = [("text", self.text.is_some()), ("table", self.table.is_some())];
        Direction::Writing.refuse(NAME, &of_reading)?;
        Ok(Arc::new(RawEncoder))
    }

    fn declared(&self) -> Vec<DeclaredTable> {
        let table = |name: &String| DeclaredTable {
            name: name.clone(),
            columns: self.columns().into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect(),
            primary_key: Vec::new(),
        };
        self.table.iter().map(table).collect()
    }
}
