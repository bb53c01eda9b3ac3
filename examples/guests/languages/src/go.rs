//! Bindings in Go.
//!
//! The generator's sources import a runtime from a module that not every Go proxy has. The one written here is ours,
//! under `src/go`: what this interface needs, no more. It comes to stand beside the bindings, so a guest's module
//! requires nothing.

use std::error::Error;
use std::path::Path;

use wit_bindgen_core::Files;

use crate::generate;

/// What the generator imports its runtime from.
const THEIRS: &str = "go.bytecodealliance.org/pkg/wit";

/// What the generator wants the guest's own code to be called.
const EXPORTS: &str = "export_sluicegate_transform_guest";

/// A Go file with `go:wasmimport` in a package without cgo needs an assembly file beside it, be it empty.
const ASSEMBLY: &[u8] = b"// Functions without a body are allowed in a package that has an assembly file.\n";

/// Writes the packages of `package` into a folder. The guest's own code is the package `guest` beside them.
pub fn write(folder: &Path, package: &str) -> Result<(), Box<dyn Error>> {
    let module = package.rsplit_once('/').map(|(module, _)| module).filter(|module| !module.is_empty());
    let module = module.ok_or("--package is MODULE/FOLDER: mask-name/bindings")?;
    let options = wit_bindgen_go::Opts {
        pkg_name: Some(package.to_owned()),
        format: wit_bindgen_go::Format::False,
        ..wit_bindgen_go::Opts::default()
    };
    let theirs = generate(options.build())?;

    let mut files = Files::default();
    for (name, content) in theirs.iter() {
        let text = String::from_utf8(content.to_vec())?;
        let text = text
            .replace(&format!("\"{package}/{EXPORTS}\""), &format!("{EXPORTS} \"{module}/guest\""))
            .replace(THEIRS, &format!("{package}/wit"));
        // Files of one name gather: what is there is never replaced.
        files.push(name, text.as_bytes());
    }
    files.push("wit/types/types.go", include_bytes!("go/types.go"));
    files.push("wit/runtime/runtime.go", include_bytes!("go/runtime.go"));
    files.push("wit/runtime/empty.s", ASSEMBLY);
    crate::write(folder, &files)
}
