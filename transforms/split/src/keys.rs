//! Cells as keys that can be compared: numbers of any width and sign, dates, times, decimals, text, bytes.

use sluicegate_sdk::cells::{Cells, States, Values, Variable, bit};

/// Keys of a run of cells. Two runs of one type hold the same kind.
#[derive(Clone, Debug)]
pub enum Keys {
    /// What fits 64 bits, floats by their total order among them.
    Narrow(Vec<i64>, States),
    /// What fits 128 bits.
    Wide(Vec<i128>, States),
    /// Bytes, which compare from the first on.
    Bytes(Variable, States),
}

impl Keys {
    /// The keys of cells; none for lists, maps and structs. `decimal` tells decimals from other cells of one width.
    pub fn of(rows: usize, cells: Cells, decimal: bool) -> Option<Self> {
        let states = States::new(cells.validity, cells.presence);
        macro_rules! narrow {
            ($numbers:expr) => {
                Self::Narrow($numbers.into_iter().map(i64::from).collect(), states)
            };
        }
        Some(match cells.values {
            Values::Bits(bits) => {
                Self::Narrow((0..rows).map(|row| i64::from(bit(&bits, row))).collect(), states)
            }
            Values::Int8s(numbers) => narrow!(numbers),
            Values::Int16s(numbers) => narrow!(numbers),
            Values::Int32s(numbers) => narrow!(numbers),
            Values::Int64s(numbers) => Self::Narrow(numbers, states),
            Values::Uint8s(numbers) => narrow!(numbers),
            Values::Uint16s(numbers) => narrow!(numbers),
            Values::Uint32s(numbers) => narrow!(numbers),
            Values::Uint64s(numbers) => Self::Wide(numbers.into_iter().map(i128::from).collect(), states),
            Values::Float32s(numbers) => {
                Self::Narrow(numbers.into_iter().map(|number| float(f64::from(number))).collect(), states)
            }
            Values::Float64s(numbers) => Self::Narrow(numbers.into_iter().map(float).collect(), states),
            Values::Fixed(fixed) if decimal && fixed.width == 16 => {
                let (numbers, _) = fixed.data.as_chunks::<16>();
                Self::Wide(numbers.iter().map(|number| i128::from_le_bytes(*number)).collect(), states)
            }
            Values::Fixed(mut fixed) => {
                let width = fixed.width as usize;
                if decimal {
                    fixed.data.chunks_exact_mut(width.max(1)).for_each(comparable);
                }
                let offsets = (0..=rows).map(|row| (row * width) as u32).collect();
                Self::Bytes(Variable { offsets, data: fixed.data }, states)
            }
            Values::Variable(variable) => Self::Bytes(variable, states),
            Values::Nothing | Values::Offsets(_) => return None,
        })
    }
}

/// A number whose order is that of the floats; both zeros are one, NaN is above all.
fn float(number: f64) -> i64 {
    let number = if number == 0.0 {
        0.0
    } else if number.is_nan() {
        f64::NAN
    } else {
        number
    };
    let bits = number.to_bits().cast_signed();
    // Negative floats grow with their bits: turn all but the sign.
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// A number in two's complement, lowest byte first, as bytes that compare as it does.
fn comparable(number: &mut [u8]) {
    number.reverse();
    number[0] ^= 0x80;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sluicegate_sdk::cells::Fixed;

    use super::*;

    fn whole(values: Values) -> Cells {
        Cells { validity: None, presence: None, values }
    }

    proptest! {
        #[test]
        fn floats_keep_their_order(a: f64, b: f64) {
            let order = a.partial_cmp(&b);
            prop_assert!(order.is_none_or(|order| float(a).cmp(&float(b)) == order));
        }

        #[test]
        fn wide_decimals_keep_their_order(a: i128, b: i128) {
            let mut data = Vec::new();
            for number in [a, b] {
                data.extend(number.to_le_bytes());
                data.extend(if number < 0 { [0xFF; 16] } else { [0; 16] });
            }
            let keys = Keys::of(2, whole(Values::Fixed(Fixed { width: 32, data })), true);
            let Some(Keys::Bytes(bytes, _)) = keys else { panic!("bytes") };
            prop_assert_eq!(bytes.data[..32].cmp(&bytes.data[32..]), a.cmp(&b));
        }
    }

    #[test]
    fn zeros_are_one_and_nan_is_above() {
        assert_eq!(float(-0.0), float(0.0));
        assert!(float(f64::NAN) > float(f64::INFINITY));
        assert_eq!(float(-f64::NAN), float(f64::NAN));
    }

    #[test]
    fn bits_and_fixed_bytes_are_keys() {
        let keys = Keys::of(3, whole(Values::Bits(vec![0b101])), false);
        assert!(matches!(keys, Some(Keys::Narrow(numbers, _)) if numbers == [1, 0, 1]));
        let keys = Keys::of(2, whole(Values::Fixed(Fixed { width: 1, data: vec![200, 5] })), false);
        assert!(
            matches!(keys, Some(Keys::Bytes(bytes, _)) if bytes.offsets == [0, 1, 2] && bytes.data == [200, 5])
        );
        assert!(Keys::of(0, whole(Values::Nothing), false).is_none());
    }
}
