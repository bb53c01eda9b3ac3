//! From bytes to a guest that can be instantiated.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use sluicegate_interface::text;
use wasmparser::{Encoding, Parser, Payload};
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceType};
use wit_component::ComponentEncoder;

use crate::adapter;
use crate::bindings::TransformPre;
use crate::bounds::{self, Refusal};
use crate::cache::Cache;
use crate::compile;
use crate::error::GuestError;
use crate::state::State;

/// The version of the interface that this host has. Guests of every 0.1 run.
pub const INTERFACE: &str = "0.1.0";

const PACKAGE: &str = "sluicegate:transform/";
const GUEST: &str = "sluicegate:transform/guest";

/// The bytes of a guest, and what a message calls it.
#[derive(Clone)]
pub struct GuestSource {
    name: Arc<str>,
    bytes: Arc<[u8]>,
    sha256: [u8; 32],
}

impl GuestSource {
    /// A guest from memory. `name` is what messages call it: a path, or the name of a built-in.
    pub fn new(name: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let sha256 = Sha256::digest(&bytes).into();
        Self { name: name.into(), bytes, sha256 }
    }

    /// A guest from a file.
    ///
    /// # Errors
    /// [`GuestError::Read`], and [`GuestError::Bounds`] for a file that is too large.
    pub fn file(path: &Path) -> Result<Self, GuestError> {
        let unread = |source| GuestError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(unread)?;
        let about = file.metadata().map_err(unread)?;
        if !about.is_file() {
            return Err(unread(std::io::Error::other("it is no regular file")));
        }
        let name = path.display().to_string();
        let too_large = |why| GuestError::Bounds { guest: name.clone(), why };
        bounds::file(about.len()).map_err(too_large)?;
        let mut bytes = Vec::new();
        // It may grow while it is read.
        file.take(bounds::FILE + 1).read_to_end(&mut bytes).map_err(unread)?;
        bounds::file(bytes.len() as u64).map_err(too_large)?;
        Ok(Self::new(name, bytes))
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bytes, as they were given.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The SHA-256 of the bytes.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Whether it is the guest that a pin names.
    ///
    /// # Errors
    /// [`GuestError::BadPin`], [`GuestError::WrongPin`].
    pub(crate) fn check_pin(&self, pin: &str) -> Result<(), GuestError> {
        let mut pinned = [0; 32];
        if hex::decode_to_slice(pin.trim(), &mut pinned).is_err() {
            return Err(GuestError::BadPin { guest: self.name.to_string(), pin: text::line(pin, 100) });
        }
        if pinned == self.sha256 {
            return Ok(());
        }
        Err(GuestError::WrongPin {
            guest: self.name.to_string(),
            pinned: hex::encode(pinned),
            found: hex::encode(self.sha256),
        })
    }
}

impl std::fmt::Debug for GuestSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GuestSource({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

/// A guest that was compiled and checked against the host's interface.
pub(crate) struct Loaded {
    pub(crate) pre: TransformPre<State>,
    /// The version of the interface that it exports.
    pub(crate) interface: String,
    /// Names of its imports.
    pub(crate) imports: Vec<String>,
}

impl Loaded {
    pub(crate) fn new(
        guest: &GuestSource,
        engine: &Engine,
        linker: &Linker<State>,
        cache: Option<&Cache>,
    ) -> Result<Self, GuestError> {
        if let Some(component) = cache.and_then(|cache| cache.get(engine, &guest.sha256)) {
            return link(guest, engine, linker, &component);
        }
        let component = {
            let (guest, engine) = (guest.clone(), engine.clone());
            compile::bounded(compile::LIMITS, move || compiled(&guest, &engine))
        };
        let component =
            component.map_err(|why| GuestError::Compile { guest: guest.name.to_string(), why })??;
        if let Some(cache) = cache {
            cache.put(&component, &guest.sha256);
        }
        link(guest, engine, linker, &component)
    }
}

/// What becomes of a guest that nothing is known of yet: looked through, wrapped, compiled.
fn compiled(guest: &GuestSource, engine: &Engine) -> Result<Component, GuestError> {
    let wrapped = component_of(guest)?;
    Component::from_binary(engine, &wrapped).map_err(|error| GuestError::Invalid {
        guest: guest.name.to_string(),
        why: text::line(&format!("{error:#}"), text::MESSAGE),
    })
}

/// The guest as a component: a core module that carries its component type is wrapped, with the adapter where it imports
/// WASI preview 1.
fn component_of(guest: &GuestSource) -> Result<Vec<u8>, GuestError> {
    let bytes = guest.bytes();
    let not_wasm =
        |found: &str| GuestError::NotWasm { guest: guest.name.to_string(), found: found.to_owned() };
    if !bytes.starts_with(b"\0asm") {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
        return Err(not_wasm(match text.trim_start() {
            "" => "it is empty",
            start if start.starts_with("(module") || start.starts_with("(component") => {
                "it is WebAssembly text: `wasm-tools parse` makes the binary of it"
            }
            _ if bytes.starts_with(b"\x7fELF") => {
                "it is a native program: build it for wasm32-unknown-unknown"
            }
            _ => "it does not begin with the bytes \\0asm",
        }));
    }
    let name = || guest.name.to_string();
    bounds::file(bytes.len() as u64).map_err(|why| GuestError::Bounds { guest: name(), why })?;
    bounds::check(bytes).map_err(|refusal| match refusal {
        Refusal::Bounds(why) => GuestError::Bounds { guest: name(), why },
        Refusal::Broken(error) => {
            GuestError::Invalid { guest: name(), why: text::line(&error.to_string(), text::MESSAGE) }
        }
    })?;
    if is_component(bytes) {
        return Ok(bytes.to_vec());
    }
    let module = Module::of(bytes)
        .map_err(|error| GuestError::Invalid { guest: guest.name.to_string(), why: error.to_string() })?;
    if !module.typed {
        return Err(GuestError::NotTransform {
            guest: guest.name.to_string(),
            why: "it is a core module without a component type: write it with the SDK, or bind it to transform.wit \
                  with wit-bindgen and make a component of it (`wasm-tools component new`)"
                .to_owned(),
        });
    }
    if !module.foreign.is_empty() {
        return Err(GuestError::Imports { guest: guest.name.to_string(), imports: module.foreign });
    }
    let invalid = |why: String| GuestError::Invalid { guest: name(), why: text::line(&why, text::MESSAGE) };
    let adapter = module.wasi.then(adapter::bytes).transpose().map_err(invalid)?;
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    if let Some(adapter) = &adapter {
        encoder.adapter(adapter::MODULE, adapter).map_err(|error| invalid(format!("{error:#}")))?;
    }
    let wrapped = encoder.module(bytes).and_then(ComponentEncoder::encode);
    wrapped.map_err(|error| invalid(format!("{error:#}")))
}

/// Whether the header says component.
pub(crate) fn is_component(bytes: &[u8]) -> bool {
    Parser::is_component(bytes)
}

/// What is to be known of a core module before it is wrapped.
struct Module {
    /// Whether it carries the type of the component that it is to be.
    typed: bool,
    /// Whether it imports WASI preview 1, for which there is an adapter.
    wasi: bool,
    /// Imports that no component type can stand for.
    foreign: Vec<String>,
}

impl Module {
    fn of(bytes: &[u8]) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut module = Self { typed: false, wasi: false, foreign: Vec::new() };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { encoding: Encoding::Component, .. } => break,
                Payload::CustomSection(section) if section.name().starts_with("component-type") => {
                    module.typed = true;
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        let from = import.module;
                        module.wasi |= from == adapter::MODULE;
                        // `env` is what linkers call what they did not find.
                        if from == "env" || from == "wasi_unstable" || from == "wasi_snapshot_preview0" {
                            module.foreign.push(format!("{from}.{}", import.name));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(module)
    }
}

/// Checks imports and version, and joins the component with the host's functions.
fn link(
    guest: &GuestSource,
    engine: &Engine,
    linker: &Linker<State>,
    component: &Component,
) -> Result<Loaded, GuestError> {
    let name = || guest.name.to_string();
    let of = component.component_type();
    let imports: Vec<String> = of.imports(engine).map(|(import, _)| import.to_owned()).collect();

    let exported = of.exports(engine).find_map(|(export, _)| version_of(export, GUEST));
    let imported = imports.iter().filter(|import| import.starts_with(PACKAGE));
    let versions = exported
        .iter()
        .cloned()
        .chain(imported.filter_map(|import| import.split_once('@').map(|(_, v)| v.to_owned())));
    if let Some(theirs) = versions.into_iter().find(|version| !compatible(version)) {
        return Err(GuestError::Version { guest: name(), theirs: text::line(&theirs, 100), ours: INTERFACE });
    }
    let foreign = imports.iter().filter(|import| !import.starts_with(PACKAGE)).cloned();
    let (wasi, foreign): (Vec<String>, Vec<String>) = foreign.partition(|import| import.starts_with("wasi:"));
    if !foreign.is_empty() {
        return Err(GuestError::Imports { guest: name(), imports: foreign });
    }
    let Some(interface) = exported else {
        return Err(GuestError::NotTransform {
            guest: name(),
            why: format!("it does not export {GUEST}@{INTERFACE}"),
        });
    };

    let misfit = |error: wasmtime::Error| GuestError::Misfit {
        guest: name(),
        ours: INTERFACE,
        why: text::line(&format!("{error:#}"), text::MESSAGE),
    };
    let mut linker = linker.clone();
    if !wasi.is_empty() {
        tracing::info!(
            guest = guest.name(),
            imports = wasi.join(", "),
            "the guest was built with WASI, which is empty here: a call of it traps"
        );
        for (import, item) in of.imports(engine).filter(|(import, _)| import.starts_with("wasi:")) {
            stub(engine, &mut linker, import, &item.ty).map_err(misfit)?;
        }
    }
    let pre = linker.instantiate_pre(component).and_then(TransformPre::new).map_err(misfit)?;
    Ok(Loaded { pre, interface, imports })
}

/// An interface of WASI in which every function traps.
fn stub(
    engine: &Engine,
    linker: &mut Linker<State>,
    import: &str,
    item: &ComponentItem,
) -> wasmtime::Result<()> {
    let ComponentItem::ComponentInstance(interface) = item else { return Ok(()) };
    let mut instance = linker.instance(import)?;
    for (name, item) in interface.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(_) => {
                let called = format!("{import}#{name}");
                instance.func_new(name, move |_, _, _, _| {
                    Err(wasmtime::format_err!(
                        "the guest called {called}, and guests are given no WASI: build it without (--stub-wasi)"
                    ))
                })?;
            }
            ComponentItem::Resource(_) => {
                instance.resource(name, ResourceType::host::<()>(), |_, _| Ok(()))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The version in `interface@version`.
fn version_of(name: &str, interface: &str) -> Option<String> {
    let rest = name.strip_prefix(interface)?;
    match rest.strip_prefix('@') {
        Some(version) => Some(version.to_owned()),
        None if rest.is_empty() => Some("(none)".to_owned()),
        None => None,
    }
}

/// Whether a guest of a version runs here: within 0.1 things are only added.
fn compatible(version: &str) -> bool {
    let minor = |version: &str| version.splitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
    minor(version) == minor(INTERFACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_within_a_minor_are_compatible() {
        assert!(compatible("0.1.0"));
        assert!(compatible("0.1.7"));
        assert!(!compatible("0.2.0"));
        assert!(!compatible("1.1.0"));
        assert_eq!(version_of("sluicegate:transform/guest@0.2.0", GUEST).as_deref(), Some("0.2.0"));
        assert_eq!(version_of("sluicegate:transform/guestbook@0.2.0", GUEST), None);
    }
}
