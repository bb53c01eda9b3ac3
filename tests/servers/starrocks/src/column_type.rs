//! Types of columns.

use std::fmt;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// 0 and 1.
    Boolean,
    /// 8 bits.
    TinyInt,
    /// 16 bits.
    SmallInt,
    /// 32 bits.
    Int,
    /// 64 bits.
    BigInt,
    /// 128 bits.
    LargeInt,
    /// 32 bits.
    Float,
    /// 64 bits.
    Double,
    /// Precision and scale.
    Decimal(u8, u8),
    /// Days.
    Date,
    /// Microseconds.
    DateTime,
    /// Bytes, at most.
    Char(u32),
    /// Bytes, at most.
    Varchar(u32),
    /// Bytes, at most.
    Varbinary(u32),
    /// A document.
    Json,
}

/// The most that a VARCHAR, a VARBINARY holds.
const LONGEST: u32 = 1_048_576;

impl ColumnType {
    /// A type by its name and what stands in brackets behind it.
    pub fn parse(name: &str, arguments: &[u32]) -> Option<Self> {
        let first = arguments.first().copied();
        Some(match name.to_ascii_lowercase().as_str() {
            "boolean" | "bool" => Self::Boolean,
            "tinyint" if first == Some(1) => Self::Boolean,
            "tinyint" => Self::TinyInt,
            "smallint" => Self::SmallInt,
            "int" | "integer" => Self::Int,
            "bigint" => Self::BigInt,
            "largeint" => Self::LargeInt,
            "float" => Self::Float,
            "double" => Self::Double,
            "decimal" | "numeric" => {
                let precision = first.unwrap_or(10);
                let scale = arguments.get(1).copied().unwrap_or(0);
                // The digits of DECIMAL128, the widest type before 4.0.
                if precision == 0 || precision > 38 || scale > precision {
                    return None;
                }
                Self::Decimal(precision as u8, scale as u8)
            }
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "char" => Self::Char(first.unwrap_or(1)),
            "varchar" => Self::Varchar(first.unwrap_or(1)).checked()?,
            "string" | "text" => Self::Varchar(65_533),
            "varbinary" | "binary" => Self::Varbinary(first.unwrap_or(LONGEST)).checked()?,
            "json" => Self::Json,
            _ => return None,
        })
    }

    fn checked(self) -> Option<Self> {
        match self {
            Self::Varchar(bytes) | Self::Varbinary(bytes) if bytes > LONGEST => None,
            fine => Some(fine),
        }
    }

    /// Whether a key may have it.
    pub fn may_be_key(self) -> bool {
        !matches!(self, Self::Float | Self::Double | Self::Json)
    }

    /// `DATA_TYPE` of `information_schema.columns`.
    pub fn data_type(self) -> &'static str {
        match self {
            Self::Boolean | Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::LargeInt => "bigint unsigned",
            Self::Float => "float",
            Self::Double => "double",
            Self::Decimal(..) => "decimal",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Char(_) => "char",
            Self::Varchar(_) => "varchar",
            Self::Varbinary(_) => "varbinary",
            Self::Json => "json",
        }
    }

    /// `COLUMN_TYPE` of `information_schema.columns`.
    pub fn column_type(self) -> String {
        match self {
            Self::Boolean => "tinyint(1)".to_owned(),
            Self::TinyInt => "tinyint(4)".to_owned(),
            Self::SmallInt => "smallint(6)".to_owned(),
            Self::Int => "int(11)".to_owned(),
            Self::BigInt => "bigint(20)".to_owned(),
            Self::LargeInt => "bigint(20) unsigned".to_owned(),
            Self::Decimal(precision, scale) => format!("decimal({precision}, {scale})"),
            Self::Char(bytes) => format!("char({bytes})"),
            Self::Varchar(bytes) => format!("varchar({bytes})"),
            Self::Varbinary(bytes) => format!("varbinary({bytes})"),
            other => other.data_type().to_owned(),
        }
    }
}

/// As errors about rows name it.
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::TinyInt => f.write_str("TINYINT"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::LargeInt => f.write_str("LARGEINT"),
            Self::Decimal(precision, scale) => {
                let bits = match precision {
                    0..=9 => 32,
                    10..=18 => 64,
                    _ => 128,
                };
                write!(f, "DECIMAL{bits}({precision},{scale})")
            }
            Self::Varchar(bytes) => write!(f, "VARCHAR({bytes})"),
            Self::Char(bytes) => write!(f, "CHAR({bytes})"),
            other => f.write_str(&other.data_type().to_ascii_uppercase()),
        }
    }
}
