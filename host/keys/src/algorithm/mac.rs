//! HMAC-SHA-256 (RFC 2104): pseudonyms that join.
//!
//! A key of `hmac-sha-256` is used as it is, so another system that holds the secret gets the same 32 bytes
//! from its own HMAC. A key of the AEADs does not serve two algorithms: its MAC key is
//! HMAC-SHA-256(secret, "sluicegate mac key v1"), and the cells are hashed under that. Who sees pseudonyms learns
//! nothing about the cipher under the same entry, and the other way round.
//!
//! The current version is used. A rotation gives other pseudonyms: those from before it do not join with those
//! after it.
//!
//! Equal cells have equal pseudonyms, whatever their column. Nobody without the key can try values.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

/// Length of a pseudonym in bytes.
pub const LENGTH: usize = 32;

/// What separates the MAC key of an AEAD's entry from its cipher key.
const LABEL: &[u8] = b"sluicegate mac key v1";

/// A MAC key, with the two blocks that depend on nothing else already hashed.
#[derive(Clone)]
pub(crate) struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Uses a secret as it is.
    pub(crate) fn new(secret: &[u8]) -> Self {
        match Hmac::new_from_slice(secret) {
            Ok(hmac) => Self(hmac),
            // RFC 2104 takes keys of every length, and so does the crate.
            Err(_) => unreachable!("HMAC takes keys of every length"),
        }
    }

    /// Derives the MAC key that belongs to a cipher key.
    pub(crate) fn derived(secret: &[u8]) -> Self {
        let mut key = Self::new(secret).of(LABEL);
        let derived = Self::new(&key);
        key.zeroize();
        derived
    }

    /// The pseudonym of a cell.
    pub(crate) fn of(&self, cell: &[u8]) -> [u8; LENGTH] {
        let mut hmac = self.0.clone();
        hmac.update(cell);
        hmac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 1 and 2.
    #[test]
    fn the_vectors_of_the_rfc() {
        assert_eq!(
            hex::encode(MacKey::new(&[0x0b; 20]).of(b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex::encode(MacKey::new(b"Jefe").of(b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_derived_key_is_another() {
        assert_ne!(MacKey::derived(&[1; 32]).of(b"x"), MacKey::new(&[1; 32]).of(b"x"));
    }
}
