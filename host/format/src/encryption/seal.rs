//! A writer of what is sealed.

use std::sync::Arc;

use sluicegate_model::ChangeBatch;

use super::options::{Cipher, SealedForm};
use crate::{Encode, EncodeError, EncodeReject, Message, Messages, Parts};

/// Seals what the format writes.
pub(super) struct Sealing {
    pub(super) cipher: Cipher,
    pub(super) format: Arc<dyn Encode>,
}

impl Encode for Sealing {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        let mut clear = Messages::default();
        let rejects = self.format.encode(batch, &mut clear)?;
        let start = (out.bytes.len(), out.messages.len());
        let Cipher { ring, key, context, form } = &self.cipher;
        let quote: &[u8] = if *form == SealedForm::JsonString { b"\"" } else { b"" };
        for message in &clear.messages {
            let Some(value) = clear.value(message) else {
                out.messages.push(Message { row: message.row, value: None });
                continue;
            };
            let sealed = ring.seal_value(value, key, context).map_err(|error| {
                out.bytes.truncate(start.0);
                out.messages.truncate(start.1);
                EncodeError::Encryption { table: batch.table().clone(), why: error.to_string() }
            })?;
            let from = out.bytes.len();
            for part in [quote, &sealed, quote] {
                out.bytes.extend_from_slice(part);
            }
            out.messages.push(Message { row: message.row, value: Some(from..out.bytes.len()) });
        }
        Ok(rejects)
    }

    fn parts<'a>(&self, batch: &'a ChangeBatch) -> Parts<'a> {
        self.format.parts(batch)
    }
}
