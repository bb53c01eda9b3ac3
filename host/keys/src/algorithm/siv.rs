//! AES-256-GCM-SIV (RFC 8452) with a fixed nonce: for columns that are joined on.
//!
//! The nonce is twelve zero bytes, always. AES-GCM-SIV stays safe under a repeated nonce but for one thing:
//! equal plaintexts with equal associated data give equal bytes. That is what this algorithm is here for. Two
//! tables sealed under one version of a key and one context can be joined on the sealed column, and a sealed
//! primary key stays a key.
//!
//! What it shows: which cells are equal, and so how often each value occurs. A column of few values (a
//! country, a yes or no) is not hidden by it. Binding to other cells makes cells equal only where those are
//! too, and so undoes a join.
//!
//! A new version seals to other bytes: rows sealed before and after a rotation do not join until the older
//! ones are sealed again.
//!
//! Limits: what an attacker gains grows with the square of the number of blocks sealed under one version,
//! over 2^128. For 2^32 different cells of up to 1 KiB, 2^38 blocks, that is about 2^-52: rotate before.

use std::ops::Range;

use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit, Nonce};

use super::{CellOpener, CellSealer};
use crate::{
    envelope::{self, TAG, Version},
    error::{KeyError, Refusal},
    spec::Algorithm,
};

/// The first byte of an envelope.
pub const FORMAT: u8 = 0x12;

/// The nonce of every cell.
const FIXED: [u8; 12] = [0; 12];

/// A key.
pub(crate) struct Siv(Aes256GcmSiv);

impl Siv {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256GcmSiv::new(key.into()))
    }

    pub(crate) fn sealer(version: &Version<Self>) -> SivSealer<'_> {
        SivSealer { version }
    }

    pub(crate) fn opener(versions: &[Version<Self>]) -> SivOpener<'_> {
        SivOpener { versions }
    }
}

/// Seals the cells of one column.
pub(crate) struct SivSealer<'a> {
    version: &'a Version<Siv>,
}

impl CellSealer for SivSealer<'_> {
    fn sealed_len(&self, plaintext: usize) -> usize {
        self.version.header().len() + plaintext + TAG
    }

    fn seal(&mut self, associated: &[u8], plaintext: &[u8], out: &mut [u8]) -> Result<(), KeyError> {
        let header = self.version.header();
        let (front, rest) = out.split_at_mut(header.len());
        let (text, tag) = rest.split_at_mut(plaintext.len());
        front.copy_from_slice(header);
        text.copy_from_slice(plaintext);
        let made = self
            .version
            .cipher
            .0
            .encrypt_inout_detached(&Nonce::from(FIXED), associated, text.into())
            .map_err(|_| KeyError::TooLarge { bytes: plaintext.len() as u64 })?;
        tag.copy_from_slice(&made);
        Ok(())
    }
}

/// Opens the cells of one column.
pub(crate) struct SivOpener<'a> {
    versions: &'a [Version<Siv>],
}

impl CellOpener for SivOpener<'_> {
    fn open(&mut self, associated: &[u8], sealed: &mut [u8]) -> Result<Range<usize>, Refusal> {
        let algorithm = Algorithm::Aes256GcmSiv;
        let (version, start) = envelope::find(self.versions, algorithm, FORMAT, sealed)?;
        let Some(end) = sealed.len().checked_sub(TAG).filter(|end| *end >= start) else {
            return Err(Refusal::NotSealed(algorithm));
        };
        let (text, tag) = sealed[start..].split_at_mut(end - start);
        let mut expected = [0; TAG];
        expected.copy_from_slice(tag);
        self.versions[version]
            .cipher
            .0
            .decrypt_inout_detached(&Nonce::from(FIXED), associated, text.into(), &expected.into())
            .map_err(|_| Refusal::NotAuthentic)?;
        Ok(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: [u8; 32], associated: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let version = Version::new(FORMAT, "v", Siv::new(&key));
        let mut sealer = Siv::sealer(&version);
        let mut out = vec![0; sealer.sealed_len(plaintext.len())];
        sealer.seal(associated, plaintext, &mut out).unwrap();
        out.split_off(3)
    }

    /// RFC 8452, appendix C.3: both vectors have the zero nonce and key.
    #[test]
    fn the_vectors_with_a_zero_nonce() {
        let plaintext =
            hex::decode("000000000000000000000000000000004db923dc793ee6497c76dcc03a98e108").unwrap();
        assert_eq!(
            hex::encode(seal([0; 32], b"", &plaintext)),
            "f3f80f2cf0cb2dd9c5984fcda908456cc537703b5ba70324a6793a7bf218d3eaffffffff000000000000000000000000"
        );
        let plaintext = hex::decode("eb3640277c7ffd1303c7a542d02d3e4c0000000000000000").unwrap();
        assert_eq!(
            hex::encode(seal([0; 32], b"", &plaintext)),
            "18ce4f0b8cb4d0cac65fea8f79257b20888e53e72299e56dffffffff000000000000000000000000"
        );
    }

    /// RFC 8452, appendix C.2, the first vectors: the cipher under another nonce than ours.
    #[test]
    fn the_cipher_is_that_of_the_rfc() {
        let mut key = [0; 32];
        key[0] = 1;
        let mut nonce = [0; 12];
        nonce[0] = 3;
        let cipher = Aes256GcmSiv::new(&key.into());
        let tag = cipher.encrypt_inout_detached(&nonce.into(), b"", (&mut [] as &mut [u8]).into()).unwrap();
        assert_eq!(hex::encode(tag), "07f5f4169bbf55a8400cd47ea6fd400f");
        let mut text = [1, 0, 0, 0, 0, 0, 0, 0];
        let tag = cipher.encrypt_inout_detached(&nonce.into(), b"", text.as_mut_slice().into()).unwrap();
        assert_eq!(hex::encode(text) + &hex::encode(tag), "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28");
    }
}
