//! What may be set about files of columns.

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_format::delimited::OnMissing;
use sluicegate_format::json::RowsAre;
use sluicegate_format::options::Direction;

/// Files of columns, as Parquet and Arrow IPC are.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnsOptions {
    /// A column that holds the kind of the change: `+I`, `-U`, `+U`, `-D`; when read also `I`, `U`, `D`. Without it
    /// deletes cannot be written, and every row that is read is of the `kind` that is set.
    #[serde(default)]
    pub kind_column: Option<String>,
    /// Reading: the name of the table that the rows are of. Default: the name of the file up to its first dot.
    #[serde(default)]
    pub table: Option<String>,
    /// Reading: the columns of the primary key, in its order. Default: none.
    #[serde(default)]
    pub primary_key: Option<Vec<String>>,
    /// Reading: what a row does to its table, where no column says so. Default: insert.
    #[serde(default)]
    pub kind: Option<RowsAre>,
    /// Writing: what becomes of a row with a cell that its source did not send. Default: reject.
    #[serde(default)]
    pub missing: Option<OnMissing>,
    /// Writing: how columns are compressed. Default: zstd.
    #[serde(default)]
    pub compression: Option<ColumnsCompression>,
}

/// How columns are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnsCompression {
    /// Not at all.
    None,
    /// Snappy: Parquet only.
    Snappy,
    /// LZ4.
    Lz4,
    /// Zstandard.
    #[default]
    Zstd,
}

impl ColumnsOptions {
    /// Refuses options of the other direction.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`].
    pub(crate) fn check(&self, format: &'static str, here: Direction) -> Result<(), Error> {
        let of_reading = [
            ("table", self.table.is_some()),
            ("primary_key", self.primary_key.is_some()),
            ("kind", self.kind.is_some()),
        ];
        let of_writing = [("missing", self.missing.is_some()), ("compression", self.compression.is_some())];
        let others = match here {
            Direction::Reading => of_writing.as_slice(),
            Direction::Writing => of_reading.as_slice(),
        };
        here.refuse(format, others).map_err(|error| Error::configuration(error.to_string()))
    }
}
