//! Objects to rows.

use sluicegate_model::Decoded;

use super::JsonOptions;
use crate::{Decode, LaneInfo, Record};

pub(super) struct JsonDecoder;

impl JsonDecoder {
    pub(super) fn new(_: &JsonOptions) -> Self {
        Self
    }
}

impl Decode for JsonDecoder {
    fn decode(&self, _: &LaneInfo<'_>, _: &[Record<'_>]) -> Decoded {
        Decoded::default()
    }
}
