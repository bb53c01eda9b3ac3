//! How the C library's allocator keeps memory that was freed.
//!
//! Batches and bodies of some MiB are made on one thread and freed on another. glibc takes the first of them from the
//! system and, when it is freed, moves the bound from which it does so up to that size, as far as 32 MiB (mallopt(3),
//! `M_MMAP_THRESHOLD`): the next ones come from its arenas, eight for a processor, where a small piece behind them keeps
//! what they leave. With a bound that stays where it is and an arena for a processor, a tenth to a third of the resident
//! memory is not needed. A bound below the size of a usual batch costs more time in the kernel than it is worth.

/// From so many bytes on, memory comes from the system and goes back to it.
#[cfg(target_env = "gnu")]
const LARGE: i32 = 4 << 20;

/// So many free bytes at its end an arena keeps. The allocator's own default goes with a smaller bound.
#[cfg(target_env = "gnu")]
const KEPT: i32 = 4 * LARGE;

/// Sets the bounds. To be called before there are threads.
pub fn set_bounds() {
    #[cfg(target_env = "gnu")]
    {
        let arenas = std::thread::available_parallelism().map_or(2, |processors| processors.get() as i32);
        let bounds =
            [(libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, KEPT), (libc::M_ARENA_MAX, arenas)];
        for (bound, value) in bounds {
            // SAFETY: mallopt(3) takes two numbers, and is called while this is the only thread.
            unsafe { libc::mallopt(bound, value) };
        }
    }
}
