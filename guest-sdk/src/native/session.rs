//! What the test host keeps for a thread: whether a call runs, keys and grants, and the lines of the log.

use std::cell::{Cell, RefCell};

use sluicegate_interface::Grants;
use sluicegate_keys::KeyRing;

/// Levels of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For whoever debugs the transform.
    Debug,
    /// What was done.
    Info,
    /// What somebody should look at.
    Warn,
    /// A defect.
    Error,
}

/// The keys of the step under test.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepKeys {
    pub(crate) ring: KeyRing,
    pub(crate) grants: Grants,
}

thread_local! {
    /// The number of the call that runs; 0 outside of any.
    static CALL: Cell<u64> = const { Cell::new(0) };
    /// Calls begun so far.
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static KEYS: RefCell<StepKeys> = RefCell::new(StepKeys::default());
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

/// Writes a line. It is kept for the test, and printed: the test runner shows it where the test fails.
pub fn write(level: Level, message: &str) {
    println!("[{level:?}] {message}");
    LINES.with_borrow_mut(|lines| lines.push((level, message.to_owned())));
}

/// Takes the lines that were written since the last time.
pub(crate) fn take_lines() -> Vec<(Level, String)> {
    LINES.take()
}

/// The keys of the step.
pub(crate) fn keys() -> StepKeys {
    KEYS.with_borrow(Clone::clone)
}

/// Runs `work` as one call of `transform`, with these keys: what is made in it ends with it.
pub(crate) fn call<T>(keys: &StepKeys, work: impl FnOnce() -> T) -> T {
    /// Ends the call, also where the transform panics.
    struct End(StepKeys);

    impl Drop for End {
        fn drop(&mut self) {
            CALL.set(0);
            KEYS.set(std::mem::take(&mut self.0));
        }
    }

    CALLS.set(CALLS.get() + 1);
    CALL.set(CALLS.get());
    let _end = End(KEYS.replace(keys.clone()));
    work()
}

/// How long a thing of the host lives: as long as the call in which it was made, or, made outside of one, for good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life(u64);

impl Life {
    /// Of what is made now.
    pub(crate) fn now() -> Self {
        Self(CALL.get())
    }

    /// Sees to it that a thing still lives.
    ///
    /// # Panics
    /// Where it does not: the guest would trap.
    pub(crate) fn check(self, what: &str) {
        assert!(
            self.0 == 0 || self.0 == CALL.get(),
            "the guest used a {what} that belongs to an earlier call of `transform`: what is made in a call ends with it"
        );
    }
}
