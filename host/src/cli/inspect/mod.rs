//! `sluicegate inspect`
//!
//! | file | task |
//! |---|---|
//! | `text.rs` | what a guest is, for people |

mod text;

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};
use sluicegate_transforms::BUILT_INS;
use sluicegate_wasm::{GuestError, GuestSource, Host, HostOptions, Inspection, Limits, Step, StepOptions};

use super::Output;
use super::exit::Failure;
use super::terminal::Terminal;
use crate::config::nearest::{did_you_mean, listed};

/// The command line of `inspect`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(super) struct Arguments {
    /// A WebAssembly file, or the name of a built-in transform.
    ///
    /// A path has a `/` in it or ends in `.wasm`.
    #[arg(value_name = "FILE|BUILT-IN")]
    guest: String,
}

const LONG: &str = "\
The guest is loaded as a pipeline would load it, and asked what it is; no row is put through it. For one that cannot be \
used it is said why, and the exit code is 2.

With --output json one object is printed: `name`, `version`, `summary`, `interface`, `config_schema` (JSON Schema of the \
`with:` block), `properties` (pairs), `imports`, `component`, `size`, `sha256`, `compile_seconds`.

Examples:
  sluicegate inspect ./guests/mask_name.wasm
  sluicegate inspect schema-map
  sluicegate inspect ./guests/mask_name.wasm --output json | jq .config_schema";

/// A guest that was inspected.
struct Inspected {
    /// What a pipeline writes under `use:`.
    uses: String,
    /// Whether it is in this binary.
    built_in: bool,
    inspection: Inspection,
    /// How long its compilation took.
    compiled_in: Duration,
}

pub(super) fn inspect(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let (guest, built_in) = find(&arguments.guest)?;
    let refused = |error: GuestError| Failure::usage(error.to_string());
    // Without the cache: how long the first start takes is a part of what is asked.
    let host = Host::new(HostOptions::default()).map_err(refused)?;
    let started = Instant::now();
    Step::new(&host, unconfigured(&guest)).map_err(refused)?;
    let compiled_in = started.elapsed();
    let inspection = host.inspect(&guest).map_err(refused)?;
    let inspected = Inspected { uses: uses(&arguments.guest, built_in), built_in, inspection, compiled_in };
    match output {
        Output::Json => println!("{}", to_json(&inspected)?),
        Output::Text => print!("{}", text::render(&inspected, &Terminal::of_stdout())),
    }
    Ok(())
}

/// A step that is loaded and never started.
fn unconfigured(guest: &GuestSource) -> StepOptions {
    StepOptions {
        name: "inspect".to_owned(),
        guest: guest.clone(),
        pin: None,
        with: Value::Null,
        grants: sluicegate_wasm::Grants::new(),
        keys: std::sync::Arc::default(),
        limits: Limits::default(),
        pipeline: "inspect".to_owned(),
        time_zone: "UTC".to_owned(),
    }
}

/// The guest of a name, and whether it is built in.
fn find(name: &str) -> Result<(GuestSource, bool), Failure> {
    if let Some(guest) = sluicegate_transforms::built_in(name) {
        return Ok((GuestSource::new(guest.name, guest.wasm), true));
    }
    let path = Path::new(name);
    if !name.contains('/') && path.extension().is_none() && !path.exists() {
        let known = || BUILT_INS.iter().map(|guest| guest.name);
        return Err(Failure::usage(format!(
            "there is no file and no built-in transform `{name}`{}; built in are {}",
            did_you_mean(name, known()),
            listed(known())
        )));
    }
    match std::fs::read(path) {
        Ok(bytes) => Ok((GuestSource::new(name, bytes), false)),
        Err(error) => Err(Failure::usage(format!("the guest {name} cannot be read: {error}"))),
    }
}

/// What stands under `use:` for a guest: a path needs a mark that it is one.
fn uses(name: &str, built_in: bool) -> String {
    let is_path = name.contains('/') || Path::new(name).extension().is_some();
    if built_in || is_path { name.to_owned() } else { format!("./{name}") }
}

fn to_json(inspected: &Inspected) -> Result<Value, Failure> {
    let mut value = serde_json::to_value(&inspected.inspection)
        .map_err(|error| Failure::failed(format!("the answer cannot be written: {error}")))?;
    value["compile_seconds"] = json!(inspected.compiled_in.as_secs_f64());
    Ok(value)
}
