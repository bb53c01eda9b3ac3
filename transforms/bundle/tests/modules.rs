//! What the modules are made of, before any host runs them.

use sluicegate_transforms::{BUILT_INS, EXAMPLES, Guest, built_in, example};
use wasmparser::{ComponentExternalKind, Parser, Payload};
use wit_component::ComponentEncoder;

/// Larger than this, something came in that a transform does not need: text formatting of floats, Unicode tables.
const LARGEST: usize = 600 * 1024;

fn guests() -> impl Iterator<Item = &'static Guest> {
    BUILT_INS.iter().chain(EXAMPLES)
}

fn component(guest: &Guest) -> Vec<u8> {
    let mut encoder = ComponentEncoder::default();
    let module = encoder.validate(true).module(guest.wasm);
    module.and_then(ComponentEncoder::encode).unwrap_or_else(|error| panic!("{}: {error:?}", guest.name))
}

/// Names of the outermost component's imports and exports.
fn interfaces(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.unwrap().name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.unwrap();
                    assert_eq!(export.kind, ComponentExternalKind::Instance);
                    exports.push(export.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    (imports, exports)
}

#[test]
fn each_wraps_into_a_component_that_asks_for_our_interface_alone() {
    for guest in guests() {
        let (imports, exports) = interfaces(&component(guest));
        assert!(!imports.is_empty(), "{}", guest.name);
        for import in &imports {
            assert!(import.starts_with("sluicegate:transform/"), "{} imports {import}", guest.name);
            assert!(import.ends_with("@0.1.0"), "{} imports {import}", guest.name);
        }
        assert_eq!(exports, ["sluicegate:transform/guest@0.1.0"], "{}", guest.name);
    }
}

#[test]
fn each_is_small() {
    for guest in guests() {
        println!("{}: {} bytes", guest.name, guest.wasm.len());
        assert!(guest.wasm.len() < LARGEST, "{}: {} bytes", guest.name, guest.wasm.len());
    }
}

#[test]
fn names_lead_to_guests() {
    for name in ["schema-map", "crypt", "split", "mask", "filter"] {
        assert_eq!(built_in(name).map(|guest| guest.name), Some(name));
    }
    for name in ["mask-name", "fragile"] {
        assert_eq!(example(name).map(|guest| guest.name), Some(name));
        assert!(built_in(name).is_none());
    }
}
