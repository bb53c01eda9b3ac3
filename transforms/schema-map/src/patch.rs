//! Defaults for cells that could not be cast. Only a batch with such a cell brings its column into the guest.

use sluicegate_sdk::cells::{Cells, Values, Variable, bit};

/// Whether cells of this layout can be replaced.
pub fn can_patch(values: &Values) -> bool {
    !matches!(values, Values::Nothing | Values::Offsets(_))
}

/// The cells with those of `rows` (ascending) replaced by the one cell of `default`, which has the same type.
pub fn patched(cells: Cells, rows: &[usize], default: &Cells) -> Cells {
    let filled = default.validity.as_ref().is_none_or(|validity| bit(validity, 0));
    if !filled {
        // The default is NULL, as cells that failed are already.
        return cells;
    }
    let Cells { mut validity, presence, values } = cells;
    if let Some(validity) = &mut validity {
        for &row in rows {
            validity[row / 8] |= 1 << (row % 8);
        }
    }
    Cells { validity, presence, values: patched_values(values, rows, &default.values) }
}

fn patched_values(values: Values, rows: &[usize], default: &Values) -> Values {
    macro_rules! patch {
        ($($case:ident)*) => {
            match (values, default) {
                $((Values::$case(mut values), Values::$case(default)) => {
                    for &row in rows {
                        values[row] = default[0];
                    }
                    Values::$case(values)
                })*
                (Values::Bits(mut bits), Values::Bits(default)) => {
                    for &row in rows {
                        let mask = 1 << (row % 8);
                        if bit(default, 0) { bits[row / 8] |= mask } else { bits[row / 8] &= !mask }
                    }
                    Values::Bits(bits)
                }
                (Values::Fixed(mut fixed), Values::Fixed(default)) => {
                    let width = fixed.width as usize;
                    for &row in rows {
                        fixed.data[row * width..][..width].copy_from_slice(&default.data[..width]);
                    }
                    Values::Fixed(fixed)
                }
                (Values::Variable(values), Values::Variable(default)) => {
                    Values::Variable(spliced(&values, rows, &default.data))
                }
                (values, _) => values,
            }
        };
    }
    patch!(Int8s Int16s Int32s Int64s Uint8s Uint16s Uint32s Uint64s Float32s Float64s)
}

fn spliced(values: &Variable, rows: &[usize], default: &[u8]) -> Variable {
    let mut offsets = Vec::with_capacity(values.offsets.len());
    let mut data = Vec::with_capacity(values.data.len() + rows.len() * default.len());
    let mut rows = rows.iter().copied().peekable();
    offsets.push(0);
    for (row, ends) in values.offsets.windows(2).enumerate() {
        if rows.next_if_eq(&row).is_some() {
            data.extend_from_slice(default);
        } else {
            data.extend_from_slice(&values.data[ends[0] as usize..ends[1] as usize]);
        }
        offsets.push(data.len() as u32);
    }
    Variable { offsets, data }
}

#[cfg(test)]
mod tests {
    use sluicegate_sdk::builders::{BooleanBuilder, Int64Builder, TextBuilder};
    use sluicegate_sdk::cells::{Booleans, Cell, Fixed, Numbers, Texts};

    use super::*;

    #[test]
    fn numbers_are_replaced_and_missing_stays() {
        let mut builder = Int64Builder::default();
        for cell in [Cell::Value(1), Cell::Null, Cell::Missing, Cell::Null] {
            builder.push(cell);
        }
        let mut default = Int64Builder::default();
        default.push(Cell::Value(9));
        let cells = patched(builder.into_cells().1, &[1], &default.into_cells().1);
        let read: Vec<_> = Numbers::<i64>::from_cells(cells).unwrap().iter().collect();
        assert_eq!(read, [Cell::Value(1), Cell::Value(9), Cell::Missing, Cell::Null]);
    }

    #[test]
    fn text_is_replaced_at_both_ends() {
        let mut builder = TextBuilder::default();
        for cell in [Cell::Null, Cell::Value("b"), Cell::Null] {
            builder.push(cell);
        }
        let mut default = TextBuilder::default();
        default.push("none");
        let cells = patched(builder.into_cells().1, &[0, 2], &default.into_cells().1);
        let texts = Texts::from_cells(cells).unwrap();
        assert_eq!(texts.iter().map(|cell| cell.value().unwrap()).collect::<Vec<_>>(), ["none", "b", "none"]);
    }

    #[test]
    fn booleans_and_decimals_are_replaced() {
        let mut builder = BooleanBuilder::default();
        builder.push(Cell::Value(true));
        builder.push(Cell::Null);
        let mut default = BooleanBuilder::default();
        default.push(Cell::Value(true));
        let cells = patched(builder.into_cells().1, &[1], &default.into_cells().1);
        let read: Vec<_> = Booleans::from_cells(2, cells).unwrap().iter().collect();
        assert_eq!(read, [Cell::Value(true); 2]);

        let decimal = |data: Vec<u8>| Cells {
            validity: None,
            presence: None,
            values: Values::Fixed(Fixed { width: 2, data }),
        };
        let cells = patched(decimal(vec![1, 1, 2, 2]), &[0], &decimal(vec![7, 8]));
        assert!(matches!(cells.values, Values::Fixed(fixed) if fixed.data == [7, 8, 2, 2]));
    }
}
