//! What may be set about encrypted messages.

use std::sync::Arc;

use arrow_schema::DataType;
use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_keys::{Algorithm, KeyRing};

use super::open::Opening;
use super::seal::Sealing;
use crate::options::Direction;
use crate::{Decode, Encode, FormatError};

/// Messages that are encrypted whole, under a key of the pipeline. Keys and headers of messages are not.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// The key, by its name under `keys:`. Its entry says the algorithm, and whether a message is binary, base64 or
    /// hex.
    pub key: String,
    /// What stands around the encrypted value. Default: a JSON string under a key of aes-ecb-pkcs5, else nothing.
    #[serde(default)]
    pub form: Option<SealedForm>,
    /// A text that is authenticated with each message, the same where it is written and where it is read. Not with a key
    /// of aes-ecb-pkcs5. Default: none.
    #[serde(default)]
    pub context: Option<String>,
    #[serde(skip)]
    #[schemars(skip)]
    ring: Option<KeyRing>,
}

/// What stands around an encrypted value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SealedForm {
    /// Nothing.
    Bare,
    /// It is a JSON string: `"..."`.
    JsonString,
}

impl Encryption {
    /// Under a key, with everything else at its default.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), form: None, context: None, ring: None }
    }

    /// The keys of the pipeline.
    pub fn set_keys(&mut self, ring: &KeyRing) {
        self.ring = Some(ring.clone());
    }

    /// Whether the key does what is asked of it.
    ///
    /// # Errors
    /// [`FormatError::Encryption`], in words without a secret.
    pub fn check(&self, ring: &KeyRing, here: Direction) -> Result<(), FormatError> {
        let option = match here {
            Direction::Reading => "decrypt",
            Direction::Writing => "encrypt",
        };
        let refused = |why: String| FormatError::Encryption { option, why };
        let algorithm = ring.algorithm(&self.key).map_err(|error| refused(error.to_string()))?;
        // A key that can seal can open too, and the other way round.
        let sealed = ring.sealed_type(&self.key).map_err(|error| refused(error.to_string()))?;
        if sealed == DataType::Binary && self.form_under(algorithm) == SealedForm::JsonString {
            let what =
                "is a JSON string, and the key's `encoding` is binary: set `form: bare`, or another encoding";
            return Err(refused(format!("a message under key `{}` {what}", self.key)));
        }
        if self.context.is_some() && !algorithm.binds() {
            return Err(refused(format!(
                "key `{}` is of {algorithm}, which authenticates nothing: take `context` out",
                self.key
            )));
        }
        Ok(())
    }

    /// Whether what is written may hold any byte, a line end too.
    pub fn is_binary(&self) -> bool {
        let sealed = self.ring.as_ref().and_then(|ring| ring.sealed_type(&self.key).ok());
        sealed == Some(DataType::Binary)
    }

    /// A reader of messages that `format` reads when they are opened.
    ///
    /// # Errors
    /// As [`Encryption::check`].
    pub fn decoder(&self, format: Arc<dyn Decode>) -> Result<Arc<dyn Decode>, FormatError> {
        let cipher = self.cipher(Direction::Reading)?;
        Ok(Arc::new(Opening { cipher, format }))
    }

    /// A writer of messages that are sealed when `format` has written them.
    ///
    /// # Errors
    /// As [`Encryption::check`].
    pub fn encoder(&self, format: Arc<dyn Encode>) -> Result<Arc<dyn Encode>, FormatError> {
        let cipher = self.cipher(Direction::Writing)?;
        Ok(Arc::new(Sealing { cipher, format }))
    }

    fn cipher(&self, here: Direction) -> Result<Cipher, FormatError> {
        let ring = self.ring.clone().unwrap_or_default();
        self.check(&ring, here)?;
        let algorithm = ring.algorithm(&self.key).unwrap_or(Algorithm::Xaes256Gcm);
        Ok(Cipher {
            form: self.form_under(algorithm),
            ring,
            key: self.key.clone(),
            context: self.context.clone().unwrap_or_default(),
        })
    }

    fn form_under(&self, algorithm: Algorithm) -> SealedForm {
        let legacy = algorithm == Algorithm::AesEcbPkcs5;
        self.form.unwrap_or(if legacy { SealedForm::JsonString } else { SealedForm::Bare })
    }
}

/// Seals and opens messages under one key.
pub(super) struct Cipher {
    pub(super) ring: KeyRing,
    pub(super) key: String,
    pub(super) context: String,
    pub(super) form: SealedForm,
}
