//! What a step may use, and the clock that CPU time is measured with.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluicegate_model::units::{ByteSize, TimeSpan};
use wasmtime::ResourceLimiter;

/// Limits of a step. A guest that runs over one loses its instance; the batch is tried again, then taken apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Linear memory of one instance.
    pub memory: ByteSize,
    /// CPU time that a guest may take for one batch: time of its thread, so a busy machine does not count.
    pub cpu: TimeSpan,
    /// Rows of all outputs of one batch.
    pub output_rows: u64,
    /// Bytes of all columns that are made in one call, and of what its outputs pick from the input.
    pub output_bytes: ByteSize,
    /// Columns, batches, outputs and builders that a guest holds at one time.
    pub handles: u32,
    /// Lines a second that a guest's `log` may write. More are counted, and dropped.
    pub log_lines: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: ByteSize(64 << 20),
            cpu: TimeSpan(Duration::from_millis(500)),
            output_rows: 1_000_000,
            output_bytes: ByteSize(256 << 20),
            handles: 16_384,
            log_lines: 20,
        }
    }
}

impl Limits {
    /// Memory from which on an instance is replaced between two batches: a guest that leaks is renewed before it
    /// fails.
    pub(crate) fn memory_to_recycle(&self) -> u64 {
        self.memory.0 / 4 * 3
    }

    /// Handles left over from earlier calls from which on an instance is replaced.
    pub(crate) fn handles_to_recycle(&self) -> usize {
        self.handles as usize / 4
    }
}

/// Least CPU time for `describe` and `init`, which start a whole language in some guests.
pub(crate) const INIT_CPU: Duration = Duration::from_secs(5);

/// CPU time of the calling thread: wall time would blame a guest for a busy machine.
pub(crate) fn thread_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// What a call may still take of the CPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuBudget {
    began: Duration,
    limit: Duration,
    setting: &'static str,
}

impl CpuBudget {
    /// Begins to count on this thread.
    pub(crate) fn begin(limit: Duration, setting: &'static str) -> Self {
        Self { began: thread_cpu_time(), limit, setting }
    }

    /// Whether the call may go on.
    ///
    /// # Errors
    /// What to say when it may not.
    pub(crate) fn check(&self) -> wasmtime::Result<()> {
        if thread_cpu_time().saturating_sub(self.began) <= self.limit {
            return Ok(());
        }
        Err(wasmtime::format_err!(
            "the guest ran over its limit of CPU time: {} ({})",
            TimeSpan(self.limit),
            self.setting
        ))
    }
}

/// Table elements of all of an instance's tables: function pointers. Large language runtimes need 50,000.
pub(crate) const TABLE_ELEMENTS: usize = 1_000_000;

/// Counts the linear memory and tables of an instance.
#[derive(Debug)]
pub(crate) struct MemoryUse {
    limit: usize,
    used: usize,
    elements: usize,
    /// What a growth would have come to that was refused.
    pub(crate) refused: Option<u64>,
}

impl MemoryUse {
    pub(crate) fn new(limit: ByteSize) -> Self {
        Self { limit: usize::try_from(limit.0).unwrap_or(usize::MAX), used: 0, elements: 0, refused: None }
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> u64 {
        self.used as u64
    }
}

impl ResourceLimiter for MemoryUse {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used.saturating_sub(current).saturating_add(desired);
        if used > self.limit {
            self.refused = Some(used as u64);
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let elements = self.elements.saturating_sub(current).saturating_add(desired);
        if elements > TABLE_ELEMENTS {
            return Ok(false);
        }
        self.elements = elements;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_people_write_them() {
        let limits: Limits = serde_json::from_str(r#"{"memory": "16MiB", "cpu": "20ms"}"#).unwrap();
        assert_eq!(limits.memory, ByteSize(16 << 20));
        assert_eq!(limits.cpu, TimeSpan(Duration::from_millis(20)));
        assert_eq!(limits.handles, Limits::default().handles);
        assert!(serde_json::from_str::<Limits>(r#"{"memmory": 1}"#).is_err());
    }

    #[test]
    fn all_memories_of_an_instance_count_together() {
        let mut memory = MemoryUse::new(ByteSize(100));
        assert!(memory.memory_growing(0, 60, None).unwrap());
        assert!(!memory.memory_growing(0, 60, None).unwrap());
        assert_eq!(memory.refused, Some(120));
        assert!(memory.memory_growing(60, 100, None).unwrap());
        assert_eq!(memory.bytes(), 100);
    }
}
