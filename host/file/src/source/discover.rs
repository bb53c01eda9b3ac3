//! Patterns to files, files to lanes.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use sluicegate_connector::Error;
use sluicegate_model::Lane;

use crate::failure::failed;

/// A file that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its path relative to the part of its pattern that is no pattern.
    pub(super) lane: Lane,
    /// Where it is.
    pub(super) path: PathBuf,
}

impl Found {
    /// The name of the table that its rows are of, where nothing else says so: its own, up to the first dot.
    pub(super) fn table(&self) -> &str {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(name)
    }
}

/// How deep folders are looked through.
const MAX_DEPTH: usize = 64;

/// Files that match, by the names of their lanes.
///
/// # Errors
/// For patterns that are none, folders that cannot be read, and two files under one name.
pub(super) fn discover(patterns: &[String], directory: &Path) -> Result<Vec<Found>, Error> {
    let mut found: BTreeMap<Lane, PathBuf> = BTreeMap::new();
    for text in patterns {
        for file in Pattern::parse(text, directory)?.files()? {
            match found.get(&file.lane) {
                Some(path) if *path != file.path => {
                    let what = format!(
                        "{} and {} would be one lane, {}",
                        path.display(),
                        file.path.display(),
                        file.lane
                    );
                    let help = "write one pattern for both, from the folder that they have in common: `data/{a,b}/*.csv`";
                    return Err(Error::configuration(what).help(help));
                }
                _ => drop(found.insert(file.lane, file.path)),
            }
        }
    }
    Ok(found.into_iter().map(|(lane, path)| Found { lane, path }).collect())
}

/// A folder, and what is wanted of the files in it.
struct Pattern {
    root: PathBuf,
    wanted: Wanted,
    depth: usize,
    hidden: bool,
}

enum Wanted {
    Name(String),
    Matching(GlobMatcher),
}

impl Pattern {
    fn parse(text: &str, directory: &Path) -> Result<Self, Error> {
        let mut root = PathBuf::new();
        let mut rest = PathBuf::new();
        for component in Path::new(text).components() {
            let is_pattern = component.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
            if rest.as_os_str().is_empty() && !is_pattern {
                root.push(component);
            } else {
                rest.push(component);
            }
        }
        let refused = |why: &str| Error::configuration(format!("{text:?} of `paths` {why}"));
        if rest.as_os_str().is_empty() {
            let name =
                root.file_name().and_then(|name| name.to_str()).ok_or_else(|| refused("is no file"))?;
            let name = name.to_owned();
            root.pop();
            return Ok(Self {
                root: directory.join(root),
                wanted: Wanted::Name(name),
                depth: 1,
                hidden: true,
            });
        }
        if rest.components().any(|component| component == Component::ParentDir) {
            return Err(refused("goes up behind a pattern: write `..` before it"));
        }
        let rest_text = rest.to_str().ok_or_else(|| refused("is no UTF-8"))?;
        let glob = GlobBuilder::new(rest_text).literal_separator(true).build();
        let glob = glob.map_err(|error| refused("is no pattern").caused_by(error))?;
        let deep = rest_text.contains("**");
        Ok(Self {
            root: directory.join(root),
            wanted: Wanted::Matching(glob.compile_matcher()),
            depth: if deep { MAX_DEPTH } else { rest.components().count() },
            hidden: rest_text.split('/').any(|part| part.starts_with('.')),
        })
    }

    fn files(&self) -> Result<Vec<Found>, Error> {
        match &self.wanted {
            Wanted::Name(name) => {
                let path = self.root.join(name);
                let file = Found { lane: Lane::new(name.as_str()), path };
                Ok(if file.path.is_file() { vec![file] } else { Vec::new() })
            }
            Wanted::Matching(glob) => {
                let mut found = Vec::new();
                if self.root.is_dir() {
                    self.walk(&self.root, Path::new(""), self.depth, glob, &mut found)?;
                }
                Ok(found)
            }
        }
    }

    fn walk(
        &self,
        folder: &Path,
        below: &Path,
        depth: usize,
        glob: &GlobMatcher,
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        let unreadable = |error| failed("read", folder, error);
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            // A name that is no UTF-8 could not be written down as a lane.
            let Some(name) = name.to_str() else { continue };
            if name.starts_with('.') && !self.hidden {
                continue;
            }
            let (path, relative) = (entry.path(), below.join(name));
            // It may be gone by now, or a link that leads nowhere.
            let Ok(about) = std::fs::metadata(&path) else { continue };
            if about.is_dir() && depth > 1 {
                self.walk(&path, &relative, depth - 1, glob, found)?;
            } else if about.is_file()
                && glob.is_match(&relative)
                && let Some(lane) = relative.to_str()
            {
                found.push(Found { lane: Lane::new(lane), path });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_lanes_by_their_path_below_the_pattern() {
        let directory = tempfile::tempdir().unwrap();
        let touch = |name: &str| {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        for name in
            ["d/b.csv", "d/a.csv", "d/.hidden.csv", "d/x/c.csv", "d/x/y/e.csv", "d/n.txt", "other/b.csv"]
        {
            touch(name);
        }
        let lanes = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
            let found = discover(&patterns, directory.path()).map_err(|error| error.to_string())?;
            Ok::<_, String>(found.iter().map(|file| file.lane.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(lanes(&["d/*.csv"]).unwrap(), ["a.csv", "b.csv"]);
        assert_eq!(lanes(&["d/**/*.csv"]).unwrap(), ["a.csv", "b.csv", "x/c.csv", "x/y/e.csv"]);
        assert_eq!(lanes(&["d/x/c.csv", "d/n.txt"]).unwrap(), ["c.csv", "n.txt"]);
        assert_eq!(lanes(&["{d,other}/b.csv"]).unwrap(), ["d/b.csv", "other/b.csv"]);
        assert_eq!(lanes(&["none/*.csv", "none.csv"]).unwrap(), Vec::<String>::new());
        assert!(lanes(&["d/*.csv", "other/*.csv"]).unwrap_err().contains("would be one lane"));
        assert!(lanes(&["d/{a"]).unwrap_err().contains("is no pattern"));
    }

    #[test]
    fn a_table_is_called_as_its_file() {
        let table = |path: &str| Found { lane: "l".into(), path: path.into() }.table().to_owned();
        assert_eq!(table("d/orders.2026.csv.gz"), "orders");
        assert_eq!(table("orders"), "orders");
    }
}
