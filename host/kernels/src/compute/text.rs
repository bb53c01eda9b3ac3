//! Text, by characters: a character here is a Unicode code point.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, PrimitiveArray};
use arrow_schema::DataType;

use super::call::Call;
use crate::cast::{Encoding, byte_cells};
use crate::variable::VariableBuilder;
use crate::{Checked, KernelError};

/// Text from text, cell by cell.
pub(super) fn map(
    call: &Call<'_>,
    write: impl Fn(&str, &mut VariableBuilder<'_>) -> Result<(), KernelError>,
) -> Result<Checked, KernelError> {
    call.no_options()?;
    map_with_options(call, write)
}

/// The same, for a function that has read its options.
pub(super) fn map_with_options(
    call: &Call<'_>,
    write: impl Fn(&str, &mut VariableBuilder<'_>) -> Result<(), KernelError>,
) -> Result<Checked, KernelError> {
    let input = call.only()?;
    let text = call.text(0)?;
    let mut cells = VariableBuilder::new(call.function, text.len(), used_bytes(text));
    for row in 0..text.len() {
        if text.is_valid(row) {
            write(text.value(row), &mut cells)?;
        }
        cells.end()?;
    }
    Ok(Checked::of(input, cells.into_text(text.nulls().cloned())?, Vec::new()))
}

/// Bytes between the first and the last offset, which of a slice is less than the buffer.
pub(super) fn used_bytes(text: &arrow_array::StringArray) -> usize {
    let offsets = text.value_offsets();
    (offsets[offsets.len() - 1] - offsets[0]) as usize
}

/// A question about two texts.
pub(super) fn ask(call: &Call<'_>, holds: impl Fn(&str, &str) -> bool) -> Result<Checked, KernelError> {
    let text = call.text(0)?;
    let (_, other) = call.pair(&call.given(&["value"])?)?;
    let Some(others) = other.column().values().as_string_opt::<i32>() else {
        return Err(call.wrong_type(1, "utf8"));
    };
    Ok(call.answers(|row| {
        let other = other.row(row);
        let both = text.is_valid(row) && others.is_valid(other);
        both.then(|| holds(text.value(row), others.value(other)))
    }))
}

pub(super) fn length(call: &Call<'_>) -> Result<Checked, KernelError> {
    call.no_options()?;
    let input = call.only()?;
    let values = input.values();
    let cells = byte_cells(values.as_ref()).ok_or_else(|| call.wrong_type(0, "utf8 or binary"))?;
    let is_text = *values.data_type() == DataType::Utf8;
    // Characters begin at every byte that does not go on with one.
    let count = |bytes: &[u8]| {
        if is_text { bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count() } else { bytes.len() }
    };
    let lengths: Vec<i64> = (0..values.len())
        .map(|row| if values.is_valid(row) { count(cells(row)) as i64 } else { 0 })
        .collect();
    let array = PrimitiveArray::<Int64Type>::new(lengths.into(), values.nulls().cloned());
    Ok(Checked::of(input, Arc::new(array), Vec::new()))
}

pub(super) fn substring(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["start", "len"])?;
    let what = "a character's number, from 1; from the end where it is negative";
    let start: i64 = given.number("start", what)?.unwrap_or(1);
    if start == 0 {
        return Err(KernelError::bad_option("start", "0", what));
    }
    let length: usize = given.number("len", "a number of characters")?.unwrap_or(usize::MAX);
    map_with_options(call, |text, out| {
        let from = match usize::try_from(start) {
            Ok(start) => place_of(text, start - 1),
            // As SQL has it, a start before the beginning is one that nothing stands at.
            Err(_) => match text.char_indices().rev().nth((start.unsigned_abs() - 1) as usize) {
                Some((place, _)) => place,
                None => text.len(),
            },
        };
        let rest = &text[from..];
        out.push(&rest.as_bytes()[..place_of(rest, length)])
    })
}

/// Where the character of a number starts, or the end of the text.
fn place_of(text: &str, characters: usize) -> usize {
    if text.is_ascii() {
        return characters.min(text.len());
    }
    text.char_indices().nth(characters).map_or(text.len(), |(place, _)| place)
}

pub(super) fn replace(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["search", "with"])?;
    let search = given.required("search", "the text to replace")?;
    let with = given.required("with", "the text to put there, which may be empty")?;
    if search.is_empty() {
        return Err(KernelError::bad_option("search", search, "it is empty"));
    }
    map_with_options(call, |text, out| {
        let mut parts = text.split(search);
        out.push(parts.next().unwrap_or_default().as_bytes())?;
        parts.try_for_each(|part| {
            out.push(with.as_bytes())?;
            out.push(part.as_bytes())
        })
    })
}

pub(super) fn concat(call: &Call<'_>) -> Result<Checked, KernelError> {
    let separator = call.given(&["separator"])?.text("separator").unwrap_or_default();
    let texts: Vec<_> = (0..call.inputs.len()).map(|input| call.text(input)).collect::<Result<_, _>>()?;
    let nulls = call.nulls();
    let bytes: usize = texts.iter().map(|text| used_bytes(text) + separator.len() * text.len()).sum();
    // The room is a guess, which must not be larger than a column.
    let mut cells = VariableBuilder::new(call.function, call.rows(), bytes.min(i32::MAX as usize));
    for row in 0..call.rows() {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            for (place, text) in texts.iter().enumerate() {
                if place > 0 {
                    cells.push(separator.as_bytes())?;
                }
                cells.push(text.value(row).as_bytes())?;
            }
        }
        cells.end()?;
    }
    let values = cells.into_text(nulls)?;
    Ok(Checked::whole(sluicegate_model::Column::with_presence(values, call.presence())))
}

/// Text of bytes.
pub(super) fn encode(call: &Call<'_>, encoding: Encoding) -> Result<Checked, KernelError> {
    call.no_options()?;
    let input = call.only()?;
    let values = input.values();
    let cells = byte_cells(values.as_ref()).ok_or_else(|| call.wrong_type(0, "utf8 or binary"))?;
    let mut made = VariableBuilder::new(call.function, values.len(), 0);
    for row in 0..values.len() {
        if values.is_valid(row) {
            // Every byte has a text in these encodings.
            let _ = encoding.encode(cells(row), made.buffer());
        }
        made.end()?;
    }
    Ok(Checked::of(input, made.into_text(values.nulls().cloned())?, Vec::new()))
}

/// Bytes of text.
pub(super) fn decode(call: &Call<'_>, encoding: &str) -> Result<Checked, KernelError> {
    call.no_options()?;
    let input = call.only()?;
    call.text(0)?;
    crate::cast(input, &DataType::Binary, &[("encoding".to_owned(), encoding.to_owned())])
}
