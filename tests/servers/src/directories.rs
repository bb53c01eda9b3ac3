//! Where test servers and their programs live in the checkout.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the folders of ended runs are kept for their logs.
const KEPT: Duration = Duration::from_hours(24);

/// The checkout.
pub(crate) fn checkout() -> PathBuf {
    // This crate is tests/servers.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Folders of runs.
pub(crate) fn servers() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| checkout().join("target"), PathBuf::from);
    target.join("test-servers")
}

/// Removes folders of runs that nothing was added to for a day. Failures are left for the next sweep.
pub(crate) fn sweep(base: &Path) {
    let Ok(entries) = std::fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
        if age.is_some_and(|age| age > KEPT) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
