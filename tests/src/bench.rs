//! A test's files.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sluicegate_test_servers::{Run, unique_name};

use crate::command::Command;

/// A folder for the files of one test. It goes with the test, unless the test fails: then it stays for a day.
#[derive(Debug)]
pub struct Bench {
    directory: PathBuf,
    cache: PathBuf,
}

impl Bench {
    /// A new folder. Its name begins with `name`.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn new(name: &str) -> Self {
        let run = Run::current().and_then(|run| run.directory()).expect("the folder of this run of tests");
        let directory = run.join(unique_name(name));
        fs::create_dir_all(&directory).expect("a folder for this test");
        // Compiled guests are shared by the tests of a run. The host trusts only a folder that is its user's own.
        let cache = run.join("cache");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&cache)
            .expect("a folder for compiled guests");
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).expect("a folder of our own");
        Bench { directory, cache }
    }

    /// The folder.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where a file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes a file, over one that is there.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }

    /// The command, with these arguments, to run in the folder.
    pub fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        Command::new(&self.directory, &self.cache, arguments)
    }

    /// Runs the command to its end: [`Command::finish`].
    pub fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> crate::Finished {
        self.command(arguments).finish()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The files of this test: {}", self.directory.display());
        } else {
            // What stays is swept with the servers' folders.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}
