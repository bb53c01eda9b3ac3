//! What becomes of the values of one key in an aggregate table.

use std::cmp::Ordering;

use crate::convert::Cell;

/// How values of a column become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Their sum; NULL counts for nothing.
    Sum,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The last one.
    Replace,
    /// The last one that is not NULL.
    ReplaceIfNotNull,
}

impl Aggregate {
    /// The one of this name.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "SUM" => Self::Sum,
            "MAX" => Self::Max,
            "MIN" => Self::Min,
            "REPLACE" => Self::Replace,
            "REPLACE_IF_NOT_NULL" => Self::ReplaceIfNotNull,
            _ => return None,
        })
    }

    /// What the value that is there and a later one become.
    pub fn of(self, old: &Cell, new: &Cell) -> Cell {
        let (Some(before), Some(after)) = (old, new) else {
            return match self {
                Self::Replace => new.clone(),
                _ => new.clone().or_else(|| old.clone()),
            };
        };
        match self {
            Self::Sum => Some(sum(before, after)),
            Self::Max if compare(before, after) == Ordering::Greater => old.clone(),
            Self::Min if compare(before, after) == Ordering::Less => old.clone(),
            _ => new.clone(),
        }
    }
}

/// Digits without the point, and how many stand behind it.
fn digits(bytes: &[u8]) -> Option<(i128, usize)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    Some((format!("{whole}{part}").parse().ok()?, part.len()))
}

fn float(bytes: &[u8]) -> Option<f64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn sum(one: &[u8], other: &[u8]) -> Vec<u8> {
    // Values of one column have the same number of digits behind the point, unless they are floats.
    if let (Some((a, scale)), Some((b, same))) = (digits(one), digits(other))
        && scale == same
    {
        let total = a + b;
        let sign = if total < 0 { "-" } else { "" };
        let mut text = format!("{:0width$}", total.unsigned_abs(), width = scale + 1);
        if scale > 0 {
            text.insert(text.len() - scale, '.');
        }
        return format!("{sign}{text}").into_bytes();
    }
    (float(one).unwrap_or(0.0) + float(other).unwrap_or(0.0)).to_string().into_bytes()
}

/// Numbers by their size, everything else by its bytes: dates are written so that this is their order.
pub(super) fn compare(one: &[u8], other: &[u8]) -> Ordering {
    if let (Some((a, scale)), Some((b, same))) = (digits(one), digits(other))
        && scale == same
    {
        return a.cmp(&b);
    }
    match (float(one), float(other)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => one.cmp(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_one() {
        let of = |how: &str, old: Option<&str>, new: Option<&str>| {
            let cell = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
            let one = Aggregate::parse(how).unwrap().of(&cell(old), &cell(new));
            one.map(|bytes| String::from_utf8(bytes).unwrap())
        };
        assert_eq!(of("sum", Some("1.20"), Some("-1.25")).unwrap(), "-0.05");
        assert_eq!(of("sum", None, Some("7")).unwrap(), "7");
        assert_eq!(of("max", Some("9"), Some("10")).unwrap(), "10");
        assert_eq!(of("min", Some("2026-01-02"), Some("2026-01-10")).unwrap(), "2026-01-02");
        assert_eq!(of("replace", Some("a"), None), None);
        assert_eq!(of("replace_if_not_null", Some("a"), None).unwrap(), "a");
    }
}
