//! What a sink is told.

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_format::json::Deletes;
use sluicegate_format::options::Direction;
use sluicegate_format::{Encryption, FormatOptions};
use sluicegate_model::{ByteSize, TimeSpan};

use super::template::Template;
use crate::columns::{ColumnsCompression, ColumnsOptions};
use crate::format::FileFormat;

/// Writing files. One process of one pipeline writes to a directory at a time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SinkOptions {
    /// The directory, made where it is missing; relative to the pipeline file. `-` is standard output: at least once,
    /// since it keeps no position.
    pub directory: String,
    /// The path of each file in it. `{table}` is the whole name of the output's table, `{database}` and `{name}` its
    /// parts; `{lane}` and `{partition}` are the source's lane and what follows the last slash in its name. Letters that
    /// cannot stand in a name of a file are written as `%2F`. Default: `{table}` with the suffix of the format.
    #[serde(default)]
    pub path: Option<String>,
    /// The form of the files.
    pub format: FileFormat,
    /// How lines are encrypted, each by itself, after their format is written.
    #[serde(default)]
    pub encrypt: Option<Encryption>,
    /// How text is compressed. Each batch of rows is a member of its own, so a file can grow. Default: none.
    #[serde(default)]
    pub compression: TextCompression,
    /// When a file of text is full, and the next one is begun. Default: never. Files of columns are whole with each
    /// epoch: `engine.max_delay` and `engine.max_epoch` say how large they become.
    #[serde(default)]
    pub roll: Option<Roll>,
    /// What to do when a file that rows were to be appended to is gone.
    #[serde(default)]
    pub on_missing: OnMissingFile,
    /// How long to wait for another process that writes to the directory, before the pipeline stops with exit code 2.
    /// Default: without end. A second process of the pipeline is its standby.
    #[serde(default)]
    pub lock_timeout: Option<TimeSpan>,
}

/// When a file is full. What comes first counts; it is looked at between batches, so a file may be a batch larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Roll {
    /// Rows.
    pub rows: Option<u64>,
    /// Bytes, as they are on disk.
    pub bytes: Option<ByteSize>,
    /// Time since it was begun.
    pub every: Option<TimeSpan>,
}

/// How text is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextCompression {
    /// Not at all.
    #[default]
    None,
    /// gzip; the name of the file gets the suffix `.gz`.
    Gzip,
    /// Zstandard; the name of the file gets the suffix `.zst`.
    Zstd,
}

/// What to do when a file that rows were to be appended to is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnMissingFile {
    /// Stop, and let a person choose: its rows are decided, and will not come again.
    #[default]
    Stop,
    /// Begin the next file: whoever took it away has its rows.
    Begin,
}

impl SinkOptions {
    /// Options with everything but directory and format at its default.
    pub fn new(directory: impl Into<String>, format: FileFormat) -> Self {
        Self {
            directory: directory.into(),
            path: None,
            format,
            encrypt: None,
            compression: TextCompression::None,
            roll: None,
            on_missing: OnMissingFile::Stop,
            lock_timeout: None,
        }
    }

    /// Whether it is standard output that is written to.
    pub fn is_stdout(&self) -> bool {
        self.directory == "-"
    }

    /// The path of files, with its suffix.
    pub(super) fn template(&self) -> Result<Template, Error> {
        let default = format!("{{table}}.{}", self.format.suffix());
        let mut path = self.path.clone().unwrap_or(default);
        let suffix = match self.compression {
            TextCompression::None => "",
            TextCompression::Gzip => ".gz",
            TextCompression::Zstd => ".zst",
        };
        if !path.ends_with(suffix) {
            path.push_str(suffix);
        }
        Template::parse(&path)
    }

    /// The format of messages as files take it: a deleted row is flagged, since a line cannot be absent.
    pub(super) fn messages(&self) -> Option<FormatOptions> {
        let FileFormat::Messages(format) = &self.format else { return None };
        let mut format = format.clone();
        if let FormatOptions::Json(json) = &mut format {
            json.deletes.get_or_insert(Deletes::Flag);
        }
        Some(format)
    }

    /// The options of columns.
    pub(super) fn columns(&self) -> Option<&ColumnsOptions> {
        match &self.format {
            FileFormat::Messages(_) => None,
            FileFormat::Parquet(columns) | FileFormat::Arrow(columns) => Some(columns),
        }
    }

    /// What fits together.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`].
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |what: &str, help: &str| Err(Error::configuration(what).help(help));
        self.template()?;
        if self.directory.is_empty() {
            return refuse("the sink has no `directory`", "name one, or `-` for standard output");
        }
        if let Some(encryption) = &self.encrypt {
            if self.columns().is_some() {
                return refuse("`encrypt` is about lines, and the files are columns", "take it out");
            }
            if encryption.is_binary() {
                return refuse(
                    "encrypted lines must be text, and the `encoding` of the key is binary",
                    "take a key whose `encoding` is base64 or hex",
                );
            }
        }
        if let Some(columns) = self.columns() {
            columns.check(self.format.name(), Direction::Writing)?;
            if self.is_stdout() {
                return refuse("files of columns cannot be written to `-`", "name a directory");
            }
            if self.compression != TextCompression::None {
                return refuse(
                    "`compression` is about text",
                    "set that of the format: `parquet: { compression: zstd }`",
                );
            }
            if self.roll.is_some() {
                let help = "set `engine.max_delay` and `engine.max_epoch`: a file is written with each epoch";
                return refuse("`roll` is about text", help);
            }
            if columns.compression == Some(ColumnsCompression::Snappy)
                && matches!(self.format, FileFormat::Arrow(_))
            {
                return refuse("arrow has no `compression: snappy`", "take lz4, zstd or none");
            }
        }
        if self.is_stdout() && (self.path.is_some() || self.roll.is_some()) {
            return refuse("standard output has no `path` and no `roll`", "take them out");
        }
        if let Some(format) = self.messages() {
            format.encoder().map_err(|error| Error::configuration(error.to_string()))?;
            if let FormatOptions::Json(json) = &format
                && json.deletes == Some(Deletes::Tombstone)
            {
                return refuse("`deletes: tombstone` has no form in a line", "take flag or ignore");
            }
            if let FormatOptions::DebeziumJson(debezium) = &format
                && debezium.tombstones == Some(true)
            {
                return refuse("`tombstones` have no form in a line", "take them out");
            }
        }
        if let Some(roll) = self.roll
            && (roll == Roll::default() || roll.rows == Some(0) || roll.bytes == Some(ByteSize(0)))
        {
            return refuse("`roll` names no size that a file can have", "set `rows`, `bytes` or `every`");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_said() {
        let checked = |text: &str| {
            let options: SinkOptions = serde_json::from_str(text).map_err(|error| error.to_string())?;
            options.check().map_err(|error| error.to_string())
        };
        checked(r#"{"directory": "out", "format": "json", "roll": {"rows": 5}, "compression": "zstd"}"#)
            .unwrap();
        for (text, message) in [
            (r#"{"directory": "-", "format": "parquet"}"#, "cannot be written to `-`"),
            (r#"{"directory": "o", "format": "parquet", "roll": {"rows": 1}}"#, "`roll` is about text"),
            (r#"{"directory": "o", "format": {"json": {"deletes": "tombstone"}}}"#, "no form in a line"),
            (r#"{"directory": "o", "format": {"debezium-json": {"tombstones": true}}}"#, "no form in a line"),
            (r#"{"directory": "o", "format": "json", "path": "/etc/{table}"}"#, "leads out of the directory"),
            (r#"{"directory": "o", "format": "json", "path": "{tabel}"}"#, "no placeholder"),
            (r#"{"directory": "o", "format": "json", "roll": {}}"#, "`roll` names no size"),
            (r#"{"directory": "o", "format": {"arrow": {"compression": "snappy"}}}"#, "snappy"),
        ] {
            let error = checked(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
