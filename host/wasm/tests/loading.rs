//! Which guests are taken, which are not and why, and what is kept of them on disk.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use sluicegate_connector::{Transform, TransformError};
use sluicegate_wasm::{GuestError, GuestSource, Host, HostOptions, Step};
use support::{guest, host, options, orders};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

fn load(name: &str, bytes: &[u8]) -> GuestError {
    let mut options = options(json!({}));
    options.guest = GuestSource::new(name, bytes);
    Step::new(&host(), options).unwrap_err()
}

/// A core module with the right types and no sense, for a world that is the interface with some text changed.
fn dummy(change: impl Fn(String) -> String) -> Vec<u8> {
    let wit = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest-sdk/wit/transform.wit"))
        .unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("transform.wit", &change(wit)).unwrap();
    let world = resolve.select_world(&[package], Some("transform")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    module
}

fn with_import(import: &str, package: &str) -> Vec<u8> {
    dummy(|wit| wit.replace("world transform {", &format!("world transform {{\n import {import};")) + package)
}

const WASI: &str = "\npackage wasi:nothing@0.2.0 { interface gate { resource door; open: func() -> door; } }";

#[test]
fn bytes_that_are_no_wasm_are_refused() {
    for (bytes, why) in [
        (&b""[..], "guest.wasm is no WebAssembly: it is empty"),
        (b"#!/bin/sh", "guest.wasm is no WebAssembly: it does not begin with"),
        (b"(module)", "it is WebAssembly text: `wasm-tools parse`"),
        (b"\x7fELF\x02\x01", "it is a native program"),
        (b"\0asm\x01\0\0\0", "it is a core module without a component type"),
        (b"\0asm\x01\0\0\0\xff\xff\xff", "guest.wasm is no valid WebAssembly component"),
        (b"\0asm\x0d\0\x01\0", "it does not export sluicegate:transform/guest@0.1.0"),
    ] {
        let said = load("guest.wasm", bytes).to_string();
        assert!(said.contains(why), "{said}");
    }
    let whole = guest();
    let cut = &whole.bytes()[..10_000];
    assert!(matches!(load("cut", cut), GuestError::Invalid { .. }));
}

#[test]
fn a_missing_guest_is_named() {
    let said = GuestSource::file(Path::new("./guests/nowhere.wasm")).unwrap_err().to_string();
    assert!(said.starts_with("the guest ./guests/nowhere.wasm cannot be read: "), "{said}");
    assert!(said.contains("`use:`"), "{said}");
}

#[test]
fn a_pin_must_be_the_guests() {
    let sum = host().inspect(&guest()).unwrap().sha256;
    let pinned = |pin: &str| {
        let mut options = options(json!({"op": "identity"}));
        options.pin = Some(pin.to_owned());
        Step::new(&host(), options)
    };
    assert!(pinned(&sum).is_ok());
    assert!(pinned(&sum.to_uppercase()).is_ok());
    let wrong = format!("{}{}", if sum.starts_with('0') { '1' } else { '0' }, &sum[1..]);
    let said = pinned(&wrong).unwrap_err().to_string();
    assert!(said.contains(&sum) && said.contains(&wrong) && said.contains("`sha256:`"), "{said}");
    let said = pinned("6b1f").unwrap_err().to_string();
    assert!(said.contains("\"6b1f\" is no SHA-256"), "{said}");
}

#[test]
fn another_version_of_the_interface_is_named() {
    let next =
        dummy(|wit| wit.replace("package sluicegate:transform@0.1.0", "package sluicegate:transform@0.2.0"));
    let said = load("next.wasm", &next).to_string();
    assert_eq!(
        said,
        "next.wasm was built for version 0.2.0 of the interface sluicegate:transform, this host has 0.1.0: build it \
         again with the interface (or SDK) of 0.1.0"
    );
}

#[test]
fn a_later_guest_of_the_same_minor_is_taken_unless_it_uses_what_is_new() {
    let patch =
        |wit: String| wit.replace("package sluicegate:transform@0.1.0", "package sluicegate:transform@0.1.9");
    let mut options = options(json!({}));
    options.guest = GuestSource::new("patch", dummy(patch));
    assert!(Step::new(&host(), options).is_ok());
    let more = dummy(|wit| patch(wit).replace("interface log {", "interface log {\n  flush: func();"));
    let said = load("more.wasm", &more).to_string();
    assert!(
        said.contains("more.wasm does not fit this host's interface 0.1.0") && said.contains("flush"),
        "{said}"
    );
}

#[test]
fn imports_that_are_not_granted_are_named() {
    let guest = with_import(
        "acme:db/query@1.0.0",
        "\npackage acme:db@1.0.0 { interface query { run: func(sql: string); } }",
    );
    let said = load("db.wasm", &guest).to_string();
    assert!(
        said.contains("db.wasm asks for imports that guests are not given: acme:db/query@1.0.0;"),
        "{said}"
    );
    let core = wat::parse_str(r#"(module (import "env" "getenv" (func)) (@custom "component-type:x" "x"))"#)
        .unwrap();
    let said = load("env.wasm", &core).to_string();
    assert!(said.contains("env.getenv") && said.contains("wasm32-unknown-unknown"), "{said}");
}

#[test]
fn wasi_is_there_and_empty() {
    let guest = with_import("wasi:nothing/gate@0.2.0", WASI);
    let mut options = options(json!({}));
    options.guest = GuestSource::new("wasi", guest);
    let step = Step::new(&host(), options).unwrap();
    // It instantiates; what it exports is `unreachable`.
    let said = step.describe().unwrap_err().to_string();
    assert!(said.contains("wasi cannot be described: the guest gave up"), "{said}");
}

#[test]
fn a_component_is_taken_as_it_is() {
    let component =
        ComponentEncoder::default().module(guest().bytes()).unwrap().validate(true).encode().unwrap();
    let source = GuestSource::new("component", component);
    let inspection = host().inspect(&source).unwrap();
    assert!(inspection.component);
    let mut options = options(json!({"op": "identity"}));
    options.guest = source;
    assert!(Step::new(&host(), options).unwrap().start().unwrap().transform(&orders()).is_ok());
}

#[test]
fn a_guest_is_inspected() {
    let inspection = host().inspect(&guest()).unwrap();
    assert_eq!(inspection.description.name, "test-guest");
    assert_eq!(inspection.description.version, "1.2.3");
    assert_eq!(inspection.description.summary, "Does what its configuration says.\\nOn two lines.");
    assert_eq!(inspection.description.config_schema["type"], "object");
    assert_eq!(inspection.description.properties, [("needs".to_owned(), "full-rows".to_owned())]);
    assert_eq!(inspection.interface, "0.1.0");
    assert!(inspection.imports.iter().all(|import| import.starts_with("sluicegate:transform/")));
    assert!(!inspection.component);
    assert_eq!(inspection.size, guest().bytes().len());
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["name"], "test-guest");
}

/// Loads the guest with a cache, runs it, and gives the files of the cache.
fn cached(dir: &Path) -> Vec<std::path::PathBuf> {
    let host = Host::new(HostOptions { cache_dir: Some(dir.to_owned()) }).unwrap();
    let step = Step::new(&host, options(json!({"op": "identity"}))).unwrap();
    assert!(step.start().unwrap().transform(&orders()).is_ok());
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_compiled_guest_is_used_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("a/b");
    let files = cached(&dir);
    assert_eq!(files.len(), 1);
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    let made = fs::metadata(&files[0]).unwrap().modified().unwrap();
    assert_eq!(cached(&dir), files);
    assert_eq!(fs::metadata(&files[0]).unwrap().modified().unwrap(), made, "it was not compiled again");
}

#[test]
fn damaged_and_foreign_files_are_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("cache");
    let file = cached(&dir).remove(0);
    let good = fs::read(&file).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let mut other_key = good.clone();
    other_key[20] ^= 1;
    for bad in [&flipped[..], &other_key, &good[..good.len() - 1], b"", b"SGCWASM1"] {
        fs::write(&file, bad).unwrap();
        assert_eq!(cached(&dir), std::slice::from_ref(&file));
        assert_eq!(fs::read(&file).unwrap().len(), good.len(), "it was made again");
    }
    // Native code that others may have written is not looked at.
    fs::write(&file, &flipped).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    cached(&dir);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Nor is what a link points to.
    let elsewhere = dir.parent().unwrap().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    cached(&dir);
    assert!(!fs::symlink_metadata(&file).unwrap().is_symlink());
}

#[test]
fn a_directory_that_others_may_write_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(cached(&open), [] as [std::path::PathBuf; 0]);
    let own = dir.path().join("own");
    fs::create_dir(&own).unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&own, &link).unwrap();
    assert_eq!(cached(&link), [] as [std::path::PathBuf; 0]);
}

#[test]
fn a_guest_error_stops_the_pipeline() {
    let error: TransformError = load("x", b"").into();
    assert!(matches!(error, TransformError::Stop(_)));
}
