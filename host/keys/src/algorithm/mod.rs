//! The algorithms.
//!
//! | module | algorithm | for |
//! |---|---|---|
//! | [`xaes`] | XAES-256-GCM | sealing, where nothing speaks against it |
//! | [`siv`] | AES-256-GCM-SIV, fixed nonce | sealing columns that are joined on |
//! | `gcm` | AES-256-GCM, many cells at once | what XAES-256-GCM is made of |
//! | [`ecb`] | AES/ECB/PKCS5Padding | exchanging data with systems that have nothing better |
//! | [`mac`] | HMAC-SHA-256 | pseudonyms |
//!
//! The ciphers themselves are the RustCrypto crates', which find AES and carry-less multiplication
//! instructions of the processor at run time and fall back to constant-time code.

pub mod ecb;
mod gcm;
pub mod mac;
pub mod siv;
pub mod xaes;

use std::ops::Range;

use crate::error::{KeyError, Refusal};

/// Seals the cells of one column.
pub(crate) trait CellSealer {
    /// Length of the sealed form of a plaintext.
    fn sealed_len(&self, plaintext: usize) -> usize;

    /// Tells the lengths of the plaintexts that come next, so that work can be done for all of them at once.
    /// Calling it changes nothing but the time.
    fn expect(&mut self, _: &mut dyn Iterator<Item = usize>) {}

    /// Seals into a place of exactly [`Self::sealed_len`].
    fn seal(&mut self, associated: &[u8], plaintext: &[u8], out: &mut [u8]) -> Result<(), KeyError>;
}

/// Opens the cells of one column.
pub(crate) trait CellOpener {
    /// Opens in place, and says where in `sealed` the plaintext is. What it refuses it leaves undefined.
    fn open(&mut self, associated: &[u8], sealed: &mut [u8]) -> Result<Range<usize>, Refusal>;
}
