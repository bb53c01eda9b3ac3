//! The `sluicegate` command.

mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::set_bounds();
    sluicegate::cli::main()
}
