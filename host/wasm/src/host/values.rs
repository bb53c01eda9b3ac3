//! The values that the bindings generate, from and to those of `sluicegate-interface`. Nothing is copied.

use sluicegate_interface as interface;

use crate::bindings::sluicegate::transform::columns::{Alignment, Buffers, Cells, Fixed, Values, Variable};
use crate::bindings::sluicegate::transform::types::{Failure, FailureKind};

/// Both ways between two enums or structs with the same parts.
macro_rules! values {
    ($($case:ident),*) => {
        impl From<interface::Values> for Values {
            fn from(values: interface::Values) -> Self {
                match values {
                    interface::Values::Nothing => Self::Nothing,
                    interface::Values::Fixed(fixed) => Self::Fixed(Fixed { width: fixed.width, data: fixed.data }),
                    interface::Values::Variable(cells) => {
                        Self::Variable(Variable { offsets: cells.offsets, data: cells.data })
                    }
                    $(interface::Values::$case(values) => Self::$case(values),)*
                }
            }
        }

        impl From<Values> for interface::Values {
            fn from(values: Values) -> Self {
                match values {
                    Values::Nothing => Self::Nothing,
                    Values::Fixed(fixed) => {
                        Self::Fixed(interface::Fixed { width: fixed.width, data: fixed.data })
                    }
                    Values::Variable(cells) => {
                        Self::Variable(interface::Variable { offsets: cells.offsets, data: cells.data })
                    }
                    $(Values::$case(values) => Self::$case(values),)*
                }
            }
        }
    };
}

values!(Bits, Int8s, Int16s, Int32s, Int64s, Uint8s, Uint16s, Uint32s, Uint64s, Float32s, Float64s, Offsets);

impl From<interface::Cells> for Cells {
    fn from(cells: interface::Cells) -> Self {
        let interface::Cells { validity, presence, values } = cells;
        Self { validity, presence, values: values.into() }
    }
}

impl From<Cells> for interface::Cells {
    fn from(cells: Cells) -> Self {
        let Cells { validity, presence, values } = cells;
        Self { validity, presence, values: values.into() }
    }
}

impl From<interface::Buffers> for Buffers {
    fn from(buffers: interface::Buffers) -> Self {
        let interface::Buffers { validity, presence, offsets, data } = buffers;
        Self { validity, presence, offsets, data }
    }
}

impl From<Buffers> for interface::Buffers {
    fn from(buffers: Buffers) -> Self {
        let Buffers { validity, presence, offsets, data } = buffers;
        Self { validity, presence, offsets, data }
    }
}

impl From<Alignment> for interface::Alignment {
    fn from(alignment: Alignment) -> Self {
        match alignment {
            Alignment::Input => Self::Input,
            Alignment::Output => Self::Output,
        }
    }
}

impl From<interface::Failure> for Failure {
    fn from(failure: interface::Failure) -> Self {
        let kind = match failure.kind {
            interface::FailureKind::Stop => FailureKind::Stop,
            interface::FailureKind::Reject => FailureKind::Reject,
            interface::FailureKind::Retry => FailureKind::Retry,
        };
        Self { kind, message: failure.message, properties: failure.properties }
    }
}
