//! Character sets: from the bytes of a column to UTF-8.
//!
//! | module | holds |
//! |---|---|
//! | `collations` | which character set the number of a collation stands for |
//! | `tables` | the character sets of one byte |
//! | `patches` | where MySQL's sets of several bytes differ from the encodings of the web |
//! | `decode` | the conversion |

mod collations;
mod decode;
#[allow(clippy::unreadable_literal)] // Codes are read as bytes.
mod patches;
mod tables;

pub use decode::NotText;

/// A character set of MySQL or MariaDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names are MySQL's own.
pub enum Charset {
    /// Bytes, no characters.
    Binary,
    /// `utf8mb4`, and `utf8mb3`, which is a part of it.
    Utf8,
    Ascii,
    Latin1,
    Latin2,
    Latin5,
    Latin7,
    Armscii8,
    Big5,
    Cp1250,
    Cp1251,
    Cp1256,
    Cp1257,
    Cp850,
    Cp852,
    Cp866,
    Cp932,
    Dec8,
    Eucjpms,
    Euckr,
    Gb18030,
    Gb2312,
    Gbk,
    Geostd8,
    Greek,
    Hebrew,
    Hp8,
    Keybcs2,
    Koi8r,
    Koi8u,
    Macce,
    Macroman,
    Sjis,
    Swe7,
    Tis620,
    Ucs2,
    Ujis,
    Utf16,
    Utf16le,
    Utf32,
}

impl Charset {
    /// The set that the server knows by a name, in lower case; `None` for a name not known here.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, charset)| *charset)
    }

    /// The server's name.
    pub fn name(self) -> &'static str {
        // Every set has a name below.
        NAMES.iter().find(|(_, charset)| *charset == self).map_or("", |(name, _)| name)
    }

    /// Most bytes of one character.
    pub const fn max_bytes(self) -> u32 {
        match self {
            Self::Utf8 | Self::Gb18030 | Self::Utf16 | Self::Utf16le | Self::Utf32 => 4,
            Self::Eucjpms | Self::Ujis => 3,
            Self::Big5 | Self::Cp932 | Self::Euckr | Self::Gb2312 | Self::Gbk | Self::Sjis | Self::Ucs2 => 2,
            _ => 1,
        }
    }
}

const NAMES: [(&str, Charset); 42] = [
    ("binary", Charset::Binary),
    ("utf8mb4", Charset::Utf8),
    ("utf8mb3", Charset::Utf8),
    ("utf8", Charset::Utf8),
    ("ascii", Charset::Ascii),
    ("latin1", Charset::Latin1),
    ("latin2", Charset::Latin2),
    ("latin5", Charset::Latin5),
    ("latin7", Charset::Latin7),
    ("armscii8", Charset::Armscii8),
    ("big5", Charset::Big5),
    ("cp1250", Charset::Cp1250),
    ("cp1251", Charset::Cp1251),
    ("cp1256", Charset::Cp1256),
    ("cp1257", Charset::Cp1257),
    ("cp850", Charset::Cp850),
    ("cp852", Charset::Cp852),
    ("cp866", Charset::Cp866),
    ("cp932", Charset::Cp932),
    ("dec8", Charset::Dec8),
    ("eucjpms", Charset::Eucjpms),
    ("euckr", Charset::Euckr),
    ("gb18030", Charset::Gb18030),
    ("gb2312", Charset::Gb2312),
    ("gbk", Charset::Gbk),
    ("geostd8", Charset::Geostd8),
    ("greek", Charset::Greek),
    ("hebrew", Charset::Hebrew),
    ("hp8", Charset::Hp8),
    ("keybcs2", Charset::Keybcs2),
    ("koi8r", Charset::Koi8r),
    ("koi8u", Charset::Koi8u),
    ("macce", Charset::Macce),
    ("macroman", Charset::Macroman),
    ("sjis", Charset::Sjis),
    ("swe7", Charset::Swe7),
    ("tis620", Charset::Tis620),
    ("ucs2", Charset::Ucs2),
    ("ujis", Charset::Ujis),
    ("utf16", Charset::Utf16),
    ("utf16le", Charset::Utf16le),
    ("utf32", Charset::Utf32),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, charset) in NAMES {
            assert_eq!(Charset::named(name), Some(charset));
            assert_eq!(Charset::named(charset.name()), Some(charset));
        }
    }
}
