//! One running guest.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use sluicegate_connector::{Outcome, Reject, TransformError};
use sluicegate_interface::outcome::{OutputLimits, Schemas, assemble};
use sluicegate_interface::text;
use sluicegate_model::ChangeBatch;
use wasmtime::{AsContext, Engine, Store, UpdateDeadline};

use crate::bindings::Transform as Bindings;
use crate::bindings::exports::sluicegate::transform::guest::Description;
use crate::bindings::sluicegate::transform::types::{Failure, FailureKind};
use crate::limits::{CpuBudget, INIT_CPU};
use crate::load::Loaded;
use crate::state::{State, StepState};
use crate::trap;

/// Longest time after which a guest may ask to be tried again. More than that no clock has to add.
const LONGEST_RETRY: Duration = Duration::from_hours(1);

/// A guest in a store of its own.
pub(crate) struct Instance {
    store: Store<State>,
    guest: Bindings,
    schemas: Schemas,
    /// What `init` left behind: memory and handles up to here are no growth.
    base: (u64, usize),
    memory: MemoryGauge,
}

impl Instance {
    /// Instantiates a guest. `init` was not called.
    ///
    /// # Errors
    /// Why it does not start.
    pub(crate) fn new(engine: &Engine, guest: &Loaded, step: Arc<StepState>) -> Result<Self, String> {
        let cpu = step.limits.cpu.0.max(INIT_CPU);
        let memory = MemoryGauge::new(&step.name);
        // Bytes of one host call: a guest can name the same memory many times over, and each time is a copy.
        let fuel = usize::try_from(step.limits.memory.0).unwrap_or(usize::MAX).saturating_mul(2);
        let mut store = Store::new(engine, State::new(step, CpuBudget::begin(cpu, "to start")));
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(fuel);
        store.epoch_deadline_callback(|context| {
            context.data().cpu.check()?;
            Ok(UpdateDeadline::Continue(1))
        });
        store.set_epoch_deadline(1);
        match guard(|| guest.pre.instantiate(&mut store)) {
            Ok(Ok(guest)) => Ok(Self { store, guest, schemas: Schemas::default(), base: (0, 0), memory }),
            Ok(Err(error)) => Err(trap::reason(&error, store.data())),
            Err(panic) => Err(panic),
        }
    }

    /// What the guest says that it is.
    ///
    /// # Errors
    /// The trap, in a line.
    pub(crate) fn describe(&mut self) -> Result<Description, String> {
        self.call(INIT_CPU, "to describe itself", |guest, store| {
            guest.sluicegate_transform_guest().call_describe(store)
        })
    }

    /// Gives the guest its configuration.
    ///
    /// # Errors
    /// What the guest says, or the trap: the pipeline stops over either.
    pub(crate) fn init(&mut self, config: &str, about: &[(String, String)]) -> Result<(), TransformError> {
        let cpu = self.store.data().limits().cpu.0.max(INIT_CPU);
        let answer = self.call(cpu, "to start", |guest, store| {
            guest.sluicegate_transform_guest().call_init(store, config, about)
        });
        match answer {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                return Err(match error_of(failure) {
                    retry @ TransformError::Retry { .. } => retry,
                    other => TransformError::Stop(other.to_string()),
                });
            }
            Err(why) => return Err(TransformError::Stop(format!("the guest did not start: {why}"))),
        }
        let state = self.store.data_mut();
        state.handles.end_of_init();
        self.base = (state.memory.bytes(), state.handles.live());
        self.memory.set(self.base.0);
        Ok(())
    }

    /// Transforms a batch. After [`TransformError::Trap`] the instance must not be used again.
    ///
    /// # Errors
    /// See [`TransformError`].
    pub(crate) fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
        let input = Arc::new(batch.clone());
        let handle = self.store.data_mut().handles.add(input);
        let handle = handle.map_err(|error| TransformError::Trap(error.to_string()))?;
        let cpu = self.store.data().limits().cpu.0;
        let answer = self.call(cpu, "a batch, `limits.cpu`", |guest, store| {
            guest.sluicegate_transform_guest().call_transform(store, handle)
        });
        let state = self.store.data_mut();
        let outcome = match answer {
            Ok(Ok(outcome)) => {
                let drafts =
                    outcome.outputs.into_iter().map(|output| match state.handles.remove(output)? {
                        Some(draft) => Ok(draft),
                        None => Err(wasmtime::format_err!("the guest gave back an output that is finished")),
                    });
                let drafts: wasmtime::Result<Vec<_>> = drafts.collect();
                let rejects = outcome.rejects.into_iter().map(|reject| (reject.row, reject.reason)).collect();
                drafts.map_err(|error| error.to_string()).and_then(|drafts| {
                    let limits = &state.step.limits;
                    let limits = OutputLimits { rows: limits.output_rows, bytes: limits.output_bytes };
                    let assembled = assemble(batch, drafts, rejects, limits, &mut self.schemas)?;
                    let reject = |(row, reason)| Reject { row, reason };
                    Ok(Outcome {
                        outputs: assembled.outputs,
                        rejects: assembled.rejects.into_iter().map(reject).collect(),
                    })
                })
            }
            Ok(Err(failure)) => {
                state.handles.end_of_call();
                self.memory.set(state.memory.bytes());
                return Err(error_of(failure));
            }
            Err(why) => Err(why),
        };
        state.handles.end_of_call();
        self.memory.set(state.memory.bytes());
        outcome.map_err(TransformError::Trap)
    }

    /// Why the instance should be replaced before the next batch, if it should.
    pub(crate) fn worn_out(&self) -> Option<&'static str> {
        let state = self.store.data();
        let (memory, handles) = self.base;
        let limits = state.limits();
        if state.memory.bytes() > limits.memory_to_recycle() && state.memory.bytes() > memory {
            Some("memory")
        } else if state.handles.live().saturating_sub(handles) > limits.handles_to_recycle() {
            Some("handles")
        } else {
            None
        }
    }

    /// Bytes of linear memory.
    pub(crate) fn memory(&self) -> u64 {
        self.store.data().memory.bytes()
    }

    /// Calls the guest with a budget of CPU time. An error is the line of a trap.
    fn call<T>(
        &mut self,
        cpu: Duration,
        setting: &'static str,
        call: impl FnOnce(&Bindings, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, String> {
        self.store.data_mut().begin_call(CpuBudget::begin(cpu, setting));
        self.store.set_epoch_deadline(1);
        match guard(|| call(&self.guest, &mut self.store)) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(trap::reason(&error, self.store.as_context().data())),
            Err(panic) => Err(panic),
        }
    }
}

/// Keeps a panic of a host function from taking the worker with it. What it left half done is in the store, which is
/// dropped with the instance.
fn guard<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic: Box<dyn Any + Send>| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        format!(
            "a defect of sluicegate, please report it: a host function panicked: {}",
            text::line(said, 500)
        )
    })
}

/// A guest's failure in the engine's terms.
fn error_of(failure: Failure) -> TransformError {
    let property =
        |name: &str| failure.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let mut message = text::line(&failure.message, text::MESSAGE);
    if message.is_empty() {
        message.push_str("the guest gave no reason");
    }
    let column = property("column").map(|column| text::line(column, 200));
    if let Some(column) = column.filter(|column| !message.contains(column)) {
        message = format!("column {column}: {message}");
    }
    match failure.kind {
        FailureKind::Stop => TransformError::Stop(message),
        FailureKind::Reject => TransformError::Reject(message),
        FailureKind::Retry => {
            let after = property("retry-after-ms").and_then(|after| after.parse().ok());
            let after = after.map(|after| Duration::from_millis(after).min(LONGEST_RETRY));
            TransformError::Retry { message, after }
        }
    }
}

/// Memory of all instances of a step, as a metric.
struct MemoryGauge {
    gauge: metrics::Gauge,
    said: u64,
}

impl MemoryGauge {
    fn new(step: &str) -> Self {
        Self { gauge: metrics::gauge!("sluicegate_guest_memory_bytes", "step" => step.to_owned()), said: 0 }
    }

    fn set(&mut self, bytes: u64) {
        if bytes != self.said {
            self.gauge.increment(bytes as f64 - self.said as f64);
            self.said = bytes;
        }
    }
}

impl Drop for MemoryGauge {
    fn drop(&mut self) {
        self.gauge.decrement(self.said as f64);
    }
}
