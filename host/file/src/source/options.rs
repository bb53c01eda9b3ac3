//! What a source is told.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use sluicegate_connector::Error;
use sluicegate_format::FormatOptions;
use sluicegate_format::options::Direction;
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
        match &self.format {
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
            FileFormat::Messages(FormatOptions::Csv(csv)) => {
                let columns = csv.columns.clone().unwrap_or_default();
                let checked = csv.dialect().and_then(|_| csv.decoder_of(&columns));
                checked.map_err(|error| Error::configuration(error.to_string()))?;
                if !csv.has_header() && csv.columns.is_none() {
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

/// A character set by its name in the WHATWG's list: `utf-8`, `gbk`, `big5`, `windows-1252`. It must hold ASCII as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Default for Encoding {
    fn default() -> Self {
        Self(encoding_rs::UTF_8)
    }
}

impl Encoding {
    /// The text of bytes.
    ///
    /// # Errors
    /// In words, for bytes that are no text in it.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
        if self.is_utf8() {
            return Ok(Cow::Borrowed(bytes));
        }
        match self.0.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(Cow::Borrowed(text)) => Ok(Cow::Borrowed(text.as_bytes())),
            Some(Cow::Owned(text)) => Ok(Cow::Owned(text.into_bytes())),
            None => Err(format!("the line is no text in {}", self.0.name())),
        }
    }

    pub(crate) fn is_utf8(self) -> bool {
        self.0 == encoding_rs::UTF_8
    }

    /// Whether a byte begins a character whose second byte may look like ASCII.
    pub(crate) fn wide(self) -> fn(u8) -> bool {
        use encoding_rs::{BIG5, EUC_KR, GB18030, GBK, SHIFT_JIS};
        if [GBK, GB18030, BIG5, EUC_KR].contains(&self.0) {
            |byte| (0x81..=0xfe).contains(&byte)
        } else if self.0 == SHIFT_JIS {
            |byte| matches!(byte, 0x81..=0x9f | 0xe0..=0xfc)
        } else {
            |_| false
        }
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = encoding_rs::Encoding::for_label(name.as_bytes())
            .ok_or_else(|| de::Error::custom(format_args!("{name:?} is no character set that is known")))?;
        // Lines are cut before they are decoded.
        if known.is_ascii_compatible() {
            Ok(Self(known))
        } else {
            Err(de::Error::custom(format_args!(
                "{name:?} does not hold ASCII as it is: convert the files first"
            )))
        }
    }
}

impl JsonSchema for Encoding {
    fn schema_name() -> Cow<'static, str> {
        "Encoding".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A character set by its name in the WHATWG's list. It must hold ASCII as it is.",
            "examples": ["utf-8", "gbk", "big5", "windows-1252"],
        })
    }
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
            (r#"{"paths": "a", "format": "json", "start": "end"}"#, "would read nothing"),
            (r#"{"paths": "a", "format": {"json": {"deletes": "flag"}}}"#, "is about writing"),
        ] {
            let error = checked(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn text_is_decoded_or_refused() {
        let gbk: Encoding = serde_json::from_str("\"gbk\"").unwrap();
        assert_eq!(&*gbk.decode(b"\xc4\xe3\xba\xc3").unwrap(), "你好".as_bytes());
        assert!(gbk.decode(b"a\xff").unwrap_err().contains("GBK"));
    }
}
