//! Points in time as people write them.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

/// A moment: milliseconds since 1970 in UTC, or a text such as `2026-01-31T08:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(schema_with = "moment_schema")]
pub struct Moment(pub i64);

fn moment_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "description": "Milliseconds since 1970 in UTC, or a date and time with its offset from UTC.",
        "type": ["integer", "string"],
        "examples": ["2026-01-31T08:00:00Z"],
    })
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        chrono::DateTime::parse_from_rfc3339(text)
            .map(|moment| Self(moment.timestamp_millis()))
            .map_err(|error| format!("{text:?} is no moment such as 2026-01-31T08:00:00Z: {error}"))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Millis(i64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Millis(millis) => Ok(Self(millis)),
            Form::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_number_or_a_text() {
        let moment = |json: &str| serde_json::from_str::<Moment>(json);
        assert_eq!(moment("17").unwrap(), Moment(17));
        assert_eq!(moment("\"1970-01-01T01:00:01+01:00\"").unwrap(), Moment(1_000));
        assert!(moment("\"yesterday\"").is_err());
    }
}
