//! The form of a number.

use std::ops::Range;

use super::{Fault, Scanner};

impl Scanner<'_> {
    /// Passes a number and gives its digits, as they stand: they are never made a float.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<Range<usize>, Fault> {
        let start = self.at();
        self.eat(b'-');
        match self.peek() {
            b'0' => {
                self.go_to(self.at() + 1);
                if self.peek().is_ascii_digit() {
                    return Err(self.fault("a number does not begin with 0 and another digit"));
                }
            }
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.fault("a digit is expected")),
        }
        if self.eat(b'.') {
            self.some_digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.go_to(self.at() + 1);
            if matches!(self.peek(), b'+' | b'-') {
                self.go_to(self.at() + 1);
            }
            self.some_digits()?;
        }
        Ok(start..self.at())
    }

    #[inline]
    fn digits(&mut self) {
        while let Some(chunk) = self.rest().first_chunk::<8>() {
            let other = no_digits_in(u64::from_le_bytes(*chunk));
            if other != 0 {
                self.go_to(self.at() + (other.trailing_zeros() / 8) as usize);
                return;
            }
            self.go_to(self.at() + 8);
        }
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.go_to(self.at() + count);
    }

    #[inline]
    fn some_digits(&mut self) -> Result<(), Fault> {
        if !self.peek().is_ascii_digit() {
            return Err(self.fault("a digit is expected"));
        }
        self.digits();
        Ok(())
    }
}

/// The high bit of each byte that is no digit, for the first such byte at least: the sum may carry into the bytes after
/// it.
#[inline]
fn no_digits_in(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // A digit becomes its value, anything else more than 9.
    let values = word ^ (EACH * b'0' as u64);
    (values.wrapping_add(EACH * (0x7F - 9)) | values) & (EACH * 0x80)
}

/// Whether a text is a JSON number and nothing else.
pub(crate) fn is_number(text: &str) -> bool {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    scanner.number().is_ok() && scanner.is_at_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_is_no_digit_is_found() {
        for place in 0..8 {
            for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                let mut bytes = *b"90817263";
                bytes[place..].fill(0xFF);
                bytes[place] = byte;
                let found = no_digits_in(u64::from_le_bytes(bytes));
                assert_eq!(found.trailing_zeros() / 8, place as u32, "{byte:#x}");
            }
        }
        assert_eq!(no_digits_in(u64::from_le_bytes(*b"01234567")), 0);
        assert_eq!(no_digits_in(u64::from_le_bytes(*b"89898989")), 0);
    }

    #[test]
    fn numbers_are_those_of_json() {
        for good in [
            "0",
            "-0",
            "7",
            "10.50",
            "1e9",
            "1E+9",
            "-1.5e-300",
            "12345678",
            "123456789012345678901234567890",
        ] {
            assert!(is_number(good), "{good}");
        }
        for bad in
            ["", "-", "01", "-01", ".5", "5.", "1e", "1e+", "+1", "0x10", "1 ", "NaN", "Infinity", "1.2.3"]
        {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
