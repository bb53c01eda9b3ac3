//! The key ring: seal, open, mac and digest cells without showing a key.
//!
//! A [`KeyRing`] is built from the `keys:` block of a configuration. Whoever holds it names a key and says
//! what is to be done to a [`Column`](sluicegate_model::Column); no call hands out key material. The entry of
//! a key fixes algorithm, encoding and versions, so a rotation changes the configuration and nothing else.
//!
//! ```
//! use std::{collections::BTreeMap, sync::Arc};
//! use arrow_array::StringArray;
//! use sluicegate_keys::{Algorithm, KeyRing, KeySpec, Secret};
//! use sluicegate_model::Column;
//!
//! let secret = Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
//! let specs = BTreeMap::from([("card".to_owned(), KeySpec::new(Algorithm::Xaes256Gcm, "v1", secret))]);
//! let ring = KeyRing::build(&specs)?;
//!
//! let phones = Column::new(Arc::new(StringArray::from(vec![Some("555-0100"), None])));
//! let sealed = ring.seal(&phones, "card", "shop.orders.phone", &[])?;
//! let opened = ring.open(&sealed, "card", "shop.orders.phone", &[])?;
//! assert!(opened.failed.is_empty());
//! assert_eq!(opened.column, phones);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`spec`] | the configuration of a key: [`KeySpec`], [`Algorithm`], [`Encoding`], [`Plaintext`], [`Use`] |
//! | [`secret`] | [`Secret`]: text of a key or a password that never prints |
//! | [`ring`] | [`KeyRing`]: what the host calls |
//! | `key` | an entry of the ring, checked and with its key schedules made |
//! | `column` | the loops over cells |
//! | [`cells`] | which bytes of a cell are sealed, for each type |
//! | [`binding`] | what is authenticated with a cell: context and bound cells |
//! | [`envelope`] | how a sealed cell is laid out |
//! | `encoding` | sealed bytes as binary, base64 or hex |
//! | [`algorithm`] | the algorithms, and why each is used as it is |
//! | [`error`] | [`RingError`] when a ring is built, [`KeyError`] when it is used |
//!
//! # What is cleared from memory
//!
//! Secrets of the configuration, decoded secrets, AES key schedules and MAC states are overwritten when
//! dropped. What is not: the hash subkeys of GHASH and POLYVAL, whose state is copied for each cell. Clearing
//! the copies would cost as much as sealing a short cell; a subkey serves to forge, not to read. Plaintext and
//! keystream are not cleared either: the plaintext is ordinary row data.

pub mod algorithm;
pub mod binding;
pub mod cells;
mod column;
mod encoding;
pub mod envelope;
pub mod error;
mod key;
pub mod ring;
pub mod secret;
pub mod spec;

pub use column::Checked;
pub use error::{KeyError, RingError};
pub use ring::{KeyRing, digest};
pub use secret::Secret;
pub use spec::{Algorithm, Encoding, KeySpec, Plaintext, SecretEncoding, Use};
