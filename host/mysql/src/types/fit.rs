//! What may be written to a column, and as what.

use arrow_schema::DataType;
use sluicegate_kernels::cast;
use sluicegate_model::{Column, data_type};
use sluicegate_tables::Fit;

use super::ColumnType;

/// How values of a type may be written to a column.
///
/// # Errors
/// Why they may not, in words.
pub fn fit(from: &DataType, column: &ColumnType) -> Result<Fit, String> {
    let to = match (from, column) {
        // The text of a number is no bits.
        (DataType::Utf8 | DataType::Decimal128(_, _) | DataType::Decimal256(_, _), ColumnType::Bit) => {
            DataType::UInt64
        }
        _ => column.arrow(),
    };
    if *from == to || writes_itself(from, column) {
        return Ok(Fit::Same);
    }
    if matches!(from, DataType::Timestamp(_, None)) && matches!(column, ColumnType::Timestamp(_)) {
        return Err(
            "a wall clock without a zone is no instant: cast it to `timestamp` with its zone in a step, or \
                    make the column a DATETIME"
                .to_owned(),
        );
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

/// Values whose literal the column takes without a loss, or refuses.
fn writes_itself(from: &DataType, column: &ColumnType) -> bool {
    let integer = from.is_integer() || *from == DataType::Boolean;
    match column {
        // The server checks the range.
        ColumnType::Integer { .. } | ColumnType::Year => integer,
        ColumnType::Bit => matches!(from, DataType::Binary | DataType::FixedSizeBinary(_)) || integer,
        // A narrower float is the nearest, as the column is meant.
        ColumnType::Float | ColumnType::Double => from.is_floating(),
        ColumnType::Bytes => matches!(from, DataType::Binary | DataType::FixedSizeBinary(_)),
        _ => *from == DataType::Null,
    }
}

#[cfg(test)]
mod tests {
    use arrow_schema::{Field, TimeUnit};

    use super::*;

    #[test]
    fn what_fits_and_what_does_not() {
        let int = ColumnType::Integer { bits: 32, unsigned: false };
        assert_eq!(fit(&DataType::Int64, &int), Ok(Fit::Same), "the server refuses what is too large");
        assert_eq!(fit(&DataType::Utf8, &int), Ok(Fit::Cast(DataType::Int32)));
        assert_eq!(fit(&DataType::Utf8, &ColumnType::Json), Ok(Fit::Same));
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let wall = DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(fit(&zoned, &ColumnType::DateTime(6)), Ok(Fit::Cast(wall.clone())));
        assert!(fit(&wall, &ColumnType::Timestamp(6)).unwrap_err().contains("with its zone"));
        let list = DataType::new_list(DataType::Int32, true);
        assert!(fit(&list, &int).unwrap_err().contains("list(int32)"));
        let fields = DataType::Struct(vec![Field::new("a", DataType::Int8, true)].into());
        assert!(fit(&fields, &ColumnType::Text).is_err());
        assert!(fit(&DataType::Date32, &int).is_err());
        assert_eq!(fit(&DataType::Float64, &ColumnType::Float), Ok(Fit::Same));
        assert_eq!(
            fit(&DataType::Utf8, &ColumnType::Bit),
            Ok(Fit::Cast(DataType::UInt64)),
            "no bytes of digits"
        );
    }
}
