//! The functions that guests call, an interface of `transform.wit` a file.
//!
//! What a guest may get wrong by its data is a failure that it can handle; what it can only get wrong by a defect
//! (a handle of an earlier call, a row past the end) traps.
//!
//! | module | interface |
//! |---|---|
//! | [`columns`] | `columns.column` |
//! | [`builder`] | `columns.column-builder` |
//! | [`batch`] | `columns.batch` |
//! | [`output`] | `columns.output` |
//! | [`kernels`] | `kernels` |
//! | [`crypto`] | `crypto` |
//! | [`log`] | `log` |

pub(crate) mod batch;
pub(crate) mod builder;
pub(crate) mod columns;
pub(crate) mod crypto;
pub(crate) mod kernels;
pub(crate) mod log;
pub(crate) mod output;

use crate::bindings::sluicegate::transform::types::{Failure, FailureKind};

/// What a host function gives back: a value, a failure that the guest may handle, or a trap.
pub(crate) type Answer<T> = wasmtime::Result<Result<T, Failure>>;

/// The configuration or the table cannot be handled.
pub(crate) fn stop(message: impl Into<String>) -> Failure {
    failure(FailureKind::Stop, message)
}

/// Some row cannot be handled.
pub(crate) fn reject(message: impl Into<String>) -> Failure {
    failure(FailureKind::Reject, message)
}

pub(crate) fn failure(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into(), properties: Vec::new() }
}
