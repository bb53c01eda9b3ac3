//! What the pages show: every command line is one that the command understands, every piece of YAML one that it takes.
//!
//! The pages of the built-in transforms are tried with rows in `transforms/bundle`, that about formats with messages in
//! `host/format`, that about testing in `cases.rs`.

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use serde_json::{Value, json};
use sluicegate::config::Config;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All pages for people, by their paths in the repository.
fn pages() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut found =
        vec![root.join("README.md"), root.join("CONTRIBUTING.md"), root.join("guest-sdk/README.md")];
    for folder in ["docs", "host/src/cli/new/templates"] {
        walk(&root.join(folder), &mut found);
    }
    let page = |path: PathBuf| {
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.strip_prefix(&root).unwrap().display().to_string(), text)
    };
    found.into_iter().map(page).collect()
}

/// The words of a command line, up to a comment, a pipe or a file. None: the line is no command of ours.
fn words(line: &str) -> Option<Vec<&str>> {
    let line = line.trim_start_matches([' ', '$']).trim_start_matches("ExecStart=/usr/local/bin/");
    let shown = line
        .strip_prefix("sluicegate ")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
    // A line of usage is made of the definitions themselves.
    let usage = line.contains(['<', '[', '…']);
    (shown && !usage).then(|| {
        line.split_whitespace().take_while(|word| !matches!(word.as_bytes()[0], b'#' | b'|' | b'>')).collect()
    })
}

#[test]
fn commands_are_understood() {
    let mut tried = 0;
    for (page, text) in pages() {
        // Indented or in a block: prose may begin a line with the name, too.
        let mut in_block = false;
        for line in text.lines() {
            if line.starts_with("```") {
                in_block = !in_block;
            }
            let Some(words) = words(line).filter(|_| in_block || line.starts_with("    ")) else { continue };
            if let Err(error) = sluicegate::cli::command().try_get_matches_from(&words) {
                let helps = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
                assert!(helps, "{page}: {line}\n{error}");
            }
            tried += 1;
        }
    }
    assert!(tried >= 60, "{tried}");
}

#[test]
fn only_commands_are_taken_for_some() {
    assert_eq!(words("    $ sluicegate run a.yaml  # now"), Some(vec!["sluicegate", "run", "a.yaml"]));
    assert_eq!(words("sluicegate schema > file"), Some(vec!["sluicegate", "schema"]));
    assert_eq!(words("sluicegate run [OPTIONS] <PATH>"), None);
    assert_eq!(words("sluicegate: a gateway"), None);
}

/// The blocks of YAML on a page.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while lines.by_ref().any(|line| line == "```yaml") {
        blocks.push(
            lines
                .by_ref()
                .take_while(|line| *line != "```")
                .fold(String::new(), |text, line| text + line + "\n"),
        );
    }
    blocks
}

/// What a page leaves out of a pipeline where it shows a part.
fn around(key: &Path) -> Value {
    json!({
        "pipeline": "page",
        "connections": { "main": { "kafka": { "brokers": "localhost:1" } } },
        "source": { "kafka": { "connection": "main", "topics": "t", "format": "json" } },
        "sink": { "kafka": { "connection": "main", "topic": "o", "format": "json" } },
        "keys": { "card-2026": {
            "algorithm": "xaes-256-gcm", "versions": { "v1": format!("${{file:{}}}", key.display()) },
        } },
    })
}

#[test]
fn pipelines_are_valid() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("phones");
    for secret in ["phones", "datax", "kafka"] {
        std::fs::copy("tests/configuration/card.key", directory.path().join(secret)).unwrap();
    }
    let guest = sluicegate_transforms::example("mask-name").unwrap();
    std::fs::write(directory.path().join("mask-name-go.wasm"), guest.wasm).unwrap();
    let mut tried = 0;
    for (page, text) in pages() {
        let elsewhere = ["docs/transforms/", "docs/formats.md", "docs/testing.md"];
        if elsewhere.iter().any(|other| page.starts_with(other)) {
            continue;
        }
        for block in blocks(&text) {
            let block = block.replace("${BROKERS}", "localhost:1");
            let block = block.replace("/run/secrets", directory.path().to_str().unwrap());
            let shown: Value =
                serde_saphyr::from_str(&block).unwrap_or_else(|error| panic!("{page}: {error}\n{block}"));
            let mut pipeline = if shown.get("pipeline").is_some() { json!({}) } else { around(&key) };
            for (key, value) in
                shown.as_object().unwrap_or_else(|| panic!("{page}: no part of a pipeline:\n{block}"))
            {
                pipeline[key] = value.clone();
            }
            let config = Config::parse(&pipeline.to_string(), &directory.path().join("page.yaml"));
            let config = config.unwrap_or_else(|error| panic!("{page}:\n{block}\n{error}"));
            // A guest that the reader is to build first is not there.
            if !block.contains("wasm32-unknown-unknown") {
                config.check().unwrap_or_else(|error| panic!("{page}:\n{block}\n{error}"));
            }
            tried += 1;
        }
    }
    assert!(tried >= 5, "{tried}");
}
