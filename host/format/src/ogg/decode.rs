//! Objects to rows.

use sluicegate_model::Decoded;

use super::OggOptions;
use crate::{Decode, LaneInfo, Record};

pub(super) struct OggDecoder;

impl OggDecoder {
    pub(super) fn new(_: &OggOptions) -> Self {
        Self
    }
}

impl Decode for OggDecoder {
    fn decode(&self, _: &LaneInfo<'_>, _: &[Record<'_>]) -> Decoded {
        Decoded::default()
    }
}
