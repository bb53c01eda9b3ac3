//! Which files hold cases.

use std::path::{Path, PathBuf};

use crate::config::locate::Node;

/// Files that may hold a pipeline or cases.
const KINDS: [&str; 3] = ["yaml", "yml", "json"];

/// Nothing to test was found.
#[derive(Debug)]
pub(crate) struct NoCases(pub(crate) String);

/// The cases files that a path means: itself; those beside a pipeline; all in a directory and below.
///
/// # Errors
/// Where there is none.
pub(crate) fn cases_files(path: &Path) -> Result<Vec<PathBuf>, NoCases> {
    if path.is_dir() {
        let mut found = Vec::new();
        walk(path, &mut found)
            .map_err(|error| NoCases(format!("{} cannot be read: {error}", path.display())))?;
        if found.is_empty() {
            let path = path.display();
            return Err(NoCases(format!(
                "no cases in {path}: they stand in NAME.test.yaml or NAME.tests/ beside the pipeline NAME.yaml"
            )));
        }
        found.sort();
        return Ok(found);
    }
    if !path.exists() {
        return Err(NoCases(format!("there is no file {}", path.display())));
    }
    if is_cases_file(path) || says_cases(path) {
        return Ok(vec![path.to_owned()]);
    }
    let found = beside(path);
    if found.is_empty() {
        let stem = path.with_extension("");
        return Err(NoCases(format!(
            "{} has no cases: write them in {}.test.yaml or below {}.tests/",
            path.display(),
            stem.display(),
            stem.display()
        )));
    }
    Ok(found)
}

/// The pipeline that a cases file tests by its name.
///
/// # Errors
/// Why there is none, in a sentence.
pub(super) fn default_pipeline(cases: &Path) -> Result<PathBuf, String> {
    let by_name = stem_of_cases(cases).map(|stem| cases.with_file_name(stem));
    let by_directory = tests_directory(cases);
    let Some(stem) = by_name.or(by_directory) else {
        return Err("its name does not say which pipeline it tests".to_owned());
    };
    let candidates: Vec<PathBuf> = KINDS.iter().map(|kind| with_kind(&stem, kind)).collect();
    let found = candidates.iter().find(|candidate| candidate.is_file());
    let expected = &candidates[0];
    found.cloned().ok_or_else(|| format!("there is no pipeline file {}", expected.display()))
}

/// `orders` and `yaml` are `orders.yaml`, whatever dots the name has.
fn with_kind(stem: &Path, kind: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(".");
    name.push(kind);
    PathBuf::from(name)
}

/// `orders` of `orders.test.yaml`.
fn stem_of_cases(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    KINDS.iter().find_map(|kind| name.strip_suffix(kind)?.strip_suffix(".test.").map(str::to_owned))
}

/// `x/orders` of `x/orders.tests/any.yaml`.
fn tests_directory(path: &Path) -> Option<PathBuf> {
    let kind = path.extension()?.to_str()?;
    let directory = path.parent()?;
    let stem = directory.file_name()?.to_str()?.strip_suffix(".tests")?;
    KINDS.contains(&kind).then(|| directory.with_file_name(stem))
}

fn is_cases_file(path: &Path) -> bool {
    stem_of_cases(path).is_some() || tests_directory(path).is_some()
}

/// Whether a file has the one key that a pipeline never has.
fn says_cases(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    Node::parse(&text).is_ok_and(|tree| tree.entry("cases").is_some())
}

/// The cases beside a pipeline.
fn beside(pipeline: &Path) -> Vec<PathBuf> {
    let stem = pipeline.with_extension("");
    let mut found: Vec<PathBuf> = KINDS
        .iter()
        .map(|kind| with_kind(&stem, &format!("test.{kind}")))
        .filter(|path| path.is_file())
        .collect();
    let mut below = Vec::new();
    // A directory that is not there or cannot be read has no cases.
    let _ = walk(&with_kind(&stem, "tests"), &mut below);
    below.sort();
    found.extend(below);
    found
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        // A link may lead to where it is in.
        if entry.file_type()?.is_dir() {
            walk(&path, found)?;
        } else if is_cases_file(&path) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "pipeline: p\n").unwrap();
        }
        directory
    }

    #[test]
    fn cases_are_found_by_name() {
        let files = [
            "a.yaml",
            "a.test.yaml",
            "a.tests/one.yml",
            "a.tests/notes.txt",
            "sub/b.v2.yaml",
            "sub/b.v2.test.yaml",
            ".x/c.test.yaml",
        ];
        let directory = tree(&files);
        let found = |path: &str| -> Vec<String> {
            let found = cases_files(&directory.path().join(path)).unwrap_or_default();
            found
                .iter()
                .map(|path| path.strip_prefix(directory.path()).unwrap().display().to_string())
                .collect()
        };
        assert_eq!(found("a.yaml"), ["a.test.yaml", "a.tests/one.yml"]);
        assert_eq!(
            found("."),
            ["./a.test.yaml", "./a.tests/one.yml", "./sub/b.v2.test.yaml"].map(|p| p[2..].to_owned())
        );
        assert_eq!(found("sub/b.v2.yaml"), ["sub/b.v2.test.yaml"]);
        let none = cases_files(&directory.path().join(".x")).unwrap();
        assert_eq!(none.len(), 1);
        let pipeline = |cases: &str| default_pipeline(&directory.path().join(cases));
        assert_eq!(pipeline("a.test.yaml").unwrap(), directory.path().join("a.yaml"));
        assert_eq!(pipeline("a.tests/one.yml").unwrap(), directory.path().join("a.yaml"));
        assert_eq!(pipeline("sub/b.v2.test.yaml").unwrap(), directory.path().join("sub/b.v2.yaml"));
        assert!(pipeline("sub/other.yaml").unwrap_err().contains("does not say"));
        assert!(pipeline(".x/c.test.yaml").unwrap_err().contains("there is no pipeline file"));
    }

    #[test]
    fn nothing_to_test_is_said() {
        let directory = tree(&["a.yaml"]);
        let told = |path: &Path| cases_files(path).unwrap_err().0;
        assert!(told(&directory.path().join("a.yaml")).contains("a.test.yaml or below"));
        assert!(told(directory.path()).starts_with("no cases in"));
        assert!(told(Path::new("no/such")).starts_with("there is no file"));
    }
}
