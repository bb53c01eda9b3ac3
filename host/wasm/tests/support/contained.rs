//! What a guest may cost the process that runs it, however it behaves.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Memory that the process may take at its peak: the limit of a call (256 MiB), of the guest (64 MiB), twice that in
/// flight, and the process itself.
const MEMORY_KIB: u64 = 1 << 20;
/// CPU time of the thread: `describe` and `init` may take five seconds, and a tick and a slice more.
const CPU: Duration = Duration::from_secs(9);

/// Runs it, and checks what it cost.
#[track_caller]
pub fn contained<T>(name: &str, run: impl FnOnce() -> T) -> T {
    // Makes the peak the present.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let began = cpu();
    let made = run();
    let (peak, took) = (peak_kib(), cpu().saturating_sub(began));
    assert!(peak < MEMORY_KIB, "{name}: the process took {} MiB", peak >> 10);
    assert!(took < CPU, "{name}: {took:?} of CPU time");
    made
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// The most memory that the process had.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the state of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number of KiB")
}
