//! A run of a column as a guest gets it.

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, types};
use arrow_buffer::{ArrowNativeType, BooleanBuffer};
use arrow_data::ArrayData;
use sluicegate_model::Column;

use crate::cells::{Buffers, Cells, Fixed, Values, Variable};
use crate::shape::{Shape, name_of};

/// Cells `start .. start + count` of a column, cut at its end.
///
/// # Errors
/// For a type that has no layout in the interface.
pub fn cells(column: &Column, start: u32, count: u32) -> Result<Cells, String> {
    let run = Run::of(column, start, count)?;
    let data = &run.data;
    let values = match run.shape {
        Shape::Nothing | Shape::Struct => Values::Nothing,
        Shape::Bits => Values::Bits(bits(run.array.as_boolean().values())),
        Shape::Int8 => Values::Int8s(native(data)),
        Shape::Int16 => Values::Int16s(native(data)),
        Shape::Int32 => Values::Int32s(native(data)),
        Shape::Int64 => Values::Int64s(native(data)),
        Shape::UInt8 => Values::Uint8s(native(data)),
        Shape::UInt16 => Values::Uint16s(native(data)),
        Shape::UInt32 => Values::Uint32s(native(data)),
        Shape::UInt64 => Values::Uint64s(native(data)),
        Shape::Float32 => Values::Float32s(native(data)),
        Shape::Float64 => Values::Float64s(native(data)),
        Shape::Fixed(width) => {
            Values::Fixed(Fixed { width: width as u32, data: fixed(data, width).to_vec() })
        }
        Shape::Text | Shape::Bytes => {
            let (offsets, from, to) = offsets(data);
            Values::Variable(Variable { offsets, data: data.buffers()[1].as_slice()[from..to].to_vec() })
        }
        Shape::Offsets => Values::Offsets(offsets(data).0),
    };
    Ok(Cells { validity: run.validity(), presence: run.presence(), values })
}

/// The same as bytes.
///
/// # Errors
/// For a type that has no layout in the interface.
pub fn buffers(column: &Column, start: u32, count: u32) -> Result<Buffers, String> {
    let run = Run::of(column, start, count)?;
    let data = &run.data;
    let little_endian = |offsets: Vec<u32>| offsets.into_iter().flat_map(u32::to_le_bytes).collect();
    let (offsets, bytes) = match run.shape {
        Shape::Nothing | Shape::Struct => (Vec::new(), Vec::new()),
        Shape::Bits => (Vec::new(), bits(run.array.as_boolean().values())),
        Shape::Text | Shape::Bytes => {
            let (offsets, from, to) = offsets(data);
            (little_endian(offsets), data.buffers()[1].as_slice()[from..to].to_vec())
        }
        Shape::Offsets => (little_endian(offsets(data).0), Vec::new()),
        shape => (Vec::new(), fixed(data, shape.width().unwrap_or(0)).to_vec()),
    };
    Ok(Buffers {
        validity: run.validity().unwrap_or_default(),
        presence: run.presence().unwrap_or_default(),
        offsets,
        data: bytes,
    })
}

/// The texts of a run; a missing cell reads as none.
///
/// # Errors
/// Where the column is no text.
pub fn texts(column: &Column, start: u32, count: u32) -> Result<Vec<Option<String>>, String> {
    let Some(array) = column.values().as_string_opt::<i32>() else {
        return Err(format!("read-text reads utf8 columns, this one is {}", name_of(column.data_type())));
    };
    let (start, count) = cut(column.len(), start, count);
    Ok((start..start + count).map(|row| array.is_valid(row).then(|| array.value(row).to_owned())).collect())
}

/// Bytes that reading all of a column brings into a guest.
pub fn size(column: &Column) -> u64 {
    let rows = column.len();
    let mask = |there: bool| if there { rows.div_ceil(8) as u64 } else { 0 };
    let values = match Shape::of(column.data_type()) {
        None | Some(Shape::Nothing | Shape::Struct) => 0,
        Some(Shape::Bits) => mask(true),
        Some(Shape::Offsets) => (rows as u64 + 1) * 4,
        Some(Shape::Text | Shape::Bytes) => (rows as u64 + 1) * 4 + crate::size::variable(column.values()),
        Some(shape) => rows as u64 * shape.width().unwrap_or(0) as u64,
    };
    values + mask(column.values().null_count() > 0) + mask(column.has_missing())
}

/// A run of a column, sliced.
struct Run {
    array: ArrayRef,
    data: ArrayData,
    presence: Option<BooleanBuffer>,
    shape: Shape,
}

impl Run {
    fn of(column: &Column, start: u32, count: u32) -> Result<Self, String> {
        let Some(shape) = Shape::of(column.data_type()) else {
            return Err(format!(
                "a column of type {} cannot be read: cast it first, or pass it on",
                name_of(column.data_type())
            ));
        };
        let (start, count) = cut(column.len(), start, count);
        let run = if count == column.len() { column.clone() } else { column.slice(start, count) };
        let (array, presence) = run.into_parts();
        let data = array.to_data();
        Ok(Self { array, data, presence, shape })
    }

    fn validity(&self) -> Option<Vec<u8>> {
        let nulls = self.data.nulls().filter(|nulls| nulls.null_count() > 0)?;
        Some(bits(nulls.inner()))
    }

    fn presence(&self) -> Option<Vec<u8>> {
        self.presence.as_ref().map(bits)
    }
}

/// A run within a column, as far as it goes.
fn cut(rows: usize, start: u32, count: u32) -> (usize, usize) {
    let start = (start as usize).min(rows);
    (start, (count as usize).min(rows - start))
}

/// Bits from bit 0 on; what follows the last one in its byte is 0, so that equal cells are equal bytes.
pub(crate) fn bits(bits: &BooleanBuffer) -> Vec<u8> {
    let mut bytes = bits.sliced().as_slice()[..bits.len().div_ceil(8)].to_vec();
    if let (Some(last), tail @ 1..) = (bytes.last_mut(), bits.len() % 8) {
        *last &= (1 << tail) - 1;
    }
    bytes
}

fn native<T: ArrowNativeType>(data: &ArrayData) -> Vec<T> {
    data.buffer::<T>(0)[..data.len()].to_vec()
}

fn fixed(data: &ArrayData, width: usize) -> &[u8] {
    let start = data.offset() * width;
    &data.buffers()[0].as_slice()[start..start + data.len() * width]
}

/// Offsets from 0 on, and the stretch of the data that they cover.
fn offsets(data: &ArrayData) -> (Vec<u32>, usize, usize) {
    if data.is_empty() {
        return (vec![0], 0, 0);
    }
    let offsets = &data.buffer::<i32>(0)[..=data.len()];
    let first = offsets[0];
    let last = offsets[data.len()];
    (offsets.iter().map(|offset| (offset - first) as u32).collect(), first as usize, last as usize)
}

const _: () = assert!(cfg!(target_endian = "little"), "guests get Arrow's buffers as they are");
const _: () = assert!(size_of::<<types::Decimal128Type as ArrowPrimitiveType>::Native>() == 16);
