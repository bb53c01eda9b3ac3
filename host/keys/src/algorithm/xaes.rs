//! XAES-256-GCM: AES-256-GCM with a 192-bit nonce, after <https://c2sp.org/XAES-256-GCM>.
//!
//! The first 96 bits of the nonce derive, together with the key, a key for AES-256-GCM; the last 96 bits are
//! its nonce. Nonces of 192 bits may be drawn at random without counting messages, which the 96 bits of
//! AES-GCM alone do not allow: at 100,000 cells a second they are used up in hours.
//!
//! # Nonces of a column
//!
//! The derivation costs two blocks and two key schedules, as much as sealing a short cell. So a column draws
//! *one* nonce of 192 bits from the operating system, and its cells take that nonce and those after it,
//! counted in the last 96 bits (big-endian, modulo 2^96). All cells of the column share a derived key. Each of
//! them is standard XAES-256-GCM and opens by itself.
//!
//! Why no nonce comes twice under a key:
//! - Within a column: the prefix is the same and the suffixes are consecutive. They repeat after 2^96 cells; a
//!   column has less than 2^31.
//! - Between two columns of n cells: the prefixes must be equal (2^-96), and the runs of suffixes must overlap,
//!   which for random starts has probability below 2n / 2^96. With columns of 2^13 cells that is 2^-178 for a pair of
//!   columns; after 2^40 columns, 2^53 cells, the chance that any two of them met is below 2^-99. Drawing a
//!   nonce for each cell would give 2^-87 there. Columns of one cell are the same as nonces drawn for each.
//! - Between processes, and after a snapshot of a virtual machine is resumed twice: the generator is the
//!   operating system's, asked anew for each column; there is no state of ours that could be doubled.
//!
//! How much a derived key does: at most 2^31 cells, less than the 2^32 that AES-GCM allows with *random*
//! nonces, and its nonces here do not collide at all.
//!
//! What it shows: two cells with one prefix were sealed in one batch, and their suffixes tell their order in
//! it. Whoever reads the rows in the order in which they were written knows that already; in a table that was
//! sorted otherwise it tells which rows came together.

use std::ops::Range;

use aes::{
    Aes256, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use rand::{TryRngCore, rngs::OsRng};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    CellOpener, CellSealer,
    gcm::{self, Gcm},
};
use crate::{
    envelope::{self, TAG, Version},
    error::{KeyError, Refusal},
    spec::Algorithm,
};

/// The first byte of an envelope.
pub const FORMAT: u8 = 0x11;

/// Length of a nonce in bytes.
pub const NONCE: usize = 24;

/// Length of each half of a nonce: what derives the key, and what AES-GCM gets.
const HALF: usize = gcm::NONCE;

/// A key: its schedule, and the subkey K1 of CMAC, which is all that the derivation needs besides.
#[derive(ZeroizeOnDrop)]
pub(crate) struct Xaes {
    // Clears itself when dropped.
    #[zeroize(skip)]
    cipher: Aes256,
    subkey: [u8; 16],
}

impl Xaes {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let cipher = Aes256::new(key.into());
        let mut block = Block::default();
        cipher.encrypt_block(&mut block);
        let whole = u128::from_be_bytes(block.into());
        // Doubling in GF(2^128). The mask in place of a branch keeps the time apart from the key.
        let reduce = (whole >> 127).wrapping_neg() & 0x87;
        let subkey = ((whole << 1) ^ reduce).to_be_bytes();
        block.as_mut_slice().zeroize();
        Self { cipher, subkey }
    }

    /// The cipher for all nonces that begin so.
    fn derive(&self, prefix: &[u8; HALF]) -> Gcm {
        let mut key = Zeroizing::new([0; 32]);
        for (counter, half) in (1..).zip(key.chunks_exact_mut(16)) {
            // CMAC of a whole block: 0x00, the counter, "X", 0x00, then the prefix.
            let mut block = Block::default();
            block[1] = counter;
            block[2] = b'X';
            block[4..].copy_from_slice(prefix);
            for (byte, mask) in block.iter_mut().zip(&self.subkey) {
                *byte ^= mask;
            }
            self.cipher.encrypt_block(&mut block);
            half.copy_from_slice(&block);
            block.as_mut_slice().zeroize();
        }
        Gcm::new(&key)
    }

    /// Seals the cells of a column under a nonce drawn for it.
    pub(crate) fn sealer(version: &Version<Self>) -> Result<XaesSealer<'_>, KeyError> {
        let mut nonce = [0; NONCE];
        OsRng.try_fill_bytes(&mut nonce).map_err(|error| KeyError::Random { reason: error.to_string() })?;
        Ok(XaesSealer::new(version, nonce))
    }

    /// Opens the cells of a column.
    pub(crate) fn opener(versions: &[Version<Self>]) -> XaesOpener<'_> {
        XaesOpener { versions, derived: None, keystream: Vec::new() }
    }
}

/// Seals the cells of one column under one derived key and consecutive nonces.
pub(crate) struct XaesSealer<'a> {
    header: &'a [u8],
    gcm: Gcm,
    prefix: [u8; HALF],
    /// The last 96 bits of the next nonce, above them anything.
    suffix: u128,
    /// Lengths of the plaintexts for which there is keystream, the next one last.
    expected: Vec<usize>,
    keystream: Vec<Block>,
    /// Where the next cell's keystream begins.
    used: usize,
}

impl<'a> XaesSealer<'a> {
    fn new(version: &'a Version<Xaes>, nonce: [u8; NONCE]) -> Self {
        let (mut prefix, mut suffix) = ([0; HALF], [0; 16]);
        prefix.copy_from_slice(&nonce[..HALF]);
        suffix[4..].copy_from_slice(&nonce[HALF..]);
        Self {
            header: version.header(),
            gcm: version.cipher.derive(&prefix),
            prefix,
            suffix: u128::from_be_bytes(suffix),
            expected: Vec::new(),
            keystream: Vec::new(),
            used: 0,
        }
    }

    /// The last 96 bits of the nonce of the cell so many after the next one.
    fn suffix(&self, ahead: usize) -> [u8; HALF] {
        let mut suffix = [0; HALF];
        suffix.copy_from_slice(&self.suffix.wrapping_add(ahead as u128).to_be_bytes()[4..]);
        suffix
    }
}

impl CellSealer for XaesSealer<'_> {
    fn sealed_len(&self, plaintext: usize) -> usize {
        self.header.len() + NONCE + plaintext + TAG
    }

    fn expect(&mut self, lengths: &mut dyn Iterator<Item = usize>) {
        self.expected.clear();
        self.keystream.clear();
        self.used = 0;
        for (ahead, length) in lengths.enumerate() {
            Gcm::count(&self.suffix(ahead), length, &mut self.keystream);
            self.expected.push(length);
        }
        self.expected.reverse();
        self.gcm.encrypt(&mut self.keystream);
    }

    fn seal(&mut self, associated: &[u8], plaintext: &[u8], out: &mut [u8]) -> Result<(), KeyError> {
        // What was made for a cell of another length is thrown away, never used for this one.
        if self.expected.pop() != Some(plaintext.len()) {
            self.expect(&mut std::iter::once(plaintext.len()));
            self.expected.clear();
        }
        let suffix = self.suffix(0);
        self.suffix = self.suffix.wrapping_add(1);
        let end = self.used + gcm::blocks(plaintext.len());
        let keystream = &self.keystream[self.used..end];
        self.used = end;

        let (header, rest) = out.split_at_mut(self.header.len());
        let (nonce, rest) = rest.split_at_mut(NONCE);
        let (text, tag) = rest.split_at_mut(plaintext.len());
        header.copy_from_slice(self.header);
        nonce[..HALF].copy_from_slice(&self.prefix);
        nonce[HALF..].copy_from_slice(&suffix);
        text.copy_from_slice(plaintext);
        tag.copy_from_slice(&self.gcm.seal(keystream, associated, text));
        Ok(())
    }
}

/// Opens the cells of one column. Cells that were sealed in one batch mostly come together, so the last
/// derived key is kept.
pub(crate) struct XaesOpener<'a> {
    versions: &'a [Version<Xaes>],
    derived: Option<Derived>,
    keystream: Vec<Block>,
}

struct Derived {
    version: usize,
    prefix: [u8; HALF],
    gcm: Gcm,
}

impl CellOpener for XaesOpener<'_> {
    fn open(&mut self, associated: &[u8], sealed: &mut [u8]) -> Result<Range<usize>, Refusal> {
        let algorithm = Algorithm::Xaes256Gcm;
        let (version, header) = envelope::find(self.versions, algorithm, FORMAT, sealed)?;
        let start = header + NONCE;
        let Some(end) = sealed.len().checked_sub(TAG).filter(|end| *end >= start) else {
            return Err(Refusal::NotSealed(algorithm));
        };
        let (front, rest) = sealed.split_at_mut(start);
        let (text, tag) = rest.split_at_mut(end - start);
        let (mut prefix, mut suffix, mut expected) = ([0; HALF], [0; HALF], [0; TAG]);
        prefix.copy_from_slice(&front[header..header + HALF]);
        suffix.copy_from_slice(&front[header + HALF..]);
        expected.copy_from_slice(tag);

        let derived = match self.derived.take() {
            Some(derived) if derived.version == version && derived.prefix == prefix => derived,
            _ => Derived { version, prefix, gcm: self.versions[version].cipher.derive(&prefix) },
        };
        let gcm = &self.derived.insert(derived).gcm;
        self.keystream.clear();
        Gcm::count(&suffix, text.len(), &mut self.keystream);
        gcm.encrypt(&mut self.keystream);
        if !gcm.open(&self.keystream, associated, text, &expected) {
            return Err(Refusal::NotAuthentic);
        }
        Ok(start..end)
    }
}

#[cfg(test)]
mod tests {
    use shake::{ExtendableOutput, Shake128, Update, XofReader};

    use super::*;

    /// One message under a given nonce, without its envelope.
    fn seal_with(key: [u8; 32], nonce: [u8; NONCE], associated: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let version = Version::new(FORMAT, "v", Xaes::new(&key));
        let mut sealer = XaesSealer::new(&version, nonce);
        let mut out = vec![0; sealer.sealed_len(plaintext.len())];
        sealer.seal(associated, plaintext, &mut out).unwrap();
        out.split_off(3 + NONCE)
    }

    /// The two vectors of the page: the most significant bit of the encrypted zero block is 0 in the first
    /// and 1 in the second, so both ways of making the subkey are taken.
    #[test]
    fn the_vectors_of_the_specification() {
        let nonce = *b"ABCDEFGHIJKLMNOPQRSTUVWX";
        let sealed = seal_with([1; 32], nonce, b"", b"XAES-256-GCM");
        assert_eq!(hex::encode(sealed), "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
        let sealed = seal_with([3; 32], nonce, b"c2sp.org/XAES-256-GCM", b"XAES-256-GCM");
        assert_eq!(hex::encode(sealed), "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
    }

    /// The accumulated vector of the page: 10,000 messages drawn from SHAKE128 of nothing, the ciphertexts
    /// hashed by another.
    #[test]
    fn the_accumulated_vector_of_the_specification() {
        let mut source = Shake128::default().finalize_xof();
        let mut all = Shake128::default();
        let message = |source: &mut dyn FnMut(&mut [u8])| {
            let mut length = [0];
            source(&mut length);
            let mut bytes = vec![0; usize::from(length[0])];
            source(&mut bytes);
            bytes
        };
        for _ in 0..10_000 {
            let mut read = |out: &mut [u8]| source.read(out);
            let (mut key, mut nonce) = ([0; 32], [0; NONCE]);
            read(&mut key);
            read(&mut nonce);
            let plaintext = message(&mut read);
            let associated = message(&mut read);
            all.update(&seal_with(key, nonce, &associated, &plaintext));
        }
        let mut hash = [0; 32];
        all.finalize_xof().read(&mut hash);
        assert_eq!(hex::encode(hash), "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
    }

    #[test]
    fn nonces_of_a_column_count_up_and_wrap() {
        let version = Version::new(FORMAT, "v", Xaes::new(&[7; 32]));
        let mut nonce = [0xff; NONCE];
        nonce[..HALF].copy_from_slice(b"prefix of it");
        nonce[NONCE - 1] = 0xfe;
        let mut sealer = XaesSealer::new(&version, nonce);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let mut out = vec![0; sealer.sealed_len(1)];
            sealer.seal(b"", b"x", &mut out).unwrap();
            seen.push(out[3..3 + NONCE].to_vec());
            let opened = Xaes::opener(std::slice::from_ref(&version)).open(b"", &mut out).unwrap();
            assert_eq!(&out[opened], b"x");
        }
        assert!(seen.iter().all(|nonce| nonce.starts_with(b"prefix of it")));
        assert_eq!(seen[0][HALF..], [[0xff; 11].as_slice(), &[0xfe]].concat());
        assert_eq!(seen[1][HALF..], [0xff; HALF]);
        assert_eq!(seen[2][HALF..], [0; HALF]);
    }

    #[test]
    fn what_is_expected_changes_no_cell() {
        let version = Version::new(FORMAT, "v", Xaes::new(&[7; 32]));
        let cells: [&[u8]; 5] = [b"", b"one", &[3; 16], &[4; 100], b"last"];
        let sealed = |expected: &[usize]| {
            let mut sealer = XaesSealer::new(&version, [9; NONCE]);
            sealer.expect(&mut expected.iter().copied());
            cells.map(|cell| {
                let mut out = vec![0; sealer.sealed_len(cell.len())];
                sealer.seal(b"a", cell, &mut out).unwrap();
                out
            })
        };
        let alone = sealed(&[]);
        assert_eq!(alone, sealed(&[0, 3, 16, 100, 4]));
        assert_eq!(alone, sealed(&[0, 3]));
        assert_eq!(alone, sealed(&[0, 3, 17, 100, 4, 5]));
    }
}
