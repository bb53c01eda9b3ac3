//! The rules that a search runs under.

use std::marker::PhantomData;

/// A rule of a protocol: one value of its list.
pub trait Numbered: Copy {
    /// Its place in the list, below 32.
    fn number(self) -> u32;
}

/// A set of the rules of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSet<R> {
    bits: u32,
    rules: PhantomData<R>,
}

impl<R: Numbered> RuleSet<R> {
    /// The protocol as it is: every rule holds.
    pub const fn all() -> Self {
        Self { bits: u32::MAX, rules: PhantomData }
    }

    /// The protocol without one rule.
    #[must_use]
    pub fn without(self, rule: R) -> Self {
        Self { bits: self.bits & !(1 << rule.number()), ..self }
    }

    /// Whether `rule` holds.
    pub fn on(self, rule: R) -> bool {
        self.bits & (1 << rule.number()) != 0
    }
}
