//! The column whose value decides whether a row takes the place of another (`merge_condition`).
//!
//! The server compares each row of a load with the one that is there, and a row with a smaller value is passed over; of
//! rows of one key in one load it takes the last, whatever their values are. So among rows that wait the same is decided
//! here. A delete has no value: the server refuses a load with a condition that has one, and it goes in a load without.

use std::cmp::Ordering;

use sluicegate_tables::name::same;

use super::csv;
use super::plan::{Plan, PlannedColumn};
use super::rows::split;
use crate::client::Format;
use crate::table::ColumnType;

/// The column's place among those that are written. Says why it cannot be one.
pub fn place(
    name: &str,
    columns: &[PlannedColumn],
    key: &[usize],
    misfits: &mut Vec<String>,
) -> Option<usize> {
    let Some(place) = columns.iter().position(|column| same(&column.name, name)) else {
        misfits.push(format!("the rows have no column {name}, which is the `merge_condition`"));
        return None;
    };
    if key.contains(&place) {
        misfits.push(format!("its column {name} is a part of the key, and cannot be the `merge_condition`"));
    }
    if matches!(columns[place].column_type, ColumnType::Text(_) | ColumnType::Bytes(_) | ColumnType::Json) {
        misfits.push(format!(
            "its column {name} is neither a number nor a date, as the `merge_condition` has to be"
        ));
    }
    Some(place)
}

/// Whether the earlier of two rows of one key stays, because its value is the larger one. Both are cells as they are sent.
pub fn keeps(plan: &Plan, earlier: &[u8], later: &[u8]) -> bool {
    let Some(place) = plan.condition else { return false };
    compare(value(plan, place, earlier), value(plan, place, later)).is_gt()
}

/// The text of a row's value; `None` where it is NULL, or not there.
fn value<'a>(plan: &Plan, place: usize, cells: &'a [u8]) -> Option<&'a [u8]> {
    let text = match plan.format {
        Format::Json => {
            let name = serde_json::Value::from(plan.columns[place].name.as_str()).to_string();
            split(cells).find(|(own, _)| *own == name.as_bytes()).map(|(_, value)| value)
        }
        Format::Csv | Format::Arrow => csv::split(cells).nth(place),
    };
    text.filter(|text| !matches!(*text, b"null" | csv::NULL | csv::MISSING))
}

/// NULL is the smallest. Dates are written so that their texts have their order.
fn compare(one: Option<&[u8]>, other: Option<&[u8]>) -> Ordering {
    let (Some(one), Some(other)) = (one, other) else { return one.is_some().cmp(&other.is_some()) };
    match (Number::of(one), Number::of(other)) {
        (Some(one), Some(other)) => one.compare(&other),
        _ => one.cmp(other),
    }
}

/// A number by its digits: 256 bits have more than any type of ours.
struct Number<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    /// With an exponent, as floats have it.
    float: Option<f64>,
}

impl<'a> Number<'a> {
    fn of(text: &'a [u8]) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix(b"-") {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let point = digits.iter().position(|byte| *byte == b'.');
        let (whole, fraction) = digits.split_at(point.unwrap_or(digits.len()));
        let fraction = fraction.get(1..).unwrap_or_default();
        if whole.iter().chain(fraction).all(u8::is_ascii_digit) && !whole.is_empty() {
            let zeros = whole.iter().take_while(|digit| **digit == b'0').count();
            return Some(Self { negative, whole: &whole[zeros..], fraction, float: None });
        }
        let float = std::str::from_utf8(text).ok()?.parse().ok()?;
        Some(Self { negative, whole, fraction, float: Some(float) })
    }

    fn as_float(&self) -> f64 {
        let text = |digits: &[u8]| String::from_utf8_lossy(digits).into_owned();
        self.float.unwrap_or_else(|| {
            let size: f64 = format!("0{}.{}0", text(self.whole), text(self.fraction)).parse().unwrap_or(0.0);
            if self.negative { -size } else { size }
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        if self.float.is_some() || other.float.is_some() {
            return self.as_float().total_cmp(&other.as_float());
        }
        let is_zero =
            |number: &Self| number.whole.is_empty() && number.fraction.iter().all(|digit| *digit == b'0');
        if is_zero(self) && is_zero(other) {
            return Ordering::Equal;
        }
        // The values of one column have as many digits behind the point.
        let size = || {
            let whole = self.whole.len().cmp(&other.whole.len());
            whole.then_with(|| (self.whole, self.fraction).cmp(&(other.whole, other.fraction)))
        };
        match (self.negative, other.negative) {
            (false, false) => size(),
            (true, true) => size().reverse(),
            // What is below zero is the smaller.
            (negative, others) => others.cmp(&negative),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_an_order() {
        let compare = |one: &str, other: &str| {
            let of = |text: &str| (text != "null").then(|| text.as_bytes().to_vec());
            compare(of(one).as_deref(), of(other).as_deref())
        };
        let ascending = [
            "null",
            "-1000.00",
            "-12.50",
            "-12.40",
            "0.00",
            "0.01",
            "9.99",
            "10.00",
            "340282366920938463463374607431768211456.00",
        ];
        for pair in ascending.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
            assert_eq!(compare(pair[0], pair[0]), Ordering::Equal, "{pair:?}");
        }
        assert_eq!(compare("-0", "0"), Ordering::Equal);
        assert_eq!(compare("1e300", "2.5"), Ordering::Greater);
        assert_eq!(compare("-1.5e-7", "0"), Ordering::Less);
        assert_eq!(compare("\"2026-01-31 08:00:00\"", "\"2026-01-31 08:00:00.5\""), Ordering::Less);
    }
}
