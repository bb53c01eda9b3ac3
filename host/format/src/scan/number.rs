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

/// Whether a text is a JSON number and nothing else.
pub(crate) fn is_number(text: &str) -> bool {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    scanner.number().is_ok() && scanner.is_at_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_json() {
        for good in ["0", "-0", "7", "10.50", "1e9", "1E+9", "-1.5e-300", "123456789012345678901234567890"] {
            assert!(is_number(good), "{good}");
        }
        for bad in
            ["", "-", "01", "-01", ".5", "5.", "1e", "1e+", "+1", "0x10", "1 ", "NaN", "Infinity", "1.2.3"]
        {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
