//! Exit codes, and errors as a person sees them.

use std::process::ExitCode;

use serde_json::{Value, json};
use sluicegate_connector::{Class, Error};
use sluicegate_engine::Stop;

use super::Output;
use crate::config::ConfigErrors;

/// Why a verb did not do what it was asked for. The codes are part of the interface.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    text: String,
    /// The mistakes of a pipeline file, one by one, for programs.
    problems: Vec<Value>,
}

/// The pipeline failed.
const FAILED: u8 = 1;
/// The command line or the configuration is wrong.
const USAGE: u8 = 2;
/// Too many dead letters.
const THRESHOLD: u8 = 3;
/// Something is not as it should be, which was told.
const DIFFERENT: u8 = 4;

impl Failure {
    fn new(code: u8, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), problems: Vec::new() }
    }

    /// Something outside failed.
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self::new(FAILED, text)
    }

    /// Something is not as it should be. What, was printed already.
    pub(super) fn different() -> Self {
        Self::new(DIFFERENT, String::new())
    }

    /// The user must change something.
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self::new(USAGE, text)
    }

    /// The code of several failures is the first one's; all are printed.
    pub(super) fn join(failures: Vec<Self>) -> Result<(), Self> {
        let Some(code) = failures.first().map(|failure| failure.code) else { return Ok(()) };
        let mut joined = Self::new(code, String::new());
        for failure in failures {
            if !joined.text.is_empty() {
                joined.text.push('\n');
            }
            joined.text.push_str(&failure.text);
            joined.problems.extend(failure.problems);
        }
        Err(joined)
    }

    /// Names the pipeline that failed.
    pub(super) fn of(self, pipeline: &str) -> Self {
        Self { text: format!("pipeline {pipeline}: {}", self.text), ..self }
    }

    /// Prints the failure to standard error.
    pub(super) fn report(self, output: Output) -> ExitCode {
        match output {
            _ if self.text.is_empty() => {}
            Output::Text => eprintln!("error: {}", self.text.trim_end()),
            Output::Json => {
                let mut object = json!({ "error": self.text.trim_end(), "code": self.code });
                if !self.problems.is_empty() {
                    object["problems"] = Value::Array(self.problems);
                }
                eprintln!("{object}");
            }
        }
        ExitCode::from(self.code)
    }
}

/// What clap has to say: help and version on standard output, mistakes on standard error.
pub(super) fn of_command_line(error: &clap::Error, output: Output) -> ExitCode {
    if error.use_stderr() && output == Output::Json {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        return Failure::usage(text).report(output);
    }
    // Where nobody reads it is nothing to be done.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = if error.class() == Class::Configuration { USAGE } else { FAILED };
        Self::new(code, error.to_string())
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Error(error) => error.into(),
            threshold @ Stop::Threshold { .. } => Self::new(THRESHOLD, threshold.to_string()),
        }
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self { problems: errors.to_json(), ..Self::usage(errors.to_string()) }
    }
}
