//! The text of a type.

use std::sync::Arc;

use super::MysqlType;

/// More digits than any decimal of MySQL (65) or Arrow (76) has.
const MAX_DIGITS: u8 = 76;

/// The type of a text.
pub(super) fn read(text: &str) -> MysqlType {
    let mut words = Words { rest: text.trim() };
    let word = words.word();
    let more = words.clone().word();
    let word = match (word.as_str(), more.as_str()) {
        ("double", "precision") => "double",
        ("long", "varbinary") => "longblob",
        ("long", _) => "text",
        (
            "national" | "character" | "char",
            "char" | "character" | "varchar" | "varcharacter" | "varying",
        ) => "varchar",
        (word, _) => word,
    };
    let arguments = words.arguments();
    let about = words.rest.to_ascii_lowercase();
    let says = |word: &str| about.split_ascii_whitespace().any(|found| found == word);
    let unsigned = says("unsigned") || says("zerofill");
    let integer = |bytes| MysqlType::Integer { bytes, unsigned };
    let precision = || arguments.numbers().next().map_or(0, |digits| digits.min(6) as u8);

    match word {
        "tinyint" | "int1" | "bool" | "boolean" => integer(1),
        "smallint" | "int2" => integer(2),
        "mediumint" | "int3" | "middleint" => integer(3),
        "int" | "integer" | "int4" => integer(4),
        "bigint" | "int8" => integer(8),
        "serial" => MysqlType::Integer { bytes: 8, unsigned: true },
        "decimal" | "numeric" | "dec" | "fixed" | "number" => decimal(&arguments),
        // One argument is a number of bits; two are digits, as they were once shown.
        "float" | "float4" => match arguments.numbers().collect::<Vec<_>>()[..] {
            [bits] if bits > 24 => MysqlType::Double,
            _ => MysqlType::Float,
        },
        "double" | "real" | "float8" => MysqlType::Double,
        "bit" => {
            MysqlType::Bit { width: arguments.numbers().next().map_or(1, |width| width.clamp(1, 64) as u8) }
        }
        "year" => MysqlType::Year,
        "date" => MysqlType::Date,
        "time" => MysqlType::Time { precision: precision() },
        "datetime" => MysqlType::DateTime { precision: precision() },
        "timestamp" => MysqlType::Timestamp { precision: precision() },
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "character" | "nchar"
        | "nvarchar" | "varcharacter" => {
            if is_of_bytes(&about) {
                MysqlType::Binary { width: None }
            } else {
                MysqlType::Text
            }
        }
        "binary" => MysqlType::Binary { width: Some(arguments.numbers().next().unwrap_or(1)) },
        "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector" => {
            MysqlType::Binary { width: None }
        }
        "enum" => MysqlType::Enum(arguments.into_labels()),
        "set" => MysqlType::Set(arguments.into_labels()),
        "json" => MysqlType::Json,
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" | "geomcollection" => MysqlType::Geometry,
        _ => MysqlType::Other,
    }
}

fn decimal(arguments: &Arguments) -> MysqlType {
    let mut numbers = arguments.numbers().map(|number| u8::try_from(number).unwrap_or(u8::MAX));
    let digits = numbers.next().map(|precision| (precision, numbers.next().unwrap_or(0)));
    MysqlType::Decimal {
        digits: digits
            .filter(|(precision, scale)| (1..=MAX_DIGITS).contains(precision) && scale <= precision),
    }
}

/// Whether the words behind a text type say that it holds bytes: `character set binary`, `charset binary`. The word
/// `binary` alone is about the order of text.
fn is_of_bytes(about: &str) -> bool {
    let words: Vec<&str> = about.split(|c: char| c.is_ascii_whitespace() || c == '=').collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| pair == ["charset", "binary"] || pair == ["set", "binary"])
}

/// What stands in parentheses.
#[derive(Default)]
struct Arguments {
    arguments: Vec<Argument>,
}

enum Argument {
    Number(u32),
    Label(String),
    Other,
}

impl Arguments {
    fn numbers(&self) -> impl Iterator<Item = u32> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Number(number) => Some(*number),
            _ => None,
        })
    }

    fn into_labels(self) -> Arc<[String]> {
        let label = |argument| match argument {
            Argument::Label(label) => Some(label),
            _ => None,
        };
        self.arguments.into_iter().filter_map(label).collect()
    }
}

#[derive(Clone)]
struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    /// The next word, in lower case; empty where none comes next.
    fn word(&mut self) -> String {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        word.to_ascii_lowercase()
    }

    /// What stands in the next parentheses, and passes them. Words before them are of the type's name.
    fn arguments(&mut self) -> Arguments {
        let Some((before, inside)) = self.rest.split_once('(') else { return Arguments::default() };
        // `int unsigned comment (..)` is not written by any server, but is no argument either.
        let name_goes_on = |word: &str| {
            matches!(
                word,
                "precision" | "varying" | "char" | "varchar" | "character" | "varcharacter" | "varbinary"
            )
        };
        if !before.split_ascii_whitespace().all(|word| name_goes_on(&word.to_ascii_lowercase())) {
            return Arguments::default();
        }
        let mut arguments = Vec::new();
        let mut rest = inside;
        loop {
            rest = rest.trim_start();
            if let Some(quoted) = rest.strip_prefix('\'') {
                let (label, after) = label(quoted);
                arguments.push(Argument::Label(label));
                rest = after;
            } else {
                let end = rest.find([',', ')']).unwrap_or(rest.len());
                let (argument, after) = rest.split_at(end);
                let argument = argument.trim();
                if !argument.is_empty() {
                    arguments.push(argument.parse().map_or(Argument::Other, Argument::Number));
                }
                rest = after;
            }
            rest = rest.trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None => break,
            }
        }
        self.rest = rest.strip_prefix(')').unwrap_or(rest);
        Arguments { arguments }
    }
}

/// A label up to its closing quote, and what follows. A quote in it is doubled; the server escapes a backslash, a
/// zero byte and the ends of lines by a backslash.
fn label(text: &str) -> (String, &str) {
    let mut label = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => match characters.peek() {
                Some((_, '\'')) => {
                    label.push('\'');
                    characters.next();
                }
                _ => return (label, &text[at + 1..]),
            },
            '\\' => match characters.next() {
                Some((_, '0')) => label.push('\0'),
                Some((_, 'n')) => label.push('\n'),
                Some((_, 'r')) => label.push('\r'),
                Some((_, other)) => label.push(other),
                None => break,
            },
            other => label.push(other),
        }
    }
    (label, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::{DataType, TimeUnit};
    use proptest::prelude::*;

    fn arrow(text: &str) -> DataType {
        read(text).data_type()
    }

    #[test]
    fn numbers_are_exact() {
        for (text, expected) in [
            ("tinyint(1)", DataType::Int8),
            ("BOOLEAN", DataType::Int8),
            ("tinyint(3) unsigned zerofill", DataType::UInt8),
            ("smallint(5) unsigned", DataType::UInt16),
            ("mediumint(9)", DataType::Int32),
            ("INT UNSIGNED", DataType::UInt32),
            ("int(10) zerofill", DataType::UInt32),
            ("integer", DataType::Int32),
            ("bigint(20)", DataType::Int64),
            ("bigint unsigned", DataType::UInt64),
            ("serial", DataType::UInt64),
            ("float", DataType::Float32),
            ("float(7,3) unsigned", DataType::Float32),
            ("float(25)", DataType::Float64),
            ("DOUBLE PRECISION", DataType::Float64),
            ("double precision(10,2)", DataType::Float64),
            ("year(4)", DataType::Int16),
            ("decimal(18,2) unsigned", DataType::Decimal128(18, 2)),
            ("NUMERIC( 10 , 3 )", DataType::Decimal128(10, 3)),
            ("decimal(5)", DataType::Decimal128(5, 0)),
            ("decimal(65,30)", DataType::Decimal256(65, 30)),
            ("decimal", DataType::Utf8),
            ("decimal(0)", DataType::Utf8),
            ("decimal(5,9)", DataType::Utf8),
            ("decimal(*)", DataType::Utf8),
        ] {
            assert_eq!(arrow(text), expected, "{text}");
        }
        assert_eq!(read("bit(12)"), MysqlType::Bit { width: 12 });
        assert_eq!(read("bit"), MysqlType::Bit { width: 1 });
        assert_eq!(read("mediumint unsigned"), MysqlType::Integer { bytes: 3, unsigned: true });
    }

    #[test]
    fn text_and_bytes_are_told_apart() {
        for (text, expected) in [
            ("varchar(20)", DataType::Utf8),
            ("varchar(20) character set latin1 collate latin1_bin", DataType::Utf8),
            ("char(10) binary", DataType::Utf8),
            ("national varchar(10)", DataType::Utf8),
            ("character varying(10)", DataType::Utf8),
            ("char(3) CHARACTER SET binary", DataType::Binary),
            ("text charset=binary", DataType::Binary),
            ("long varbinary", DataType::Binary),
            ("long varchar", DataType::Utf8),
            ("varbinary(16)", DataType::Binary),
            ("LONGBLOB", DataType::Binary),
            ("geometry", DataType::Binary),
            ("point", DataType::Binary),
            ("json", DataType::Utf8),
            ("uuid", DataType::Utf8),
            ("", DataType::Utf8),
            ("(((", DataType::Utf8),
        ] {
            assert_eq!(arrow(text), expected, "{text}");
        }
        assert_eq!(read("binary(16)"), MysqlType::Binary { width: Some(16) });
        assert_eq!(read("binary"), MysqlType::Binary { width: Some(1) });
        assert_eq!(read("inet6"), MysqlType::Other);
    }

    #[test]
    fn times_keep_their_precision() {
        assert_eq!(read("datetime(3)"), MysqlType::DateTime { precision: 3 });
        assert_eq!(read("TIMESTAMP(6) NULL"), MysqlType::Timestamp { precision: 6 });
        assert_eq!(read("time"), MysqlType::Time { precision: 0 });
        assert_eq!(arrow("time(6)"), DataType::Duration(TimeUnit::Microsecond));
        assert_eq!(arrow("datetime"), DataType::Timestamp(TimeUnit::Microsecond, None));
    }

    #[test]
    fn labels_are_unescaped() {
        let labels = |text| match read(text) {
            MysqlType::Enum(labels) | MysqlType::Set(labels) => labels.to_vec(),
            other => panic!("{other:?}"),
        };
        assert_eq!(labels("enum('a','b')"), ["a", "b"]);
        assert_eq!(labels("SET ( 'x' , 'y,z' )"), ["x", "y,z"]);
        assert_eq!(labels(r"enum('it''s','a)b','c\\d','e\nf','')"), ["it's", "a)b", "c\\d", "e\nf", ""]);
        assert_eq!(labels("enum('中文','é') character set utf8mb4"), ["中文", "é"]);
        assert_eq!(labels("enum"), [""; 0]);
        assert_eq!(labels("enum('not closed"), ["not closed"]);
    }

    proptest! {
        #[test]
        fn every_list_of_labels_is_read_back(labels in proptest::collection::vec("[^\\x00\\n\\r]*", 1..6)) {
            let quoted = labels.iter().map(|label| format!("'{}'", label.replace('\\', "\\\\").replace('\'', "''")));
            let text = format!("enum({})", quoted.collect::<Vec<_>>().join(","));
            prop_assert_eq!(read(&text), MysqlType::Enum(labels.into()));
        }

        #[test]
        fn no_text_is_wrong(text in any::<String>()) {
            let _ = read(&text).data_type();
        }
    }
}
