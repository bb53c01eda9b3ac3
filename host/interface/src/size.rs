//! Bytes that picking rows comes to, before they are picked: repeats of a large cell must not fill the memory.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::shape::Shape;

/// Bytes of text that a column of text or bytes holds; 0 for others.
pub fn variable(array: &ArrayRef) -> u64 {
    let span = |offsets: &[i32]| match (offsets.first(), offsets.last()) {
        (Some(first), Some(last)) => u64::from((last - first).unsigned_abs()),
        _ => 0,
    };
    match array.data_type() {
        DataType::Utf8 => span(array.as_string::<i32>().offsets()),
        DataType::Binary => span(array.as_binary::<i32>().offsets()),
        _ => 0,
    }
}

/// Bytes that the cells at `rows` come to. Rows are in range.
pub fn picked(array: &ArrayRef, rows: &[u32]) -> u64 {
    if let Some(width) = Shape::of(array.data_type()).and_then(Shape::width) {
        return rows.len() as u64 * width as u64;
    }
    let texts = |offsets: &[i32]| -> u64 {
        let of_row = |row: usize| u64::from((offsets[row + 1] - offsets[row]).unsigned_abs()) + 4;
        rows.iter().map(|row| of_row(*row as usize)).sum()
    };
    match array.data_type() {
        DataType::Utf8 => return texts(array.as_string::<i32>().offsets()),
        DataType::Binary => return texts(array.as_binary::<i32>().offsets()),
        _ => {}
    }
    let ends = ends(array);
    let of_row = |row: usize| ends[row + 1] - ends[row];
    rows.iter().map(|row| of_row(*row as usize)).fold(0, u64::saturating_add)
}

/// Bytes that any kernel may make of a cell of fixed width: the widest decimal.
const WIDEST: u64 = 32;

/// Bytes that a kernel may make of a column, in the usual case.
pub fn worked(array: &ArrayRef) -> u64 {
    whole(array).saturating_add(array.len() as u64 * WIDEST)
}

/// Bytes that a NULL of a type takes.
pub fn of_null(data_type: &DataType) -> u64 {
    match data_type {
        DataType::Struct(fields) => fields.iter().map(|field| of_null(field.data_type()) + 1).sum(),
        other => Shape::of(other).and_then(Shape::width).unwrap_or(4) as u64,
    }
}

/// Bytes of all cells.
pub fn whole(array: &ArrayRef) -> u64 {
    let rows = array.len() as u64;
    let covered = |offsets: &[i32], child: &ArrayRef| {
        let (first, last) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
        whole(&child.slice(first, last - first))
    };
    match array.data_type() {
        DataType::Utf8 | DataType::Binary => variable(array) + rows * 4,
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            covered(list.offsets(), list.values()) + rows * 4
        }
        DataType::Map(..) => {
            let map = array.as_map();
            covered(map.offsets(), map.keys()) + covered(map.offsets(), map.values()) + rows * 4
        }
        DataType::Struct(_) => array.as_struct().columns().iter().map(whole).sum::<u64>() + rows,
        other => rows * Shape::of(other).and_then(Shape::width).unwrap_or(1) as u64,
    }
}

/// Bytes of the cells before each row, and of all.
fn ends(array: &ArrayRef) -> Vec<u64> {
    let rows = array.len();
    let even = |width: u64| (0..=rows as u64).map(|row| row * width).collect::<Vec<_>>();
    let of_offsets = |offsets: &[i32]| -> Vec<u64> {
        let first = offsets[0];
        offsets
            .iter()
            .zip(0u64..)
            .map(|(offset, row)| u64::from((offset - first).unsigned_abs()) + row * 4)
            .collect()
    };
    let of_children = |offsets: &[i32], children: &[ArrayRef]| -> Vec<u64> {
        let inner: Vec<Vec<u64>> = children.iter().map(ends).collect();
        let at = |place: i32| inner.iter().map(|ends| ends[place as usize]).sum::<u64>();
        let first = at(offsets[0]);
        offsets.iter().zip(0u64..).map(|(offset, row)| at(*offset) - first + row * 4).collect()
    };
    match array.data_type() {
        DataType::Utf8 => of_offsets(array.as_string::<i32>().offsets()),
        DataType::Binary => of_offsets(array.as_binary::<i32>().offsets()),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            of_children(list.offsets(), std::slice::from_ref(list.values()))
        }
        DataType::Map(..) => {
            let map = array.as_map();
            of_children(map.offsets(), map.entries().columns())
        }
        DataType::Struct(_) => {
            let inner: Vec<Vec<u64>> = array.as_struct().columns().iter().map(ends).collect();
            (0..=rows).map(|row| inner.iter().map(|ends| ends[row]).sum::<u64>() + row as u64).collect()
        }
        other => even(Shape::of(other).and_then(Shape::width).unwrap_or(1) as u64),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int32Array, ListArray, StringArray, types::Int32Type};

    use super::*;

    #[test]
    fn repeats_count_each_time() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["", "x".repeat(1000).as_str()]));
        assert_eq!(picked(&texts, &[0]), 4);
        assert_eq!(picked(&texts, &[1, 1, 1]), 3 * 1004);
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
        assert_eq!(picked(&numbers, &[0, 0, 0]), 12);
    }

    #[test]
    fn lists_count_their_children() {
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
            Some(vec![Some(1)]),
            Some(vec![Some(1); 100]),
        ]);
        let lists: ArrayRef = Arc::new(lists);
        assert_eq!(picked(&lists, &[0]), 8);
        assert_eq!(picked(&lists, &[1, 1]), 2 * 404);
        assert_eq!(whole(&lists), 101 * 4 + 8);
        assert_eq!(whole(&lists), picked(&lists, &[0, 1]));
        let cut = lists.slice(1, 1);
        assert_eq!(whole(&cut), 404);
        assert_eq!(whole(&cut), picked(&cut, &[0]));
    }
}
