//! Whether tables are changed, and whether now.

use schemars::JsonSchema;
use serde::Deserialize;

/// What to do about a column that the table does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnSchemaChange {
    /// Stop, with the statement that would add it.
    #[default]
    Exception,
    /// Add it, and wait until it is there. Stop where that fails. No column is ever dropped, renamed or changed.
    Evolve,
    /// Add it. Where that fails, leave it out.
    TryEvolve,
    /// The same as `evolve`, under the name that Flink CDC has for changes by which no data is lost.
    Lenient,
    /// Leave it out.
    Ignore,
}

impl OnSchemaChange {
    /// Whether columns are added.
    pub const fn evolves(self) -> bool {
        matches!(self, Self::Evolve | Self::TryEvolve | Self::Lenient)
    }
}

/// Whether tables may be changed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// As [`Moment::Between`], before the first row: what is known of rows is all that they will have.
    Start,
    /// This process has nothing open at the server.
    Between,
    /// It has, a transaction or a load: a change would wait for that to end, and that for the change.
    Within,
}
