//! Lists, structs and maps. Types nest as deep as a schema says, which is bounded where schemas are made.

use arrow_array::{ListArray, MapArray, StructArray};
use arrow_schema::{DataType, Field};

use super::cell::{CellWriter, NoForm, Nullable};
use super::rows::Style;
use super::text::{quote_from, write_string};

/// A list as an array.
pub(crate) struct Items<'a> {
    offsets: &'a [i32],
    items: Nullable<'a>,
}

impl<'a> Items<'a> {
    pub(super) fn new(item: &Field, list: &'a ListArray, style: Style) -> Option<Self> {
        Some(Self { offsets: list.value_offsets(), items: Nullable::new(item, list.values(), style)? })
    }

    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        out.push(b'[');
        let (start, end) = (self.offsets[row] as usize, self.offsets[row + 1] as usize);
        for item in start..end {
            if item > start {
                out.push(b',');
            }
            self.items.write(item, out)?;
        }
        out.push(b']');
        Ok(())
    }
}

/// A struct as an object of all of its fields.
pub(crate) struct Fields<'a> {
    /// Each field's name in quotes, with its colon.
    fields: Vec<(Vec<u8>, Nullable<'a>)>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(fields: &arrow_schema::Fields, array: &'a StructArray, style: Style) -> Option<Self> {
        let fields = fields.iter().zip(array.columns()).map(|(field, column)| {
            let mut key = Vec::new();
            write_string(field.name().as_bytes(), &mut key);
            key.push(b':');
            Some((key, Nullable::new(field, column, style)?))
        });
        Some(Self { fields: fields.collect::<Option<_>>()? })
    }

    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        out.push(b'{');
        for (place, (key, child)) in self.fields.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            child.write(row, out)?;
        }
        out.push(b'}');
        Ok(())
    }
}

/// A map as an object. A key that is no text is the text of its JSON.
pub(crate) struct Pairs<'a> {
    offsets: &'a [i32],
    keys: CellWriter<'a>,
    values: Nullable<'a>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(entries: &Field, map: &'a MapArray, style: Style) -> Option<Self> {
        let DataType::Struct(pair) = entries.data_type() else { return None };
        let [key, value] = pair.iter().as_slice() else { return None };
        Some(Self {
            offsets: map.value_offsets(),
            keys: CellWriter::new(&Field::new("keys", key.data_type().clone(), false), map.keys(), style)?,
            values: Nullable::new(value, map.values(), style)?,
        })
    }

    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        out.push(b'{');
        let (start, end) = (self.offsets[row] as usize, self.offsets[row + 1] as usize);
        for pair in start..end {
            if pair > start {
                out.push(b',');
            }
            let start = out.len();
            self.keys.write(pair, out)?;
            if out.get(start) != Some(&b'"') {
                quote_from(start, out);
            }
            out.push(b':');
            self.values.write(pair, out)?;
        }
        out.push(b'}');
        Ok(())
    }
}
