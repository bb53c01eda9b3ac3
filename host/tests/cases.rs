//! `sluicegate test` as a person sees it: the real command over the folders of `tests/cases`, and over the pages and
//! examples that show it. `UPDATE=1` writes the texts anew.

mod snapshot;

use std::path::{Path, PathBuf};
use std::process::Command;

use snapshot::is_up_to_date;
use tempfile::TempDir;

/// A copy of a folder, with the example guests below `guests/`.
fn copy(folder: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, directory.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    add_guests(directory.path());
    directory
}

fn add_guests(directory: &Path) {
    let guests = directory.join("guests");
    std::fs::create_dir_all(&guests).unwrap();
    for (example, file) in [("mask-name", "mask_name.wasm"), ("fragile", "fragile.wasm")] {
        std::fs::write(guests.join(file), sluicegate_transforms::example(example).unwrap().wasm).unwrap();
    }
}

/// What a command prints, with its exit code.
fn run(directory: &Path, arguments: &[&str]) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_sluicegate"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("SLUICEGATE_LOG", "error")
        .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.code().unwrap_or(-1))
}

/// The transcript of a command.
fn transcript(directory: &Path, arguments: &str) -> String {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let (text, code) = run(directory, &words);
    format!("$ sluicegate {arguments}\n{text}[{code}]\n")
}

fn check(name: &str, text: &str) {
    let path = PathBuf::from(format!("tests/cases/{name}.txt"));
    assert!(is_up_to_date(&path, text), "{} has another text; see above", path.display());
}

#[test]
fn cases_pass() {
    let directory = copy("tests/cases/shop");
    let commands = ["test shop.yaml", "test . --filter alone", "test shop.test.yaml --twice --output json"];
    let text: String = commands.map(|command| transcript(directory.path(), command)).join("\n");
    check("shop", &text);
    assert!(!text.contains("[4]") && !directory.path().join("shop.dead.ndjson").exists());
}

#[test]
fn differences_are_shown_cell_by_cell() {
    let directory = copy("tests/cases/differ");
    let commands =
        ["test shop.yaml", "test . --output json --filter sealed", "test . --filter nothing-like-it"];
    let text: String = commands.map(|command| transcript(directory.path(), command)).join("\n");
    check("differ", &text);
}

#[test]
fn mistakes_are_told_with_their_places() {
    let directory = copy("tests/cases/wrong");
    let files = ["shop", "rows", "structure", "meaning", "steps", "nowhere"];
    let commands = files.map(|file| transcript(directory.path(), &format!("test {file}.test.yaml")));
    let text = commands.join("\n") + "\n" + &transcript(directory.path(), "test guests nothing.yaml");
    check("wrong", &text);
    assert!(!text.contains("hush"));
}

#[test]
fn expectations_are_changed_in_place() {
    let directory = copy("tests/cases/update");
    let text = transcript(directory.path(), "test shop.yaml --update");
    let file = std::fs::read_to_string(directory.path().join("shop.test.yaml")).unwrap();
    let again = transcript(directory.path(), "test shop.yaml --twice");
    check("update", &format!("{text}\n{file}\n{again}"));
    run(directory.path(), &["test", "shop.yaml", "--update"]);
    let untouched = std::fs::read_to_string(directory.path().join("shop.test.yaml")).unwrap();
    assert_eq!(untouched, file);
}

/// What came out is written as the expectation, and met; that the step keeps to it is asked with `--twice` alone.
#[test]
fn a_step_that_changes_its_answer_is_named() {
    let directory = copy("tests/cases/fickle");
    std::fs::write(directory.path().join("guests/evil.wasm"), sluicegate_evil_guests::rust::module())
        .unwrap();
    let commands = [
        "test fickle.yaml --update",
        "test fickle.yaml",
        "test fickle.yaml --twice",
        "test fickle.yaml --twice --update",
    ];
    let text: String = commands.map(|command| transcript(directory.path(), command)).join("\n");
    check("fickle", &text);
}

#[test]
fn the_examples_pass() {
    let directory = copy("../examples/pipelines");
    let (text, code) = run(directory.path(), &["test", ".", "--twice"]);
    assert_eq!(code, 0, "{text}");
}

/// The page for users: its files are written, its commands are run, and what they print stands below them.
#[test]
fn the_page_is_right() {
    let page = Path::new("../docs/testing.md");
    let text = std::fs::read_to_string(page).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (mut written, mut commands) = (String::new(), 0);
    let mut rest = text.as_str();
    while let Some(start) = rest.find("\n```") {
        let (before, block) = rest.split_at(start + 1);
        written.push_str(before);
        let (language, after) = block[3..].split_once('\n').unwrap();
        let end = after.find("```").unwrap();
        let (content, following) = (&after[..end], &after[end + 3..]);
        written.extend(["```", language, "\n"]);
        match language {
            "yaml" => {
                if let Some(name) = content.lines().next().and_then(|line| line.strip_prefix("# ")) {
                    std::fs::write(directory.path().join(name), content).unwrap();
                }
                written.push_str(content);
            }
            "console" => {
                for command in content.lines().filter_map(|line| line.strip_prefix("$ sluicegate ")) {
                    let words: Vec<&str> = command.split_whitespace().collect();
                    let (text, _) = run(directory.path(), &words);
                    written.extend(["$ sluicegate ", command, "\n", text.trim_end(), "\n"]);
                    commands += 1;
                }
            }
            _ => written.push_str(content),
        }
        written.push_str("```");
        rest = following;
    }
    written.push_str(rest);
    assert!(commands >= 3);
    assert!(is_up_to_date(page, &written), "make it anew: UPDATE=1 cargo test -p sluicegate --test cases");
}

#[test]
fn the_schema_of_a_cases_file_is_printed() {
    let (text, code) = run(Path::new("."), &["schema", "--cases"]);
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &schema["title"]), (0, &serde_json::json!("Cases")));
}
