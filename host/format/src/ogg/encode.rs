//! Rows to objects.

use sluicegate_model::ChangeBatch;

use super::OggOptions;
use crate::{Encode, EncodeError, EncodeReject, Messages};

pub(super) struct OggEncoder;

impl OggEncoder {
    pub(super) fn new(_: &OggOptions) -> Self {
        Self
    }
}

impl Encode for OggEncoder {
    fn encode(&self, _: &ChangeBatch, _: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        Ok(Vec::new())
    }
}
