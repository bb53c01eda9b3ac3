//! Guests in Rust, built where a test needs them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// The core module of a package in a folder of its own, outside the workspace; built where its sources have changed.
///
/// # Panics
/// When it cannot be built, or where this is no test.
pub fn module(folder: &Path, package: &str) -> PathBuf {
    let target = target_directory().join(package);
    fs::create_dir_all(&target).expect("a directory in the target directory");
    // Every test is a process of its own under nextest: one builds, the others wait.
    let lock = File::create(target.join("build.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let built = Command::new(option_env!("CARGO").unwrap_or("cargo"))
        .args(["build", "--quiet", "--release", "--locked", "--target", TARGET, "--target-dir"])
        .arg(&target)
        .current_dir(folder)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    target.join(TARGET).join("release").join(format!("{}.wasm", package.replace('-', "_")))
}

/// That of the outer build. A folder beside those of its profiles is free: of them the outer cargo holds the lock.
fn target_directory() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let target = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.expect("tests are built in a target directory").to_owned()
}
