//! Epochs that are not divided among the connections.
//!
//! A change of the key that lacks columns is an `UPDATE` of the row under its old key. The new key may be another connection's,
//! which has changed it in the same epoch or will: each would wait for the other's locks. And were the change decided by one
//! connection and not yet by the other when the process ends, the rest of the row would be nowhere. So all rows of such an
//! epoch are written by the first connection, which decides for every one, in one transaction.
//!
//! Likewise where connections are in each other's way: a trigger of the table that counts in one row, a gap between keys
//! that the server locks. InnoDB does that under READ COMMITTED too: where a page is divided during an
//! `INSERT .. ON DUPLICATE KEY UPDATE`, a row that its transaction has locked at the border becomes a lock of the gap
//! before it (`performance_schema.data_locks` shows it as one of the page's supremum). The one that has written waits for
//! the other, and that one for its locks, until the server ends the wait.

/// Epochs that stay together after the last one that had to: such changes seldom come alone, and each first one costs an
/// epoch that was begun.
const LONG: u32 = 16;

/// As many after waits, where another one came each time soon after they were divided again: each costs seconds.
const LONGEST: u32 = 1024;

/// Whether the rows of an epoch are divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Together {
    /// Epochs that stay together, still.
    left: u32,
    /// How many they were after the last wait.
    length: u32,
    /// Epochs that were divided since.
    apart: u32,
}

impl Together {
    /// Whether the first connection writes this epoch alone.
    pub const fn is_on(self) -> bool {
        self.left > 0
    }

    /// A row asks for it. Where it was not so before, the open epoch has to begin again.
    pub fn ask(&mut self) {
        self.left = self.left.max(LONG);
    }

    /// A connection waited in vain for another's locks.
    pub fn waited(&mut self) {
        let is_soon = self.length > 0 && self.apart < self.length;
        self.length = if is_soon { LONGEST.min(self.length * 2) } else { LONG };
        self.apart = 0;
        self.left = self.length;
    }

    /// An epoch was decided.
    pub fn decided(&mut self) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.apart = self.apart.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_no_row_asks() {
        let mut together = Together::default();
        assert!(!together.is_on());
        together.ask();
        for _ in 0..LONG - 1 {
            together.decided();
        }
        together.ask();
        together.decided();
        assert!(together.is_on());
        for _ in 0..LONG {
            together.decided();
        }
        assert!(!together.is_on());
    }

    /// Epochs until they are divided again.
    fn length(together: &mut Together) -> u32 {
        together.waited();
        let mut epochs = 0;
        while together.is_on() {
            together.decided();
            epochs += 1;
        }
        epochs
    }

    #[test]
    fn it_is_longer_where_waits_come_back_soon() {
        let mut together = Together::default();
        assert_eq!(length(&mut together), LONG);
        together.decided();
        assert_eq!(length(&mut together), 2 * LONG);
        for _ in 0..20 {
            length(&mut together);
        }
        assert_eq!(length(&mut together), LONGEST);
        for _ in 0..LONGEST {
            together.decided();
        }
        assert_eq!(length(&mut together), LONG);
    }
}
