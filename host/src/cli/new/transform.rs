//! `sluicegate new transform NAME`

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::Output;
use super::super::exit::Failure;
use super::project;

/// The command line of `new transform`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(in crate::cli) struct Arguments {
    /// Name of the transform and of its directory: lower-case letters, digits and single hyphens, a letter first.
    name: String,
    /// Directory in which the project's own is made.
    #[arg(long, default_value = ".")]
    directory: PathBuf,
}

const LONG: &str = "\
Makes the directory NAME with a cargo project: the transform and its tests, which run natively; a pipeline with it and \
cases of that; a README.md with the commands. A directory that is there already is left alone.

With --output json one object is printed: `transform`, `directory`, `files`.

Example:
  sluicegate new transform hello
  cd hello
  cargo test
  cargo build --release --target wasm32-unknown-unknown";

/// The files of a project, by where they go.
const FILES: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("templates/transform/Cargo.toml.txt")),
    ("src/lib.rs", include_str!("templates/transform/lib.rs.txt")),
    ("README.md", include_str!("templates/transform/README.md.txt")),
    ("pipeline.yaml", include_str!("templates/transform/pipeline.yaml.txt")),
    ("pipeline.test.yaml", include_str!("templates/transform/pipeline.test.yaml.txt")),
    ("people.ndjson", include_str!("templates/transform/people.ndjson.txt")),
    ("rust-toolchain.toml", include_str!("templates/transform/rust-toolchain.toml.txt")),
    (".gitignore", include_str!("templates/transform/gitignore.txt")),
];

/// Makes the project.
pub(super) fn transform(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let name = &arguments.name;
    check(name).map_err(Failure::usage)?;
    let files = FILES.map(|(path, text)| (path, filled(text, name)));
    let place = arguments.directory.join(name);
    project::write(&place, &files)?;
    let files = files.map(|(path, _)| path);
    match output {
        Output::Text => print!("{}", next(&place, &files)),
        Output::Json => {
            println!("{}", serde_json::json!({ "transform": name, "directory": place, "files": files }));
        }
    }
    Ok(())
}

/// A name that does as a package of cargo, a type, a file and a Kafka topic.
fn check(name: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{name:?} is no name of a transform: {why}"));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        return wrong("write it in lower-case letters, digits and hyphens, like mask-names");
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return wrong("a letter comes first");
    }
    if name.ends_with('-') || name.contains("--") {
        return wrong("a hyphen stands between two words");
    }
    if name.len() > 64 {
        return wrong("64 characters are enough");
    }
    if RESERVED.contains(&name) {
        return wrong("cargo or Rust use it for something else; add a word");
    }
    Ok(())
}

/// What a package or a crate cannot be called, and types that a transform's own would hide.
const RESERVED: &[&str] = &[
    "about",
    "abstract",
    "alignment",
    "alloc",
    "as",
    "async",
    "await",
    "batch",
    "become",
    "box",
    "break",
    "cell",
    "column",
    "config",
    "const",
    "continue",
    "core",
    "crate",
    "decimal",
    "deserialize",
    "do",
    "dyn",
    "else",
    "enum",
    "err",
    "extern",
    "failure",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "json-schema",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "ok",
    "option",
    "outcome",
    "output",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "reject",
    "rejects",
    "result",
    "return",
    "schemars",
    "self",
    "serde",
    "sluicegate-sdk",
    "static",
    "std",
    "str",
    "string",
    "struct",
    "super",
    "test",
    "trait",
    "transform",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A template with the name in its place, in its three forms.
fn filled(template: &str, name: &str) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    let of_type: String = name.split('-').map(capital).collect();
    template
        .replace("__name__", name)
        .replace("__file__", &name.replace('-', "_"))
        .replace("__Type__", &of_type)
}

/// What was made, and what to type next.
fn next(place: &Path, files: &[&str]) -> String {
    format!(
        "made {}: {}\n\nnext:\n  cd {}\n  cargo test\n  cargo build --release --target wasm32-unknown-unknown\n\n\
         README.md goes on from there; the target is added by: rustup target add wasm32-unknown-unknown\n",
        place.display(),
        files.join(", "),
        quoted(place)
    )
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c)) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for name in ["hello", "mask-names", "v2", "a-1"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in
            ["", "Hello", "1st", "a_b", "a--b", "a-", "-a", "a/b", "..", "größe", "test", "fn", "output"]
        {
            assert!(check(name).is_err(), "{name}");
        }
        assert!(check(&"x".repeat(65)).is_err());
    }

    #[test]
    fn the_name_takes_its_three_forms() {
        assert_eq!(
            filled("__name__ __file__ __Type__", "mask-names-2"),
            "mask-names-2 mask_names_2 MaskNames2"
        );
        for (path, text) in FILES {
            assert!(!filled(text, "x").contains("__"), "{path} has a place that nothing fills");
        }
    }

    #[test]
    fn a_path_is_quoted_for_the_shell() {
        assert_eq!(quoted(Path::new("a/b-c.d")), "a/b-c.d");
        assert_eq!(quoted(Path::new("it's here")), r"'it'\''s here'");
    }
}
