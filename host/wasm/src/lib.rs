//! Guests: WebAssembly components that transform batches.
//!
//! A guest is held to the interface `transform.wit` and nothing else: columns stay in the host and a guest holds
//! handles, keys are named and never seen, and everything that comes from a guest is checked before it is used.
//!
//! | module | holds |
//! |---|---|
//! | [`engine`] | [`Host`]: the engine and the guests that are loaded, one a process |
//! | `load` | [`GuestSource`]; core modules wrapped, versions and imports checked |
//! | `adapter` | what stands in for WASI preview 1 in guests that cannot be built without |
//! | `bounds` | how large a guest may be |
//! | `compile` | compiling, so that it can be given up |
//! | `cache` | compiled guests on disk |
//! | [`step`] | [`Step`]: a configured guest, a factory of instances |
//! | `instance` | one running guest: its calls, its replacement |
//! | [`limits`] | [`Limits`]: memory, CPU time, outputs, handles, log lines |
//! | `state`, `handles` | what the host keeps for an instance, and what its handles stand for |
//! | `host` | the functions that guests call; what they mean is in the crate `sluicegate-interface` |
//! | `trap` | why a guest ended, in one line |
//! | [`inspect`] | what a guest is, for people |
//! | `schema` | the configuration schema of a guest, made fit for use |
//! | [`error`] | why a guest cannot be used |
//! | `bindings` | the interface in Rust, generated |

mod adapter;
mod bindings;
mod bounds;
mod cache;
mod compile;
pub mod engine;
pub mod error;
mod handles;
mod host;
pub mod inspect;
mod instance;
pub mod limits;
mod load;
mod schema;
mod state;
pub mod step;
mod trap;

pub use engine::{Host, HostOptions};
pub use error::GuestError;
pub use inspect::{Description, Inspection};
pub use limits::Limits;
pub use load::{GuestSource, INTERFACE};
pub use sluicegate_interface::Grants;
pub use step::{Step, StepInstance, StepOptions};
