//! A guest whose `with:` block says what it does: `{"op": "mask", "column": "name"}`. It does what a good guest does
//! and what a bad one might, each under a name.

mod evil;
mod good;
mod rebuild;

use std::cell::RefCell;

use serde_json::Value;

wit_bindgen::generate!({ path: "../../../../guest-sdk/wit", world: "transform" });

pub use exports::sluicegate::transform::guest::{Description, Guest};
pub use sluicegate::transform::columns::*;
pub use sluicegate::transform::types::{Failure, FailureKind, Reject};
pub use sluicegate::transform::{crypto, kernels, log};

/// The configuration, and what the host said about the step.
pub struct Config {
    with: Value,
    pub about: Vec<(String, String)>,
}

impl Config {
    pub fn text(&self, name: &str) -> &str {
        self.with[name].as_str().unwrap_or_default()
    }

    pub fn number(&self, name: &str) -> u64 {
        self.with[name].as_u64().unwrap_or_default()
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.with[name].as_array().into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }

    pub fn pairs(&self, name: &str) -> Vec<(String, String)> {
        let map = self.with[name].as_object().into_iter().flatten();
        map.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    }
}

/// What lives from call to call.
#[derive(Default)]
pub struct Kept {
    pub config: Option<Config>,
    pub columns: Vec<Column>,
    pub calls: u64,
}

thread_local! {
    pub static KEPT: RefCell<Kept> = RefCell::default();
}

pub fn fail(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into(), properties: Vec::new() }
}

pub fn stop(message: impl Into<String>) -> Failure {
    fail(FailureKind::Stop, message)
}

pub fn one(output: Output) -> Outcome {
    Outcome { outputs: vec![output], rejects: Vec::new() }
}

struct TestGuest;

impl Guest for TestGuest {
    fn describe() -> Description {
        Description {
            name: "test-guest".to_owned(),
            version: "1.2.3".to_owned(),
            summary: "Does what its configuration says.\nOn two lines.".to_owned(),
            config_schema: r#"{"type": "object", "properties": {"op": {"type": "string"}}}"#.to_owned(),
            properties: vec![("needs".to_owned(), "full-rows".to_owned())],
        }
    }

    fn init(config: String, about: Vec<(String, String)>) -> Result<(), Failure> {
        std::panic::set_hook(Box::new(|panic| log::write(log::Level::Error, &panic.to_string())));
        let with: Value = serde_json::from_str(&config).map_err(|error| stop(error.to_string()))?;
        let config = Config { with, about };
        match config.text("op") {
            "bad-init" => return Err(stop("column \"keep\" must be a number")),
            "panic-init" => panic!("init was told to panic"),
            "keep-from-init" => {
                let cells = [Some("from init".to_owned())];
                KEPT.with_borrow_mut(|kept| kept.columns.push(Column::of_text(&cells).unwrap()));
            }
            _ => {}
        }
        KEPT.with_borrow_mut(|kept| kept.config = Some(config));
        Ok(())
    }

    fn transform(input: Batch) -> Result<Outcome, Failure> {
        KEPT.with_borrow_mut(|kept| {
            kept.calls += 1;
            let config = kept.config.take().expect("init comes first");
            let op = config.text("op").to_owned();
            let outcome = good::run(&op, &config, &input)
                .or_else(|| rebuild::run(&op, &config, &input))
                .unwrap_or_else(|| evil::run(&op, &config, &input, kept));
            kept.config = Some(config);
            outcome
        })
    }
}

export!(TestGuest);
