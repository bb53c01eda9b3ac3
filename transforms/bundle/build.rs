//! Builds the guests to WebAssembly and names them for `include_bytes!`.
//!
//! Cargo cannot give one crate the artifact of another for another target, so a second cargo runs from here. It has a
//! target directory of its own, `guests` beside the outer profiles: the outer cargo holds the lock of the outer one, and all profiles
//! of the outer build share what is built there. Its environment is made clean of what the outer build set.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "guest";

/// Name, package, folder in the repository.
type Guest = (&'static str, &'static str, &'static str);

const BUILT_INS: [Guest; 5] = [
    ("schema-map", "sluicegate-schema-map", "transforms/schema-map"),
    ("crypt", "sluicegate-crypt", "transforms/crypt"),
    ("split", "sluicegate-split", "transforms/split"),
    ("mask", "sluicegate-mask", "transforms/mask"),
    ("filter", "sluicegate-filter", "transforms/filter"),
];

const EXAMPLES: [Guest; 2] = [
    ("mask-name", "mask-name", "examples/guests/mask-name"),
    ("fragile", "fragile", "examples/guests/fragile"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifest.ancestors().nth(2).ok_or("the crate is two folders below the root")?;
    watch(root);

    let target = target_directory(&out).join("guests");
    build(root, &target)?;

    let mut source = String::new();
    list(&mut source, "The built-in transforms.", "BUILT_INS", &BUILT_INS, &target, &out)?;
    list(&mut source, "The transforms of `examples/guests`.", "EXAMPLES", &EXAMPLES, &target, &out)?;
    fs::write(out.join("guests.rs"), source)?;
    Ok(())
}

/// Runs again when what the guests are made of changes.
fn watch(root: &Path) {
    let own = [
        "guest-sdk/src",
        "guest-sdk/wit",
        "guest-sdk/Cargo.toml",
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
    ];
    for path in own {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    for (_, _, folder) in BUILT_INS.iter().chain(&EXAMPLES) {
        println!("cargo::rerun-if-changed={}", root.join(folder).join("src").display());
        println!("cargo::rerun-if-changed={}", root.join(folder).join("Cargo.toml").display());
    }
}

/// The directory that holds all of the outer build: cargo marks it with a tag.
fn target_directory(out: &Path) -> PathBuf {
    let marked = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    marked.unwrap_or(out).to_owned()
}

fn build(root: &Path, target: &Path) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new(env::var_os("CARGO").ok_or("cargo runs this")?);
    cargo
        .current_dir(root)
        .args(["build", "--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(target);
    for (_, package, _) in BUILT_INS.iter().chain(&EXAMPLES) {
        cargo.args(["--package", package]);
    }
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_the_outer_build) {
            cargo.env_remove(name);
        }
    }
    if cargo.status()?.success() {
        return Ok(());
    }
    Err(format!(
        "the guests could not be built, see above; where {TARGET} is missing: rustup target add {TARGET}"
    )
    .into())
}

/// What the outer cargo, clippy, a coverage tool or a profile set for the outer build. What a person configures of
/// cargo itself (its home, network, registries) stays, and so does the job server.
fn is_of_the_outer_build(name: &str) -> bool {
    const ONES: [&str; 16] = [
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_LINKER",
        "RUSTDOC",
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "CLIPPY_ARGS",
        "TARGET",
        "HOST",
        "PROFILE",
        "OPT_LEVEL",
        "DEBUG",
        "OUT_DIR",
    ];
    const FAMILIES: [&str; 9] = [
        "CARGO_BIN_",
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_CRATE_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
    ];
    ONES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Writes a static list of guests, whose bytes stand beside it.
fn list(
    source: &mut String,
    docs: &str,
    name: &str,
    guests: &[Guest],
    target: &Path,
    out: &Path,
) -> Result<(), Box<dyn Error>> {
    writeln!(source, "/// {docs}\npub static {name}: &[Guest] = &[")?;
    for (name, package, _) in guests {
        let file = format!("{}.wasm", package.replace('-', "_"));
        let built = target.join(TARGET).join(PROFILE).join(&file);
        fs::copy(&built, out.join(&file)).map_err(|error| format!("{}: {error}", built.display()))?;
        writeln!(
            source,
            "    Guest {{ name: {name:?}, wasm: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")) }},"
        )?;
    }
    writeln!(source, "];")?;
    Ok(())
}
