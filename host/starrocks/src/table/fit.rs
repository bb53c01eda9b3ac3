//! Which values a column takes, and as what.

use arrow_schema::DataType;
use sluicegate_kernels::cast;
use sluicegate_model::{Column, data_type};
use sluicegate_tables::Fit;

use super::ColumnType;

/// How values of a type may be written to a column.
///
/// # Errors
/// Why they may not, in words.
pub fn fit(from: &DataType, column: ColumnType) -> Result<Fit, String> {
    let to = column.arrow();
    if *from == to || *from == DataType::Null || writes_itself(from, column) {
        return Ok(Fit::Same);
    }
    // A kernel that knows the pair says so without a row.
    match cast(&Column::new(arrow_array::new_empty_array(from)), &to, &[]) {
        Ok(_) => Ok(Fit::Cast(to)),
        Err(_) => Err(format!(
            "{} cannot be written to it: cast it in a step",
            data_type::name_of(from).unwrap_or_else(|| from.to_string())
        )),
    }
}

/// Values whose digits the column takes without a loss.
fn writes_itself(from: &DataType, column: ColumnType) -> bool {
    match column {
        ColumnType::Integer(bits) => bits_of(from).is_some_and(|needed| needed <= bits),
        ColumnType::LargeInt => from.is_integer(),
        // The nearest, as the column is meant.
        ColumnType::Float | ColumnType::Double => from.is_floating(),
        ColumnType::Decimal(precision, scale) => match from {
            DataType::Decimal128(digits, own) | DataType::Decimal256(digits, own) => {
                *own >= 0
                    && *own <= scale
                    && i16::from(*digits) - i16::from(*own) <= i16::from(precision) - i16::from(scale)
            }
            _ => false,
        },
        ColumnType::DateTime => {
            matches!(from, DataType::Timestamp(unit, None) if *unit != arrow_schema::TimeUnit::Nanosecond)
        }
        // As SQL writes a length of time.
        ColumnType::Text(_) => matches!(from, DataType::Duration(_) | DataType::Time64(_)),
        ColumnType::Bytes(_) => matches!(from, DataType::FixedSizeBinary(_)),
        ColumnType::Json => matches!(from, DataType::List(_) | DataType::Struct(_) | DataType::Map(..)),
        _ => false,
    }
}

/// Bits of the signed integer that holds all values of a type.
fn bits_of(data_type: &DataType) -> Option<u8> {
    Some(match data_type {
        DataType::Int8 => 8,
        DataType::Int16 | DataType::UInt8 => 16,
        DataType::Int32 | DataType::UInt16 => 32,
        DataType::Int64 | DataType::UInt32 => 64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_and_what_does_not() {
        assert_eq!(fit(&DataType::UInt64, ColumnType::LargeInt), Ok(Fit::Same));
        assert_eq!(fit(&DataType::UInt32, ColumnType::Integer(64)), Ok(Fit::Same));
        assert_eq!(fit(&DataType::UInt64, ColumnType::Integer(64)), Ok(Fit::Cast(DataType::Int64)));
        assert_eq!(
            fit(&DataType::Utf8, ColumnType::Decimal(18, 2)),
            Ok(Fit::Cast(DataType::Decimal128(18, 2)))
        );
        assert_eq!(fit(&DataType::Decimal128(10, 2), ColumnType::Decimal(18, 2)), Ok(Fit::Same));
        assert!(matches!(fit(&DataType::Decimal128(18, 4), ColumnType::Decimal(18, 2)), Ok(Fit::Cast(_))));
        let list = DataType::new_list(DataType::Int32, true);
        assert_eq!(fit(&list, ColumnType::Json), Ok(Fit::Same));
        assert!(fit(&list, ColumnType::Integer(32)).unwrap_err().contains("list(int32)"));
    }
}
