//! What may be set about `delimited`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::decode::DelimitedDecoder;
use super::dialect::Delimiter;
use super::encode::DelimitedEncoder;
use super::meta::{Images, MetaColumn};
use super::names::ColumnNames;
use super::operation::OpCodes;
use super::{Dialect, NAME};
use crate::json::RowsAre;
use crate::options::{DeclaredTable, DeclaredTypes, Direction, Encoding, Format, TimeZone};
use crate::write::Timestamps;
use crate::{Decode, Encode, FormatError};

/// Fields set apart by a delimiter: a record is a row. CSV and its relatives, and the delimited text of Oracle
/// GoldenGate.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelimitedOptions {
    /// In files: whether the first record names the columns. Default: true, and false where `meta_columns` are set.
    #[serde(default)]
    pub header: Option<bool>,
    /// Reading: the names of the columns, in order; a list, or lists by table. Default: what the header says.
    #[serde(default)]
    pub columns: Option<ColumnNames>,
    /// What stands between fields: 1 to 8 bytes, no line end. Default: a comma.
    #[serde(default)]
    #[schemars(length(min = 1, max = 8))]
    pub delimiter: Option<String>,
    /// What a field may be put in: one ASCII character, or `none` where quotes are text like any other. Default: `"`.
    #[serde(default)]
    pub quote: Option<String>,
    /// What stands before a character that is text, whatever else it would be (`\`): one ASCII character. Default:
    /// none; a quote within quotes is written twice.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1))]
    pub escape: Option<char>,
    /// The text that stands for NULL where it is not in quotes, compared before escapes are taken off. Default: none at
    /// all, so that an empty field is NULL and `""` is empty text.
    #[serde(default)]
    pub null_text: Option<String>,
    /// Reading: whether an empty field is NULL too, in quotes or not. Default: false.
    #[serde(default)]
    pub empty_is_null: Option<bool>,
    /// The text that stands for a cell that its source did not send, where it is not in quotes. Default: none is
    /// known, and `missing` says what is written.
    #[serde(default)]
    pub missing_text: Option<String>,
    /// Reading: whether spaces and tabs around a field are no part of it. Default: false.
    #[serde(default)]
    pub trim: Option<bool>,
    /// The character set of the records. A record that is no text in it, or has a character that it lacks, goes to
    /// the dead letters. Default: utf-8; in files what the source says.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Fields about the row before those of its columns, in their order, as GoldenGate writes them:
    /// `[op_type, table, op_ts, current_ts, pos, tokens]`. Default: none.
    #[serde(default)]
    pub meta_columns: Option<Vec<MetaColumn>>,
    /// What `op_type` has for each operation. Default: I, U, D and T.
    #[serde(default)]
    pub op_codes: Option<Box<OpCodes>>,
    /// Which images of a row stand in a record. Default: after.
    #[serde(default)]
    pub images: Option<Images>,
    /// The time zone in which `op_ts` is written: that of the source's database. Default: UTC.
    #[serde(default)]
    pub time_zone: Option<TimeZone>,
    /// A column that holds the kind of the change: `+I`, `-U`, `+U`, `-D`; when read also `I`, `U`, `D`. Without it
    /// or an `op_type` deletes cannot be written, and every record that is read is of the `kind` that is set.
    #[serde(default)]
    pub kind_column: Option<String>,
    /// Reading: the name of the table that the rows are of, where no field says it. Default: the topic; of a file, its
    /// name up to the first dot.
    #[serde(default)]
    pub table: Option<String>,
    /// Reading: the columns of the primary key, in its order; a list, or lists by table. Default: none.
    #[serde(default)]
    pub primary_key: Option<ColumnNames>,
    /// Reading: what a row does to its table, where no column says so. Default: insert.
    #[serde(default)]
    pub kind: Option<RowsAre>,
    /// Reading: exact types, by table and column. A row with a value that does not fit is rejected. A column that
    /// is not named here is text.
    #[serde(default)]
    pub schema: Option<DeclaredTypes>,
    /// Writing: what becomes of a row with a cell that its source did not send, where no `missing_text` stands for
    /// it. Default: reject.
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

impl DelimitedOptions {
    /// Where records and fields end, in UTF-8.
    ///
    /// # Errors
    /// [`FormatError::Value`] for characters that cannot do that.
    pub fn dialect(&self) -> Result<Dialect, FormatError> {
        self.dialect_in(Encoding::default())
    }

    /// Where records and fields end in text of a character set.
    ///
    /// # Errors
    /// [`FormatError::Value`] for characters that cannot do that.
    pub fn dialect_in(&self, encoding: Encoding) -> Result<Dialect, FormatError> {
        let default = Dialect::default();
        let delimiter = match &self.delimiter {
            None => default.delimiter,
            Some(text) => {
                let bytes = encoding.encode(text).ok();
                bytes.and_then(|bytes| Delimiter::new(&bytes)).ok_or_else(|| {
                    value("delimiter", text, "1 to 8 bytes of the records' character set, and no line end")
                })?
            }
        };
        let quote = match self.quote.as_deref() {
            None => default.quote,
            Some("none") => None,
            Some(text) => Some(
                one_byte(text)
                    .ok_or_else(|| value("quote", text, "one ASCII character, and no line end, or `none`"))?,
            ),
        };
        let escape = match self.escape {
            None => None,
            Some(escape) => {
                let text = escape.to_string();
                let wanted = "one ASCII character, and no line end";
                Some(one_byte(&text).ok_or_else(|| value("escape", &text, wanted))?)
            }
        };
        // A quote before a quote: that is how quotes are written twice.
        let escape = escape.filter(|escape| quote != Some(*escape));
        let in_delimiter = |byte: Option<u8>| byte.is_some_and(|byte| delimiter.as_bytes().contains(&byte));
        let wanted = "another character than those of `delimiter`";
        if in_delimiter(quote) {
            return Err(value("quote", self.quote.as_deref().unwrap_or("\""), wanted));
        }
        if in_delimiter(escape) {
            return Err(value("escape", &self.escape.map(String::from).unwrap_or_default(), wanted));
        }
        Ok(Dialect { delimiter, quote, escape, trim: self.trim.unwrap_or(false) })
    }

    /// Whether the first record of a file names the columns.
    pub fn has_header(&self) -> bool {
        self.header.unwrap_or(self.meta_columns.is_none())
    }

    /// The reader of records whose fields have the names of a header.
    ///
    /// # Errors
    /// As [`crate::FormatOptions::decoder`].
    pub fn decoder_of(&self, header: &[String]) -> Result<Arc<dyn Decode>, FormatError> {
        let columns = header.get(self.meta().len()..).unwrap_or_default();
        self.decoder_with(&ColumnNames::Every(columns.to_vec()))
    }

    pub(super) fn meta(&self) -> &[MetaColumn] {
        self.meta_columns.as_deref().unwrap_or_default()
    }

    fn has_meta(&self, meta: MetaColumn) -> bool {
        self.meta().contains(&meta)
    }

    fn decoder_with(&self, columns: &ColumnNames) -> Result<Arc<dyn Decode>, FormatError> {
        let of_writing = [("missing", self.missing.is_some()), ("timestamps", self.timestamps.is_some())];
        Direction::Reading.refuse(NAME, &of_writing)?;
        self.check()?;
        if let Some(name) = &self.kind_column {
            let lacks = |columns: &Vec<String>| !columns.contains(name) && !columns.is_empty();
            if columns.lists().any(lacks) {
                return Err(value("kind_column", name, "one of the columns"));
            }
        }
        Ok(Arc::new(DelimitedDecoder::new(self, self.dialect()?, columns)))
    }

    /// What fits together in both directions.
    fn check(&self) -> Result<(), FormatError> {
        if self.kind_column.is_some() && self.has_meta(MetaColumn::OpType) {
            let name = self.kind_column.as_deref().unwrap_or_default();
            return Err(value("kind_column", name, "not there where `meta_columns` has `op_type`"));
        }
        for (place, meta) in self.meta().iter().enumerate() {
            if *meta != MetaColumn::Ignore && self.meta()[..place].contains(meta) {
                return Err(value("meta_columns", meta.name(), "a list without repeats"));
            }
        }
        if let Some(codes) = &self.op_codes {
            if !self.has_meta(MetaColumn::OpType) {
                let needs = "op_type` in `meta_columns";
                return Err(FormatError::Needs { format: NAME, option: "op_codes", needs });
            }
            if let Some(code) = codes.unusable() {
                return Err(value("op_codes", code, "a text of its own for each operation"));
            }
        }
        let both = self.images == Some(Images::BeforeAfter);
        if both && !self.has_meta(MetaColumn::OpType) {
            let option = "images: before-after";
            return Err(FormatError::Needs { format: NAME, option, needs: "op_type` in `meta_columns" });
        }
        if both && self.header == Some(true) {
            let wanted = "false with `images: before-after`, where each column has two fields";
            return Err(value("header", "true", wanted));
        }
        if self.missing_text.is_some()
            && self.missing_text == Some(self.null_text.clone().unwrap_or_default())
        {
            let text = self.missing_text.as_deref().unwrap_or_default();
            return Err(value("missing_text", text, "another text than `null_text`"));
        }
        Ok(())
    }
}

fn value(option: &'static str, value: &str, wanted: &'static str) -> FormatError {
    FormatError::Value { format: NAME, option, value: value.escape_default().to_string(), wanted }
}

/// The byte of a text that is one ASCII character, and one that a field may be put in.
fn one_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | b'\0') => Some(*byte),
        _ => None,
    }
}

impl Format for DelimitedOptions {
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        match &self.columns {
            Some(columns) => self.decoder_with(columns),
            None => Err(FormatError::Needs { format: NAME, option: NAME, needs: "columns" }),
        }
    }

    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        let of_reading = [
            ("columns", self.columns.is_some()),
            ("empty_is_null", self.empty_is_null.is_some()),
            ("trim", self.trim.is_some()),
            ("table", self.table.is_some()),
            ("primary_key", self.primary_key.is_some()),
            ("kind", self.kind.is_some()),
            ("schema", self.schema.is_some()),
        ];
        Direction::Writing.refuse(NAME, &of_reading)?;
        self.check()?;
        Ok(Arc::new(DelimitedEncoder::new(self, self.dialect()?)))
    }

    fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.schema.as_ref()
    }

    fn declared_key(&self) -> Option<&[String]> {
        self.primary_key.as_ref().and_then(ColumnNames::every)
    }

    fn declared(&self) -> Vec<DeclaredTable> {
        let mut tables = DeclaredTable::all(self.declared_types(), None);
        for table in &mut tables {
            let key = self.primary_key.as_ref().and_then(|key| key.of(&table.name));
            table.primary_key = key.unwrap_or_default().to_vec();
        }
        tables
    }
}
