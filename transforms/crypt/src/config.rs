//! The `with:` block.

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_sdk::on_bad::OnBad;
use sluicegate_sdk::ordered::Ordered;
use sluicegate_sdk::tables::MissingColumns;

/// Seals and opens columns, and makes pseudonyms of them. A key is named as it stands in the pipeline's `keys:`; the
/// step must be granted its use.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The tables that are meant, by full name or by a regular expression that the whole name must match. Left out:
    /// all tables.
    pub tables: Option<Vec<String>>,
    /// Columns to seal.
    #[serde(default)]
    pub seal: Ordered<Under>,
    /// Columns to open. A column that is opened and sealed is sealed anew, under the other key.
    #[serde(default)]
    pub open: Ordered<Under>,
    /// Columns to make pseudonyms of: HMAC-SHA-256 under a key, as binary. Equal values have equal pseudonyms.
    #[serde(default)]
    pub mac: Ordered<Mac>,
    /// What happens to a cell that does not open.
    #[serde(default, deserialize_with = "OnBad::written")]
    #[schemars(with = "Option<OnBad>")]
    pub on_bad: OnBad,
    /// What happens where a column is named that the rows lack.
    #[serde(default)]
    pub missing_columns: MissingColumns,
}

/// The key of a column, and what is authenticated with each cell.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Under {
    /// The key's name.
    pub key: String,
    /// A text that is authenticated with each cell, such as a table's and column's name: what was sealed with one
    /// opens with the same one only.
    #[serde(default)]
    pub context: String,
    /// Columns whose cells are authenticated with each cell, such as the primary key: a sealed cell that was moved to
    /// another row does not open.
    #[serde(default)]
    pub bind: Vec<String>,
}

/// A pseudonym.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Mac {
    /// The key's name.
    pub key: String,
    /// The column that it goes into. Left out: it takes the place of the column that it is made of.
    pub into: Option<String>,
}
