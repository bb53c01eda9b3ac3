//! The table map: which table the rows after it belong to, and how their cells are laid out.

use bytes::Bytes;

use self::column_type as t;
use super::format::Flavor;
use super::metadata::Metadata;
use crate::binlog::bytes::{Cursor, bit, bitmap_len};
use crate::binlog::error::Fault;

/// The numbers of the types of columns, as a table map has them.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html>
#[allow(missing_docs)] // The names are the servers' own.
pub mod column_type {
    pub const TINY: u8 = 1;
    pub const SHORT: u8 = 2;
    pub const LONG: u8 = 3;
    pub const FLOAT: u8 = 4;
    pub const DOUBLE: u8 = 5;
    pub const TIMESTAMP: u8 = 7;
    pub const LONGLONG: u8 = 8;
    pub const INT24: u8 = 9;
    pub const DATE: u8 = 10;
    pub const TIME: u8 = 11;
    pub const DATETIME: u8 = 12;
    pub const YEAR: u8 = 13;
    pub const NEWDATE: u8 = 14;
    pub const VARCHAR: u8 = 15;
    pub const BIT: u8 = 16;
    pub const TIMESTAMP2: u8 = 17;
    pub const DATETIME2: u8 = 18;
    pub const TIME2: u8 = 19;
    /// MariaDB: `BLOB COMPRESSED`, `TEXT COMPRESSED`.
    pub const BLOB_COMPRESSED: u8 = 140;
    /// MariaDB: `VARCHAR COMPRESSED`, `VARBINARY COMPRESSED`.
    pub const VARCHAR_COMPRESSED: u8 = 141;
    pub const VECTOR: u8 = 242;
    pub const JSON: u8 = 245;
    pub const NEWDECIMAL: u8 = 246;
    pub const ENUM: u8 = 247;
    pub const SET: u8 = 248;
    pub const TINY_BLOB: u8 = 249;
    pub const MEDIUM_BLOB: u8 = 250;
    pub const LONG_BLOB: u8 = 251;
    pub const BLOB: u8 = 252;
    pub const VAR_STRING: u8 = 253;
    pub const STRING: u8 = 254;
    pub const GEOMETRY: u8 = 255;
}

/// A column as a table map has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireColumn {
    /// Its type, see [`column_type`]; ENUM and SET are named as such, though they are sent as STRING.
    pub column_type: u8,
    /// What the type needs besides: lengths, digits, bits.
    pub meta: u16,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// The table that the rows after it belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableMap {
    /// The server's number of this version of the table.
    pub id: u64,
    /// The database.
    pub database: String,
    /// The table.
    pub table: String,
    /// The columns, in the table's order.
    pub columns: Vec<WireColumn>,
    /// What the server says of them besides: by its `binlog_row_metadata`.
    pub metadata: Metadata,
    /// The bytes after the number: an event with the same describes the same.
    body: Bytes,
}

impl TableMap {
    /// The number of the table that an event describes, and the rest of it.
    pub(in crate::binlog) fn id_of(body: &Bytes, id_len: usize) -> Result<(u64, Bytes), Fault> {
        let id = Cursor::new(body).uint(id_len)?;
        Ok((id, body.slice(id_len..)))
    }

    /// Whether `rest`, of [`TableMap::id_of`], describes this table.
    pub(in crate::binlog) fn is_described_by(&self, rest: &Bytes) -> bool {
        self.body == *rest
    }

    /// Reads a table map from its number and the rest of it.
    pub(in crate::binlog) fn parse(id: u64, rest: Bytes, flavor: Flavor) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(&rest);
        let _flags = cursor.u16()?;
        let mut name = || -> Result<String, Fault> {
            let length = cursor.u8()?;
            let name = cursor.take(usize::from(length))?;
            cursor.skip(1)?;
            String::from_utf8(name.to_vec()).map_err(|_| Fault::new("a name in it is no UTF-8"))
        };
        let (database, table) = (name()?, name()?);
        let count = cursor.packed_len()?;
        let types = cursor.take(count)?;
        let mut metas = Cursor::new(cursor.packed_bytes()?);
        let nullable = cursor.take(bitmap_len(count))?;
        let mut columns = Vec::with_capacity(count);
        for (place, &column_type) in types.iter().enumerate() {
            let (column_type, meta) = column(column_type, &mut metas)?;
            columns.push(WireColumn { column_type, meta, nullable: bit(nullable, place) });
        }
        let metadata = Metadata::parse(cursor.rest(), &columns, flavor)?;
        Ok(Self { id, database, table, columns, metadata, body: rest })
    }
}

/// The real type of a column, and what it needs besides.
fn column(column_type: u8, metas: &mut Cursor<'_>) -> Result<(u8, u16), Fault> {
    Ok(match column_type {
        t::TINY | t::SHORT | t::LONG | t::LONGLONG | t::INT24 | t::DATE | t::NEWDATE | t::YEAR => {
            (column_type, 0)
        }
        t::TIMESTAMP | t::TIME | t::DATETIME => (column_type, 0),
        t::FLOAT
        | t::DOUBLE
        | t::BLOB
        | t::TINY_BLOB
        | t::MEDIUM_BLOB
        | t::LONG_BLOB
        | t::BLOB_COMPRESSED
        | t::GEOMETRY
        | t::JSON
        | t::VECTOR
        | t::TIMESTAMP2
        | t::DATETIME2
        | t::TIME2 => (column_type, u16::from(metas.u8()?)),
        t::VARCHAR | t::VAR_STRING | t::VARCHAR_COMPRESSED => (column_type, metas.u16()?),
        // Digits, then those behind the point; bits beyond whole bytes, then whole bytes.
        t::NEWDECIMAL | t::BIT => (column_type, u16::from_be_bytes(metas.array()?)),
        t::ENUM | t::SET => {
            let [_, length] = metas.array()?;
            (column_type, u16::from(length))
        }
        t::STRING => {
            let [real, length] = metas.array()?;
            match real {
                t::ENUM | t::SET => (real, u16::from(length)),
                // Two bits of a CHAR's length stand, inverted, in the byte of the type: a trick for lengths
                // over 255.
                _ => (t::STRING, u16::from(length) | u16::from((real & 0x30) ^ 0x30) << 4),
            }
        }
        other => return Err(Fault::new(format!("a column is of type {other}, which is not known here"))),
    })
}
