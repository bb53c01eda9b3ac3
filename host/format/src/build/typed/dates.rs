//! Dates that no calendar has.

use super::BadRows;
use crate::build::cells::{Cells, tag};
use crate::build::types::ZeroDates;

impl Cells {
    /// Does with dates of a month or day 0 as the policy says.
    pub(super) fn settle_zero_dates(&mut self, policy: ZeroDates, bad: &mut BadRows) {
        let mut start = 0;
        for row in 0..self.tags.len() {
            let end = self.ends[row] as usize;
            let cell = &self.data[start..end];
            start = end;
            if self.tags[row] != tag::TEXT || !is_zero_date(cell) {
                continue;
            }
            if policy != ZeroDates::Null {
                let date = String::from_utf8_lossy(cell);
                let what = "is a date that no calendar has: `zero_dates: null` or `text` would keep the row";
                bad.add(row, &self.name, format_args!("{date:?} {what}"));
            }
            self.tags[row] = tag::NULL;
        }
    }
}

/// Whether a text is a date of a month or day 0, with or without a time.
fn is_zero_date(text: &[u8]) -> bool {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, ..] = text else { return false };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2].iter().all(u8::is_ascii_digit);
    digits && text.len() <= 26 && ([m1, m2] == *b"00" || [d1, d2] == *b"00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_a_month_or_day_0_are_none() {
        for zero in ["0000-00-00", "2024-00-01", "2024-05-00 12:00:00", "0000-00-00 00:00:00.000000"] {
            assert!(is_zero_date(zero.as_bytes()), "{zero}");
        }
        for other in ["", "0000-01-01", "2024-10-10", "00:00:00", "abcd-00-00", "2024-05-0"] {
            assert!(!is_zero_date(other.as_bytes()), "{other}");
        }
    }
}
