//! The `with:` block.

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_sdk::on_bad::OnBad;
use sluicegate_sdk::ordered::Ordered;
use sluicegate_sdk::scalar::Scalar;
use sluicegate_sdk::tables::MissingColumns;

/// Hides what is in columns. Each column has one method. NULL stays NULL, and what the source did not say stays unsaid.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The tables that are meant, by full name or by a regular expression that the whole name must match. Left out:
    /// all tables.
    pub tables: Option<Vec<String>>,
    /// What is done to which column.
    #[serde(default)]
    pub columns: Ordered<Method>,
    /// What happens to a cell for which the method has no result: a text that is no date, a number that rounds past
    /// the end of its type.
    #[serde(default, deserialize_with = "OnBad::written")]
    #[schemars(with = "Option<OnBad>")]
    pub on_bad: OnBad,
    /// What happens where a column is named that the rows lack.
    #[serde(default)]
    pub missing_columns: MissingColumns,
}

/// How a column is hidden.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A telephone number: the four digits before the last four are hidden, `138****1234`.
    Phone,
    /// An identity number of 18 or 15 places: the first three and the last four stay, `110***********123X`.
    IdCard,
    /// The number of a bank card: the first four and the last four digits stay, `6222********1234`.
    BankCard,
    /// An e-mail address: the first character of the name and the domain stay, `a***@x.com`.
    Email,
    /// Some characters at the ends stay, each other one becomes `*`: `李*`.
    Keep(Keep),
    /// A constant in the place of every value, of the column's type; or null.
    Redact(Option<Scalar>),
    /// HMAC-SHA-256 of the value under a key, as text: equal values have equal pseudonyms.
    Pseudonym(Pseudonym),
    /// A date or time cut off: the start of the year, month, day ... that it is in.
    Truncate(Unit),
    /// A number rounded. One of `step`, `digits` and `places` says how far.
    Round(Round),
    /// What a regular expression finds in a text is replaced.
    Replace(Replace),
}

/// Which characters stay. A text that would stay whole is hidden whole.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// Characters at the beginning that stay.
    #[serde(default)]
    pub first: u32,
    /// Characters at the end that stay.
    #[serde(default)]
    pub last: u32,
    /// The character in the place of each hidden one. Left out: `*`.
    pub with: Option<char>,
}

/// A pseudonym.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Pseudonym {
    /// The key's name. The step must be granted its use: `keys: { NAME: [mac] }`.
    pub key: String,
    /// How it stands in text.
    #[serde(default)]
    pub encoding: Encoding,
    /// A text before it.
    #[serde(default)]
    pub prefix: String,
    /// Only so many of its 32 bytes, 8 or more. With fewer than 16, two values may by chance get one pseudonym.
    pub bytes: Option<u8>,
    /// The column that it is made of. Left out: the column itself.
    pub of: Option<String>,
}

/// How bytes stand in text.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Two digits a byte: 64 characters.
    #[default]
    Hex,
    /// The alphabet for URLs, without padding: 43 characters.
    Base64url,
}

impl Encoding {
    /// Its name among the host's functions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64url => "base64url",
        }
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The first of January.
    Year,
    /// The first day of the quarter.
    Quarter,
    /// The first day of the month.
    Month,
    /// The Monday.
    Week,
    /// Midnight.
    Day,
    /// The full hour.
    Hour,
    /// The full minute.
    Minute,
}

impl Unit {
    /// Its name among the host's functions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
        }
    }
}

/// How far a number is rounded.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// To a multiple of this number: `100`, `0.25`.
    pub step: Option<Scalar>,
    /// To so many digits, from the first that is not 0.
    pub digits: Option<u8>,
    /// To so many digits behind the point; before it, where negative.
    pub places: Option<i8>,
    /// Which way.
    #[serde(default)]
    pub mode: Rounding,
}

/// Which way a number is rounded.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest, halves away from zero.
    #[default]
    HalfUp,
    /// Towards zero.
    Down,
}

impl Rounding {
    /// Its name among the host's functions.
    pub fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half-up",
            Self::Down => "down",
        }
    }
}

/// What is replaced in a text.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// A regular expression, found anywhere in the text; `^` and `$` tie it to the ends.
    pub pattern: String,
    /// What comes into the place of each match; `$1` or `${name}` is a group.
    pub with: String,
    /// What happens to a text in which it is not found.
    #[serde(default)]
    pub unmatched: Unmatched,
}

/// What happens to a text in which a pattern is not found.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Unmatched {
    /// Every character becomes `*`.
    #[default]
    Hide,
    /// It stays as it is.
    Keep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_a_word_or_a_block() {
        let text = r#"{"columns": {"a": "phone", "b": {"keep": {"first": 1}}, "c": {"redact": null}, "d": {"redact": 0},
            "e": {"truncate": "year"}, "f": {"round": {"step": 100}}}, "on_bad": null}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        let methods: Vec<&Method> = config.columns.iter().map(|(_, method)| method).collect();
        assert_eq!(methods[0], &Method::Phone);
        assert_eq!(methods[1], &Method::Keep(Keep { first: 1, last: 0, with: None }));
        assert_eq!(methods[2], &Method::Redact(None));
        assert_eq!(methods[3], &Method::Redact(Some(Scalar("0".to_owned()))));
        assert_eq!(methods[4], &Method::Truncate(Unit::Year));
        assert_eq!(config.on_bad, OnBad::Null);
    }
}
