//! Rows to objects.

use sluicegate_model::ChangeBatch;

use super::JsonOptions;
use crate::{Encode, EncodeError, EncodeReject, Messages};

pub(super) struct JsonEncoder;

impl JsonEncoder {
    pub(super) fn new(_: &JsonOptions) -> Self {
        Self
    }
}

impl Encode for JsonEncoder {
    fn encode(&self, _: &ChangeBatch, _: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        Ok(Vec::new())
    }
}
