//! Binds guests in C and Go to the interface, with the generators of wit-bindgen as libraries: no tool to install.
//!
//! `guest-bindings c FOLDER` and `guest-bindings go FOLDER` write sources; `guest-bindings embed IN OUT` puts the type
//! of the component that a guest is to be into its core module. The host makes the component of it.

mod go;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use wit_bindgen_core::{Files, WorldGenerator, wit_parser};
use wit_component::{StringEncoding, embed_component_metadata};

/// The interface of this tree.
const INTERFACE: &str = include_str!("../../../../guest-sdk/wit/transform.wit");

/// The world that a guest is.
const WORLD: &str = "transform";

/// Binds guests in other languages to Sluicegate's interface.
#[derive(Debug, Parser)]
#[command(name = "guest-bindings", version)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Writes transform.h, transform.c and transform_component_type.o, the object that makes a core module a guest.
    C {
        /// Where to. Made when it is not there.
        folder: PathBuf,
    },
    /// Writes the Go packages, and the runtime that they import.
    Go {
        /// Where to: a folder of the guest's module. Made when it is not there.
        folder: PathBuf,
        /// Import path of that folder.
        #[arg(long)]
        package: String,
    },
    /// Writes a core module with the interface's component type in it.
    Embed {
        /// The module.
        module: PathBuf,
        /// The guest.
        guest: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().what) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guest-bindings: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(what: What) -> Result<(), Box<dyn Error>> {
    match what {
        What::C { folder } => write(&folder, &generate(wit_bindgen_c::Opts::default().build())?),
        What::Go { folder, package } => go::write(&folder, &package),
        What::Embed { module, guest } => {
            let mut bytes = fs::read(&module).map_err(|error| format!("{}: {error}", module.display()))?;
            embed(&mut bytes)?;
            fs::write(&guest, bytes).map_err(|error| format!("{}: {error}", guest.display()).into())
        }
    }
}

/// What a generator makes of the interface.
fn generate(mut generator: Box<dyn WorldGenerator>) -> Result<Files, Box<dyn Error>> {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("transform.wit", INTERFACE)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files)?;
    Ok(files)
}

fn write(folder: &Path, files: &Files) -> Result<(), Box<dyn Error>> {
    for (name, content) in files.iter() {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(&file, content).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn embed(module: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    let mut resolve = ::wit_parser::Resolve::default();
    let package = resolve.push_str("transform.wit", INTERFACE)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    embed_component_metadata(module, &resolve, world, StringEncoding::UTF8, false)?;
    Ok(())
}
