//! What the host calls.

use std::{collections::BTreeMap, fmt, sync::Arc};

use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use sha2::{Digest, Sha256};
use sluicegate_model::Column;

use crate::{
    algorithm::{
        CellOpener, CellSealer,
        ecb::{EcbOpener, EcbSealer},
        siv::Siv,
        xaes::Xaes,
    },
    binding::Binding,
    cells::Cells,
    column::{self, Checked},
    error::{KeyError, Refusal, RingError},
    key::{Ciphers, Key, build_all},
    spec::{Algorithm, Encoding, KeySpec, Plaintext, Use},
};

/// The keys of a pipeline. Cheap to clone and to share between threads.
///
/// It does not know who may do what: the holder checks grants before it calls.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: Arc<BTreeMap<String, Key>>,
}

impl KeyRing {
    /// Builds a ring from the `keys:` block of a configuration, whose secrets are already in place of
    /// `${file:...}`.
    ///
    /// # Errors
    /// The first mistake found, with the key and the setting in which it is.
    pub fn build<'a>(specs: impl IntoIterator<Item = (&'a String, &'a KeySpec)>) -> Result<Self, RingError> {
        Ok(Self { keys: Arc::new(build_all(specs)?) })
    }

    /// Whether there is a key of that name.
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// The names of all keys, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The algorithm of a key.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`].
    pub fn algorithm(&self, key: &str) -> Result<Algorithm, KeyError> {
        Ok(self.key(key)?.algorithm)
    }

    /// The type of a column sealed under a key: text for base64 and hex, else binary.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] and [`KeyError::WrongUse`].
    pub fn sealed_type(&self, key: &str) -> Result<DataType, KeyError> {
        Ok(match self.key_for(key, Use::Seal)?.encoding {
            Encoding::Binary => DataType::Binary,
            Encoding::Base64 | Encoding::Hex => DataType::Utf8,
        })
    }

    /// The type of a column opened under a key.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] and [`KeyError::WrongUse`].
    pub fn opened_type(&self, key: &str) -> Result<DataType, KeyError> {
        Ok(match self.key_for(key, Use::Open)?.plaintext {
            Plaintext::Text => DataType::Utf8,
            Plaintext::Binary => DataType::Binary,
        })
    }

    /// Seals the cells of a column under the current version of a key.
    ///
    /// NULL stays NULL and missing stays missing: neither is sealed. Which bytes of a cell are sealed
    /// [`cells`](crate::cells) says. `context` (a table and column name, say) and the cells of `bound_to` in the same row are
    /// authenticated with each cell as [`binding`](crate::binding) says, and must be given again to open it.
    ///
    /// # Errors
    /// See [`KeyError`]; [`KeyError::is_data`] tells which of them come from single rows.
    pub fn seal(
        &self,
        input: &Column,
        key: &str,
        context: &str,
        bound_to: &[Column],
    ) -> Result<Column, KeyError> {
        let entry = self.key_for(key, Use::Seal)?;
        refuse_binding(key, entry, context, bound_to)?;
        if entry.plaintext == Plaintext::Text && *input.data_type() == DataType::Binary {
            return Err(KeyError::BinaryAsText { key: key.to_owned() });
        }
        let cells = Cells::of(input.values())?;
        let mut binding = Binding::new(context, bound_to, input.len())?;
        let encoding = entry.encoding;
        let values = match &entry.ciphers {
            Ciphers::Xaes(versions) => {
                column::seal(&cells, Xaes::sealer(current(versions))?, encoding, &mut binding)
            }
            Ciphers::Siv(versions) => {
                column::seal(&cells, Siv::sealer(current(versions)), encoding, &mut binding)
            }
            Ciphers::Ecb(versions) => {
                column::seal(&cells, EcbSealer(current(versions)), encoding, &mut binding)
            }
            Ciphers::None => Err(wrong_use(key, entry, Use::Seal)),
        }?;
        Ok(Column::with_presence(values, input.presence().cloned()))
    }

    /// Opens the cells of a column, each under the version that sealed it.
    ///
    /// NULL stays NULL and missing stays missing. A cell that does not open is NULL in the result and named
    /// in [`Checked::failed`]. A text column and a binary column with the same bytes are both taken where the
    /// encoding is text.
    ///
    /// # Errors
    /// See [`KeyError`]; what is wrong with single cells is no error.
    pub fn open(
        &self,
        input: &Column,
        key: &str,
        context: &str,
        bound_to: &[Column],
    ) -> Result<Checked, KeyError> {
        let entry = self.key_for(key, Use::Open)?;
        refuse_binding(key, entry, context, bound_to)?;
        let encoding = entry.encoding;
        let cells = match input.data_type() {
            DataType::Binary => Cells::of_binary(input.values().as_binary()),
            DataType::Utf8 if encoding != Encoding::Binary => Cells::of_text(input.values().as_string()),
            DataType::Null => Cells::of(input.values())?,
            data_type => {
                return Err(KeyError::NotSealed {
                    key: key.to_owned(),
                    data_type: data_type.clone(),
                    encoding,
                });
            }
        };
        let mut binding = Binding::new(context, bound_to, input.len())?;
        let strict = |cell: &[u8], out: &mut Vec<u8>| {
            if encoding.decode(cell, out) { Ok(()) } else { Err(Refusal::NotEncoded(encoding)) }
        };
        let lenient = |cell: &[u8], out: &mut Vec<u8>| {
            if encoding.decode_lenient(cell, out) { Ok(()) } else { Err(Refusal::NotEncoded(encoding)) }
        };
        let plaintext = entry.plaintext;
        Ok(match &entry.ciphers {
            Ciphers::Xaes(versions) => {
                column::open(key, input, &cells, Xaes::opener(versions), strict, plaintext, &mut binding)
            }
            Ciphers::Siv(versions) => {
                column::open(key, input, &cells, Siv::opener(versions), strict, plaintext, &mut binding)
            }
            Ciphers::Ecb(versions) => {
                let opener = EcbOpener::new(versions, plaintext);
                column::open(key, input, &cells, opener, lenient, plaintext, &mut binding)
            }
            Ciphers::None => return Err(wrong_use(key, entry, Use::Open)),
        })
    }

    /// HMAC-SHA-256 of each cell under the current version of a key, as binary; see
    /// [`algorithm::mac`](crate::algorithm::mac). NULL stays NULL and missing stays missing.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn mac(&self, input: &Column, key: &str) -> Result<Column, KeyError> {
        let entry = self.key_for(key, Use::Mac)?;
        let Some(mac) = &entry.mac else { return Err(wrong_use(key, entry, Use::Mac)) };
        let values = column::hash(&Cells::of(input.values())?, |cell| mac.of(cell))?;
        Ok(Column::with_presence(values, input.presence().cloned()))
    }

    /// Seals one value outside a column, whatever it holds: a dead letter, for one. The result is in the
    /// key's encoding.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn seal_value(&self, value: &[u8], key: &str, context: &str) -> Result<Vec<u8>, KeyError> {
        fn one(
            mut sealer: impl CellSealer,
            encoding: Encoding,
            context: &str,
            value: &[u8],
        ) -> Result<Vec<u8>, KeyError> {
            let mut binding = Binding::new(context, &[], 1)?;
            let mut sealed = vec![0; sealer.sealed_len(value.len())];
            sealer.seal(binding.of_context(), value, &mut sealed)?;
            let mut out = vec![0; encoding.encoded_len(sealed.len())];
            encoding.encode(&sealed, &mut out);
            Ok(out)
        }
        let entry = self.key_for(key, Use::Seal)?;
        refuse_binding(key, entry, context, &[])?;
        let encoding = entry.encoding;
        match &entry.ciphers {
            Ciphers::Xaes(versions) => one(Xaes::sealer(current(versions))?, encoding, context, value),
            Ciphers::Siv(versions) => one(Siv::sealer(current(versions)), encoding, context, value),
            Ciphers::Ecb(versions) => one(EcbSealer(current(versions)), encoding, context, value),
            Ciphers::None => Err(wrong_use(key, entry, Use::Seal)),
        }
    }

    /// Opens what [`Self::seal_value`] made. The inner error says why it does not open.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn open_value(
        &self,
        sealed: &[u8],
        key: &str,
        context: &str,
    ) -> Result<Result<Vec<u8>, String>, KeyError> {
        self.open_one(sealed, key, context, Some(Plaintext::Binary))
    }

    /// Opens a message that may come from another system: as the cells of a column are opened, so the entry of the key
    /// says whether it must be text, and the legacy algorithm takes white space in its encoding.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn open_message(
        &self,
        sealed: &[u8],
        key: &str,
        context: &str,
    ) -> Result<Result<Vec<u8>, String>, KeyError> {
        self.open_one(sealed, key, context, None)
    }

    /// `plaintext`: what it must be; what the entry says where it is `None`.
    fn open_one(
        &self,
        sealed: &[u8],
        key: &str,
        context: &str,
        plaintext: Option<Plaintext>,
    ) -> Result<Result<Vec<u8>, String>, KeyError> {
        fn one(mut opener: impl CellOpener, mut sealed: Vec<u8>, context: &[u8]) -> Result<Vec<u8>, Refusal> {
            let range = opener.open(context, &mut sealed)?;
            sealed.truncate(range.end);
            sealed.drain(..range.start);
            Ok(sealed)
        }
        let entry = self.key_for(key, Use::Open)?;
        refuse_binding(key, entry, context, &[])?;
        let mut binding = Binding::new(context, &[], 1)?;
        let context = binding.of_context();
        let mut bytes = Vec::new();
        let lenient = plaintext.is_none() && entry.algorithm == Algorithm::AesEcbPkcs5;
        let plaintext = plaintext.unwrap_or(entry.plaintext);
        let decoded = if lenient {
            entry.encoding.decode_lenient(sealed, &mut bytes)
        } else {
            entry.encoding.decode(sealed, &mut bytes)
        };
        let opened = if decoded {
            match &entry.ciphers {
                Ciphers::Xaes(versions) => one(Xaes::opener(versions), bytes, context),
                Ciphers::Siv(versions) => one(Siv::opener(versions), bytes, context),
                Ciphers::Ecb(versions) => one(EcbOpener::new(versions, plaintext), bytes, context),
                Ciphers::None => return Err(wrong_use(key, entry, Use::Open)),
            }
        } else {
            Err(Refusal::NotEncoded(entry.encoding))
        };
        Ok(opened.map_err(|refusal| format!("key `{key}`: {refusal}")))
    }

    fn key(&self, key: &str) -> Result<&Key, KeyError> {
        self.keys.get(key).ok_or_else(|| KeyError::UnknownKey {
            key: key.to_owned(),
            names: self.names().map(str::to_owned).collect(),
        })
    }

    fn key_for(&self, key: &str, wanted: Use) -> Result<&Key, KeyError> {
        let entry = self.key(key)?;
        if entry.algorithm.allows(wanted) { Ok(entry) } else { Err(wrong_use(key, entry, wanted)) }
    }
}

/// SHA-256 of each cell, as binary. NULL stays NULL and missing stays missing.
///
/// No key is in it: whoever can list the values can find them out. For a pseudonym take [`KeyRing::mac`].
///
/// # Errors
/// [`KeyError::NoBytes`], [`KeyError::NoText`] and [`KeyError::TooLarge`].
pub fn digest(input: &Column) -> Result<Column, KeyError> {
    let values = column::hash(&Cells::of(input.values())?, |cell| Sha256::digest(cell).into())?;
    Ok(Column::with_presence(values, input.presence().cloned()))
}

/// The version that seals. A key has one at least, and the current one is the first.
fn current<V>(versions: &[V]) -> &V {
    &versions[0]
}

fn wrong_use(key: &str, entry: &Key, wanted: Use) -> KeyError {
    KeyError::WrongUse { key: key.to_owned(), algorithm: entry.algorithm, wanted }
}

fn refuse_binding(key: &str, entry: &Key, context: &str, bound_to: &[Column]) -> Result<(), KeyError> {
    if entry.algorithm.binds() || (context.is_empty() && bound_to.is_empty()) {
        return Ok(());
    }
    Err(KeyError::CannotBind { key: key.to_owned(), algorithm: entry.algorithm })
}

/// Names and algorithms, nothing else.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.keys.iter().map(|(name, key)| (name, key.algorithm.name()))).finish()
    }
}
