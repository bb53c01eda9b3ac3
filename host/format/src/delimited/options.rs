//! What may be set about `csv`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Dialect;
use super::decode::CsvDecoder;
use super::encode::CsvEncoder;
use crate::json::RowsAre;
use crate::options::{DeclaredTypes, Direction, Format};
use crate::write::Timestamps;
use crate::{Decode, Encode, FormatError};

/// Fields set apart by a delimiter: a record is a row.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvOptions {
    /// In files: whether the first record names the columns. Default: true.
    #[serde(default)]
    pub header: Option<bool>,
    /// Reading: the names of the columns, in order. Default: what the header says.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// What stands between fields: one ASCII character. Default: a comma.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1))]
    pub delimiter: Option<char>,
    /// What a field may be put in: one ASCII character. Default: `"`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1))]
    pub quote: Option<char>,
    /// The text that stands for NULL where it is not in quotes. Default: none at all, so that an empty field is NULL
    /// and `""` is empty text.
    #[serde(default)]
    pub null_text: Option<String>,
    /// A column that holds the kind of the change: `+I`, `-U`, `+U`, `-D`; when read also `I`, `U`, `D`. Without it
    /// deletes cannot be written, and every record that is read is of the `kind` that is set.
    #[serde(default)]
    pub kind_column: Option<String>,
    /// Reading: the name of the table that the rows are of. Default: the topic; of a file, its name up to the first
    /// dot.
    #[serde(default)]
    pub table: Option<String>,
    /// Reading: the columns of the primary key, in its order. Default: none.
    #[serde(default)]
    pub primary_key: Option<Vec<String>>,
    /// Reading: what a row does to its table, where no column says so. Default: insert.
    #[serde(default)]
    pub kind: Option<RowsAre>,
    /// Reading: exact types, by table and column. A row with a value that does not fit is rejected. A column that
    /// is not named here is text.
    #[serde(default)]
    pub schema: Option<DeclaredTypes>,
    /// Writing: what becomes of a row with a cell that its source did not send. Default: reject.
    #[serde(default)]
    pub missing: Option<OnMissing>,
    /// Writing: how dates with times are written. Default: iso.
    #[serde(default)]
    pub timestamps: Option<Timestamps>,
}

/// What becomes of a row with a cell that its source did not send, in a form that has no place for "not said".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnMissing {
    /// It goes to the dead letters: NULL would be a claim that nobody made.
    #[default]
    Reject,
    /// The cell is written as NULL.
    AsNull,
}

const NAME: &str = "csv";

impl CsvOptions {
    /// Where records and fields end.
    ///
    /// # Errors
    /// [`FormatError::Value`] for characters that cannot do that.
    pub fn dialect(&self) -> Result<Dialect, FormatError> {
        let default = Dialect::default();
        let byte = |option, character: Option<char>, default| match character {
            None => Ok(default),
            Some(character) if character.is_ascii() && !matches!(character, '\n' | '\r' | '\0') => {
                Ok(character as u8)
            }
            Some(character) => Err(FormatError::Value {
                format: NAME,
                option,
                value: character.escape_default().to_string(),
                wanted: "one ASCII character, and no line end",
            }),
        };
        let dialect = Dialect {
            delimiter: byte("delimiter", self.delimiter, default.delimiter)?,
            quote: byte("quote", self.quote, default.quote)?,
        };
        if dialect.delimiter == dialect.quote {
            let value = char::from(dialect.quote).to_string();
            let wanted = "another character than `delimiter`";
            return Err(FormatError::Value { format: NAME, option: "quote", value, wanted });
        }
        Ok(dialect)
    }

    /// Whether the first record of a file names the columns.
    pub fn has_header(&self) -> bool {
        self.header.unwrap_or(true)
    }

    /// The reader of records whose columns have these names.
    ///
    /// # Errors
    /// As [`crate::FormatOptions::decoder`].
    pub fn decoder_of(&self, columns: &[String]) -> Result<Arc<dyn Decode>, FormatError> {
        let of_writing = [("missing", self.missing.is_some()), ("timestamps", self.timestamps.is_some())];
        Direction::Reading.refuse(NAME, &of_writing)?;
        let kind_column = self.kind_column.as_ref();
        if let Some(name) = kind_column.filter(|name| !columns.contains(name) && !columns.is_empty()) {
            let wanted = "one of the columns";
            return Err(FormatError::Value {
                format: NAME,
                option: "kind_column",
                value: name.clone(),
                wanted,
            });
        }
        Ok(Arc::new(CsvDecoder::new(self, self.dialect()?, columns)))
    }
}

impl Format for CsvOptions {
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        match &self.columns {
            Some(columns) => self.decoder_of(columns),
            None => Err(FormatError::Needs { format: NAME, option: "csv", needs: "columns" }),
        }
    }

    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        let of_reading = [
            ("columns", self.columns.is_some()),
            ("table", self.table.is_some()),
            ("primary_key", self.primary_key.is_some()),
            ("kind", self.kind.is_some()),
            ("schema", self.schema.is_some()),
        ];
        Direction::Writing.refuse(NAME, &of_reading)?;
        Ok(Arc::new(CsvEncoder::new(self, self.dialect()?)))
    }

    fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.schema.as_ref()
    }

    fn declared_key(&self) -> Option<&[String]> {
        self.primary_key.as_deref()
    }
}
