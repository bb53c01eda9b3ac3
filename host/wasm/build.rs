//! Makes the binary of the WASI adapter, whose source is text.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "src/adapter/wasi_snapshot_preview1.wat";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SOURCE}");
    let code = wat::parse_file(SOURCE)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("wasi_snapshot_preview1.wasm"), code)?;
    Ok(())
}
