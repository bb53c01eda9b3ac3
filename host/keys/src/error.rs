//! What can go wrong. No message holds key material or the content of a cell.

use arrow_schema::DataType;

use crate::spec::{Algorithm, Encoding, SecretEncoding, Use};

/// Why a key ring could not be built: a mistake in the `keys:` block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RingError {
    /// An entry without versions.
    #[error("key `{key}` has no versions: give at least one, as in `versions: {{ v1: \"${{file:...}}\" }}`")]
    NoVersions {
        /// The key.
        key: String,
    },

    /// `current` names no version.
    #[error("key `{key}`: `current: {current}` names no version; there are: {}", versions.join(", "))]
    UnknownCurrent {
        /// The key.
        key: String,
        /// What `current` says.
        current: String,
        /// The versions that exist.
        versions: Vec<String>,
    },

    /// Several versions and no `current`.
    #[error("key `{key}` has several versions ({}): say with `current:` which one seals", versions.join(", "))]
    NoCurrent {
        /// The key.
        key: String,
        /// The versions that exist.
        versions: Vec<String>,
    },

    /// The name of a version cannot stand in an envelope.
    #[error(
        "key `{key}`: `{version}` cannot name a version: take 1 to 32 of the characters A-Z a-z 0-9 . _ -"
    )]
    VersionName {
        /// The key.
        key: String,
        /// The name.
        version: String,
    },

    /// The text of a secret is not what `secret_encoding` says.
    #[error(
        "key `{key}`: the secret of version `{version}` is no {}: see that its file or variable holds just the \
         secret, or set `secret_encoding` to base64, hex or utf8", encoding.name()
    )]
    SecretText {
        /// The key.
        key: String,
        /// The version.
        version: String,
        /// What the text should have been.
        encoding: SecretEncoding,
    },

    /// The secret has a length that the algorithm does not take.
    #[error(
        "key `{key}`: the secret of version `{version}` has {bytes} bytes, read as {}; {algorithm} takes {}",
        encoding.name(), algorithm.lengths()
    )]
    SecretLength {
        /// The key.
        key: String,
        /// The version.
        version: String,
        /// The length found.
        bytes: usize,
        /// How its text was read.
        encoding: SecretEncoding,
        /// What it is for.
        algorithm: Algorithm,
    },

    /// Two versions hold one secret, so a rotation from one to the other changes nothing.
    #[error("key `{key}`: the versions `{first}` and `{second}` hold the same secret: take one out")]
    SameSecret {
        /// The key.
        key: String,
        /// A version.
        first: String,
        /// The other.
        second: String,
    },

    /// A setting that means nothing to the algorithm.
    #[error(
        "key `{key}`: `{setting}` says how cells are sealed, and a key of {algorithm} seals none: take it out"
    )]
    Unused {
        /// The key.
        key: String,
        /// The setting.
        setting: &'static str,
        /// The algorithm.
        algorithm: Algorithm,
    },
}

impl RingError {
    /// The key in whose entry the mistake is.
    pub fn key(&self) -> &str {
        match self {
            Self::NoVersions { key }
            | Self::UnknownCurrent { key, .. }
            | Self::NoCurrent { key, .. }
            | Self::VersionName { key, .. }
            | Self::SecretText { key, .. }
            | Self::SecretLength { key, .. }
            | Self::SameSecret { key, .. }
            | Self::Unused { key, .. } => key,
        }
    }

    /// Where in the entry the mistake is: the names on the way from the entry to the setting.
    pub fn path(&self) -> Vec<&str> {
        match self {
            Self::NoVersions { .. } => vec!["versions"],
            Self::UnknownCurrent { .. } | Self::NoCurrent { .. } => vec!["current"],
            Self::VersionName { version, .. }
            | Self::SecretText { version, .. }
            | Self::SecretLength { version, .. }
            | Self::SameSecret { second: version, .. } => vec!["versions", version],
            Self::Unused { setting, .. } => vec![setting],
        }
    }
}

/// Why a column could not be sealed, opened or turned into pseudonyms.
///
/// [`KeyError::is_data`] tells what rows can cause, and so what taking a batch apart can cure, from what no
/// row can change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The ring has no such key.
    #[error("there is no key `{key}`{}", known(names))]
    UnknownKey {
        /// What was asked for.
        key: String,
        /// The keys of the ring.
        names: Vec<String>,
    },

    /// The algorithm of the key does not do that.
    #[error("key `{key}` is of {algorithm} and cannot {wanted}")]
    WrongUse {
        /// The key.
        key: String,
        /// Its algorithm.
        algorithm: Algorithm,
        /// What was asked for.
        wanted: Use,
    },

    /// A context or bound cells for an algorithm that authenticates nothing.
    #[error(
        "key `{key}` is of {algorithm}, which cannot bind a cell to a context or to other cells: take `context` \
         and `bound_to` out, or take a key of xaes-256-gcm or aes-256-gcm-siv"
    )]
    CannotBind {
        /// The key.
        key: String,
        /// Its algorithm.
        algorithm: Algorithm,
    },

    /// Cells of this type have no bytes that could be sealed.
    #[error("cells of type {data_type} cannot be used with a key: cast the column to utf8 or binary first")]
    NoBytes {
        /// The type.
        data_type: DataType,
    },

    /// A binary column under a key whose cells open as text.
    #[error(
        "a binary column cannot be sealed under key `{key}`, whose cells open as text: cast the column to utf8, \
         or set `plaintext: binary` in the entry of the key"
    )]
    BinaryAsText {
        /// The key.
        key: String,
    },

    /// The column to open is of a type that the encoding never gives.
    #[error(
        "a column of type {data_type} holds no cells sealed under key `{key}`, whose encoding is {}",
        encoding.name()
    )]
    NotSealed {
        /// The key.
        key: String,
        /// The type found.
        data_type: DataType,
        /// The encoding of the key.
        encoding: Encoding,
    },

    /// A bound column of another length.
    #[error("bound column {index} has {rows} rows, the column itself {expected}")]
    BoundLength {
        /// Its place among the bound columns.
        index: usize,
        /// Its length.
        rows: usize,
        /// The length of the column.
        expected: usize,
    },

    /// The source did not say what is in a cell that another is to be bound to.
    #[error(
        "row {row}: bound column {index} is missing here (a partial row image), so the cell cannot be bound to it"
    )]
    BoundMissing {
        /// The row.
        row: usize,
        /// The place among the bound columns.
        index: usize,
    },

    /// A value without a text, as a date beyond all calendars.
    #[error("the column of type {data_type} holds a value that has no text")]
    NoText {
        /// The type.
        data_type: DataType,
    },

    /// More bytes than a column can hold.
    #[error("the column would have {bytes} bytes, more than a column can hold (2 GiB): take smaller batches")]
    TooLarge {
        /// The size that it would have.
        bytes: u64,
    },

    /// The context is longer than its frame can say.
    #[error("the context is longer than 4 GiB")]
    ContextTooLong,

    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {reason}")]
    Random {
        /// What it said.
        reason: String,
    },
}

impl KeyError {
    /// Whether rows cause it, so that the batch without them would go through.
    pub const fn is_data(&self) -> bool {
        matches!(self, Self::BoundMissing { .. } | Self::NoText { .. } | Self::TooLarge { .. })
    }

    /// Whether the same call may go through later.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Random { .. })
    }
}

/// The end of the message about an unknown key.
fn known(names: &[String]) -> String {
    if names.is_empty() {
        "; the configuration has no `keys:`".to_owned()
    } else {
        format!("; there are: {}", names.join(", "))
    }
}

/// Why one cell does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the cell is no {} text", .0.name())]
    NotEncoded(Encoding),
    #[error("the cell is not one that {0} sealed")]
    NotSealed(Algorithm),
    #[error("the cell was sealed under version `{0}`, which the key does not have")]
    UnknownVersion(String),
    #[error(
        "the cell does not authenticate: it was changed, or sealed with another secret, context or bound cells"
    )]
    NotAuthentic,
    #[error("the cell does not open under any version of the key")]
    NoVersionOpens,
    #[error("the opened cell is no UTF-8: a key for bytes needs `plaintext: binary`")]
    NotText,
    #[error("bound column {0} is missing here (a partial row image)")]
    BoundMissing(usize),
}
