//! The binary form of JSON.
//!
//! A type and a value; objects and arrays begin with their count and size, in 2 bytes each or 4 in the large
//! form, then come the places of the keys and of the values, counted from the container's beginning. Small
//! scalars stand in the place of their place.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/namespacejson__binary.html>

use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

mod kind {
    pub const SMALL_OBJECT: u8 = 0;
    pub const LARGE_OBJECT: u8 = 1;
    pub const SMALL_ARRAY: u8 = 2;
    pub const LARGE_ARRAY: u8 = 3;
    pub const LITERAL: u8 = 4;
    pub const INT16: u8 = 5;
    pub const UINT16: u8 = 6;
    pub const INT32: u8 = 7;
    pub const UINT32: u8 = 8;
    pub const INT64: u8 = 9;
    pub const UINT64: u8 = 10;
    pub const DOUBLE: u8 = 11;
    pub const STRING: u8 = 12;
    pub const OPAQUE: u8 = 15;
}

/// A value; what is in a container is read when it is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Null,
    Boolean(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    String(&'a [u8]),
    /// A value of a column's type that JSON lacks.
    Opaque {
        column_type: u8,
        bytes: &'a [u8],
    },
    Array(Container<'a>),
    Object(Container<'a>),
}

/// An object or array.
#[derive(Clone, Copy, Debug)]
pub(super) struct Container<'a> {
    bytes: &'a [u8],
    count: usize,
    large: bool,
    object: bool,
}

impl<'a> Value<'a> {
    /// A whole document.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        match bytes.split_first() {
            // What the server takes it for, too: a column that was made NOT NULL holds such.
            None => Ok(Self::Null),
            Some((kind, value)) => Self::of(*kind, value),
        }
    }

    fn of(kind: u8, bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes);
        Ok(match kind {
            kind::SMALL_OBJECT | kind::LARGE_OBJECT => {
                Self::Object(Container::new(bytes, kind == kind::LARGE_OBJECT, true)?)
            }
            kind::SMALL_ARRAY | kind::LARGE_ARRAY => {
                Self::Array(Container::new(bytes, kind == kind::LARGE_ARRAY, false)?)
            }
            kind::LITERAL => match cursor.u8()? {
                0 => Self::Null,
                1 => Self::Boolean(true),
                2 => Self::Boolean(false),
                other => return Err(Fault::new(format!("{other} is no literal of JSON"))),
            },
            kind::INT16 => Self::Int(i64::from(cursor.u16()? as i16)),
            kind::UINT16 => Self::UInt(u64::from(cursor.u16()?)),
            kind::INT32 => Self::Int(i64::from(cursor.u32()? as i32)),
            kind::UINT32 => Self::UInt(u64::from(cursor.u32()?)),
            kind::INT64 => Self::Int(cursor.u64()? as i64),
            kind::UINT64 => Self::UInt(cursor.u64()?),
            kind::DOUBLE => Self::Double(f64::from_bits(cursor.u64()?)),
            kind::STRING => Self::String(variable(&mut cursor)?),
            kind::OPAQUE => {
                let column_type = cursor.u8()?;
                Self::Opaque { column_type, bytes: variable(&mut cursor)? }
            }
            other => return Err(Fault::new(format!("{other} is no type of JSON"))),
        })
    }
}

/// Bytes behind a length of seven bits a byte, the lowest first.
fn variable<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Fault> {
    let mut length = 0_usize;
    for shift in (0..35).step_by(7) {
        let byte = cursor.u8()?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return cursor.take(length);
        }
    }
    Err(Fault::new("the length of a text in JSON is over 5 bytes"))
}

impl<'a> Container<'a> {
    fn new(bytes: &'a [u8], large: bool, object: bool) -> Result<Self, Fault> {
        let width = Self::width(large);
        let mut cursor = Cursor::new(bytes);
        let count = cursor.uint(width)? as usize;
        let size = cursor.uint(width)? as usize;
        let bytes = bytes.get(..size).ok_or_else(|| Fault::Short { missing: size - bytes.len() })?;
        Ok(Self { bytes, count, large, object })
    }

    const fn width(large: bool) -> usize {
        if large { 4 } else { 2 }
    }

    /// Number of values.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    fn at(&self, place: usize) -> Result<Cursor<'a>, Fault> {
        self.bytes.get(place..).map(Cursor::new).ok_or_else(|| Fault::new("JSON points past its end"))
    }

    /// The key of a value of an object.
    pub(super) fn key(&self, number: usize) -> Result<&'a [u8], Fault> {
        let width = Self::width(self.large);
        let mut entry = self.at(2 * width + number * (width + 2))?;
        let place = entry.uint(width)? as usize;
        let length = entry.u16()?;
        self.at(place)?.take(usize::from(length))
    }

    /// A value.
    pub(super) fn value(&self, number: usize) -> Result<Value<'a>, Fault> {
        let width = Self::width(self.large);
        let keys = if self.object { self.count * (width + 2) } else { 0 };
        let mut entry = self.at(2 * width + keys + number * (1 + width))?;
        let kind = entry.u8()?;
        let inline = matches!(kind, kind::LITERAL | kind::INT16 | kind::UINT16)
            || (self.large && matches!(kind, kind::INT32 | kind::UINT32));
        if inline {
            return Value::of(kind, entry.take(width)?);
        }
        let place = entry.uint(width)? as usize;
        Value::of(kind, self.at(place)?.rest())
    }
}
