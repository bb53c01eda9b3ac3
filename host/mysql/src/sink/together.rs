//! Epochs that are not divided among the connections.
//!
//! A change of the key that lacks columns is an `UPDATE` of the row under its old key. The new key may be another connection's,
//! which has changed it in the same epoch or will: each would wait for the other's locks. And were the change decided by one
//! connection and not yet by the other when the process ends, the rest of the row would be nowhere. So all rows of such an
//! epoch are written by the first connection, which decides for every one, in one transaction.
//!
//! Likewise where connections are in each other's way: a trigger of the table that counts in one row, a gap that the server
//! locks. The one that has written waits for the other, and that one for its locks, until the server ends the wait.

/// Epochs that stay together after the last one that had to: such changes seldom come alone, and each first one costs an
/// epoch that was begun.
const LONG: u32 = 16;

/// Whether the rows of an epoch are divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Together {
    left: u32,
}

impl Together {
    /// Whether the first connection writes this epoch alone.
    pub const fn is_on(self) -> bool {
        self.left > 0
    }

    /// A row asks for it. Where it was not so before, the open epoch has to begin again.
    pub fn ask(&mut self) {
        self.left = LONG;
    }

    /// An epoch was decided.
    pub fn decided(&mut self) {
        self.left = self.left.saturating_sub(1);
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
}
