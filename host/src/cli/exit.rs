//! Exit codes, and errors as a person sees them.

use std::process::ExitCode;

use sluicegate_connector::{Class, Error};
use sluicegate_engine::Stop;

use super::Output;
use crate::config::ConfigErrors;

/// Why a verb did not do what it was asked for. The codes are part of the interface.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    text: String,
}

/// The pipeline failed.
const FAILED: u8 = 1;
/// The command line or the configuration is wrong.
const USAGE: u8 = 2;
/// Too many dead letters.
const THRESHOLD: u8 = 3;

impl Failure {
    /// Something outside failed.
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self { code: FAILED, text: text.into() }
    }

    /// The user must change something.
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self { code: USAGE, text: text.into() }
    }

    /// The code of several failures is the first one's; all are printed.
    pub(super) fn join(failures: Vec<Self>) -> Result<(), Self> {
        let Some(code) = failures.first().map(|failure| failure.code) else { return Ok(()) };
        let texts: Vec<String> = failures.into_iter().map(|failure| failure.text).collect();
        Err(Self { code, text: texts.join("\n") })
    }

    /// Names the pipeline that failed.
    pub(super) fn of(self, pipeline: &str) -> Self {
        Self { text: format!("pipeline {pipeline}: {}", self.text), ..self }
    }

    /// Prints the failure to standard error.
    pub(super) fn report(self, output: Output) -> ExitCode {
        match output {
            Output::Text => eprintln!("error: {}", self.text.trim_end()),
            Output::Json => eprintln!("{}", serde_json::json!({ "error": self.text, "code": self.code })),
        }
        ExitCode::from(self.code)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = if error.class() == Class::Configuration { USAGE } else { FAILED };
        Self { code, text: error.to_string() }
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Error(error) => error.into(),
            threshold @ Stop::Threshold { .. } => Self { code: THRESHOLD, text: threshold.to_string() },
        }
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self { code: USAGE, text: errors.to_string() }
    }
}
