//! A remainder without a division: of all that a split does for a row, the division would be the dearest.

/// Remainders by a number of 1 to 1,024.
#[derive(Clone, Copy, Debug)]
pub struct Modulo {
    divisor: u64,
    /// 2^32 / divisor, rounded up: times a small number and shifted back, the quotient.
    inverse: u64,
    /// 2^16 modulo the divisor.
    step: u64,
}

impl Modulo {
    /// Remainders by `divisor`, which is at most 1,024 and not 0.
    pub fn by(divisor: u32) -> Self {
        let divisor = u64::from(divisor);
        Self { divisor, inverse: (1 << 32) / divisor + 1, step: (1 << 16) % divisor }
    }

    /// The remainder of a number of 32 bits: of its halves, put together.
    #[inline]
    pub fn of(self, number: u32) -> u32 {
        let high = self.small(u64::from(number >> 16));
        self.small(high * self.step + u64::from(number & 0xFFFF)) as u32
    }

    /// The remainder of a number of 64 bits.
    #[inline]
    pub fn of_long(self, number: u64) -> u32 {
        let parts = [number >> 48, number >> 32 & 0xFFFF, number >> 16 & 0xFFFF, number & 0xFFFF];
        parts.iter().fold(0, |rest, part| self.small(rest * self.step + part)) as u32
    }

    /// The remainder of a number below 2^21. The inverse is too large by less than divisor / 2^32, so the quotient is
    /// by less than 2^21 * 2^10 / 2^32 of one divisor: never enough to reach the next.
    #[inline]
    fn small(self, number: u64) -> u64 {
        number - ((number * self.inverse) >> 32) * self.divisor
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_remainder(number: u64, divisor in 1u32..=1024) {
            let modulo = Modulo::by(divisor);
            prop_assert_eq!(modulo.of(number as u32), number as u32 % divisor);
            prop_assert_eq!(u64::from(modulo.of_long(number)), number % u64::from(divisor));
        }
    }

    #[test]
    fn around_every_multiple_too() {
        for divisor in 1..=1024_u32 {
            let modulo = Modulo::by(divisor);
            for near in [0, 1, u32::MAX / divisor / 2, u32::MAX / divisor] {
                for number in
                    [near * divisor, (near * divisor).wrapping_sub(1), (near * divisor).wrapping_add(1)]
                {
                    assert_eq!(modulo.of(number), number % divisor, "{number} by {divisor}");
                }
            }
            assert_eq!(modulo.of(u32::MAX), u32::MAX % divisor);
            assert_eq!(u64::from(modulo.of_long(u64::MAX)), u64::MAX % u64::from(divisor));
        }
    }
}
