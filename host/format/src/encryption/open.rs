//! A reader of what was opened.

use std::sync::Arc;

use sluicegate_model::{Decoded, RowReject};

use super::options::{Cipher, SealedForm};
use crate::decode::beside;
use crate::scan::Scanner;
use crate::{Decode, LaneInfo, Record};

/// Opens messages and gives them to the format.
pub(super) struct Opening {
    pub(super) cipher: Cipher,
    pub(super) format: Arc<dyn Decode>,
}

impl Cipher {
    /// The opened value; the reason where it does not open.
    fn open(&self, value: &[u8]) -> Result<Vec<u8>, String> {
        let opened = match self.form {
            SealedForm::Bare => self.ring.open_message(value, &self.key, &self.context),
            SealedForm::JsonString => {
                let mut text = Vec::new();
                let sealed = json_string(value, &mut text)?;
                self.ring.open_message(sealed, &self.key, &self.context)
            }
        };
        match opened {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(why)) => Err(format!("the message does not open: {why}")),
            Err(error) => Err(format!("the message does not open: {error}")),
        }
    }
}

/// The text of a message that is one JSON string. Nothing of it is told where it is none.
fn json_string<'a>(value: &'a [u8], text: &'a mut Vec<u8>) -> Result<&'a [u8], String> {
    let none = |_| "the message does not open: it is no JSON string, and `form: bare` is not set".to_owned();
    let mut scanner = Scanner::new(value).map_err(none)?;
    scanner.skip_space();
    let string = scanner.string().map_err(none)?;
    scanner.skip_space();
    if scanner.is_at_end() {
        Ok(scanner.resolve(&string, text))
    } else {
        Err(none(scanner.fault("more follows")))
    }
}

impl Decode for Opening {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let mut rejects = Vec::new();
        let mut opened = Vec::with_capacity(records.len());
        for record in records {
            match record.value.map(|value| self.cipher.open(value)).transpose() {
                Ok(value) => opened.push((record, value)),
                Err(reason) => rejects.push(RowReject { ordinal: record.ordinal, part: None, reason }),
            }
        }
        let clear: Vec<Record<'_>> =
            opened.iter().map(|(record, value)| Record { value: value.as_deref(), ..**record }).collect();
        beside(self.format.decode(lane, &clear), rejects)
    }
}
