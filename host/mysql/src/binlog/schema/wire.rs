//! From a table map's column to a cell type.

use super::known::KnownColumn;
use super::{CellType, ReadOptions};
use crate::binlog::charset::Charset;
use crate::binlog::event::metadata::About;
use crate::binlog::event::table_map::{WireColumn, column_type as t};

/// The collation of bytes.
const BINARY: u16 = 63;

/// A column from both sides: what the log says of it, and what is known beside.
pub(super) struct Sides<'a> {
    pub(super) wire: WireColumn,
    pub(super) about: &'a About,
    pub(super) known: Option<&'a KnownColumn>,
}

impl Sides<'_> {
    /// What the column's bytes mean.
    ///
    /// # Errors
    /// What is not said by either side, or does not fit, in words.
    pub(super) fn cell(&self, options: ReadOptions) -> Result<CellType, String> {
        let WireColumn { column_type, meta, .. } = self.wire;
        if let Some(known) = self.known {
            fits(column_type, &known.word()).then_some(()).ok_or_else(|| {
                format!("it is known as {}, the log has {}", known.source_type, self.type_name())
            })?;
        }
        let zero = options.zero_dates;
        Ok(match column_type {
            t::TINY => self.integer(1)?,
            t::SHORT => self.integer(2)?,
            t::INT24 => self.integer(3)?,
            t::LONG => self.integer(4)?,
            t::LONGLONG => self.integer(8)?,
            t::FLOAT => CellType::Float,
            t::DOUBLE => CellType::Double,
            t::NEWDECIMAL => {
                let [precision, scale] = meta.to_be_bytes();
                if !(1..=65).contains(&precision) || scale > precision {
                    return Err(format!("decimal({precision},{scale}) is no type"));
                }
                CellType::Decimal { precision, scale }
            }
            t::BIT => {
                let [bits, bytes] = meta.to_be_bytes();
                // What is damaged may have any number here.
                let bytes = bytes.saturating_add(u8::from(bits > 0));
                if !(1..=8).contains(&bytes) {
                    return Err(format!("a BIT of {bytes} bytes is no type"));
                }
                CellType::Bit { bytes }
            }
            t::YEAR => CellType::Year,
            t::DATE | t::NEWDATE => CellType::Date(zero),
            t::TIME2 => CellType::Time { digits: Some(digits(meta)?) },
            t::DATETIME2 => CellType::DateTime { digits: Some(digits(meta)?), zero },
            t::TIMESTAMP2 => CellType::Timestamp { digits: Some(digits(meta)?), zero },
            t::TIME => self.old(CellType::Time { digits: None })?,
            t::DATETIME => self.old(CellType::DateTime { digits: None, zero })?,
            t::TIMESTAMP => self.old(CellType::Timestamp { digits: None, zero })?,
            t::VARCHAR | t::VAR_STRING => self.text(if meta < 256 { 1 } else { 2 }, 0)?,
            t::STRING => match self.known.map(KnownColumn::word).as_deref() {
                Some("inet4") => CellType::Inet4,
                Some("inet6") => CellType::Inet6,
                Some("uuid") => CellType::Uuid,
                _ => self.text(if meta < 256 { 1 } else { 2 }, meta)?,
            },
            t::BLOB | t::TINY_BLOB | t::MEDIUM_BLOB | t::LONG_BLOB => self.text(prefix(meta)?, 0)?,
            t::VARCHAR_COMPRESSED => {
                CellType::Compressed { prefix: if meta < 256 { 1 } else { 2 }, charset: self.charset()? }
            }
            t::BLOB_COMPRESSED => CellType::Compressed { prefix: prefix(meta)?, charset: self.charset()? },
            t::GEOMETRY | t::VECTOR => CellType::Bytes { prefix: prefix(meta)?, width: 0 },
            t::JSON => CellType::Json { prefix: prefix(meta)? },
            t::ENUM => CellType::Enum { bytes: width(meta, 2)?, labels: self.labels()?.into() },
            t::SET => CellType::Set { bytes: width(meta, 8)?, labels: self.labels()?.into() },
            other => return Err(format!("columns of type {other} are not known here")),
        })
    }

    fn integer(&self, bytes: u8) -> Result<CellType, String> {
        let unsigned = self.about.unsigned.or(self.known.map(KnownColumn::is_unsigned));
        unsigned
            .map(|unsigned| CellType::Integer { bytes, unsigned })
            .ok_or_else(|| "the log does not say whether it has a sign".to_owned())
    }

    /// A time in the form before MySQL 5.6, which MariaDB keeps under `mysql56_temporal_format=OFF`. With a
    /// fraction its length is not in the log.
    fn old(&self, cell: CellType) -> Result<CellType, String> {
        match self.known.map(KnownColumn::digits) {
            Some(0) | None => Ok(cell),
            Some(_) => {
                Err("a time with a fraction, in the form of `mysql56_temporal_format=OFF`, is not read: \
                            set it ON and run ALTER TABLE .. FORCE"
                    .to_owned())
            }
        }
    }

    fn charset(&self) -> Result<Charset, String> {
        match self.about.collation {
            Some(collation) => Charset::of_collation(collation)
                .ok_or_else(|| format!("its character set, of collation {collation}, is not known here")),
            None => match self.known {
                Some(known) => Ok(known.charset.unwrap_or(Charset::Binary)),
                None => Err("the log does not say its character set".to_owned()),
            },
        }
    }

    fn text(&self, prefix: u8, width: u16) -> Result<CellType, String> {
        Ok(match self.charset()? {
            Charset::Binary => CellType::Bytes { prefix, width },
            charset => CellType::Text { prefix, charset },
        })
    }

    fn labels(&self) -> Result<Vec<String>, String> {
        match (&self.about.labels, self.known) {
            (Some(labels), _) => {
                let charset = match self.about.collation {
                    Some(_) => self.charset()?,
                    None => self.known.and_then(|known| known.charset).unwrap_or(Charset::Utf8),
                };
                labels.iter().map(|label| text_of(label, charset)).collect()
            }
            (None, Some(known)) => Ok(known.labels.clone()),
            (None, None) => Err("the log does not say its labels".to_owned()),
        }
    }

    /// The type in the server's words, as far as the log knows them.
    pub(super) fn type_name(&self) -> String {
        let WireColumn { column_type, meta, .. } = self.wire;
        let collation = self.about.collation;
        let binary = collation == Some(BINARY);
        // MariaDB counts the byte that says how a value is compressed.
        let length = meta - u16::from(column_type == t::VARCHAR_COMPRESSED && meta > 0);
        let characters = || {
            let bytes = collation.and_then(Charset::of_collation).map_or(1, |charset| match charset {
                // The log does not tell utf8mb3 from its number; lengths are of four bytes in utf8mb4 alone.
                Charset::Utf8 if !is_utf8mb4(collation) => 3,
                charset => charset.max_bytes(),
            });
            u32::from(length) / bytes.max(1)
        };
        let number = |word: &str| match self.about.unsigned {
            Some(true) => format!("{word} unsigned"),
            _ => word.to_owned(),
        };
        let fraction = |word: &str| match meta {
            0 => word.to_owned(),
            digits => format!("{word}({digits})"),
        };
        let sized =
            |size: &str, text: &str, bytes: &str| format!("{size}{}", if binary { bytes } else { text });
        match column_type {
            t::TINY => number("tinyint"),
            t::SHORT => number("smallint"),
            t::INT24 => number("mediumint"),
            t::LONG => number("int"),
            t::LONGLONG => number("bigint"),
            t::FLOAT => number("float"),
            t::DOUBLE => number("double"),
            t::NEWDECIMAL => number(&format!("decimal({},{})", meta >> 8, meta & 0xff)),
            t::BIT => format!("bit({})", (meta & 0xff) * 8 + (meta >> 8)),
            t::YEAR => "year".to_owned(),
            t::DATE | t::NEWDATE => "date".to_owned(),
            t::TIME | t::TIME2 => fraction("time"),
            t::DATETIME | t::DATETIME2 => fraction("datetime"),
            t::TIMESTAMP | t::TIMESTAMP2 => fraction("timestamp"),
            t::VARCHAR | t::VAR_STRING | t::VARCHAR_COMPRESSED if binary => format!("varbinary({length})"),
            t::VARCHAR | t::VAR_STRING | t::VARCHAR_COMPRESSED => format!("varchar({})", characters()),
            t::STRING if binary => format!("binary({meta})"),
            t::STRING => format!("char({})", characters()),
            t::BLOB | t::TINY_BLOB | t::MEDIUM_BLOB | t::LONG_BLOB | t::BLOB_COMPRESSED => {
                let size = match meta {
                    1 => "tiny",
                    3 => "medium",
                    4 => "long",
                    _ => "",
                };
                sized(size, "text", "blob")
            }
            t::JSON => "json".to_owned(),
            t::VECTOR => match self.about.dimensions {
                Some(dimensions) => format!("vector({dimensions})"),
                None => "vector".to_owned(),
            },
            t::GEOMETRY => geometry(self.about.geometry).to_owned(),
            t::ENUM | t::SET => {
                let labels = self.labels().unwrap_or_default();
                let labels: Vec<String> =
                    labels.iter().map(|label| format!("'{}'", label.replace('\'', "''"))).collect();
                let word = if column_type == t::ENUM { "enum" } else { "set" };
                format!("{word}({})", labels.join(","))
            }
            other => format!("type {other}"),
        }
    }
}

fn is_utf8mb4(collation: Option<u16>) -> bool {
    let Some(collation) = collation else { return false };
    let padding = if (1024..1792).contains(&collation) { collation - 1024 } else { collation };
    matches!(padding, 45 | 46 | 224..=247 | 255..=323 | 608..=639 | 2304..=2559)
}

fn text_of(bytes: &[u8], charset: Charset) -> Result<String, String> {
    let mut text = Vec::new();
    charset.decode(bytes, &mut text).map_err(|error| format!("a label: {error}"))?;
    String::from_utf8(text).map_err(|_| "a label is no text".to_owned())
}

fn prefix(meta: u16) -> Result<u8, String> {
    width(meta, 4)
}

fn width(meta: u16, most: u16) -> Result<u8, String> {
    if (1..=most).contains(&meta) {
        Ok(meta as u8)
    } else {
        Err(format!("a number of {meta} bytes is no number"))
    }
}

fn digits(meta: u16) -> Result<u8, String> {
    if meta <= 6 { Ok(meta as u8) } else { Err(format!("a time with {meta} digits of a second is no type")) }
}

const fn geometry(kind: Option<u64>) -> &'static str {
    match kind {
        Some(1) => "point",
        Some(2) => "linestring",
        Some(3) => "polygon",
        Some(4) => "multipoint",
        Some(5) => "multilinestring",
        Some(6) => "multipolygon",
        Some(7) => "geometrycollection",
        _ => "geometry",
    }
}

/// Whether a column that is known by a word can be of a type of the log.
fn fits(column_type: u8, word: &str) -> bool {
    let text = matches!(
        word,
        "char"
            | "varchar"
            | "tinytext"
            | "text"
            | "mediumtext"
            | "longtext"
            | "binary"
            | "varbinary"
            | "tinyblob"
            | "blob"
            | "mediumblob"
            | "longblob"
            | "json"
    );
    match column_type {
        t::TINY => matches!(word, "tinyint" | "bool" | "boolean"),
        t::SHORT => word == "smallint",
        t::INT24 => word == "mediumint",
        t::LONG => matches!(word, "int" | "integer"),
        t::LONGLONG => matches!(word, "bigint" | "serial"),
        t::FLOAT => word == "float",
        t::DOUBLE => matches!(word, "double" | "real" | "float"),
        t::NEWDECIMAL => matches!(word, "decimal" | "numeric" | "dec" | "fixed"),
        t::BIT => word == "bit",
        t::YEAR => word == "year",
        t::DATE | t::NEWDATE => word == "date",
        t::TIME | t::TIME2 => word == "time",
        t::DATETIME | t::DATETIME2 => word == "datetime",
        t::TIMESTAMP | t::TIMESTAMP2 => word == "timestamp",
        t::STRING => text || matches!(word, "inet4" | "inet6" | "uuid"),
        t::JSON => word == "json",
        t::ENUM => word == "enum",
        t::SET => word == "set",
        t::VECTOR => word == "vector",
        t::GEOMETRY => matches!(
            word,
            "geometry"
                | "point"
                | "linestring"
                | "polygon"
                | "multipoint"
                | "multilinestring"
                | "multipolygon"
                | "geometrycollection"
                | "geomcollection"
        ),
        _ => text || word == "vector",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_as_many_bytes_as_they_need() {
        let cell = |meta| {
            let wire = WireColumn { column_type: t::BIT, meta, nullable: false };
            Sides { wire, about: &About::default(), known: None }.cell(ReadOptions::default())
        };
        let bytes = |meta| match cell(meta) {
            Ok(CellType::Bit { bytes }) => Some(bytes),
            _ => None,
        };
        // Bits beside the whole bytes, then those.
        assert_eq!([0x0001, 0x0100, 0x0101, 0x0107, 0x0008].map(bytes), [1, 1, 2, 8, 8].map(Some));
        assert_eq!([0x0000, 0x0108, 0x00ff, 0x01ff, 0xffff].map(bytes), [None; 5], "damaged");
    }
}
