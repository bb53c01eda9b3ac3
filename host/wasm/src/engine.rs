//! The engine that all guests of a process share.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Engine};

use crate::bindings;
use crate::cache::Cache;
use crate::error::GuestError;
use crate::load::{GuestSource, Loaded};
use crate::state::State;

/// How a [`Host`] is set up.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// Directory of compiled guests, made where it is missing. It must be the user's own and writable by nobody
    /// else: what is in it is native code. `None`: guests are compiled at every start.
    pub cache_dir: Option<PathBuf>,
}

/// Runs guests: the engine, the functions that guests call, and the guests that are loaded. One a process; clones
/// are the same host.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<Cache>,
    loaded: Mutex<HashMap<[u8; 32], Arc<Loaded>>>,
}

/// How often running guests are looked at: how far over its CPU limit a guest can get.
const TICK: Duration = Duration::from_millis(5);

impl Host {
    /// Sets up the engine, and a thread that lets CPU limits be seen.
    ///
    /// # Errors
    /// [`GuestError::Engine`]. A cache directory that cannot be used is no error: it is said in the log, and guests
    /// are compiled.
    pub fn new(options: HostOptions) -> Result<Self, GuestError> {
        let of = |error: wasmtime::Error| GuestError::Engine { why: format!("{error:#}") };
        let engine = Engine::new(&config()).map_err(of)?;
        let mut linker = Linker::new(&engine);
        bindings::Transform::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut State| state)
            .map_err(of)?;
        let weak = engine.weak();
        let ticker = move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        };
        std::thread::Builder::new()
            .name("guest-ticks".to_owned())
            .spawn(ticker)
            .map_err(|error| GuestError::Engine { why: error.to_string() })?;
        let cache = options.cache_dir.map(|dir| Cache::new(dir, &engine));
        Ok(Self(Arc::new(Inner { engine, linker, cache, loaded: Mutex::default() })))
    }

    /// A guest, ready to be instantiated; each is loaded once.
    pub(crate) fn load(&self, guest: &GuestSource) -> Result<Arc<Loaded>, GuestError> {
        let sum = guest.sha256();
        if let Some(loaded) = self.0.loaded.lock().get(&sum) {
            return Ok(Arc::clone(loaded));
        }
        // Not under the lock: compiling takes long, and steps are loaded side by side.
        let loaded = Arc::new(Loaded::new(guest, &self.0.engine, &self.0.linker, self.0.cache.as_ref())?);
        Ok(Arc::clone(self.0.loaded.lock().entry(sum).or_insert(loaded)))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Host")
    }
}

/// Settings of the engine. They are part of the key of compiled artifacts, through the engine's own hash.
///
/// Instances are made on demand, not from a pool: they live for thousands of batches, so what a pool saves of the 50
/// microseconds that a start takes (`cargo bench --bench boundary`) does not matter, and a pool has to know the
/// largest memory of any step before the first is read.
fn config() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    // What no toolchain of guests needs is not there: the less a hostile guest can ask for, the less can be wrong.
    config.wasm_memory64(false);
    // Components within a guest (JavaScript's) call each other through code of wasmtime's own that has the memories of
    // both. A module of a guest has one: see `bounds`.
    config.wasm_multi_memory(true);
    config.epoch_interruption(true);
    // The function on top is all that a message shows.
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(8));
    // A deep recursion of a guest ends in a trap within the 2 MiB of a worker's stack.
    config.max_wasm_stack(512 << 10);
    config
}
