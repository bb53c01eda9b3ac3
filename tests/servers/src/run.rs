//! A test run: what servers are shared by, and whose end ends them.

use std::path::{Path, PathBuf};

use crate::directories;
use crate::error::ServerError;
use crate::process::ProcessId;

/// One run of tests. Its shared servers live as long as its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    id: String,
    owner: ProcessId,
}

impl Run {
    /// A run of this id that ends with `owner`. The id names a folder.
    pub fn new(id: impl Into<String>, owner: ProcessId) -> Self {
        Run { id: id.into(), owner }
    }

    /// The run that this process belongs to.
    ///
    /// Under `cargo nextest run` each test is a process; the run is nextest's (`NEXTEST_RUN_ID`) and ends with the
    /// runner. Otherwise (`cargo test`, a benchmark) the run is this process.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn current() -> Result<Self, ServerError> {
        let me = ProcessId::current().map_err(ServerError::io("this process"))?;
        let nextest = std::env::var("NEXTEST_RUN_ID").ok().zip(me.ancestor_named("cargo-nextest"));
        Ok(match nextest {
            Some((id, runner)) => Run::new(id, runner),
            None => Run::new(format!("process-{}-{}", me.pid(), me.started()), me),
        })
    }

    /// The process that the run ends with.
    pub fn owner(&self) -> ProcessId {
        self.owner
    }

    /// The folder of the run's servers, made where it is not there yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn directory(&self) -> Result<PathBuf, ServerError> {
        let base = directories::servers();
        directories::sweep(&base);
        let directory = base.join(Path::new(&self.id));
        std::fs::create_dir_all(&directory)
            .map_err(ServerError::io(format!("making {}", directory.display())))?;
        Ok(directory)
    }
}
