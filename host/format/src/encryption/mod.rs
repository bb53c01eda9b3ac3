//! Messages that are encrypted whole, around any format.
//!
//! The algorithm is that of the key, by its entry in the key ring:
//!
//! | key | a message is |
//! |---|---|
//! | `xaes-256-gcm`, `aes-256-gcm-siv` | the envelope of [`sluicegate_keys::envelope`] in the key's encoding |
//! | `aes-ecb-pkcs5` | AES/ECB/PKCS5Padding in the key's encoding, by default as a JSON string: what DataX's writers send |
//!
//! Values alone are encrypted: keys and headers of messages stay as they are, and a tombstone stays one. A value that
//! does not open is a reject that names no byte of it.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`Encryption`]: what may be set |
//! | `open` | a reader of what was opened |
//! | `seal` | a writer of what is sealed |

mod open;
mod options;
mod seal;

pub use options::{Encryption, SealedForm};
