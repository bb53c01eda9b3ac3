//! The interface on targets other than WebAssembly: the same names and shapes as the generated bindings, over the
//! host's own kernels, keys and checks. It is what `cargo test` of a transform runs on; see
//! [`testing`](crate::testing).
//!
//! | module | holds |
//! |---|---|
//! | [`sluicegate::transform`] | the imports of `transform.wit`, an interface a module |
//! | [`exports::sluicegate::transform`] | what a guest answers |
//!
//! A use that would trap the guest panics here, with the words that the host logs.

mod batch;
mod column;
mod crypto;
mod kernels;
mod output;
pub(crate) mod session;
mod types;

/// What a guest imports.
pub mod sluicegate {
    /// The package of the interface.
    pub mod transform {
        /// Failures and rejects.
        pub mod types {
            pub use crate::bindings::types::{Failure, FailureKind, Property, Reject};
        }

        /// Columns, batches, outputs.
        pub mod columns {
            pub use crate::bindings::batch::{Batch, Field};
            pub use crate::bindings::column::{Checked, Column, ColumnBuilder};
            pub use crate::bindings::output::{Outcome, Output};
            pub use sluicegate_interface::{Alignment, Buffers, Cells, Fixed, Values, Variable};
        }

        /// Work that the host does on columns.
        pub mod kernels {
            pub use crate::bindings::kernels::{cast, compute, functions, hash, take};
        }

        /// Keys that stay in the host.
        pub mod crypto {
            pub use crate::bindings::crypto::{digest, mac, open, seal};
        }

        /// Lines in the log.
        pub mod log {
            pub use crate::bindings::session::{Level, write};
        }
    }
}

/// What a guest exports.
pub mod exports {
    /// The namespace of the interface.
    pub mod sluicegate {
        /// The package of the interface.
        pub mod transform {
            /// What the host calls.
            pub mod guest {
                pub use crate::bindings::types::Description;
            }
        }
    }
}
