//! Names of types, as guests and configurations write them.
//!
//! The names are Arrow's in lower case (`int64`, `utf8`, `decimal128(18,2)`, `timestamp(us,UTC)`,
//! `list(T)`, `map(K,V)`, `struct(name:T,...)`). Configurations may also use the names that people know from
//! SQL: `int`, `bigint`, `text`, `decimal(18,2)`, `datetime`, `timestamp`, `date`, `time`, `bytes`.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, TimeUnit};
use thiserror::Error;

/// A name that is no type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name:?} is no type: {why}")]
pub struct TypeNameError {
    /// What was written.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

/// How deep types may nest: enough for any table, and a bound for names that come from guests.
const MAX_DEPTH: usize = 16;

/// The name of a type; `None` for a type of Arrow that has no name here (views, dictionaries, unions).
pub fn name_of(data_type: &DataType) -> Option<String> {
    use DataType as T;
    Some(match data_type {
        T::Null => "null".to_owned(),
        T::Boolean => "boolean".to_owned(),
        T::Int8 => "int8".to_owned(),
        T::Int16 => "int16".to_owned(),
        T::Int32 => "int32".to_owned(),
        T::Int64 => "int64".to_owned(),
        T::UInt8 => "uint8".to_owned(),
        T::UInt16 => "uint16".to_owned(),
        T::UInt32 => "uint32".to_owned(),
        T::UInt64 => "uint64".to_owned(),
        T::Float32 => "float32".to_owned(),
        T::Float64 => "float64".to_owned(),
        T::Utf8 => "utf8".to_owned(),
        T::Binary => "binary".to_owned(),
        T::FixedSizeBinary(width) => format!("fixed({width})"),
        T::Date32 => "date32".to_owned(),
        T::Time64(TimeUnit::Microsecond) => "time64(us)".to_owned(),
        T::Duration(unit) => format!("duration({})", unit_name(*unit)),
        T::Timestamp(unit, None) => format!("timestamp({})", unit_name(*unit)),
        T::Timestamp(unit, Some(zone)) => format!("timestamp({},{zone})", unit_name(*unit)),
        T::Decimal128(precision, scale) => format!("decimal128({precision},{scale})"),
        T::Decimal256(precision, scale) => format!("decimal256({precision},{scale})"),
        T::List(item) => format!("list({})", name_of(item.data_type())?),
        T::Map(entries, _) => match entries.data_type() {
            T::Struct(pair) if pair.len() == 2 => {
                format!("map({},{})", name_of(pair[0].data_type())?, name_of(pair[1].data_type())?)
            }
            _ => return None,
        },
        T::Struct(fields) => {
            let fields: Option<Vec<String>> = fields
                .iter()
                .map(|field| Some(format!("{}:{}", quoted(field.name()), name_of(field.data_type())?)))
                .collect();
            format!("struct({})", fields?.join(","))
        }
        _ => return None,
    })
}

/// The type of a name.
///
/// # Errors
/// [`TypeNameError`] with what is wrong.
pub fn parse(name: &str) -> Result<DataType, TypeNameError> {
    let mut parser = Parser { rest: name };
    let parsed = parser.data_type(0).and_then(|data_type| match parser.rest.trim() {
        "" => Ok(data_type),
        more => Err(format!("{more:?} follows the type")),
    });
    parsed.map_err(|why| TypeNameError { name: name.chars().take(200).collect(), why })
}

fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// A field's name within `struct(...)`: in double quotes, doubled inside, unless it is an identifier.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn data_type(&mut self, depth: usize) -> Result<DataType, String> {
        if depth > MAX_DEPTH {
            return Err(format!("it nests deeper than {MAX_DEPTH}"));
        }
        let word = self.word().to_ascii_lowercase();
        Ok(match word.as_str() {
            "null" => DataType::Null,
            "boolean" | "bool" => DataType::Boolean,
            "int8" | "tinyint" => DataType::Int8,
            "int16" | "smallint" => DataType::Int16,
            "int32" | "int" | "integer" => DataType::Int32,
            "int64" | "bigint" => DataType::Int64,
            "uint8" => DataType::UInt8,
            "uint16" => DataType::UInt16,
            "uint32" => DataType::UInt32,
            "uint64" => DataType::UInt64,
            "float32" | "float" => DataType::Float32,
            "float64" | "double" => DataType::Float64,
            "utf8" | "text" | "string" | "varchar" => DataType::Utf8,
            "binary" | "bytes" => DataType::Binary,
            "fixed" => DataType::FixedSizeBinary(self.in_parentheses(Parser::number)?),
            "date32" | "date" => DataType::Date32,
            "time64" => {
                self.unit_only("us")?;
                DataType::Time64(TimeUnit::Microsecond)
            }
            // SQL's TIME is a length of time: it may be negative and over 24 hours.
            "time" => DataType::Duration(TimeUnit::Microsecond),
            "duration" => DataType::Duration(self.in_parentheses(Self::unit)?),
            "datetime" => DataType::Timestamp(TimeUnit::Microsecond, None),
            "timestamp" if !self.rest.trim_start().starts_with('(') => {
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
            }
            "timestamp" => self.in_parentheses(|parser| {
                let unit = parser.unit()?;
                let zone = if parser.eat(',') { Some(Arc::from(parser.until_close()?)) } else { None };
                Ok(DataType::Timestamp(unit, zone))
            })?,
            "decimal" | "decimal128" | "decimal256" | "numeric" => self.decimal(&word)?,
            "list" => {
                let item = self.in_parentheses(|parser| parser.data_type(depth + 1))?;
                DataType::List(Arc::new(Field::new("item", item, true)))
            }
            "map" => self.in_parentheses(|parser| {
                let key = parser.data_type(depth + 1)?;
                parser.expect(',')?;
                let value = parser.data_type(depth + 1)?;
                let pair = vec![Field::new("keys", key, false), Field::new("values", value, true)];
                let entries = Field::new("entries", DataType::Struct(Fields::from(pair)), false);
                Ok(DataType::Map(Arc::new(entries), false))
            })?,
            "struct" => self.in_parentheses(|parser| parser.fields(depth + 1))?,
            "" => return Err("a name is missing".to_owned()),
            _ => return Err(format!("{word:?} is not known")),
        })
    }

    fn decimal(&mut self, word: &str) -> Result<DataType, String> {
        let (precision, scale): (u8, i8) = self.in_parentheses(|parser| {
            let precision = parser.number()?;
            let scale = if parser.eat(',') { parser.number()? } else { 0 };
            Ok((precision, scale))
        })?;
        let wide = word == "decimal256" || (word != "decimal128" && precision > 38);
        let most = if wide { 76 } else { 38 };
        if precision == 0 || precision > most {
            return Err(format!("the precision is 1 to {most}"));
        }
        if scale > 0 && scale.unsigned_abs() > precision {
            return Err("the scale is larger than the precision".to_owned());
        }
        Ok(if wide { DataType::Decimal256(precision, scale) } else { DataType::Decimal128(precision, scale) })
    }

    fn fields(&mut self, depth: usize) -> Result<DataType, String> {
        let mut fields = Vec::new();
        if !self.rest.trim_start().starts_with(')') {
            loop {
                let name = self.field_name()?;
                self.expect(':')?;
                fields.push(Field::new(name, self.data_type(depth)?, true));
                if !self.eat(',') {
                    break;
                }
            }
        }
        Ok(DataType::Struct(Fields::from(fields)))
    }

    fn field_name(&mut self) -> Result<String, String> {
        self.rest = self.rest.trim_start();
        let Some(mut rest) = self.rest.strip_prefix('"') else { return Ok(self.word().to_owned()) };
        let mut name = String::new();
        loop {
            let (part, after) = rest.split_once('"').ok_or("a quote is not closed")?;
            name.push_str(part);
            if let Some(after) = after.strip_prefix('"') {
                name.push('"');
                rest = after;
            } else {
                self.rest = after;
                return Ok(name);
            }
        }
    }

    fn in_parentheses<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.expect('(')?;
        let value = inner(self)?;
        self.expect(')')?;
        Ok(value)
    }

    fn unit(&mut self) -> Result<TimeUnit, String> {
        Ok(match self.word() {
            "s" => TimeUnit::Second,
            "ms" => TimeUnit::Millisecond,
            "us" => TimeUnit::Microsecond,
            "ns" => TimeUnit::Nanosecond,
            other => return Err(format!("{other:?} is no unit of time: s, ms, us or ns")),
        })
    }

    fn unit_only(&mut self, unit: &str) -> Result<(), String> {
        match self.in_parentheses(|parser| Ok(parser.word()))? {
            found if found == unit => Ok(()),
            found => Err(format!("its unit is {unit}, not {found:?}")),
        }
    }

    fn number<N: std::str::FromStr>(&mut self) -> Result<N, String> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits.parse().map_err(|_| format!("{digits:?} is no number that fits here"))
    }

    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn until_close(&mut self) -> Result<&'a str, String> {
        let end = self.rest.find(')').ok_or("a parenthesis is not closed")?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(text.trim())
    }

    fn eat(&mut self, mark: char) -> bool {
        let rest = self.rest.trim_start();
        rest.strip_prefix(mark).map(|rest| self.rest = rest).is_some()
    }

    fn expect(&mut self, mark: char) -> Result<(), String> {
        if self.eat(mark) { Ok(()) } else { Err(format!("{mark:?} is missing before {:?}", self.rest)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for name in [
            "null",
            "boolean",
            "int8",
            "uint64",
            "float32",
            "utf8",
            "binary",
            "fixed(16)",
            "date32",
            "time64(us)",
            "duration(us)",
            "timestamp(us)",
            "timestamp(us,UTC)",
            "decimal128(38,10)",
            "decimal256(76,0)",
            "list(list(int32))",
            "map(utf8,binary)",
            "struct(a:int32,\"b \"\"c\":list(utf8))",
            "struct()",
        ] {
            let parsed = parse(name).unwrap();
            assert_eq!(name_of(&parsed).as_deref(), Some(name), "{parsed}");
        }
    }

    #[test]
    fn sql_names_are_known() {
        assert_eq!(parse("decimal(18,2)").unwrap(), DataType::Decimal128(18, 2));
        assert_eq!(parse("DECIMAL(65, 30)").unwrap(), DataType::Decimal256(65, 30));
        assert_eq!(parse("bigint").unwrap(), DataType::Int64);
        assert_eq!(
            parse("timestamp").unwrap(),
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        );
        assert_eq!(parse("datetime").unwrap(), DataType::Timestamp(TimeUnit::Microsecond, None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (name, why) in [
            ("", "a name is missing"),
            ("integr", "not known"),
            ("decimal(0)", "precision is 1 to 38"),
            ("decimal(5,9)", "scale is larger"),
            ("list(int32", "')' is missing"),
            ("int32 x", "follows the type"),
            ("timestamp(min)", "unit of time"),
        ] {
            let error = parse(name).unwrap_err();
            assert!(error.why.contains(why), "{error}");
        }
        assert!(parse(&"list(".repeat(1000)).unwrap_err().why.contains("deeper"));
    }
}
