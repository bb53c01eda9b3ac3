//! A configured step.

use std::sync::Arc;

use sluicegate_connector::{Outcome, Transform, TransformError, TransformFactory};
use sluicegate_interface::Grants;
use sluicegate_keys::KeyRing;
use sluicegate_model::ChangeBatch;

use crate::engine::Host;
use crate::error::GuestError;
use crate::host::log::LogRate;
use crate::inspect::{Description, describe};
use crate::instance::Instance;
use crate::limits::Limits;
use crate::load::{GuestSource, INTERFACE, Loaded};
use crate::state::StepState;

/// What a step is made of.
#[derive(Clone, Debug)]
pub struct StepOptions {
    /// Name of the step, unique in its pipeline: for metrics, logs and dead letters.
    pub name: String,
    /// The guest.
    pub guest: GuestSource,
    /// The SHA-256 that the guest must have, in hexadecimal (`sha256:`).
    pub pin: Option<String>,
    /// What the guest's `init` gets (`with:`); null is an empty object.
    pub with: serde_json::Value,
    /// What the guest may do with which key (`keys:` of the step); nothing by default.
    pub grants: Grants,
    /// The pipeline's keys.
    pub keys: Arc<KeyRing>,
    /// Limits (`limits:`).
    pub limits: Limits,
    /// Name of the pipeline, for the guest's `about`.
    pub pipeline: String,
    /// The pipeline's time zone, for the guest's `about`: `UTC`, `Asia/Shanghai`.
    pub time_zone: String,
}

/// A configured step: from it each worker gets an instance of its own. Clones are the same step.
#[derive(Clone)]
pub struct Step(Arc<Inner>);

struct Inner {
    host: Host,
    guest: GuestSource,
    loaded: Arc<Loaded>,
    state: Arc<StepState>,
    config: String,
    about: Vec<(String, String)>,
}

impl Step {
    /// Loads the guest, compiled or from the cache, and checks what can be checked before it runs.
    ///
    /// # Errors
    /// See [`GuestError`]. What is wrong with the `with:` block is found by [`TransformFactory::instance`].
    pub fn new(host: &Host, options: StepOptions) -> Result<Self, GuestError> {
        let StepOptions { name, guest, pin, with, grants, keys, limits, pipeline, time_zone } = options;
        if let Some(pin) = pin {
            guest.check_pin(&pin)?;
        }
        if let Some(key) = grants.keys().find(|key| !keys.has(key)) {
            let known: Vec<&str> = keys.names().collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(GuestError::UnknownKey { step: name, key: key.clone(), known });
        }
        let loaded = host.load(&guest)?;
        let config = if with.is_null() { "{}".to_owned() } else { with.to_string() };
        let about = [
            ("pipeline", &*pipeline),
            ("step", &*name),
            ("interface", INTERFACE),
            ("time-zone", &*time_zone),
        ];
        let about = about.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let log = LogRate::new(limits.log_lines);
        let state = Arc::new(StepState { name, limits, grants, keys, log });
        Ok(Self(Arc::new(Inner { host: host.clone(), guest, loaded, state, config, about })))
    }

    /// What the guest says that it is.
    ///
    /// # Errors
    /// [`GuestError::Describe`].
    pub fn describe(&self) -> Result<Description, GuestError> {
        describe(&self.0.host, &self.0.guest, &self.0.loaded)
    }

    /// The SHA-256 of the guest's bytes: with name and configuration it says what the step does.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.guest.sha256()
    }

    /// An instance, of which this crate's tests and benches see more than a [`Transform`].
    ///
    /// # Errors
    /// As [`TransformFactory::instance`].
    pub fn start(&self) -> Result<StepInstance, TransformError> {
        let mut instance = StepInstance { step: Arc::clone(&self.0), live: None };
        instance.live()?;
        Ok(instance)
    }
}

impl TransformFactory for Step {
    fn name(&self) -> &str {
        &self.0.state.name
    }

    fn instance(&self) -> Result<Box<dyn Transform>, TransformError> {
        Ok(Box::new(self.start()?))
    }
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Step({:?}, {:?})", self.0.state.name, self.0.guest)
    }
}

/// A worker's instance of a step. The guest beneath is replaced after a trap, and when it has grown.
pub struct StepInstance {
    step: Arc<Inner>,
    live: Option<Instance>,
}

impl StepInstance {
    /// The guest, started where there is none.
    fn live(&mut self) -> Result<&mut Instance, TransformError> {
        let live = if let Some(live) = self.live.take() {
            live
        } else {
            let step = &self.step;
            let mut fresh = Instance::new(step.host.engine(), &step.loaded, Arc::clone(&step.state))
                .map_err(|why| TransformError::Stop(format!("the guest did not start: {why}")))?;
            fresh.init(&step.config, &step.about)?;
            fresh
        };
        Ok(self.live.insert(live))
    }

    /// Bytes of linear memory of the guest beneath; 0 where there is none.
    pub fn memory(&self) -> u64 {
        self.live.as_ref().map_or(0, Instance::memory)
    }

    fn replace(&mut self, why: &'static str) {
        self.live = None;
        let step = self.step.state.name.clone();
        metrics::counter!("sluicegate_guest_recycles_total", "step" => step, "reason" => why).increment(1);
    }
}

impl Transform for StepInstance {
    fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
        let live = self.live()?;
        let outcome = live.transform(batch);
        let worn_out = live.worn_out();
        if let Err(TransformError::Trap(reason)) = &outcome {
            let step = self.step.state.name.clone();
            tracing::debug!(step, "{reason}");
            metrics::counter!("sluicegate_guest_traps_total", "step" => step).increment(1);
            self.replace("trap");
        } else if let Some(why) = worn_out {
            self.replace(why);
        }
        outcome
    }
}
