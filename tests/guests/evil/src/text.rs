//! Misdeeds against the ABI and the loader, as WebAssembly text.
//!
//! A file holds what is bad. Its first lines name the pieces of a good guest that stand after it (`pieces:`, from
//! `text/pieces`), and what it imports beside the guest interface (`world:`).

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Files and pieces, by name.
macro_rules! files {
    ($folder:literal: $($name:literal,)*) => {
        [$(($name, include_str!(concat!("../text/", $folder, $name, ".wat")))),*]
    };
}

const MISDEEDS: [(&str, &str); 28] = files![
    "":
    "clock",
    "describe_circle",
    "describe_far",
    "describe_long",
    "describe_no_utf8",
    "describe_spins",
    "dropped_twice",
    "environment",
    "far_list",
    "files",
    "guessed_handle",
    "init_grows",
    "init_spins",
    "memory64",
    "memory_minimum",
    "multi_memory",
    "post_return_spins",
    "preview1",
    "realloc_far",
    "realloc_spins",
    "same_output_often",
    "set_rows_billions",
    "sockets",
    "start_spins",
    "take_billions",
    "threads",
    "unknown_case",
    "wrong_kind",
];

const PIECES: [(&str, &str); 5] = files!["pieces/": "memory", "realloc", "describe", "init", "transform",];

/// Names of all.
pub fn names() -> impl Iterator<Item = &'static str> {
    MISDEEDS.iter().map(|(name, _)| *name)
}

/// The core module of a name, with its component type.
///
/// # Panics
/// Where there is none of the name, or its text is none.
pub fn module(name: &str) -> Vec<u8> {
    let text = find(&MISDEEDS, name);
    typed(text, setting(text, "world"))
}

/// A core module of WebAssembly text that has the pieces which its first lines name.
pub(crate) fn typed<'a>(text: &'a str, imports: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let pieces: String = setting(text, "pieces").map(|piece| find(&PIECES, piece)).collect();
    let mut module = wat::parse_str(format!("(module\n{text}\n{pieces})")).expect("WebAssembly text");
    let mut world = "world transform {".to_owned();
    for import in imports {
        world.push_str("\n  import ");
        world.push_str(import);
        world.push(';');
    }
    let wit = include_str!("../../../../guest-sdk/wit/transform.wit").replace("world transform {", &world);
    let wit = format!("{wit}\n{}", include_str!("../text/wasi.wit"));
    let mut resolve = Resolve::default();
    let package = resolve.push_str("transform.wit", &wit).expect("the interface");
    let world = resolve.select_world(&[package], Some("transform")).expect("the world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("a module");
    module
}

fn find(among: &[(&str, &'static str)], name: &str) -> &'static str {
    let found = among.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("there is no file {name}.wat")).1
}

/// The words after `;; NAME:` in the first lines.
fn setting<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let mut head = text.lines().take_while(|line| line.starts_with(";;"));
    let line = head.find_map(|line| line.trim_start_matches(";;").trim().strip_prefix(name));
    line.and_then(|line| line.strip_prefix(':')).unwrap_or_default().split_whitespace()
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_are_modules() {
        for name in super::names() {
            assert!(super::module(name).starts_with(b"\0asm"), "{name}");
        }
    }
}
