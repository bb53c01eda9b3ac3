//! Running the binary, and comparing what it prints with what it should.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::snapshot::is_up_to_date;

/// What a command printed, and how it ended.
pub struct Finished {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Finished {
    /// What was printed, as one JSON object.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.out, self.err))
    }

    /// All of it as a person sees it.
    pub fn transcript(&self) -> String {
        let mut text = self.out.clone();
        text.push_str(&self.err);
        if self.code != 0 {
            writeln!(text, "[exit code {}]", self.code).unwrap();
        }
        text
    }
}

/// The folder of these tests.
pub fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

/// The command, with nothing of this machine in its environment.
pub fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluicegate"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.env("COLUMNS", "100").env("NO_COLOR", "1");
    for name in ["SLUICEGATE_LOG", "SLUICEGATE_LOG_FORMAT", "BROKERS", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
pub fn finish(mut command: Command) -> Finished {
    let output = command.output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Finished {
        code: output.status.code().expect("no signal"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Runs it with arguments, in a folder.
pub fn run_in(directory: &Path, arguments: &[&str]) -> Finished {
    finish(command(directory, arguments))
}

/// Fails where a file of this folder does not hold a text.
pub fn expect(file: &str, text: &str) {
    assert!(is_up_to_date(&here().join(file), text), "{file} differs, see above; UPDATE=1 writes it anew");
}
