//! Cases that we answer differently from their expectation, on purpose.

use super::case::{Case, Outcome};

/// The cases in which we give an answer that the case itself accepts in place of its first one. `docs/formats.md`
/// has the same list, with the reasons.
pub(crate) const DIFFERENT: &[&str] = &["dbz-011"];

/// Whether the outcome of a case is the one that is wanted.
pub(crate) fn settle(case: &Case, outcome: Outcome) -> Result<(), String> {
    let listed = DIFFERENT.contains(&case.id.as_str());
    match outcome {
        Outcome::AsExpected if listed => {
            Err("the expected answer is given, and the list of differences says otherwise".to_owned())
        }
        Outcome::AsAccepted(when) if !listed => {
            Err(format!("the answer is an alternative, and not on the list of differences: {when}"))
        }
        Outcome::AsExpected | Outcome::AsAccepted(_) => Ok(()),
        Outcome::Otherwise(why) => Err(why),
    }
}

#[test]
fn the_book_has_the_same_list() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md")).unwrap();
    let (_, section) = page.split_once("## Other projects' tests").expect("the section of the cases");
    let listed: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(listed, DIFFERENT);
}
