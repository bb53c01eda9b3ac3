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
//!
//! As the nonce is always the same, so are the two keys that the RFC derives for it: they are made once, when
//! the ring is built, where the crate `aes-gcm-siv` would make them again for each cell. Tested against it.

use std::ops::Range;

use aes::{
    Aes256, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use polyval::{Polyval, universal_hash::UniversalHash};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{CellOpener, CellSealer, gcm::xor};
use crate::{
    envelope::{self, TAG, Version},
    error::{KeyError, Refusal},
    spec::Algorithm,
};

/// The first byte of an envelope.
pub const FORMAT: u8 = 0x12;

/// A key, as derived for the nonce of zeros.
pub(crate) struct Siv {
    aes: Aes256,
    polyval: Polyval,
}

impl Siv {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let generator = Aes256::new(key.into());
        // Section 4: half a block each, of a little-endian counter followed by the nonce.
        let mut derived = Zeroizing::new([0; 48]);
        for (counter, half) in (0..).zip(derived.chunks_exact_mut(8)) {
            let mut block = Block::default();
            block[0] = counter;
            generator.encrypt_block(&mut block);
            half.copy_from_slice(&block[..8]);
            block.as_mut_slice().zeroize();
        }
        let (mut authentication, mut encryption) = (Block::default(), Zeroizing::new([0; 32]));
        authentication.copy_from_slice(&derived[..16]);
        encryption.copy_from_slice(&derived[16..]);
        let siv = Self { aes: Aes256::new((&*encryption).into()), polyval: Polyval::new(&authentication) };
        authentication.as_mut_slice().zeroize();
        siv
    }

    fn tag(&self, associated: &[u8], plaintext: &[u8]) -> Block {
        let mut polyval = self.polyval.clone();
        polyval.update_padded(associated);
        polyval.update_padded(plaintext);
        let mut lengths = Block::default();
        lengths[..8].copy_from_slice(&(associated.len() as u64 * 8).to_le_bytes());
        lengths[8..].copy_from_slice(&(plaintext.len() as u64 * 8).to_le_bytes());
        polyval.update(&[lengths]);
        let mut tag = polyval.finalize();
        // The RFC puts the nonce over the first twelve bytes here; ours is zeros.
        tag[15] &= 0x7f;
        self.aes.encrypt_block(&mut tag);
        tag
    }

    /// Encrypts or decrypts in place. `keystream` is room that is used again for each cell.
    fn apply(&self, tag: &Block, text: &mut [u8], keystream: &mut Vec<Block>) {
        let mut block = *tag;
        block[15] |= 0x80;
        let mut counter = u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
        keystream.clear();
        for _ in 0..text.len().div_ceil(block.len()) {
            block[..4].copy_from_slice(&counter.to_le_bytes());
            keystream.push(block);
            counter = counter.wrapping_add(1);
        }
        self.aes.encrypt_blocks(keystream);
        xor(text, keystream);
    }

    pub(crate) fn sealer(version: &Version<Self>) -> SivSealer<'_> {
        SivSealer { version, keystream: Vec::new() }
    }

    pub(crate) fn opener(versions: &[Version<Self>]) -> SivOpener<'_> {
        SivOpener { versions, keystream: Vec::new() }
    }
}

/// Seals the cells of one column.
pub(crate) struct SivSealer<'a> {
    version: &'a Version<Siv>,
    keystream: Vec<Block>,
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
        let siv = &self.version.cipher;
        let made = siv.tag(associated, text);
        siv.apply(&made, text, &mut self.keystream);
        tag.copy_from_slice(&made);
        Ok(())
    }
}

/// Opens the cells of one column.
pub(crate) struct SivOpener<'a> {
    versions: &'a [Version<Siv>],
    keystream: Vec<Block>,
}

impl CellOpener for SivOpener<'_> {
    fn open(&mut self, associated: &[u8], sealed: &mut [u8]) -> Result<Range<usize>, Refusal> {
        let algorithm = Algorithm::Aes256GcmSiv;
        let (version, start) = envelope::find(self.versions, algorithm, FORMAT, sealed)?;
        let Some(end) = sealed.len().checked_sub(TAG).filter(|end| *end >= start) else {
            return Err(Refusal::NotSealed(algorithm));
        };
        let (text, tag) = sealed[start..].split_at_mut(end - start);
        let mut given = Block::default();
        given.copy_from_slice(tag);
        let siv = &self.versions[version].cipher;
        // The tag is over the plaintext, so the cell is opened first and given away only if it holds.
        siv.apply(&given, text, &mut self.keystream);
        if !bool::from(siv.tag(associated, text).as_slice().ct_eq(given.as_slice())) {
            return Err(Refusal::NotAuthentic);
        }
        Ok(start..end)
    }
}

#[cfg(test)]
mod tests {
    use aes_gcm_siv::{AeadInOut, Aes256GcmSiv};
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn it_is_aes_256_gcm_siv_with_a_nonce_of_zeros(
            key: [u8; 32],
            associated in prop::collection::vec(any::<u8>(), 0..100),
            text in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut theirs = text.clone();
            let tag = <Aes256GcmSiv as aes_gcm_siv::KeyInit>::new(&key.into())
                .encrypt_inout_detached(&[0; 12].into(), &associated, theirs.as_mut_slice().into())
                .unwrap();
            theirs.extend_from_slice(&tag);
            prop_assert_eq!(seal(key, &associated, &text), theirs);
        }
    }
}
