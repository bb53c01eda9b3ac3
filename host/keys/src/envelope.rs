//! How a cell sealed by an AEAD is laid out.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format and algorithm: `0x11` XAES-256-GCM, `0x12` AES-256-GCM-SIV |
//! | 1 | length of the version's name, 1 to 32 |
//! | that many | name of the version, ASCII |
//! | 24, or none | the nonce of XAES-256-GCM; AES-256-GCM-SIV keeps none, its nonce is fixed |
//! | length of the plaintext | ciphertext |
//! | 16 | tag |
//!
//! With a version of two letters that is 44 bytes more than the plaintext for XAES-256-GCM and 20 for
//! AES-256-GCM-SIV. The [encoding](crate::Encoding) is put over the whole.
//!
//! The first bytes are not authenticated by themselves and need not be: a changed format is refused, and a
//! changed version picks another key, under which the tag does not hold (two versions with one secret are
//! refused when the ring is built).
//!
//! A cell of the legacy algorithm has no envelope.

use crate::{
    error::Refusal,
    spec::{Algorithm, Plaintext},
};

/// Length of the tag of both AEADs.
pub const TAG: usize = 16;

/// The longest name of a version.
pub const VERSION_MAX: usize = 32;

/// Whether a version may be called so.
pub fn is_version_name(name: &str) -> bool {
    (1..=VERSION_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// A version of a key: what its envelopes begin with, and its cipher.
pub(crate) struct Version<C> {
    header: Vec<u8>,
    pub(crate) cipher: C,
}

impl<C> Version<C> {
    /// `name` passed [`is_version_name`].
    pub(crate) fn new(format: u8, name: &str, cipher: C) -> Self {
        debug_assert!(is_version_name(name));
        let header = [&[format, name.len() as u8], name.as_bytes()].concat();
        Self { header, cipher }
    }

    /// What an envelope of this version begins with.
    pub(crate) fn header(&self) -> &[u8] {
        &self.header
    }
}

/// The version that a cell was sealed under: its index, and where in the cell its header ends.
pub(crate) fn find<C>(
    versions: &[Version<C>],
    algorithm: Algorithm,
    format: u8,
    sealed: &[u8],
) -> Result<(usize, usize), Refusal> {
    for (index, version) in versions.iter().enumerate() {
        if sealed.starts_with(&version.header) {
            return Ok((index, version.header.len()));
        }
    }
    let name = match sealed {
        [first, length, rest @ ..] if *first == format => rest.get(..usize::from(*length)),
        _ => None,
    };
    match name.and_then(|name| std::str::from_utf8(name).ok()).filter(|name| is_version_name(name)) {
        Some(name) => Err(Refusal::UnknownVersion(name.to_owned())),
        None => Err(Refusal::NotSealed(algorithm)),
    }
}

impl Plaintext {
    /// Whether opened bytes may stand in a column of this kind.
    pub(crate) fn admits(self, opened: &[u8]) -> bool {
        match self {
            Self::Text => std::str::from_utf8(opened).is_ok(),
            Self::Binary => true,
        }
    }
}
