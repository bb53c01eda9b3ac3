//! What a step does about a cell that it can make nothing of.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::kernels::Checked;
use crate::{Column, Rejects};

/// What happens to a cell for which there is no result.
///
/// In a configuration: `on_bad: reject` or `on_bad: null`, the latter with or without quotes.
///
/// ```
/// # use sluicegate_sdk::{on_bad::OnBad, serde_json, prelude::*};
/// #[derive(Deserialize, JsonSchema)]
/// struct Config {
///     /// What happens to a cell that is no date.
///     #[serde(default, deserialize_with = "OnBad::written")]
///     #[schemars(with = "Option<OnBad>")]
///     on_bad: OnBad,
/// }
/// # let config: Config = serde_json::from_str(r#"{"on_bad": null}"#).unwrap();
/// # assert_eq!(config.on_bad, OnBad::Null);
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OnBad {
    /// The row goes to the dead letters.
    #[default]
    Reject,
    /// The cell becomes NULL.
    Null,
}

impl OnBad {
    /// Reads the word. `on_bad: null` without quotes is YAML's null, and means the word.
    ///
    /// # Errors
    /// For any other value.
    pub fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|written| written.unwrap_or(Self::Null))
    }

    /// The column that a kernel made, whose failed cells are NULL; where they are to be rejected, their rows are
    /// among `rejects`.
    pub fn settle(self, column: &str, checked: Checked, rejects: &mut Rejects) -> Column {
        match self {
            Self::Reject => rejects.add_failed(column, checked),
            Self::Null => checked.column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Config {
        #[serde(default, deserialize_with = "OnBad::written")]
        on_bad: OnBad,
    }

    #[test]
    fn null_needs_no_quotes() {
        for (text, expected) in [
            ("{}", OnBad::Reject),
            (r#"{"on_bad": "reject"}"#, OnBad::Reject),
            (r#"{"on_bad": null}"#, OnBad::Null),
            (r#"{"on_bad": "null"}"#, OnBad::Null),
        ] {
            assert_eq!(serde_json::from_str::<Config>(text).unwrap().on_bad, expected);
        }
        assert!(serde_json::from_str::<Config>(r#"{"on_bad": "drop"}"#).is_err());
    }
}
