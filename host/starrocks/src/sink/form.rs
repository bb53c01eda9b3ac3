//! In which form rows are sent.
//!
//! Loads in transactions are JSON: there CSV cannot enclose a field, and of several Arrow streams only the first would be
//! read. A plain load is one body, for which the smallest form is taken that holds its rows. What one form cannot hold
//! goes as JSON, which holds everything.

use arrow_array::Array as _;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_schema::DataType;
use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_model::ChangeBatch;

use super::options::{Delivery, SinkOptions};
use super::plan::Plan;
use crate::client::{Compressed, Format};
use crate::table::ColumnType;

/// The form of rows in plain loads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FormatChoice {
    /// Arrow where the cluster is 4.2 or later and `compression` is `none`, else CSV; JSON what that cannot hold. With
    /// `delivery: exactly-once`: JSON.
    #[default]
    Auto,
    /// JSON, an object a row.
    Json,
    /// CSV; JSON what that cannot hold: JSON columns, and texts that are `\N`, which is NULL there.
    Csv,
    /// Arrow IPC, of 4.2 and later; JSON what that cannot hold: JSON columns, and changes that lack some of the columns.
    Arrow,
}

/// How plain loads are compressed on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all: what costs the least CPU time, here and there.
    #[default]
    None,
    /// LZ4.
    Lz4,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// What is done to a body.
    pub fn of_body(self) -> Compressed {
        match self {
            Self::None => Compressed::No,
            Self::Lz4 => Compressed::Lz4,
            Self::Gzip => Compressed::Gzip,
            Self::Zstd => Compressed::Zstd,
        }
    }
}

/// The first version whose servers read Arrow.
const ARROW_SINCE: (u32, u32) = (4, 2);

/// Looks whether form, compression and delivery fit together.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`].
pub fn check(options: &SinkOptions) -> Result<(), Error> {
    let forms = matches!(options.format, FormatChoice::Csv | FormatChoice::Arrow);
    let compresses = options.compression != Compression::None;
    if options.delivery == Delivery::ExactlyOnce && (forms || compresses) {
        let key = if forms { "format" } else { "compression" };
        return Err(Error::configuration(format!("`{key}` of the sink is for `delivery: at-least-once`"))
            .help("loads in transactions are JSON as it is, all else would be read otherwise there"));
    }
    if options.format == FormatChoice::Arrow && compresses {
        return Err(Error::configuration("`compression` of the sink is not for `format: arrow`"));
    }
    Ok(())
}

/// Whether the version of the cluster says in which form rows are sent.
pub fn asks_version(options: &SinkOptions) -> bool {
    let arrow = match options.format {
        FormatChoice::Auto => options.compression == Compression::None,
        choice => choice == FormatChoice::Arrow,
    };
    arrow && options.delivery == Delivery::AtLeastOnce
}

/// The form that is taken where it holds the rows. `version` is the cluster's, where it was asked for and is one.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] for Arrow where the cluster does not read it.
pub fn wanted(options: &SinkOptions, version: Option<(u32, u32)>) -> Result<Format, Error> {
    let reads_arrow = version.is_some_and(|version| version >= ARROW_SINCE);
    match options.format {
        _ if options.delivery == Delivery::ExactlyOnce => Ok(Format::Json),
        FormatChoice::Json => Ok(Format::Json),
        FormatChoice::Arrow if !reads_arrow => {
            let is = version.map_or_else(
                || "does not say which version it is".to_owned(),
                |(major, minor)| format!("is version {major}.{minor}"),
            );
            Err(Error::configuration(format!(
                "`format: arrow` of the sink is for StarRocks 4.2 and later, and the cluster {is}"
            ))
            .help("set `format: auto`"))
        }
        FormatChoice::Arrow => Ok(Format::Arrow),
        FormatChoice::Auto if reads_arrow && options.compression == Compression::None => Ok(Format::Arrow),
        FormatChoice::Auto | FormatChoice::Csv => Ok(Format::Csv),
    }
}

/// The same for a table with these columns; `compares`: whether a column decides which of two rows stays.
pub(super) fn for_columns(
    wanted: Format,
    columns: impl IntoIterator<Item = ColumnType>,
    compares: bool,
) -> Format {
    match wanted {
        // Which documents a server makes of text was not seen.
        _ if columns.into_iter().any(|column| column == ColumnType::Json) => Format::Json,
        // Rows that wait are compared by their cells, which columns are not.
        Format::Arrow if compares => Format::Csv,
        _ => wanted,
    }
}

/// The form for the rows of a batch, whose columns are as the table takes them.
pub(super) fn for_rows<'a>(
    plan: &Plan,
    batch: &ChangeBatch,
    columns: impl Iterator<Item = &'a sluicegate_model::Column>,
) -> Format {
    let mut columns = plan.columns.iter().zip(columns);
    let wanted = plan.wanted();
    let holds = match wanted {
        Format::Json => true,
        Format::Csv => {
            columns.all(|(_, column)| column.data_type() != &DataType::Utf8 || !reads_null(column))
        }
        Format::Arrow => {
            let deletes = !batch.kinds().iter().all(|kind| matches!(kind, 0 | 2));
            columns.all(|(planned, column)| {
                // What is removed has to bring something that the column takes.
                let lacks = deletes && !planned.nullable && column.values().null_count() > 0;
                !lacks && !column.has_missing() && is_finite(column)
            })
        }
    };
    if holds { wanted } else { Format::Json }
}

/// Whether a text is what means NULL, enclosed or not.
fn reads_null(column: &sluicegate_model::Column) -> bool {
    column.values().as_string::<i32>().iter().flatten().any(|text| text == "\\N")
}

/// Whether no value is a number that only Arrow has.
fn is_finite(column: &sluicegate_model::Column) -> bool {
    let values = column.values();
    match values.data_type() {
        DataType::Float32 => {
            values.as_primitive::<Float32Type>().values().iter().all(|value| value.is_finite())
        }
        DataType::Float64 => {
            values.as_primitive::<Float64Type>().values().iter().all(|value| value.is_finite())
        }
        _ => true,
    }
}

/// A version as the cluster tells it: `3.5.0-c9a1fb5`.
pub fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().split(['.', '-', ' ']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(json: &str) -> SinkOptions {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_form_follows_delivery_and_version() {
        let plain = |format: &str, version| {
            let options = options(&format!(r#"{{"delivery": "at-least-once", "format": "{format}"}}"#));
            wanted(&options, version).map_err(|error| error.to_string())
        };
        assert_eq!(plain("auto", Some((3, 5))), Ok(Format::Csv));
        assert_eq!(plain("auto", None), Ok(Format::Csv));
        assert_eq!(plain("auto", Some((4, 2))), Ok(Format::Arrow));
        assert_eq!(plain("auto", Some((10, 0))), Ok(Format::Arrow));
        assert_eq!(plain("json", Some((4, 2))), Ok(Format::Json));
        assert!(plain("arrow", Some((3, 5))).unwrap_err().contains("the cluster is version 3.5"));
        assert_eq!(wanted(&options("{}"), Some((4, 2))).unwrap(), Format::Json);
        assert!(!asks_version(&options("{}")));
        assert_eq!(version_of("3.5.0-c9a1fb5"), Some((3, 5)));
        assert_eq!(version_of("4.2"), Some((4, 2)));
        assert_eq!(version_of("main-c9a1fb5"), None);
    }

    #[test]
    fn transactions_are_json() {
        for json in [
            r#"{"format": "csv"}"#,
            r#"{"format": "arrow"}"#,
            r#"{"compression": "lz4"}"#,
            r#"{"delivery": "at-least-once", "format": "arrow", "compression": "zstd"}"#,
        ] {
            assert!(check(&options(json)).is_err(), "{json}");
        }
        let compressed = options(r#"{"delivery": "at-least-once", "compression": "zstd"}"#);
        assert!(check(&compressed).is_ok() && !asks_version(&compressed));
        assert_eq!(wanted(&compressed, Some((4, 2))).unwrap(), Format::Csv);
    }
}
