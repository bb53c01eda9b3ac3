//! The bytes that may be on their way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Bounds the bytes between the source and the open transaction. A chunk takes a [`Permit`] when it is read, which grows
/// with what becomes of it, and gives it back when its rows are handed over, or dropped.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    used: AtomicUsize,
    freed: Notify,
}

/// Bytes taken from a budget; they come back on drop.
#[derive(Debug)]
pub struct Permit {
    bytes: usize,
    budget: Budget,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, used: AtomicUsize::new(0), freed: Notify::new() }))
    }

    /// Bytes in all.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// Bytes that are free.
    pub fn free(&self) -> usize {
        self.0.limit.saturating_sub(self.0.used.load(Ordering::Acquire))
    }

    /// Takes bytes, also past the limit: a single record larger than the whole budget must pass.
    pub fn take(&self, bytes: usize) -> Permit {
        self.0.used.fetch_add(bytes, Ordering::AcqRel);
        Permit { bytes, budget: self.clone() }
    }

    /// Waits until bytes came back.
    pub async fn freed(&self) {
        self.0.freed.notified().await;
    }
}

impl Permit {
    /// Takes more, up to a number of bytes in all, also past the limit: what it was taken for has become larger.
    pub fn grow_to(&mut self, bytes: usize) {
        if bytes > self.bytes {
            self.budget.0.used.fetch_add(bytes - self.bytes, Ordering::AcqRel);
            self.bytes = bytes;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.0.used.fetch_sub(self.bytes, Ordering::AcqRel);
        self.budget.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_come_back() {
        let budget = Budget::new(10);
        let first = budget.take(4);
        let large = budget.take(100);
        assert_eq!(budget.free(), 0);
        drop(large);
        assert_eq!(budget.free(), 6);
        drop(first);
        assert_eq!(budget.free(), 10);
    }

    #[test]
    fn what_grows_comes_back_whole() {
        let budget = Budget::new(10);
        let mut permit = budget.take(4);
        permit.grow_to(3);
        assert_eq!(budget.free(), 6, "it never shrinks");
        permit.grow_to(12);
        assert_eq!(budget.free(), 0);
        drop(permit);
        assert_eq!(budget.free(), 10);
    }
}
