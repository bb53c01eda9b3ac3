//! What is not believed of a guest.

/// Longest name of a table, field or key, in bytes.
pub const NAME: usize = 1_024;
/// Longest name of a type, in bytes: a struct of some thousand fields.
const TYPE_NAME: usize = 64 << 10;

/// Widest cell of a type whose cells are all of one width, in bytes. NULLs have it too.
const CELL: usize = 64 << 10;

/// Most cells of a column that a guest makes. Batches have thousands; types without a buffer would let a guest name
/// any number.
const ROWS: u32 = 1 << 24;

/// The number of cells of a column that a guest makes.
///
/// # Errors
/// Where there are too many.
pub fn rows(rows: u32) -> Result<usize, String> {
    if rows <= ROWS {
        Ok(rows as usize)
    } else {
        Err(format!("{rows} rows are more than the {ROWS} of a column"))
    }
}

/// A name that a guest gives to a table or a field.
///
/// # Errors
/// What is wrong with it.
pub fn name(what: &str, name: &str) -> Result<(), String> {
    if name.is_empty() {
        Err(format!("the name of a {what} is empty"))
    } else if name.len() > NAME {
        Err(format!("the name of a {what} is {} bytes long, {NAME} are allowed", name.len()))
    } else if name.contains('\0') {
        Err(format!("the name of a {what} holds a NUL character: {}", crate::text::line(name, 100)))
    } else if name.contains(crate::text::is_hidden) {
        // Names are shown to people, in logs and on terminals.
        Err(format!("the name of a {what} holds a control character: {}", crate::text::line(name, 100)))
    } else {
        Ok(())
    }
}

/// The type of a name.
///
/// # Errors
/// What is wrong with it.
pub fn data_type(name: &str) -> Result<arrow_schema::DataType, String> {
    if name.len() > TYPE_NAME {
        return Err(format!("the name of a type is {} bytes long, {TYPE_NAME} are allowed", name.len()));
    }
    let data_type = sluicegate_model::data_type::parse(name).map_err(|error| error.to_string())?;
    match widest(&data_type) {
        Some(width) if width <= CELL => Ok(data_type),
        Some(width) => Err(format!("a cell of {width} bytes is wider than the {CELL} of a type")),
        None => Err("the width of a type is negative".to_owned()),
    }
}

/// Bytes of the widest cell of fixed width in a type; `None` where one is negative.
fn widest(of: &arrow_schema::DataType) -> Option<usize> {
    use arrow_schema::DataType as T;
    match of {
        T::FixedSizeBinary(width) => usize::try_from(*width).ok(),
        T::List(item) | T::Map(item, _) => widest(item.data_type()),
        T::Struct(fields) => {
            fields.iter().try_fold(0, |most: usize, field| Some(most.max(widest(field.data_type())?)))
        }
        _ => Some(0),
    }
}

/// A bit mask over `rows` cells.
///
/// # Errors
/// Where it is of another length.
pub fn mask(what: &str, bits: &[u8], rows: usize) -> Result<(), String> {
    let expected = rows.div_ceil(8);
    if bits.len() == expected {
        Ok(())
    } else {
        Err(format!("{what} has {} bytes, {rows} rows need {expected}", bits.len()))
    }
}

/// Offsets over `rows` cells into `data` bytes or children, as Arrow's signed ones.
///
/// # Errors
/// Where they are too few, do not start at 0, fall, or pass the end.
pub fn offsets(offsets: Vec<u32>, rows: usize, data: usize) -> Result<Vec<i32>, String> {
    if rows == 0 && offsets.is_empty() {
        return Ok(vec![0]);
    }
    if offsets.len() != rows + 1 {
        return Err(format!("there are {} offsets, {rows} rows need {}", offsets.len(), rows + 1));
    }
    if offsets[0] != 0 {
        return Err(format!("the first offset is {}, not 0", offsets[0]));
    }
    if !offsets.is_sorted() {
        let row = offsets.windows(2).position(|pair| pair[0] > pair[1]).unwrap_or(0);
        return Err(format!("offset {} is {}, less than the one before", row + 1, offsets[row + 1]));
    }
    let last = offsets[rows] as usize;
    if last > data || last > i32::MAX as usize {
        return Err(format!("the last offset is {last}, past the end of the data at {data}"));
    }
    // Nothing is allocated: the same memory is used for the result.
    Ok(offsets.into_iter().map(|offset| offset as i32).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_offsets_are_named() {
        for (given, rows, data, why) in [
            (vec![0, 1], 2, 9, "need 3"),
            (vec![1, 2], 1, 9, "not 0"),
            (vec![0, 5, 3], 2, 9, "offset 2 is 3"),
            (vec![0, 10], 1, 9, "past the end"),
            (vec![0, u32::MAX], 1, usize::MAX, "past the end"),
            (vec![], 1, 0, "need 2"),
        ] {
            assert!(offsets(given, rows, data).unwrap_err().contains(why));
        }
        assert_eq!(offsets(vec![], 0, 0), Ok(vec![0]));
    }

    #[test]
    fn names_are_bounded() {
        assert!(name("field", "").is_err());
        assert!(name("field", "a\0b").unwrap_err().contains("NUL"));
        assert!(name("field", &"x".repeat(NAME + 1)).unwrap_err().contains("1024"));
        assert!(name("field", "größe").is_ok());
        assert!(name("field", "a\u{1b}[2J").unwrap_err().contains("control character: a\\u{1b}[2J"));
        assert!(data_type("struct(a:fixed(2147483647))").unwrap_err().contains("2147483647 bytes is wider"));
        assert!(data_type("fixed(-1)").unwrap_err().contains("negative"));
        assert!(data_type("list(fixed(16))").is_ok());
        assert!(data_type(&"x".repeat(TYPE_NAME + 1)).is_err());
    }

    proptest! {
        #[test]
        fn accepted_offsets_are_safe_for_arrow(given in prop::collection::vec(0u32..20, 0..8), rows in 0usize..8, data in 0usize..20) {
            if let Ok(checked) = offsets(given, rows, data) {
                prop_assert_eq!(checked.len(), rows + 1);
                prop_assert_eq!(checked[0], 0);
                prop_assert!(checked.is_sorted());
                prop_assert!(checked[rows] as usize <= data);
            }
        }
    }
}
