//! What a table map may say of its columns beyond their types.
//!
//! MySQL writes signs, character sets and the kinds of geometries always, and the rest under
//! `binlog_row_metadata=FULL`; MariaDB writes nothing under its default, `NO_LOG`.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html>

use super::format::Flavor;
use super::table_map::{WireColumn, column_type as t};
use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

mod field {
    pub const SIGNEDNESS: u8 = 1;
    pub const DEFAULT_CHARSET: u8 = 2;
    pub const COLUMN_CHARSET: u8 = 3;
    pub const COLUMN_NAME: u8 = 4;
    pub const SET_LABELS: u8 = 5;
    pub const ENUM_LABELS: u8 = 6;
    pub const GEOMETRY_TYPE: u8 = 7;
    pub const PRIMARY_KEY: u8 = 8;
    pub const PRIMARY_KEY_WITH_PREFIX: u8 = 9;
    pub const LABELS_DEFAULT_CHARSET: u8 = 10;
    pub const LABELS_COLUMN_CHARSET: u8 = 11;
    pub const VISIBILITY: u8 = 12;
    pub const VECTOR_DIMENSIONS: u8 = 13;
}

/// What a table map says of a column; each is `None` or empty where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: Option<String>,
    /// Whether a number has no sign.
    pub unsigned: Option<bool>,
    /// The collation of text, and of the labels of ENUM and SET; 63 for bytes.
    pub collation: Option<u16>,
    /// The labels of ENUM and SET, in the collation's character set.
    pub labels: Option<Vec<Vec<u8>>>,
    /// The kind of geometry, as well-known binary numbers it.
    pub geometry: Option<u64>,
    /// Whether `SELECT *` shows it.
    pub visible: Option<bool>,
    /// Numbers of a VECTOR.
    pub dimensions: Option<u64>,
}

/// What a table map says beyond types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Of each column.
    pub columns: Vec<About>,
    /// Places of the primary key's columns, in its order; `None` where it is not said. A table without a key
    /// looks the same, unless there are names: then everything is said, and it is empty.
    pub primary_key: Option<Vec<usize>>,
}

impl Metadata {
    /// Whether the table map describes its table in full: no knowledge of the table is needed beside it.
    pub fn is_full(&self) -> bool {
        !self.columns.is_empty() && self.columns.iter().all(|column| column.name.is_some())
    }

    /// Reads the fields behind a table map's columns. A field that is not known is passed over.
    pub(super) fn parse(bytes: &[u8], wire: &[WireColumn], flavor: Flavor) -> Result<Self, Fault> {
        let is_text: fn(u8) -> bool = match flavor {
            Flavor::MySql => is_text,
            Flavor::MariaDb => is_text_or_geometry,
        };
        let mut read = Self { columns: vec![About::default(); wire.len()], primary_key: None };
        let mut fields = Cursor::new(bytes);
        while !fields.is_empty() {
            let kind = fields.u8()?;
            let mut value = Cursor::new(fields.packed_bytes()?);
            match kind {
                field::SIGNEDNESS => {
                    for (unsigned, column) in bits(value.rest()).zip(read.of(wire, is_number)) {
                        column.unsigned = Some(unsigned);
                    }
                }
                field::DEFAULT_CHARSET => read.default_collations(&mut value, wire, is_text)?,
                field::COLUMN_CHARSET => read.collations(&mut value, wire, is_text)?,
                field::LABELS_DEFAULT_CHARSET => read.default_collations(&mut value, wire, has_labels)?,
                field::LABELS_COLUMN_CHARSET => read.collations(&mut value, wire, has_labels)?,
                field::COLUMN_NAME => {
                    for column in &mut read.columns {
                        let name = std::str::from_utf8(value.packed_bytes()?)
                            .map_err(|_| Fault::new("the name of a column is no UTF-8"))?;
                        column.name = Some(name.to_owned());
                    }
                }
                field::SET_LABELS => read.labels(&mut value, wire, |column| column == t::SET)?,
                field::ENUM_LABELS => read.labels(&mut value, wire, |column| column == t::ENUM)?,
                field::GEOMETRY_TYPE => {
                    for column in read.of(wire, |column| column == t::GEOMETRY) {
                        column.geometry = Some(value.packed()?);
                    }
                }
                field::PRIMARY_KEY | field::PRIMARY_KEY_WITH_PREFIX => {
                    let mut key = Vec::new();
                    while !value.is_empty() {
                        let place = value.packed_len()?;
                        if kind == field::PRIMARY_KEY_WITH_PREFIX {
                            let _prefix = value.packed()?;
                        }
                        if place >= wire.len() {
                            return Err(Fault::new("its primary key names a column that it lacks"));
                        }
                        key.push(place);
                    }
                    read.primary_key = Some(key);
                }
                field::VISIBILITY => {
                    for (visible, column) in bits(value.rest()).zip(&mut read.columns) {
                        column.visible = Some(visible);
                    }
                }
                field::VECTOR_DIMENSIONS => {
                    for column in read.of(wire, |column| column == t::VECTOR) {
                        column.dimensions = Some(value.packed()?);
                    }
                }
                _ => {}
            }
        }
        if read.is_full() && read.primary_key.is_none() {
            read.primary_key = Some(Vec::new());
        }
        Ok(read)
    }

    /// The columns of some types, in order: most fields count only those that they are about.
    fn of<'a>(
        &'a mut self,
        wire: &'a [WireColumn],
        which: impl Fn(u8) -> bool + 'a,
    ) -> impl Iterator<Item = &'a mut About> {
        let columns = wire.iter().zip(&mut self.columns);
        columns.filter(move |(wire, _)| which(wire.column_type)).map(|(_, about)| about)
    }

    /// One collation for all, then those of the columns that differ, by their number among these types.
    fn default_collations(
        &mut self,
        value: &mut Cursor<'_>,
        wire: &[WireColumn],
        which: fn(u8) -> bool,
    ) -> Result<(), Fault> {
        let default = collation(value)?;
        self.of(wire, which).for_each(|column| column.collation = Some(default));
        while !value.is_empty() {
            let (place, other) = (value.packed_len()?, collation(value)?);
            match self.of(wire, which).nth(place) {
                Some(column) => column.collation = Some(other),
                None => return Err(Fault::new("it gives a character set to a column that it lacks")),
            }
        }
        Ok(())
    }

    fn collations(
        &mut self,
        value: &mut Cursor<'_>,
        wire: &[WireColumn],
        which: fn(u8) -> bool,
    ) -> Result<(), Fault> {
        for column in self.of(wire, which) {
            column.collation = Some(collation(value)?);
        }
        Ok(())
    }

    fn labels(
        &mut self,
        value: &mut Cursor<'_>,
        wire: &[WireColumn],
        which: fn(u8) -> bool,
    ) -> Result<(), Fault> {
        for column in self.of(wire, which) {
            let count = value.packed_len()?;
            let labels: Result<_, Fault> =
                (0..count).map(|_| value.packed_bytes().map(<[u8]>::to_vec)).collect();
            column.labels = Some(labels?);
        }
        Ok(())
    }
}

fn collation(value: &mut Cursor<'_>) -> Result<u16, Fault> {
    u16::try_from(value.packed()?).map_err(|_| Fault::new("the number of a collation is over 65535"))
}

/// Bits, the highest of each byte first.
fn bits(bytes: &[u8]) -> impl Iterator<Item = bool> {
    bytes.iter().flat_map(|byte| (0..8).map(move |place| byte >> (7 - place) & 1 == 1))
}

/// What has a sign, or could have.
const fn is_number(column: u8) -> bool {
    matches!(
        column,
        t::TINY
            | t::SHORT
            | t::INT24
            | t::LONG
            | t::LONGLONG
            | t::NEWDECIMAL
            | t::FLOAT
            | t::DOUBLE
            | t::YEAR
    )
}

const fn is_text(column: u8) -> bool {
    matches!(
        column,
        t::STRING
            | t::VAR_STRING
            | t::VARCHAR
            | t::BLOB
            | t::TINY_BLOB
            | t::MEDIUM_BLOB
            | t::LONG_BLOB
            | t::BLOB_COMPRESSED
            | t::VARCHAR_COMPRESSED
    )
}

/// MariaDB counts geometries among the columns that have a character set: bytes, to it.
const fn is_text_or_geometry(column: u8) -> bool {
    is_text(column) || column == t::GEOMETRY
}

const fn has_labels(column: u8) -> bool {
    matches!(column, t::ENUM | t::SET)
}
