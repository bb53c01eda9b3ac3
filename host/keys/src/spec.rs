//! The configuration of a key, and the words that it uses.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// One entry of the `keys:` block.
///
/// It can be read but not written: a configuration that is printed must not hold its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySpec {
    /// How cells are sealed, opened or turned into pseudonyms with this key.
    pub algorithm: Algorithm,

    /// The version that seals and macs. The others only open. May be left out where there is one version.
    #[serde(default)]
    pub current: Option<String>,

    /// The secrets, by the name of their version. A name is 1 to 32 of the characters A-Z a-z 0-9 . _ -, and
    /// stands in each cell that the version sealed, so it must stay as it is while such cells exist.
    pub versions: BTreeMap<String, Secret>,

    /// How the text of each secret stands for its bytes. Default: base64.
    #[serde(default)]
    pub secret_encoding: SecretEncoding,

    /// What a sealed cell looks like. Default: base64. An hmac-sha-256 key seals nothing and has none.
    #[serde(default)]
    pub encoding: Option<Encoding>,

    /// What was in the cells before they were sealed, and so the type of a column when it is opened. Default:
    /// text. An hmac-sha-256 key seals nothing and has none.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
}

impl KeySpec {
    /// An entry with one version and the defaults.
    pub fn new(algorithm: Algorithm, version: impl Into<String>, secret: Secret) -> Self {
        let version = version.into();
        Self {
            algorithm,
            current: Some(version.clone()),
            versions: BTreeMap::from([(version, secret)]),
            secret_encoding: SecretEncoding::default(),
            encoding: None,
            plaintext: None,
        }
    }
}

/// What a key is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Algorithm {
    /// XAES-256-GCM: authenticated encryption with random 192-bit nonces. The one to take where nothing
    /// speaks against it. The secret has 32 bytes.
    #[serde(rename = "xaes-256-gcm")]
    Xaes256Gcm,

    /// AES-256-GCM-SIV with a fixed nonce: equal cells under an equal context are sealed to equal bytes, so a
    /// sealed column can be joined on, and whoever sees it learns which cells are equal. The secret has 32
    /// bytes.
    #[serde(rename = "aes-256-gcm-siv")]
    Aes256GcmSiv,

    /// AES/ECB/PKCS5Padding, which is what Java's `Cipher.getInstance("AES")` means. Only for data that other
    /// systems write or read this way: it hides little and detects no change. It cannot bind cells to a
    /// context. The secret has 16, 24 or 32 bytes.
    #[serde(rename = "aes-ecb-pkcs5")]
    AesEcbPkcs5,

    /// HMAC-SHA-256: pseudonyms that join, and no way back. The secret has 32 bytes or more.
    #[serde(rename = "hmac-sha-256")]
    HmacSha256,
}

impl Algorithm {
    /// The name in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xaes256Gcm => "xaes-256-gcm",
            Self::Aes256GcmSiv => "aes-256-gcm-siv",
            Self::AesEcbPkcs5 => "aes-ecb-pkcs5",
            Self::HmacSha256 => "hmac-sha-256",
        }
    }

    /// Whether a key of this algorithm can be put to a use at all.
    pub const fn allows(self, wanted: Use) -> bool {
        match (self, wanted) {
            (Self::Xaes256Gcm | Self::Aes256GcmSiv, _)
            | (Self::AesEcbPkcs5, Use::Seal | Use::Open)
            | (Self::HmacSha256, Use::Mac) => true,
            (Self::AesEcbPkcs5, Use::Mac) | (Self::HmacSha256, Use::Seal | Use::Open) => false,
        }
    }

    /// Whether a sealed cell can be bound to a context and to other cells of its row.
    pub const fn binds(self) -> bool {
        matches!(self, Self::Xaes256Gcm | Self::Aes256GcmSiv)
    }

    /// Whether a secret of so many bytes fits.
    pub(crate) const fn takes(self, bytes: usize) -> bool {
        match self {
            Self::Xaes256Gcm | Self::Aes256GcmSiv => bytes == 32,
            Self::AesEcbPkcs5 => matches!(bytes, 16 | 24 | 32),
            Self::HmacSha256 => bytes >= 32,
        }
    }

    /// The lengths that [`Self::takes`] accepts, for an error.
    pub(crate) const fn lengths(self) -> &'static str {
        match self {
            Self::Xaes256Gcm | Self::Aes256GcmSiv => "32 bytes",
            Self::AesEcbPkcs5 => "16, 24 or 32 bytes",
            Self::HmacSha256 => "32 bytes or more",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a sealed cell looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// The bytes as they are: a binary column.
    Binary,
    /// Standard base64 with padding (RFC 4648, section 4): a text column.
    #[default]
    Base64,
    /// Lower-case hexadecimal: a text column. Either case is opened.
    Hex,
}

impl Encoding {
    /// The name in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Base64 => "base64",
            Self::Hex => "hex",
        }
    }
}

/// What was in a cell before it was sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Plaintext {
    /// Text: the column opens as text, and a cell that is no UTF-8 fails. Numbers, dates and times are sealed
    /// as their text, so they open as text too and may be cast after.
    #[default]
    Text,
    /// Bytes: the column opens as binary.
    Binary,
}

/// How the text of a secret stands for its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretEncoding {
    /// Standard base64, padded or not; white space around it is left out.
    #[default]
    Base64,
    /// Hexadecimal in either case; white space around it is left out.
    Hex,
    /// The bytes of the text itself. One line end after it is left out, since files end with one.
    Utf8,
}

impl SecretEncoding {
    /// The name in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Utf8 => "utf8",
        }
    }
}

/// What a step may be granted to do with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// Seal cells.
    Seal,
    /// Open sealed cells.
    Open,
    /// Make pseudonyms.
    Mac,
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seal => "seal",
            Self::Open => "open",
            Self::Mac => "mac",
        })
    }
}
