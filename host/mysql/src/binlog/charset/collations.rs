//! Which character set the number of a collation stands for.

use super::Charset;

impl Charset {
    /// The character set of a collation, as MySQL 8.4 and MariaDB 11 (from 576 on) number them; `None` for a number not
    /// known here.
    pub const fn of_collation(id: u16) -> Option<Self> {
        Some(match id {
            1 | 84 => Self::Big5,
            2 | 9 | 21 | 27 | 77 => Self::Latin2,
            3 | 69 => Self::Dec8,
            4 | 80 => Self::Cp850,
            5 | 8 | 15 | 31 | 47..=49 | 94 => Self::Latin1,
            6 | 72 => Self::Hp8,
            7 | 74 => Self::Koi8r,
            10 | 82 => Self::Swe7,
            11 | 65 => Self::Ascii,
            12 | 91 => Self::Ujis,
            13 | 88 => Self::Sjis,
            14 | 23 | 50..=52 => Self::Cp1251,
            16 | 71 => Self::Hebrew,
            18 | 89 => Self::Tis620,
            19 | 85 => Self::Euckr,
            20 | 41 | 42 | 79 => Self::Latin7,
            22 | 75 => Self::Koi8u,
            24 | 86 => Self::Gb2312,
            25 | 70 => Self::Greek,
            26 | 34 | 44 | 66 | 99 => Self::Cp1250,
            28 | 87 => Self::Gbk,
            29 | 58 | 59 => Self::Cp1257,
            30 | 78 => Self::Latin5,
            32 | 64 => Self::Armscii8,
            35 | 90 | 128..=151 | 159 | 640..=671 | 2560..=2815 => Self::Ucs2,
            36 | 68 => Self::Cp866,
            37 | 73 => Self::Keybcs2,
            38 | 43 => Self::Macce,
            39 | 53 => Self::Macroman,
            40 | 81 => Self::Cp852,
            54 | 55 | 101..=124 | 672..=703 | 2816..=3071 => Self::Utf16,
            56 | 62 => Self::Utf16le,
            57 | 67 => Self::Cp1256,
            60 | 61 | 160..=183 | 736..=767 | 3072..=3327 => Self::Utf32,
            63 => Self::Binary,
            92 | 93 => Self::Geostd8,
            95 | 96 => Self::Cp932,
            97 | 98 => Self::Eucjpms,
            248..=250 => Self::Gb18030,
            33 | 45 | 46 | 76 | 83 | 192..=215 | 223..=247 | 255..=323 | 576..=639 | 2048..=2559 => {
                Self::Utf8
            }
            // MariaDB: those that do not pad are 1024 more.
            1024..=1791 => return Self::of_collation(id - 1024),
            _ => return None,
        })
    }
}
