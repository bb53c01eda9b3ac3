//! AES-256-GCM (NIST SP 800-38D) with 96-bit nonces, its keystream made for many cells in one call.
//!
//! The crate `aes` spreads the key schedule over the widest registers at each call, which on processors with
//! VAES costs more than a few blocks do; the crate `aes-gcm` makes two such calls a cell, so most of the time of a
//! short cell went there. Here the blocks of a hundred cells are one call. Block cipher and GHASH are the
//! crates'; counter mode around them is a few lines, tested against `aes-gcm` and the published vectors.

use aes::{
    Aes256, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use ghash::{GHash, universal_hash::UniversalHash};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::envelope::TAG;

/// Length of a nonce in bytes.
pub(crate) const NONCE: usize = 12;

/// Length of a block in bytes.
const BLOCK: usize = 16;

/// A key.
pub(crate) struct Gcm {
    aes: Aes256,
    ghash: GHash,
}

/// Number of blocks that a cell takes of the keystream: one for the tag, then those for its bytes.
pub(crate) const fn blocks(bytes: usize) -> usize {
    1 + bytes.div_ceil(BLOCK)
}

impl Gcm {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let aes = Aes256::new(key.into());
        let mut subkey = Block::default();
        aes.encrypt_block(&mut subkey);
        let ghash = GHash::new(&subkey);
        subkey.as_mut_slice().zeroize();
        Self { aes, ghash }
    }

    /// Appends the counter blocks of a cell. [`Self::encrypt`] makes them its keystream.
    pub(crate) fn count(nonce: &[u8; NONCE], bytes: usize, counters: &mut Vec<Block>) {
        let mut block = Block::default();
        block[..NONCE].copy_from_slice(nonce);
        // A cell has less than 2^31 bytes, so the counter, which begins at 1, does not wrap.
        for counter in 1..=blocks(bytes) as u32 {
            block[NONCE..].copy_from_slice(&counter.to_be_bytes());
            counters.push(block);
        }
    }

    /// Makes counter blocks keystream.
    pub(crate) fn encrypt(&self, counters: &mut [Block]) {
        self.aes.encrypt_blocks(counters);
    }

    /// Encrypts in place under a cell's keystream, and gives the tag.
    pub(crate) fn seal(&self, keystream: &[Block], associated: &[u8], text: &mut [u8]) -> [u8; TAG] {
        xor(text, &keystream[1..]);
        self.tag(&keystream[0], associated, text)
    }

    /// Decrypts in place if the tag holds; else the text is left as it is.
    pub(crate) fn open(
        &self,
        keystream: &[Block],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG],
    ) -> bool {
        let holds = bool::from(self.tag(&keystream[0], associated, text).ct_eq(tag));
        if holds {
            xor(text, &keystream[1..]);
        }
        holds
    }

    fn tag(&self, mask: &Block, associated: &[u8], ciphertext: &[u8]) -> [u8; TAG] {
        let mut ghash = self.ghash.clone();
        ghash.update_padded(associated);
        ghash.update_padded(ciphertext);
        let mut lengths = Block::default();
        lengths[..8].copy_from_slice(&(associated.len() as u64 * 8).to_be_bytes());
        lengths[8..].copy_from_slice(&(ciphertext.len() as u64 * 8).to_be_bytes());
        ghash.update(&[lengths]);
        let mut tag: [u8; TAG] = ghash.finalize().into();
        xor(&mut tag, std::slice::from_ref(mask));
        tag
    }
}

/// Puts keystream over bytes.
pub(super) fn xor(text: &mut [u8], keystream: &[Block]) {
    for (chunk, block) in text.chunks_mut(BLOCK).zip(keystream) {
        for (byte, mask) in chunk.iter_mut().zip(block) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use aes_gcm::{AeadInOut, Aes256Gcm};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_aes_256_gcm(
            key: [u8; 32],
            nonce: [u8; NONCE],
            associated in prop::collection::vec(any::<u8>(), 0..100),
            text in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let gcm = Gcm::new(&key);
            let mut keystream = Vec::new();
            Gcm::count(&nonce, text.len(), &mut keystream);
            gcm.encrypt(&mut keystream);
            let mut ours = text.clone();
            let tag = gcm.seal(&keystream, &associated, &mut ours);

            let mut theirs = text.clone();
            let expected = <Aes256Gcm as aes_gcm::KeyInit>::new(&key.into())
                .encrypt_inout_detached(&nonce.into(), &associated, theirs.as_mut_slice().into())
                .unwrap();
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(tag.as_slice(), expected.as_slice());

            prop_assert!(gcm.open(&keystream, &associated, &mut ours, &tag));
            prop_assert_eq!(&ours, &text);
        }
    }
}
