//! A column from what a guest gave. Nothing is believed: every length, offset and text is checked before Arrow
//! sees it.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, BooleanArray, StringArray, make_array, new_null_array};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::DataType;
use sluicegate_model::Column;

use crate::cells::{Buffers, Cells, Values};
use crate::check;
use crate::shape::{Shape, name_of};

/// A column of cells that have no children.
///
/// # Errors
/// What does not fit, in words for the guest's author.
pub fn column(data_type: &DataType, rows: u32, cells: Cells) -> Result<Column, String> {
    let rows = check::rows(rows)?;
    let masks = Masks::of(cells.validity, cells.presence, rows)?;
    let found = case_of(&cells.values);
    let array: ArrayRef = match (shape_of(data_type)?, cells.values) {
        (Shape::Nothing, Values::Nothing) => new_null_array(data_type, rows),
        (Shape::Bits, Values::Bits(bits)) => booleans(bits, rows, masks.validity.clone())?,
        (Shape::Int8, Values::Int8s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::Int16, Values::Int16s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::Int32, Values::Int32s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::Int64, Values::Int64s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::UInt8, Values::Uint8s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::UInt16, Values::Uint16s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::UInt32, Values::Uint32s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::UInt64, Values::Uint64s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::Float32, Values::Float32s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::Float64, Values::Float64s(values)) => primitive(data_type, rows, values, &masks)?,
        (Shape::Fixed(width), Values::Fixed(fixed)) => {
            if fixed.width as usize != width {
                return Err(format!(
                    "cells are {} bytes wide, {} has {width}",
                    fixed.width,
                    name_of(data_type)
                ));
            }
            raw(data_type, rows, width, fixed.data, &masks)?
        }
        (Shape::Text, Values::Variable(cells)) => texts(cells.offsets, cells.data, rows, &masks)?,
        (Shape::Bytes, Values::Variable(cells)) => bytes(cells.offsets, cells.data, rows, &masks)?,
        (Shape::Offsets | Shape::Struct, _) => return Err(needs_children(data_type)),
        (shape, _) => {
            return Err(format!("{} is laid out as {}, not as {found}", name_of(data_type), shape.case()));
        }
    };
    Ok(Column::with_presence(array, masks.presence))
}

/// The same from bytes; an empty buffer is an absent one.
///
/// # Errors
/// What does not fit.
pub fn column_of_buffers(data_type: &DataType, rows: u32, given: Buffers) -> Result<Column, String> {
    let shape = shape_of(data_type)?;
    let rows = check::rows(rows)?;
    let some = |mask: Vec<u8>| (!mask.is_empty()).then_some(mask);
    let masks = Masks::of(some(given.validity), some(given.presence), rows)?;
    let array = match shape {
        Shape::Nothing => new_null_array(data_type, rows),
        Shape::Bits => booleans(given.data, rows, masks.validity.clone())?,
        Shape::Text => texts(numbers(&given.offsets)?, given.data, rows, &masks)?,
        Shape::Bytes => bytes(numbers(&given.offsets)?, given.data, rows, &masks)?,
        Shape::Offsets | Shape::Struct => return Err(needs_children(data_type)),
        shape => raw(data_type, rows, shape.width().unwrap_or(0), given.data, &masks)?,
    };
    Ok(Column::with_presence(array, masks.presence))
}

/// A utf8 column.
///
/// # Errors
/// Where there is more text than a column holds.
pub fn column_of_texts(cells: &[Option<String>]) -> Result<Column, String> {
    let bytes: usize = cells.iter().flatten().map(String::len).sum();
    if bytes > i32::MAX as usize {
        return Err("a column holds 2 GiB of text at most".to_owned());
    }
    Ok(Column::new(Arc::new(cells.iter().map(Option::as_deref).collect::<StringArray>())))
}

/// Validity and presence, checked.
pub(crate) struct Masks {
    pub(crate) validity: Option<NullBuffer>,
    pub(crate) presence: Option<BooleanBuffer>,
}

impl Masks {
    pub(crate) fn of(
        validity: Option<Vec<u8>>,
        presence: Option<Vec<u8>>,
        rows: usize,
    ) -> Result<Self, String> {
        let bits = |what: &str, mask: Vec<u8>| {
            check::mask(what, &mask, rows)?;
            Ok::<_, String>(BooleanBuffer::new(Buffer::from_vec(mask), 0, rows))
        };
        let validity = validity.map(|mask| bits("validity", mask)).transpose()?.map(NullBuffer::new);
        Ok(Self {
            validity: validity.filter(|validity| validity.null_count() > 0),
            presence: presence.map(|mask| bits("presence", mask)).transpose()?,
        })
    }
}

fn shape_of(data_type: &DataType) -> Result<Shape, String> {
    Shape::of(data_type).ok_or_else(|| format!("cells of type {} cannot be given", name_of(data_type)))
}

fn needs_children(data_type: &DataType) -> String {
    format!("a column of type {} is made by of-children", name_of(data_type))
}

fn primitive<T: ArrowNativeType>(
    data_type: &DataType,
    rows: usize,
    values: Vec<T>,
    masks: &Masks,
) -> Result<ArrayRef, String> {
    if values.len() != rows {
        return Err(format!("there are {} values for {rows} rows", values.len()));
    }
    build(data_type, rows, Buffer::from_vec(values), masks)
}

fn raw(
    data_type: &DataType,
    rows: usize,
    width: usize,
    data: Vec<u8>,
    masks: &Masks,
) -> Result<ArrayRef, String> {
    if Some(data.len()) != rows.checked_mul(width) {
        return Err(format!("there are {} bytes of cells for {rows} rows of {width} bytes", data.len()));
    }
    build(data_type, rows, Buffer::from_vec(data), masks)
}

/// An array of one buffer whose length was checked. `align_buffers` copies where bytes do not lie as the type wants.
fn build(data_type: &DataType, rows: usize, values: Buffer, masks: &Masks) -> Result<ArrayRef, String> {
    let data = ArrayData::builder(data_type.clone())
        .len(rows)
        .add_buffer(values)
        .nulls(masks.validity.clone())
        .align_buffers(true)
        .build();
    data.map(make_array).map_err(|error| error.to_string())
}

fn booleans(bits: Vec<u8>, rows: usize, validity: Option<NullBuffer>) -> Result<ArrayRef, String> {
    check::mask("the buffer of booleans", &bits, rows)?;
    Ok(Arc::new(BooleanArray::new(BooleanBuffer::new(Buffer::from_vec(bits), 0, rows), validity)))
}

fn texts(offsets: Vec<u32>, data: Vec<u8>, rows: usize, masks: &Masks) -> Result<ArrayRef, String> {
    let offsets = checked_offsets(offsets, rows, data.len())?;
    StringArray::try_new(offsets, Buffer::from_vec(data), masks.validity.clone())
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(|error| format!("a cell is no UTF-8 text: {error}"))
}

fn bytes(offsets: Vec<u32>, data: Vec<u8>, rows: usize, masks: &Masks) -> Result<ArrayRef, String> {
    let offsets = checked_offsets(offsets, rows, data.len())?;
    BinaryArray::try_new(offsets, Buffer::from_vec(data), masks.validity.clone())
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(|error| error.to_string())
}

pub(crate) fn checked_offsets(
    offsets: Vec<u32>,
    rows: usize,
    data: usize,
) -> Result<OffsetBuffer<i32>, String> {
    let offsets = check::offsets(offsets, rows, data)?;
    // SAFETY: `check::offsets` gives at least one offset, the first 0, none less than the one before.
    Ok(unsafe { OffsetBuffer::new_unchecked(ScalarBuffer::from(offsets)) })
}

/// Offsets from little-endian bytes.
fn numbers(bytes: &[u8]) -> Result<Vec<u32>, String> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    if rest.is_empty() {
        Ok(numbers.iter().map(|number| u32::from_le_bytes(*number)).collect())
    } else {
        Err(format!("the offsets are {} bytes long, no multiple of 4", bytes.len()))
    }
}

fn case_of(values: &Values) -> &'static str {
    match values {
        Values::Nothing => "nothing",
        Values::Bits(_) => "bits",
        Values::Int8s(_) => "int8s",
        Values::Int16s(_) => "int16s",
        Values::Int32s(_) => "int32s",
        Values::Int64s(_) => "int64s",
        Values::Uint8s(_) => "uint8s",
        Values::Uint16s(_) => "uint16s",
        Values::Uint32s(_) => "uint32s",
        Values::Uint64s(_) => "uint64s",
        Values::Float32s(_) => "float32s",
        Values::Float64s(_) => "float64s",
        Values::Fixed(_) => "fixed",
        Values::Variable(_) => "variable",
        Values::Offsets(_) => "offsets",
    }
}
