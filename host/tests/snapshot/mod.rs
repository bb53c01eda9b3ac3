//! Texts that a person sees, and the files that they stand in.

use std::path::Path;

/// Whether a file holds a text; with `UPDATE` it gets it.
pub fn is_up_to_date(path: &Path, text: &str) -> bool {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    if there != text {
        println!("{} should be:\n{text}", path.display());
    }
    there == text
}
