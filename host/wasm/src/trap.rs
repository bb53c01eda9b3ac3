//! Why a guest ended, in one line.

use sluicegate_model::units::ByteSize;
use wasmtime::{Trap, WasmBacktrace};

use crate::state::State;
use sluicegate_interface::text;

/// How wasmtime begins to say that a call copies more than `Store::set_hostcall_fuel` lets it.
const HOSTCALL_FUEL: &str = "too much data is being copied between the host and the guest";

/// The line for an error that came out of a call: the limit that was run over, or what the host found wrong, or the
/// trap; then what the guest itself said last; then the function on top.
pub(crate) fn reason(error: &wasmtime::Error, state: &State) -> String {
    let mut line = match (error.downcast_ref::<Trap>(), state.memory.refused) {
        // A guest that gets no memory ends itself in its own way.
        (Some(_), Some(wanted)) => format!(
            "the guest wanted {} of memory, its limit is {} (`limits.memory`)",
            rounded(wanted),
            state.limits().memory
        ),
        (None, Some(wanted)) if error.downcast_ref::<WasmBacktrace>().is_none() => format!(
            "the guest needs {} of memory to start, its limit is {} (`limits.memory`)",
            rounded(wanted),
            state.limits().memory
        ),
        (Some(trap), None) => of_trap(*trap, state.last_error.is_some()).to_owned(),
        _ => match error.root_cause().to_string() {
            // The engine's error has no type of its own.
            said if said.contains(HOSTCALL_FUEL) => format!(
                "the guest gave the host more than {} in one call of the host (twice `limits.memory`)",
                ByteSize(state.limits().memory.0.saturating_mul(2))
            ),
            said => text::line(&said, text::MESSAGE),
        },
    };
    if let Some(said) = &state.last_error {
        line.push_str(": ");
        line.push_str(said);
    }
    if let Some(function) = top(error) {
        line.push_str(" (in ");
        line.push_str(&text::line(&function, 120));
        line.push(')');
    }
    line
}

fn of_trap(trap: Trap, said: bool) -> &'static str {
    match trap {
        Trap::UnreachableCodeReached if said => "the guest panicked",
        Trap::UnreachableCodeReached => "the guest gave up (`unreachable`: a panic that it did not log)",
        Trap::StackOverflow => "the guest ran out of stack: it calls itself too deeply",
        Trap::MemoryOutOfBounds => "the guest reached outside its memory",
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => {
            "the guest called a function that there is not"
        }
        Trap::IntegerDivisionByZero => "the guest divided by zero",
        Trap::IntegerOverflow | Trap::BadConversionToInteger => "a number did not fit in the guest",
        _ => "the guest trapped",
    }
}

/// The guest's own function on top, where its names were kept.
fn top(error: &wasmtime::Error) -> Option<String> {
    let trace = error.downcast_ref::<WasmBacktrace>()?;
    // Frames of the panic itself say nothing.
    let noise = ["panic", "abort", "rust_", "__rust", "core::", "std::", "alloc::"];
    trace
        .frames()
        .iter()
        .filter_map(|frame| frame.func_name())
        // A mangled name can stand for one of a megabyte.
        .filter(|name| name.len() <= 1_000)
        // `#` leaves out the hash that ends a mangled name.
        .map(|name| format!("{:#}", rustc_demangle::demangle(name)))
        .find(|name| !noise.iter().any(|noise| name.contains(noise)))
}

fn rounded(bytes: u64) -> ByteSize {
    ByteSize(bytes.div_ceil(1 << 20) << 20)
}
