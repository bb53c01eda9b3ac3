//! Misdeeds on rows, written in Rust.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The module, built where its sources have changed. `with: { do: NAME, column: C, mark: M }`: a batch in which a cell
/// of C is M meets the misdeed of that name, all others pass.
///
/// # Panics
/// When it cannot be built.
pub fn module() -> Vec<u8> {
    let target = target();
    fs::create_dir_all(&target).expect("a directory in the target directory");
    // Every test is a process of its own: one builds, the others wait.
    let lock = File::create(target.join("build.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let built = Command::new(option_env!("CARGO").unwrap_or("cargo"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--target",
            "wasm32-unknown-unknown",
            "--target-dir",
        ])
        .arg(&target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/guest"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let module = target.join("wasm32-unknown-unknown/release/sluicegate_evil_guest.wasm");
    fs::read(&module).unwrap_or_else(|error| panic!("{}: {error}", module.display()))
}

/// Beside the folders of the outer build's profiles, whose lock the outer cargo holds.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let target = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).map(Path::to_owned);
    target.expect("tests are built in a target directory").join("evil-guest")
}
