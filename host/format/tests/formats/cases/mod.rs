//! Messages of other projects' own tests, where their collection lies beside the project.
//!
//! A case is a file of messages and a file that says what they must become; the collection's own README tells how they
//! are written. Every case is read under the configuration that its options stand for ([`configuration`]), its rows
//! are compared in order ([`changelog`]) and as the tables that they leave behind, applied by key ([`state`]) and written
//! to a MariaDB by its sink ([`target`]); value by value by the rules of the target's types ([`value`]).

mod answers;
mod case;
mod changelog;
mod configuration;
mod geometry;
mod state;
mod target;
mod value;

use std::path::{Path, PathBuf};

use case::{Case, Outcome};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/formats")
}

#[test]
fn other_projects_messages_give_their_rows() {
    let Ok(entries) = folder().read_dir() else {
        println!("skipped: there is no collection of cases at {}", folder().display());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let (mut passed, mut not_yet, mut wrong) = (0, Vec::new(), Vec::new());
    for path in &paths {
        let case = Case::read(path);
        let Some(yaml) = configuration::of(&case) else {
            not_yet.push(case.id.clone());
            continue;
        };
        let outcome = case.check(&yaml);
        println!("{}: {outcome}", case.id);
        match answers::settle(&case, outcome) {
            Ok(()) => passed += 1,
            Err(why) => wrong.push(format!("{} ({yaml}): {why}", case.id)),
        }
    }
    println!("{passed} of {} cases are right", paths.len());
    if !not_yet.is_empty() {
        println!("{} wait for their format: {}", not_yet.len(), not_yet.join(", "));
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(passed > 0, "the collection holds no case of our formats");
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AsExpected => f.write_str("as expected"),
            Self::AsAccepted(when) => write!(f, "as the case accepts too: {when}"),
            Self::Otherwise(why) => write!(f, "otherwise: {why}"),
        }
    }
}
