//! What a source is told.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_format::options::{Direction, Encoding};
use sluicegate_format::{Decode, Encryption, FormatOptions};
use sluicegate_model::{ByteSize, TimeSpan};

use crate::format::FileFormat;

/// Reading files. Each is a lane of its own, read from its beginning to its end; files come in the order of their
/// names. A file that ends in `.gz` or `.zst` is decompressed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceOptions {
    /// Files, or patterns of them: `*` and `?` stand for any part of a name, `**` for any folders, `{a,b}` for either.
    /// Relative to the pipeline file. `-` is standard input: at least once, since it cannot be read twice.
    pub paths: Paths,
    /// The form of the files.
    pub format: FileFormat,
    /// How lines are opened that were encrypted, each by itself, before their format is read.
    #[serde(default)]
    pub decrypt: Option<Encryption>,
    /// The character set of text. Default: utf-8.
    #[serde(default)]
    pub encoding: Encoding,
    /// Whether to go on when all is read: to wait for files to grow and for new ones. A line without its end then
    /// waits for the rest.
    #[serde(default)]
    pub follow: bool,
    /// How often a source that follows looks. Default: 1s.
    #[serde(default = "poll")]
    pub poll: TimeSpan,
    /// Where a pipeline begins that has never run. One that has run goes on where it was.
    #[serde(default)]
    pub start: Start,
    /// Bytes of a line or record. A longer one goes to the dead letters; one of more than eight times as many stops
    /// the pipeline. Default: 16MiB.
    #[serde(default = "max_record")]
    pub max_record: ByteSize,
}

fn poll() -> TimeSpan {
    TimeSpan(Duration::from_secs(1))
}

fn max_record() -> ByteSize {
    ByteSize(16 << 20)
}

/// The path that stands for standard input.
pub(crate) const STANDARD: &str = "-";

impl SourceOptions {
    /// Options with everything but paths and format at its default.
    pub fn new(paths: impl IntoIterator<Item = impl Into<String>>, format: FileFormat) -> Self {
        Self {
            paths: Paths::Many(paths.into_iter().map(Into::into).collect()),
            format,
            decrypt: None,
            encoding: Encoding::default(),
            follow: false,
            poll: poll(),
            start: Start::default(),
            max_record: max_record(),
        }
    }

    /// Whether it is standard input that is read.
    pub fn is_stdin(&self) -> bool {
        self.paths.all().iter().any(|path| path == STANDARD)
    }

    /// The character set of text, whether it is set for the source or for its format.
    pub(super) fn text_encoding(&self) -> Encoding {
        match &self.format {
            FileFormat::Messages(FormatOptions::Delimited(delimited)) if self.decrypt.is_none() => {
                delimited.encoding.unwrap_or(self.encoding)
            }
            _ => self.encoding,
        }
    }

    /// What reads lines that are messages of a format.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a format or a key that does not do.
    pub(super) fn decoder_of(&self, format: &FormatOptions) -> Result<Arc<dyn Decode>, Error> {
        format.opening_decoder(self.decrypt.as_ref()).map_err(|error| Error::configuration(error.to_string()))
    }

    /// What fits together with `decrypt`: a line is a message, whatever it holds once it is opened.
    fn check_encrypted(&self) -> Result<(), Error> {
        let refuse = |what: &str, help: &str| Err(Error::configuration(what).help(help));
        let FileFormat::Messages(format) = &self.format else {
            return refuse("`decrypt` is about lines, and the files are columns", "take it out");
        };
        if self.encoding != Encoding::default() {
            return refuse("lines that are encrypted have no `encoding`", "set that of the format");
        }
        if let FormatOptions::Delimited(delimited) = format
            && delimited.header == Some(true)
        {
            return refuse(
                "lines that are encrypted have no header",
                "take `header` out, and name the `columns`",
            );
        }
        format.decoder().map_err(|error| Error::configuration(error.to_string()))?;
        Ok(())
    }

    /// What fits together.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`].
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |what: &str, help: &str| Err(Error::configuration(what).help(help));
        if self.paths.all().is_empty() {
            return refuse("the source has no `paths`", "name files, or `-` for standard input");
        }
        if self.is_stdin() && self.paths.all().len() > 1 {
            return refuse(
                "`-`, standard input, stands beside other paths",
                "read it in a pipeline of its own",
            );
        }
        if self.decrypt.is_some() {
            self.check_encrypted()?;
        }
        match &self.format {
            FileFormat::Messages(_) if self.decrypt.is_some() => {}
            FileFormat::Parquet(options) | FileFormat::Arrow(options) => {
                options.check(self.format.name(), Direction::Reading)?;
                if self.is_stdin() {
                    return refuse("files of columns cannot be read from `-`", "put them into a file");
                }
                if self.encoding != Encoding::default() {
                    return refuse("`encoding` is about text, and the format has its own", "take it out");
                }
                if self.start == Start::End {
                    return refuse("`start: end` is about text that grows", "take it out");
                }
            }
            FileFormat::Messages(format @ FormatOptions::Delimited(delimited)) => {
                let checked = delimited.dialect_in(self.text_encoding()).and_then(|_| {
                    // Where a header names the columns, nothing is known of them yet.
                    if delimited.columns.is_some() { format.decoder() } else { delimited.decoder_of(&[]) }
                });
                checked.map_err(|error| Error::configuration(error.to_string()))?;
                if delimited.encoding.is_some() && self.encoding != Encoding::default() {
                    return refuse("`encoding` is set for the source and for its format", "set it once");
                }
                if !delimited.has_header() && delimited.columns.is_none() {
                    return refuse(
                        "the files have no header, and `columns` does not name their columns",
                        "name them",
                    );
                }
            }
            FileFormat::Messages(format) => {
                format.decoder().map_err(|error| Error::configuration(error.to_string()))?;
            }
        }
        if self.start == Start::End && !self.follow {
            return refuse("`start: end` without `follow` would read nothing", "set `follow: true`");
        }
        if self.max_record.0 == 0 || self.max_record.0 > 128 << 20 {
            return refuse("`max_record` is 1B to 128MiB", "set another");
        }
        Ok(())
    }
}

/// Paths, or patterns of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Paths {
    /// All of them, as they were written.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
    }
}

/// Where a pipeline begins that has never run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// At the beginning of each file.
    #[default]
    Beginning,
    /// After the last whole line that is there at the start. A file that comes later is read from its beginning.
    End,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), String> {
        let options: SourceOptions = serde_json::from_str(text).map_err(|error| error.to_string())?;
        options.check().map_err(|error| error.to_string())
    }

    #[test]
    fn what_does_not_fit_is_said() {
        checked(r#"{"paths": "a/*.csv", "format": "csv", "encoding": "gbk"}"#).unwrap();
        for (text, message) in [
            (r#"{"paths": [], "format": "json"}"#, "no `paths`"),
            (r#"{"paths": ["-", "a"], "format": "json"}"#, "beside other paths"),
            (r#"{"paths": "-", "format": "parquet"}"#, "cannot be read from `-`"),
            (
                r#"{"paths": "a", "format": {"parquet": {"missing": "as-null"}}}"#,
                "`missing` is about writing",
            ),
            (r#"{"paths": "a", "format": {"csv": {"header": false}}}"#, "does not name their columns"),
            (r#"{"paths": "a", "format": "json", "encoding": "utf-16le"}"#, "does not hold ASCII"),
            (r#"{"paths": "a", "format": "json", "encoding": "klingon"}"#, "no character set"),
            (
                r#"{"paths": "a", "format": {"csv": {"encoding": "gbk"}}, "encoding": "big5"}"#,
                "`encoding` is set for the source and for its format",
            ),
            (r#"{"paths": "a", "format": "json", "start": "end"}"#, "would read nothing"),
            (r#"{"paths": "a", "format": {"json": {"deletes": "flag"}}}"#, "is about writing"),
        ] {
            let error = checked(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
