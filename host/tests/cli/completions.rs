//! `completions`: what a shell shows at the tab key, asked of a real one.

use std::path::Path;
use std::process::Command;

use crate::support::{command, finish, here, run_in};

/// What bash completes a line to, with the script loaded.
fn bash(directory: &Path, words: &[&str]) -> Vec<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_sluicegate"));
    let path = std::env::var("PATH").unwrap_or_default();
    let script = r#"
        source <(sluicegate completions bash)
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9
        _clap_complete_sluicegate sluicegate "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2> /dev/null
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["--norc", "-c", script, "bash", "sluicegate"])
        .args(words)
        .current_dir(directory)
        .env("PATH", format!("{}:{path}", binary.parent().unwrap().display()))
        .output()
        .expect("bash");
    let mut found: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim().to_owned()).collect();
    found.retain(|line| !line.is_empty());
    found.sort();
    found
}

fn files() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for file in ["a.yaml", "b.yml", "c.json", "d.wasm", "e.txt"] {
        std::fs::write(directory.path().join(file), "").unwrap();
    }
    std::fs::create_dir(directory.path().join("more")).unwrap();
    directory
}

#[test]
fn pipeline_files_are_what_a_verb_takes() {
    let files = files();
    for verb in [&["run"][..], &["validate"], &["preview"], &["positions", "show"]] {
        let words: Vec<&str> = verb.iter().copied().chain([""]).collect();
        let found = bash(files.path(), &words);
        for wanted in ["a.yaml", "b.yml", "c.json", "more/"] {
            assert!(found.iter().any(|file| file == wanted), "{verb:?}: {found:?}");
        }
        assert!(!found.iter().any(|file| file == "d.wasm" || file == "e.txt"), "{verb:?}: {found:?}");
    }
}

#[test]
fn guests_are_files_and_names() {
    let files = files();
    let found = bash(files.path(), &["inspect", ""]);
    assert!(found.contains(&"d.wasm".to_owned()) && found.contains(&"schema-map".to_owned()), "{found:?}");
    assert!(!found.contains(&"a.yaml".to_owned()), "{found:?}");
    assert_eq!(bash(files.path(), &["inspect", "schema"]), ["schema-map"]);
}

#[test]
fn verbs_options_and_words_complete() {
    let files = files();
    assert_eq!(bash(files.path(), &["val"]), ["validate"]);
    assert_eq!(bash(files.path(), &["validate", "--onl"]), ["--online"]);
    assert_eq!(bash(files.path(), &["run", "a.yaml", "--output", ""]), ["json", "text"]);
}

#[test]
fn every_shell_has_a_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = run_in(&here(), &["completions", shell]);
        assert!(
            finished.code == 0 && finished.out.contains("SLUICEGATE_COMPLETE"),
            "{shell}: {}",
            finished.err
        );
        let told = run_in(&here(), &["completions", shell, "--output", "json"]).json();
        assert_eq!(told["script"], finished.out);
    }
}

#[test]
fn a_variable_of_other_programs_changes_nothing() {
    let mut schema = command(&here(), &["--version"]);
    schema.env("COMPLETE", "bash");
    assert!(finish(schema).out.starts_with("sluicegate "));
}
