//! The adapter that stands in for WASI preview 1: all of its functions are there, and nothing of the machine behind them.

mod support;

use std::fmt::Write as _;

use serde_json::json;
use sluicegate_wasm::{Description, GuestError, GuestSource, Step};
use support::{host, options};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Every function of WASI preview 1 with its parameters (i is 32 bits wide, l 64). All but `proc_exit` give an error code.
const FUNCTIONS: [(&str, &str); 46] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// A guest whose `describe` does something with WASI, and traps where it is not what it should be. Its name is what it
/// leaves at 64, up to the length at 60.
fn describes(body: &str) -> Result<Description, GuestError> {
    let mut imports = String::new();
    for (name, of) in FUNCTIONS {
        let of: String = of.chars().map(|width| if width == 'l' { " i64" } else { " i32" }).collect();
        let result = if name == "proc_exit" { "" } else { "(result i32)" };
        writeln!(
            imports,
            "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param{of}) {result}))"
        )
        .unwrap();
    }
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 1)
            (data (i32.const 512) "a line\n\nof two\n")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
            (func $is (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then (unreachable))))
            (func (export "sluicegate:transform/guest@0.1.0#describe") (result i32)
                (local $i i32)
                {body}
                (i32.store (i32.const 0) (i32.const 64))
                (i32.store (i32.const 4) (i32.load (i32.const 60)))
                (i32.const 0))
            (func (export "sluicegate:transform/guest@0.1.0#init") (param i32 i32 i32 i32) (result i32) (unreachable))
            (func (export "sluicegate:transform/guest@0.1.0#transform") (param i32) (result i32) (unreachable)))"#
    );
    let mut module = wat::parse_str(text).unwrap();
    let mut resolve = Resolve::default();
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest-sdk/wit/transform.wit");
    let package = resolve.push_str(wit, &std::fs::read_to_string(wit).unwrap()).unwrap();
    let world = resolve.select_world(&[package], Some("transform")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let mut options = options(json!({}));
    options.guest = GuestSource::new("wasi", module);
    let step = Step::new(&host(), options)?;
    step.describe()
}

#[test]
fn every_function_is_there() {
    assert_eq!(describes("").unwrap().name, "");
}

#[test]
fn time_is_a_counter() {
    let name = describes(
        r"(call $is (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 128)) (i32.const 0))
           (call $is (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 136)) (i32.const 0))
           (call $is (i32.load (i32.const 128)) (i32.const 1000))
           (call $is (i32.load (i32.const 136)) (i32.const 2000))
           ;; Two seconds pass at once: a clock's time-out from now on, with 77 to tell it by.
           (i32.store (i32.const 200) (i32.const 77))
           (i64.store (i32.const 224) (i64.const 2000000000))
           (call $is (call $poll_oneoff (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 400)) (i32.const 0))
           (call $is (i32.load (i32.const 400)) (i32.const 1))
           (call $is (i32.load (i32.const 300)) (i32.const 77))
           (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 128)))
           (call $is (i32.load (i32.const 128)) (i32.const 2000003000))
           ;; A point in time that is over changes nothing.
           (i64.store (i32.const 224) (i64.const 5))
           (i32.store16 (i32.const 240) (i32.const 1))
           (drop (call $poll_oneoff (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 400)))
           (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 128)))
           (call $is (i32.load (i32.const 128)) (i32.const 2000004000))
           ;; Nobody waits for a file.
           (i32.store8 (i32.const 208) (i32.const 1))
           (call $is (call $poll_oneoff (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 400)) (i32.const 52))",
    );
    name.unwrap();
}

/// Sixteen random bytes as letters.
const RANDOM: &str = r"
    (call $is (call $random_get (i32.const 64) (i32.const 16)) (i32.const 0))
    (local.set $i (i32.const 64))
    (loop $next
        (i32.store8 (local.get $i) (i32.add (i32.const 97) (i32.rem_u (i32.load8_u (local.get $i)) (i32.const 26))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 80))))
    (i32.store (i32.const 60) (i32.const 16))";

#[test]
fn random_bytes_are_the_same_in_every_instance() {
    let letters = describes(RANDOM).unwrap().name;
    assert_eq!(letters.len(), 16);
    assert!(letters.chars().collect::<std::collections::BTreeSet<_>>().len() > 5, "{letters}");
    assert_eq!(describes(RANDOM).unwrap().name, letters);
}

#[test]
fn there_are_no_arguments_no_environment_and_no_files() {
    let name = describes(
        r"(i32.store (i32.const 128) (i32.const 9))
           (call $is (call $args_sizes_get (i32.const 128) (i32.const 132)) (i32.const 0))
           (call $is (i32.load (i32.const 128)) (i32.const 0))
           (call $is (call $environ_sizes_get (i32.const 128) (i32.const 132)) (i32.const 0))
           (call $is (i32.load (i32.const 132)) (i32.const 0))
           (call $is (call $fd_prestat_get (i32.const 3) (i32.const 128)) (i32.const 8))
           (call $is (call $fd_fdstat_get (i32.const 3) (i32.const 128)) (i32.const 8))
           (call $is (call $fd_close (i32.const 3)) (i32.const 8))
           (call $is (call $path_open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 0)
                       (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 128)) (i32.const 52))
           (call $is (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 128)) (i32.const 52))
           ;; Standard input ends at once.
           (i32.store (i32.const 128) (i32.const 9))
           (call $is (call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 128)) (i32.const 0))
           (call $is (i32.load (i32.const 128)) (i32.const 0))
           (call $is (call $fd_read (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 128)) (i32.const 8))",
    );
    name.unwrap();
}

#[test]
fn what_is_written_is_taken_whole() {
    let name = describes(
        r"(i32.store (i32.const 128) (i32.const 512)) (i32.store (i32.const 132) (i32.const 8))
           (i32.store (i32.const 136) (i32.const 519)) (i32.store (i32.const 140) (i32.const 1))
           (i32.store (i32.const 144) (i32.const 520)) (i32.store (i32.const 148) (i32.const 7))
           (call $is (call $fd_write (i32.const 2) (i32.const 128) (i32.const 3) (i32.const 60)) (i32.const 0))
           (call $is (i32.load (i32.const 60)) (i32.const 16))
           (call $is (call $fd_write (i32.const 3) (i32.const 128) (i32.const 3) (i32.const 60)) (i32.const 8))
           (call $is (call $fd_write (i32.const 0) (i32.const 128) (i32.const 3) (i32.const 60)) (i32.const 8))",
    );
    name.unwrap();
}

#[test]
fn an_exit_ends_the_guest() {
    let said = describes("(call $proc_exit (i32.const 3))").unwrap_err().to_string();
    assert!(said.contains("wasi cannot be described: the guest gave up"), "{said}");
}

#[test]
fn the_adapter_is_small() {
    let code = include_bytes!(concat!(env!("OUT_DIR"), "/wasi_snapshot_preview1.wasm"));
    assert!(code.len() < 3_000, "{} bytes", code.len());
}
