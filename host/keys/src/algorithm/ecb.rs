//! AES/ECB/PKCS5Padding: what Java's `Cipher.getInstance("AES")` means. Legacy.
//!
//! Equal blocks of 16 bytes give equal bytes, in a cell and between cells, and nothing tells whether a cell was
//! changed. It is here to read and write what other systems exchange, the messages of DataX's Kafka writers
//! for one, and for nothing else.
//!
//! A cell is the encoded ciphertext with no envelope, so it does not say which version sealed it. Opening tries
//! the current version and then the others by descending name, and takes the first under which the padding (and for
//! text, the UTF-8) is right. Another version's padding is right by chance for about one cell in 256, so
//! text is told apart well and bytes are not: keep one version for bytes.
//!
//! Java's older base64 encoders break lines; white space in a cell is left out, and padding may be.

use std::ops::Range;

use aes::{Aes128, Aes192, Aes256};
use cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit, block_padding::Pkcs7, common::InnerInit};
use ecb::{Decryptor, Encryptor};

use super::{CellOpener, CellSealer};
use crate::{
    error::{KeyError, Refusal},
    spec::Plaintext,
};

/// Length of a block, to which cells are padded.
const BLOCK: usize = 16;

/// A key of one of the three lengths. The largest schedule is 480 bytes, and a ring holds few.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Ecb {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

/// Does one thing with the cipher of a key, whichever length it has.
macro_rules! with_cipher {
    ($key:expr, $cipher:ident => $do:expr) => {
        match $key {
            Ecb::Aes128($cipher) => $do,
            Ecb::Aes192($cipher) => $do,
            Ecb::Aes256($cipher) => $do,
        }
    };
}

impl Ecb {
    /// None if the secret has another length than 16, 24 or 32 bytes.
    pub(crate) fn new(secret: &[u8]) -> Option<Self> {
        match secret.len() {
            16 => Aes128::new_from_slice(secret).ok().map(Self::Aes128),
            24 => Aes192::new_from_slice(secret).ok().map(Self::Aes192),
            32 => Aes256::new_from_slice(secret).ok().map(Self::Aes256),
            _ => None,
        }
    }

    /// The plaintext's length, if the padding is right.
    fn decrypt(&self, sealed: &[u8], out: &mut [u8]) -> Option<usize> {
        with_cipher!(self, cipher => Decryptor::inner_init(cipher)
            .decrypt_padded_b2b::<Pkcs7>(sealed, out)
            .ok()
            .map(<[u8]>::len))
    }
}

/// Seals the cells of one column.
pub(crate) struct EcbSealer<'a>(pub(crate) &'a Ecb);

impl CellSealer for EcbSealer<'_> {
    fn sealed_len(&self, plaintext: usize) -> usize {
        (plaintext / BLOCK + 1) * BLOCK
    }

    fn seal(&mut self, associated: &[u8], plaintext: &[u8], out: &mut [u8]) -> Result<(), KeyError> {
        debug_assert!(associated.is_empty(), "what cannot be bound was refused before");
        with_cipher!(self.0, cipher => Encryptor::inner_init(cipher)
            .encrypt_padded_b2b::<Pkcs7>(plaintext, out)
            .map(|_| ())
            .map_err(|_| KeyError::TooLarge { bytes: plaintext.len() as u64 }))
    }
}

/// Opens the cells of one column.
pub(crate) struct EcbOpener<'a> {
    versions: &'a [Ecb],
    plaintext: Plaintext,
    sealed: Vec<u8>,
}

impl<'a> EcbOpener<'a> {
    /// `versions` in the order in which they are tried.
    pub(crate) fn new(versions: &'a [Ecb], plaintext: Plaintext) -> Self {
        Self { versions, plaintext, sealed: Vec::new() }
    }
}

impl CellOpener for EcbOpener<'_> {
    fn open(&mut self, _: &[u8], sealed: &mut [u8]) -> Result<Range<usize>, Refusal> {
        self.sealed.clear();
        self.sealed.extend_from_slice(sealed);
        for version in self.versions {
            if let Some(length) = version.decrypt(&self.sealed, sealed)
                && self.plaintext.admits(&sealed[..length])
            {
                return Ok(0..length);
            }
        }
        Err(Refusal::NoVersionOpens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &[u8], plaintext: &[u8]) -> String {
        let key = Ecb::new(key).unwrap();
        let mut sealer = EcbSealer(&key);
        let mut out = vec![0; sealer.sealed_len(plaintext.len())];
        sealer.seal(b"", plaintext, &mut out).unwrap();
        hex::encode(out)
    }

    /// FIPS 197, appendix C: the first block is the example's, the second the padding of a whole block.
    #[test]
    fn the_examples_of_the_standard() {
        let key: Vec<u8> = (0..32).collect();
        let plaintext = hex::decode("00112233445566778899aabbccddeeff").unwrap();
        for (length, first) in [
            (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
            (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
            (32, "8ea2b7ca516745bfeafc49904b496089"),
        ] {
            let sealed = seal(&key[..length], &plaintext);
            assert_eq!((&sealed[..32], sealed.len()), (first, 64));
        }
    }

    #[test]
    fn other_lengths_are_no_keys() {
        for length in [0, 1, 15, 17, 31, 33] {
            assert!(Ecb::new(&vec![0; length]).is_none());
        }
    }
}
