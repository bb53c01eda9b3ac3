//! Bytes and their text.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, FixedSizeBinaryArray};
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_schema::DataType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluicegate_model::Column;

use super::failing::{Failing, Why};
use crate::variable::VariableBuilder;
use crate::{Checked, KernelError};

/// How bytes stand in text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// They are the text.
    #[default]
    Utf8,
    /// RFC 4648's standard alphabet, with padding.
    Base64,
    /// Two digits a byte: lower case when written, either when read.
    Hex,
}

impl Encoding {
    pub const NAMES: [(&str, Self); 3] = [("utf8", Self::Utf8), ("base64", Self::Base64), ("hex", Self::Hex)];

    /// Appends the text of bytes; as UTF-8 they may turn out to be none.
    pub fn encode(self, bytes: &[u8], into: &mut Vec<u8>) -> Result<(), Why> {
        let start = into.len();
        match self {
            Self::Utf8 => {
                std::str::from_utf8(bytes).map_err(|_| Why::NotUtf8)?;
                into.extend_from_slice(bytes);
            }
            Self::Hex => {
                into.resize(start + bytes.len() * 2, 0);
                // The room is exact, which is the only thing that can be wrong.
                hex::encode_to_slice(bytes, &mut into[start..]).map_err(|_| Why::OutOfRange)?;
            }
            Self::Base64 => {
                into.resize(start + bytes.len().div_ceil(3) * 4, 0);
                STANDARD.encode_slice(bytes, &mut into[start..]).map_err(|_| Why::OutOfRange)?;
            }
        }
        Ok(())
    }

    /// Appends the bytes of a text; nothing where it is no such text.
    pub fn decode(self, text: &[u8], into: &mut Vec<u8>) -> Result<(), Why> {
        let start = into.len();
        let decoded = match self {
            Self::Utf8 => {
                into.extend_from_slice(text);
                true
            }
            Self::Hex => {
                into.resize(start + text.len() / 2, 0);
                hex::decode_to_slice(text, &mut into[start..]).is_ok()
            }
            Self::Base64 => STANDARD.decode_vec(text, into).is_ok(),
        };
        if decoded {
            return Ok(());
        }
        into.truncate(start);
        Err(Why::Malformed)
    }
}

/// Gives the bytes of a cell that is not null.
pub(crate) type ByteCells<'a> = Box<dyn Fn(usize) -> &'a [u8] + 'a>;

/// Cells of bytes or text, whatever array holds them; `None` for every other type.
pub(crate) fn byte_cells(array: &dyn Array) -> Option<ByteCells<'_>> {
    Some(match array.data_type() {
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            Box::new(move |row| array.value(row).as_bytes())
        }
        DataType::Binary => {
            let array = array.as_binary::<i32>();
            Box::new(move |row| array.value(row))
        }
        DataType::FixedSizeBinary(_) => {
            let array = array.as_fixed_size_binary();
            Box::new(move |row| array.value(row))
        }
        _ => return None,
    })
}

/// Between text, bytes and bytes of a fixed width. `None` where there is no such cast.
pub(super) fn between_bytes(
    input: &Column,
    to: &DataType,
    encoding: Encoding,
) -> Result<Option<Checked>, KernelError> {
    let values = input.values();
    let Some(cells) = byte_cells(values.as_ref()) else { return Ok(None) };
    let convert = |bytes: &[u8], into: &mut Vec<u8>| match (values.data_type(), to) {
        (DataType::Utf8, _) => encoding.decode(bytes, into),
        (_, DataType::Utf8) => encoding.encode(bytes, into),
        _ => {
            into.extend_from_slice(bytes);
            Ok(())
        }
    };
    let mut failing = Failing::default();
    match *to {
        DataType::Utf8 | DataType::Binary => {
            let mut made = VariableBuilder::new("cast", input.len(), values.get_buffer_memory_size());
            for row in 0..input.len() {
                if values.is_valid(row)
                    && let Err(why) = convert(cells(row), made.buffer())
                {
                    failing.push(row, why);
                }
                made.end()?;
            }
            let validity = failing.validity(input);
            let array = match to {
                DataType::Utf8 => made.into_text(validity)?,
                _ => made.into_binary(validity)?,
            };
            Ok(Some(Checked::of(input, array, failing.reasons(input, to))))
        }
        DataType::FixedSizeBinary(width) => {
            // Arrow refuses types of a negative width.
            let width = usize::try_from(width).unwrap_or(0);
            let mut made = MutableBuffer::with_capacity(width * input.len());
            let mut cell = Vec::with_capacity(width);
            for row in 0..input.len() {
                cell.clear();
                if values.is_valid(row) {
                    let converted = convert(cells(row), &mut cell);
                    let fits = if cell.len() == width { Ok(()) } else { Err(Why::Width) };
                    if let Err(why) = converted.and(fits) {
                        failing.push(row, why);
                    }
                }
                cell.resize(width, 0);
                made.extend_from_slice(&cell);
            }
            let validity = failing.validity(input);
            let array = FixedSizeBinaryArray::try_new_with_len(
                width as i32,
                Buffer::from(made),
                validity,
                input.len(),
            );
            let array = array.map_err(|error| KernelError::arrow("cast", &error))?;
            Ok(Some(Checked::of(input, Arc::new(array), failing.reasons(input, to))))
        }
        _ => Ok(None),
    }
}
