//! Exact decimals: digits and a scale.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::builders::{Builder, Masks};
use crate::cells::{Cell, Cells, Fixed, States, Values};
use crate::{Column, Failure};

/// Most digits of a decimal.
pub const MAX_DIGITS: u8 = 38;

/// A number of up to 38 digits, some of which stand behind the point. It is printed with exactly as many as its scale
/// says. Two are equal where digits and scale are: `1.5` and `1.50` are not; [`compare`](Self::compare) goes by value.
///
/// ```
/// use sluicegate_sdk::decimal::Decimal;
///
/// let price: Decimal = "12.50".parse().unwrap();
/// assert_eq!((price.digits(), price.scale()), (1250, 2));
/// let third = price.checked_mul(Decimal::new(3, 0)).unwrap();
/// assert_eq!(third.to_string(), "37.50");
/// assert_eq!(price.rescale(1).unwrap().to_string(), "12.5");
/// assert_eq!(Decimal::new(-5, 2).to_string(), "-0.05");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    digits: i128,
    scale: u8,
}

/// A text that is no decimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecimalError(String);

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecimalError {}

impl Decimal {
    /// `digits` divided by ten to the power of `scale`.
    ///
    /// # Panics
    /// For a scale over 38.
    pub const fn new(digits: i128, scale: u8) -> Self {
        assert!(scale <= MAX_DIGITS, "a decimal has 38 digits at most");
        Self { digits, scale }
    }

    /// All digits as one number.
    pub const fn digits(self) -> i128 {
        self.digits
    }

    /// How many of them stand behind the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The same value with another scale; none where that would drop a digit that is not 0, or overflow.
    pub fn rescale(self, scale: u8) -> Option<Self> {
        let digits = if scale >= self.scale {
            self.digits.checked_mul(power(scale - self.scale)?)?
        } else {
            let divisor = power(self.scale - scale)?;
            if self.digits % divisor != 0 {
                return None;
            }
            self.digits / divisor
        };
        Some(Self { digits, scale })
    }

    /// The nearest value with another scale, halves away from zero; none on overflow.
    pub fn round(self, scale: u8) -> Option<Self> {
        if scale >= self.scale {
            return self.rescale(scale);
        }
        let divisor = power(self.scale - scale)?;
        let (whole, rest) = (self.digits / divisor, self.digits % divisor);
        // A rest of 38 digits doubled may not fit: compared without.
        let up = rest.abs() >= divisor - rest.abs();
        Some(Self { digits: if up { whole + self.digits.signum() } else { whole }, scale })
    }

    /// The sum, with the larger scale; none on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let digits = self.rescale(scale)?.digits.checked_add(other.rescale(scale)?.digits)?;
        Some(Self { digits, scale })
    }

    /// The difference, with the larger scale; none on overflow.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { digits: other.digits.checked_neg()?, ..other })
    }

    /// The product, with the scales added; none on overflow.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let scale = self.scale.checked_add(other.scale).filter(|scale| *scale <= MAX_DIGITS)?;
        Some(Self { digits: self.digits.checked_mul(other.digits)?, scale })
    }

    /// The order of the values: `1.5` and `1.50` are equal.
    pub fn compare(self, other: Self) -> Ordering {
        let parts = |of: Self| {
            let unit = power(of.scale).unwrap_or(1);
            (of.digits / unit, of.digits % unit)
        };
        let ((whole, rest), (other_whole, other_rest)) = (parts(self), parts(other));
        let scale = self.scale.max(other.scale);
        // A rest is below one, so it has no more digits than the larger scale.
        let widened = |rest: i128, of: u8| rest * power(scale - of).unwrap_or(1);
        whole.cmp(&other_whole).then_with(|| widened(rest, self.scale).cmp(&widened(other_rest, other.scale)))
    }
}

fn power(of_ten: u8) -> Option<i128> {
    10i128.checked_pow(u32::from(of_ten))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.digits.unsigned_abs(), width = scale + 1);
        let (whole, rest) = digits.split_at(digits.len() - scale);
        let point = if scale == 0 { "" } else { "." };
        f.pad_integral(self.digits >= 0, "", &format!("{whole}{point}{rest}"))
    }
}

/// Digits with an optional sign and point; the scale is the number of digits behind the point.
impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let error = |why: &str| DecimalError(format!("{text:?} is no decimal: {why}"));
        let (negative, number) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && rest.is_empty() {
            return Err(error("it has no digit"));
        }
        let scale = u8::try_from(rest.len()).ok().filter(|scale| *scale <= MAX_DIGITS);
        let scale = scale.ok_or_else(|| error("it has more than 38 digits behind the point"))?;
        let mut digits: i128 = 0;
        for digit in whole.bytes().chain(rest.bytes()) {
            if !digit.is_ascii_digit() {
                return Err(error("it holds more than digits, a sign and a point"));
            }
            let next = digits.checked_mul(10).and_then(|digits| digits.checked_add(i128::from(digit - b'0')));
            digits = next.ok_or_else(|| error("it has more than 38 digits"))?;
        }
        Ok(Self { digits: if negative { -digits } else { digits }, scale })
    }
}

/// Cells of decimals.
#[derive(Clone, Debug)]
pub struct Decimals {
    states: States,
    data: Vec<u8>,
    scale: u8,
}

impl Decimals {
    /// From cells of a `decimal128` type; `None` where they hold something else.
    pub fn from_cells(data_type: &str, cells: Cells) -> Option<Self> {
        let (_, scale) = precision_and_scale(data_type)?;
        let Values::Fixed(Fixed { width: 16, data }) = cells.values else { return None };
        Some(Self { states: States::new(cells.validity, cells.presence), data, scale })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.data.len() / 16
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Digits behind the point, in every cell.
    pub fn scale(&self) -> u8 {
        self.scale
    }

    /// A cell.
    ///
    /// # Panics
    /// Past the end.
    pub fn get(&self, row: usize) -> Cell<Decimal> {
        let (cells, _) = self.data.as_chunks::<16>();
        self.states.of(row).map(|()| Decimal { digits: i128::from_le_bytes(cells[row]), scale: self.scale })
    }

    /// The cells in order.
    pub fn iter(&self) -> impl Iterator<Item = Cell<Decimal>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// The values in order; NULL and missing are none.
    pub fn options(&self) -> impl Iterator<Item = Option<Decimal>> {
        self.iter().map(Cell::value)
    }
}

/// Precision and scale out of `decimal128(18,2)`; none for another type and for a negative scale.
fn precision_and_scale(data_type: &str) -> Option<(u8, u8)> {
    let (precision, scale) = data_type.strip_prefix("decimal128(")?.strip_suffix(')')?.split_once(',')?;
    Some((precision.parse().ok()?, scale.parse().ok()?))
}

/// A column of decimals of one precision and scale.
#[derive(Clone, Debug)]
pub struct DecimalBuilder {
    masks: Masks,
    data: Vec<u8>,
    precision: u8,
    scale: u8,
}

impl DecimalBuilder {
    /// A column of `decimal128(precision,scale)`.
    ///
    /// # Panics
    /// Where there is no such type: a precision of 1 to 38 that is not below the scale.
    pub fn new(precision: u8, scale: u8) -> Self {
        assert!((1..=MAX_DIGITS).contains(&precision) && scale <= precision, "a decimal has 1 to 38 digits");
        Self { masks: Masks::default(), data: Vec::new(), precision, scale }
    }

    /// Adds a cell.
    ///
    /// # Errors
    /// [`Failure::reject`] for a value with more digits than the column has, before or behind the point. Nothing is
    /// rounded: [`Decimal::round`] is there for it. The cell is not added.
    pub fn push(&mut self, cell: impl Into<Cell<Decimal>>) -> Result<(), Failure> {
        let cell = cell.into();
        let digits = match cell {
            Cell::Value(value) => {
                let fits = |digits: i128| {
                    power(self.precision).is_none_or(|end| digits.unsigned_abs() < end.unsigned_abs())
                };
                let rescaled = value.rescale(self.scale).map(Decimal::digits).filter(|digits| fits(*digits));
                rescaled.ok_or_else(|| {
                    let (precision, scale) = (self.precision, self.scale);
                    Failure::reject(format!("{value} does not fit decimal({precision},{scale})"))
                })?
            }
            Cell::Null | Cell::Missing => 0,
        };
        self.data.extend_from_slice(&digits.to_le_bytes());
        self.masks.push(&cell);
        Ok(())
    }

    /// The cells, and how many they are.
    pub fn into_cells(self) -> (u32, Cells) {
        self.masks.with(Values::Fixed(Fixed { width: 16, data: self.data }))
    }
}

impl Builder for DecimalBuilder {
    fn len(&self) -> usize {
        self.masks.len()
    }

    fn finish(self) -> Result<Column, Failure> {
        let data_type = format!("decimal128({},{})", self.precision, self.scale);
        let (rows, cells) = self.into_cells();
        Column::of(&data_type, rows, &cells)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn text_that_is_none_is_refused() {
        for text in ["", "-", ".", "1e5", "1.2.3", " 1", "１"] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?}");
        }
        assert!(format!("0.{}", "1".repeat(39)).parse::<Decimal>().is_err());
        assert!("9".repeat(40).parse::<Decimal>().unwrap_err().to_string().contains("38 digits"));
        assert_eq!(
            (decimal(".5"), decimal("5."), decimal("+5")),
            (decimal("0.5").rescale(1).unwrap(), decimal("5"), decimal("5"))
        );
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (text, scale, rounded) in [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("2.49", 0, "2"),
            ("0.005", 2, "0.01"),
            ("-0.004", 2, "0.00"),
        ] {
            assert_eq!(decimal(text).round(scale).unwrap().to_string(), rounded);
        }
    }

    #[test]
    fn values_compare_whatever_their_scale() {
        assert_eq!(decimal("1.5").compare(decimal("1.50")), Ordering::Equal);
        assert_eq!(decimal("-1.5").compare(decimal("-1.49")), Ordering::Less);
        assert_eq!(Decimal::new(i128::MAX, 0).compare(Decimal::new(i128::MAX, 38)), Ordering::Greater);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let mut column = DecimalBuilder::new(4, 2);
        column.push(Some(decimal("99.99"))).unwrap();
        column.push(Some(decimal("1.500"))).unwrap();
        for text in ["100", "0.001"] {
            assert!(
                column.push(Some(decimal(text))).unwrap_err().message.contains("does not fit decimal(4,2)")
            );
        }
        column.push(Cell::Missing).unwrap();
        assert_eq!(column.len(), 3);
    }

    proptest! {
        #[test]
        fn text_goes_both_ways(digits in -(10i128.pow(37))..10i128.pow(37), scale in 0u8..=38) {
            let number = Decimal::new(digits, scale);
            prop_assert_eq!(decimal(&number.to_string()), number);
        }

        #[test]
        fn sums_are_exact(a in -1_000_000i128..1_000_000, b in -1_000_000i128..1_000_000, s in 0u8..6, t in 0u8..6) {
            let (a, b) = (Decimal::new(a, s), Decimal::new(b, t));
            let sum = a.checked_add(b).unwrap();
            prop_assert_eq!(sum.checked_sub(b).unwrap().compare(a), Ordering::Equal);
        }
    }
}
