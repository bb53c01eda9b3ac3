//! What a run of the tests may be told by its environment.

use std::str::FromStr;

/// Messages of the tests with many of them.
pub fn messages() -> usize {
    number("SLUICEGATE_MESSAGES", 1_000_000)
}

/// Faults of each kill test.
pub fn faults() -> usize {
    number("SLUICEGATE_FAULTS", 20)
}

/// MiB of a large transaction.
pub fn transaction_mib() -> u64 {
    number("SLUICEGATE_TRANSACTION_MIB", 100)
}

/// MiB of a transaction that is more than its server wrote.
pub fn amplified_mib() -> u64 {
    number("SLUICEGATE_AMPLIFIED_MIB", 1_000)
}

/// The seed of all random choices. Another one each time, unless it is set.
pub fn seed() -> u64 {
    let now = std::time::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_nanos() as u64);
    number("SLUICEGATE_SEED", now)
}

fn number<T: FromStr>(name: &str, default: T) -> T {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, which is no number")),
        Err(_) => default,
    }
}
