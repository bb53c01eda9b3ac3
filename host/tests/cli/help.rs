//! Help and version: short, long, and the page made of them.

use std::path::Path;

use clap::Command;

use crate::snapshot::is_up_to_date;
use crate::support::{here, run_in};

/// The words of every verb, those of `sluicegate` alone first.
fn verbs() -> Vec<Vec<String>> {
    fn walk(command: &Command, words: &[String], found: &mut Vec<Vec<String>>) {
        found.push(words.to_vec());
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let mut words = words.to_vec();
            words.push(verb.get_name().to_owned());
            walk(verb, &words, found);
        }
    }
    let mut found = Vec::new();
    walk(&sluicegate::cli::command(), &[], &mut found);
    found
}

fn help_of(words: &[String], option: &str) -> String {
    let arguments: Vec<&str> = words.iter().map(String::as_str).chain([option]).collect();
    let finished = run_in(&here(), &arguments);
    assert_eq!((finished.code, finished.err.as_str()), (0, ""), "{arguments:?}");
    finished.out
}

#[test]
fn help_is_what_it_should_be() {
    let verbs = verbs();
    assert!(verbs.len() > 12, "{verbs:?}");
    let different: Vec<_> = verbs
        .iter()
        .filter(|words| {
            let line = |option: &str| {
                let command =
                    [&["sluicegate".to_owned()], words.as_slice(), &[option.to_owned()]].concat().join(" ");
                format!("$ {command}\n{}", help_of(words, option))
            };
            let name = if words.is_empty() { "sluicegate".to_owned() } else { words.join("-") };
            let file = here().join("help").join(format!("{name}.txt"));
            !is_up_to_date(&file, &format!("{}\n{}", line("-h"), line("--help")))
        })
        .collect();
    assert!(different.is_empty(), "other help than expected: {different:?}; see above");
}

#[test]
fn every_verb_has_an_example() {
    let groups =
        |words: &[String]| verbs().iter().any(|other| other.len() > words.len() && other.starts_with(words));
    let silent: Vec<_> = verbs()
        .into_iter()
        .filter(|words| words.is_empty() || !groups(words))
        .filter(|words| !help_of(words, "--help").contains("\nExample"))
        .collect();
    assert!(silent.is_empty(), "no example in the long help of {silent:?}");
}

#[test]
fn the_version_is_that_of_the_package() {
    for option in ["--version", "-V"] {
        let finished = run_in(&here(), &[option]);
        assert_eq!(finished.out, format!("sluicegate {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn help_does_not_tell_what_is_in_the_environment() {
    let mut command = crate::support::command(&here(), &["run", "--help"]);
    command.env("SLUICEGATE_LOG", "a-value-of-this-test");
    let finished = crate::support::finish(command);
    assert!(!finished.out.contains("a-value-of-this-test"), "{}", finished.out);
}

#[test]
fn the_page_is_made_of_the_same_definitions() {
    let page = Path::new("../docs/command-line.md");
    assert!(
        is_up_to_date(page, &sluicegate::cli::reference_markdown()),
        "make it anew: UPDATE=1 cargo test -p sluicegate --test cli"
    );
}

#[test]
fn help_by_its_own_verb_is_the_same() {
    let by_verb = run_in(&here(), &["help", "positions", "show"]).out;
    assert_eq!(by_verb, help_of(&["positions".to_owned(), "show".to_owned()], "--help"));
}
