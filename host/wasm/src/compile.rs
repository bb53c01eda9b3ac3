//! Work on a guest that may take without end, done so that it can be given up.
//!
//! A compiler cannot be stopped from outside. So it works on a thread of its own, and whoever waits for it looks at
//! the CPU time and the memory that the process takes meanwhile. Beyond the bounds nobody waits any longer; the
//! thread ends with the process, which has no pipeline to run.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use sluicegate_model::units::{ByteSize, TimeSpan};

/// What compiling one guest may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompileLimits {
    /// CPU time of the process: it compiles with all cores, and on a busy machine the clock on the wall says little.
    pub(crate) cpu: Duration,
    /// Growth of the process's memory.
    pub(crate) memory: u64,
}

/// Several times what the largest language runtime needs: CPython takes half a minute of CPU time.
pub(crate) const LIMITS: CompileLimits = CompileLimits { cpu: Duration::from_mins(2), memory: 2 << 30 };

/// Stack of the thread: wrapping a module follows its types down.
const STACK: usize = 64 << 20;
/// How often the bounds are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Does the work, within the bounds.
///
/// # Errors
/// Why there is no result: a bound, in words for a person, or a panic of the work.
pub(crate) fn bounded<T: Send + 'static>(
    limits: CompileLimits,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (done, wait) = sync_channel(1);
    let thread = std::thread::Builder::new().name("guest-compile".to_owned()).stack_size(STACK);
    let (cpu, memory) = (process_cpu_time(), process_memory());
    thread
        .spawn(move || {
            // Nobody may wait any longer.
            let _ = done.send(work());
        })
        .map_err(|error| format!("no thread could be started for it: {error}"))?;
    loop {
        match wait.recv_timeout(LOOK) {
            Ok(made) => return Ok(made),
            Err(RecvTimeoutError::Disconnected) => return Err("the compiler failed on it".to_owned()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if process_cpu_time().saturating_sub(cpu) > limits.cpu {
            return Err(format!("it takes more than {} of CPU time to compile", TimeSpan(limits.cpu)));
        }
        if process_memory().saturating_sub(memory) > limits.memory {
            return Err(format!("it takes more than {} of memory to compile", ByteSize(limits.memory)));
        }
    }
}

fn process_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Bytes of memory that the process has; 0 where the system does not say.
fn process_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kib = line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0);
    kib.saturating_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_within_the_bounds_is_done() {
        assert_eq!(bounded(LIMITS, || 7), Ok(7));
    }

    #[test]
    fn nobody_waits_for_work_without_end() {
        let limits = CompileLimits { cpu: Duration::from_millis(50), ..LIMITS };
        let said = bounded(limits, || {
            loop {
                std::hint::spin_loop();
            }
        });
        assert_eq!(said, Err::<(), _>("it takes more than 50ms of CPU time to compile".to_owned()));
    }

    #[test]
    fn memory_is_bounded() {
        let limits = CompileLimits { memory: 32 << 20, ..LIMITS };
        let said = bounded(limits, || {
            let hoard = std::hint::black_box(vec![1u8; 96 << 20]);
            std::thread::sleep(Duration::from_secs(5));
            hoard.len()
        });
        assert_eq!(said, Err("it takes more than 32MiB of memory to compile".to_owned()));
    }

    #[test]
    fn a_panic_of_the_compiler_is_an_error() {
        assert_eq!(
            bounded(LIMITS, || panic!("inside")),
            Err::<(), _>("the compiler failed on it".to_owned())
        );
    }
}
