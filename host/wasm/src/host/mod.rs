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
//! | [`values`] | the values of the bindings, from and to those of `sluicegate-interface` |

pub(crate) mod batch;
pub(crate) mod builder;
pub(crate) mod columns;
pub(crate) mod crypto;
pub(crate) mod kernels;
pub(crate) mod log;
pub(crate) mod output;
mod slices;
mod values;

use crate::bindings::sluicegate::transform::types::Failure;

/// What a host function gives back: a value, a failure that the guest may handle, or a trap.
pub(crate) type Answer<T> = wasmtime::Result<Result<T, Failure>>;
