//! What a guest is, for people.

use std::sync::Arc;

use serde::Serialize;
use sluicegate_interface::{Grants, text};
use sluicegate_keys::KeyRing;

use crate::engine::Host;
use crate::error::GuestError;
use crate::host::log::LogRate;
use crate::instance::Instance;
use crate::limits::Limits;
use crate::load::{GuestSource, Loaded, is_component};
use crate::schema;
use crate::state::StepState;

/// What a guest says of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// JSON Schema of its `with:` block.
    pub config_schema: serde_json::Value,
    /// "needs", "uses", and what may come.
    pub properties: Vec<(String, String)>,
}

/// What there is to know of a guest without running rows through it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// What it says of itself.
    #[serde(flatten)]
    pub description: Description,
    /// The version of the interface that it was built for.
    pub interface: String,
    /// Its imports.
    pub imports: Vec<String>,
    /// Whether it is a component, or a core module that is wrapped when it is loaded.
    pub component: bool,
    /// Size of the file, in bytes.
    pub size: usize,
    /// SHA-256 of the file, in hexadecimal, as `sha256:` takes it.
    pub sha256: String,
}

impl Host {
    /// Loads a guest and asks it what it is.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn inspect(&self, guest: &GuestSource) -> Result<Inspection, GuestError> {
        let loaded = self.load(guest)?;
        Ok(Inspection {
            description: describe(self, guest, &loaded)?,
            interface: loaded.interface.clone(),
            imports: loaded.imports.clone(),
            component: is_component(guest.bytes()),
            size: guest.bytes().len(),
            sha256: hex::encode(guest.sha256()),
        })
    }
}

/// Longest configuration schema that is taken from a guest, in bytes.
const SCHEMA: usize = 1 << 20;

pub(crate) fn describe(host: &Host, guest: &GuestSource, loaded: &Loaded) -> Result<Description, GuestError> {
    let failed = |why: String| GuestError::Describe { guest: guest.name().to_owned(), why };
    let limits = Limits::default();
    let state = StepState {
        name: guest.name().to_owned(),
        log: LogRate::new(limits.log_lines),
        limits,
        grants: Grants::new(),
        keys: Arc::new(KeyRing::default()),
    };
    let mut instance = Instance::new(host.engine(), loaded, Arc::new(state)).map_err(failed)?;
    let said = instance.describe().map_err(failed)?;
    if said.config_schema.len() > SCHEMA {
        return Err(failed(format!("its configuration schema is larger than {SCHEMA} bytes")));
    }
    let config_schema = match said.config_schema.trim() {
        "" => serde_json::Value::Bool(true),
        schema => serde_json::from_str(schema)
            .map_err(|error| failed(format!("its configuration schema is no JSON: {error}")))?,
    };
    let config_schema = schema::fit(config_schema)
        .map_err(|why| failed(format!("its configuration schema cannot be used: {why}")))?;
    Ok(Description {
        name: text::line(&said.name, 200),
        version: text::line(&said.version, 200),
        summary: text::line(&said.summary, text::MESSAGE),
        config_schema,
        properties: said
            .properties
            .iter()
            .take(100)
            .map(|(name, value)| (text::line(name, 200), text::line(value, text::MESSAGE)))
            .collect(),
    })
}
