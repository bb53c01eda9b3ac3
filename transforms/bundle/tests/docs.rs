//! The pages of `docs/transforms`: every step in them starts, and every example of rows is what comes out.
//!
//! A block of YAML is a list of steps. A block of text right behind it holds rows, and after a line `becomes` what the
//! first step makes of them: kind and cells with two spaces between, `?` for a missing cell. A first line `types:` names
//! the types of columns that are no text.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use sluicegate_model::ChangeBatch;
use support::{batch, outputs, run, step, text, typed};

/// A fenced block: its language and what is in it.
struct Block {
    language: String,
    text: String,
}

fn pages() -> BTreeMap<String, Vec<Block>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/transforms");
    let page = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, blocks(&std::fs::read_to_string(path).unwrap()))
    };
    std::fs::read_dir(folder).unwrap().map(|entry| page(entry.unwrap().path())).collect()
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                open = Some(Block { language: language.to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn steps(block: &Block) -> Vec<Value> {
    let steps: Value =
        serde_saphyr::from_str(&block.text).unwrap_or_else(|error| panic!("{error}\n{}", block.text));
    steps.as_array().unwrap_or_else(|| panic!("no list of steps:\n{}", block.text)).clone()
}

/// A step of a page. The guest has to be one of the built-ins, by its name there.
fn step_of(written: &Value) -> sluicegate_wasm::Step {
    let name = written["use"].as_str().expect("a step has a `use`");
    let guest = sluicegate_transforms::built_in(name).unwrap_or_else(|| panic!("{name} is not built in"));
    step(guest.name, written["with"].clone())
}

#[test]
fn each_built_in_has_its_page() {
    let pages = pages();
    for guest in sluicegate_transforms::BUILT_INS {
        let blocks = pages.get(guest.name).unwrap_or_else(|| panic!("{} has no page", guest.name));
        assert!(blocks.iter().any(|block| block.language == "yaml"), "{} shows no step", guest.name);
    }
}

#[test]
fn each_step_of_a_page_starts() {
    let mut started = 0;
    for (page, blocks) in pages() {
        for block in blocks.iter().filter(|block| block.language == "yaml") {
            for written in steps(block) {
                if let Err(error) = step_of(&written).start() {
                    panic!("{page}.md: {error}\n{}", block.text);
                }
                started += 1;
            }
        }
    }
    assert!(started >= 10, "{started}");
}

#[test]
fn each_key_of_a_block_is_on_its_page() {
    for guest in sluicegate_transforms::BUILT_INS {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/transforms");
        let page = std::fs::read_to_string(folder.join(format!("{}.md", guest.name))).unwrap();
        let schema = step(guest.name, Value::Null).describe().unwrap().config_schema;
        for key in schema["properties"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{key}`")), "{}.md does not speak of `{key}`", guest.name);
        }
    }
}

#[test]
fn each_example_is_what_comes_out() {
    let mut tried = 0;
    for (page, blocks) in pages() {
        for pair in blocks.windows(2) {
            let [written, rows] = pair else { continue };
            if (written.language.as_str(), rows.language.as_str()) != ("yaml", "text") {
                continue;
            }
            let (given, expected) = rows.text.split_once("becomes\n").expect("rows, `becomes`, rows");
            let outcome = run(&step_of(&steps(written)[0]), &rows_of(given)).unwrap();
            assert!(outcome.rejects.is_empty(), "{page}.md: {:?}", outcome.rejects);
            let made: Vec<String> = outputs(&outcome).into_iter().flat_map(|(_, rows)| rows).collect();
            let expected: Vec<String> = expected.lines().map(|line| line.replace("  ", " ")).collect();
            assert_eq!(made, expected, "{page}.md:\n{}", written.text);
            tried += 1;
        }
    }
    assert!(tried >= 5, "{tried}");
}

fn rows_of(written: &str) -> ChangeBatch {
    let mut types = BTreeMap::new();
    let mut kinds = String::new();
    let mut columns: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in written.lines() {
        if let Some(named) = line.strip_prefix("types: ") {
            types.extend(
                named.split(", ").map(|column| column.split_once(' ').expect("a column and its type")),
            );
            continue;
        }
        let mut parts = line.split("  ");
        kinds.push(match parts.next() {
            Some("+I") => 'I',
            Some("-U") => 'B',
            Some("+U") => 'A',
            Some("-D") => 'D',
            other => panic!("{other:?} is no kind"),
        });
        for cell in parts {
            let (name, value) = cell.split_once('=').expect("name=value");
            match columns.iter_mut().find(|(known, _)| *known == name) {
                Some((_, cells)) => cells.push(value),
                None => columns.push((name, vec![value])),
            }
        }
    }
    let made = columns.iter().map(|(name, cells)| match types.get(name) {
        Some(to) => (*name, typed(to, cells)),
        None => (*name, text(cells)),
    });
    let key: &[&str] = if columns.iter().any(|(name, _)| *name == "id") { &["id"] } else { &[] };
    batch("shop.people", key, &kinds, made.collect())
}
