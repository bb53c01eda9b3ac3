//! How the connector that filled a topic was set to write values, by the names that its own options use.

use schemars::JsonSchema;
use serde::Deserialize;

/// The connector's `decimal.handling.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DecimalMode {
    /// The unscaled value as big-endian bytes in base64; the scale is in the schema. The default.
    #[default]
    Precise,
    /// All digits as text.
    String,
    /// A number. Debezium makes a binary float of it; written here, it has all digits.
    Double,
}

/// The connector's `time.precision.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeMode {
    /// A number of the unit that the column is precise to: milli-, micro- or nanoseconds.
    Adaptive,
    /// As `adaptive`, but times without a date are microseconds. The default.
    #[default]
    AdaptiveTimeMicroseconds,
    /// Milliseconds, as Kafka Connect's own types have it.
    Connect,
    /// Text of ISO 8601.
    Isostring,
}

/// The connector's `binary.handling.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BinaryMode {
    /// Bytes, which JSON has in base64. The default.
    #[default]
    Bytes,
    /// Text in base64.
    Base64,
    /// Text in the base64 that uses `-` and `_`.
    Base64UrlSafe,
    /// Text in hexadecimal digits.
    Hex,
}

/// The connector's `bigint.unsigned.handling.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BigintMode {
    /// A decimal without a fraction, which holds them all. The default here.
    #[default]
    Precise,
    /// A signed number, negative from 2^63 on. Debezium's default.
    Long,
}

/// What stands in the place of a value that the source did not send, unless a connector was told otherwise.
pub(super) const UNAVAILABLE: &str = "__debezium_unavailable_value";
