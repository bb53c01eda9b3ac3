//! What the host keeps for one instance of a guest.

use std::sync::Arc;

use sluicegate_interface::Grants;
use sluicegate_keys::KeyRing;

use crate::handles::Handles;
use crate::host::log::LogRate;
use crate::limits::{CpuBudget, Limits, MemoryUse};

/// What all instances of a step share, as far as host functions ask for it.
pub(crate) struct StepState {
    pub(crate) name: String,
    pub(crate) limits: Limits,
    pub(crate) grants: Grants,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) log: LogRate,
}

/// The data of a store.
pub(crate) struct State {
    pub(crate) step: Arc<StepState>,
    pub(crate) handles: Handles,
    pub(crate) memory: MemoryUse,
    pub(crate) cpu: CpuBudget,
    /// The last line that the guest logged as an error in this call.
    pub(crate) last_error: Option<String>,
    /// Bytes of columns that were made in this call.
    made: u64,
}

impl crate::bindings::sluicegate::transform::types::Host for State {}

impl State {
    pub(crate) fn new(step: Arc<StepState>, cpu: CpuBudget) -> Self {
        Self {
            handles: Handles::new(step.limits.handles as usize),
            memory: MemoryUse::new(step.limits.memory),
            step,
            cpu,
            last_error: None,
            made: 0,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.step.limits
    }

    /// A call of the guest begins.
    pub(crate) fn begin_call(&mut self, cpu: CpuBudget) {
        self.cpu = cpu;
        self.made = 0;
        self.last_error = None;
        self.memory.refused = None;
    }

    /// Counts bytes that the call makes the host hold.
    ///
    /// # Errors
    /// Over the step's limit: the guest traps.
    pub(crate) fn charge(&mut self, bytes: u64) -> wasmtime::Result<()> {
        self.room_for(bytes)?;
        self.made = self.made.saturating_add(bytes);
        Ok(())
    }

    /// Whether so many bytes more could be made in this call.
    ///
    /// # Errors
    /// As [`Self::charge`].
    pub(crate) fn room_for(&self, bytes: u64) -> wasmtime::Result<()> {
        let limit = self.step.limits.output_bytes;
        if self.made.saturating_add(bytes) <= limit.0 {
            return Ok(());
        }
        Err(wasmtime::format_err!(
            "the guest made columns and outputs of more than {limit} in one call (`limits.output_bytes`)"
        ))
    }
}
