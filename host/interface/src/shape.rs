//! Which of the interface's layouts a type has.

use arrow_schema::{DataType, IntervalUnit};
use sluicegate_model::data_type;

/// The layout of a type's cells, after the cases of `values` in the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No buffer.
    Nothing,
    /// A bit a cell.
    Bits,
    /// Numbers of this type, or what is laid out as they are.
    Int8,
    /// Numbers of this type, or what is laid out as they are.
    Int16,
    /// Numbers of this type, or what is laid out as they are.
    Int32,
    /// Numbers of this type, or what is laid out as they are.
    Int64,
    /// Numbers of this type, or what is laid out as they are.
    UInt8,
    /// Numbers of this type, or what is laid out as they are.
    UInt16,
    /// Numbers of this type, or what is laid out as they are.
    UInt32,
    /// Numbers of this type, or what is laid out as they are.
    UInt64,
    /// Numbers of this type, or what is laid out as they are.
    Float32,
    /// Numbers of this type, or what is laid out as they are.
    Float64,
    /// Cells of this many bytes.
    Fixed(usize),
    /// Offsets and UTF-8.
    Text,
    /// Offsets and bytes.
    Bytes,
    /// Offsets into a child.
    Offsets,
    /// Children side by side, no buffer of its own.
    Struct,
}

impl Shape {
    /// The layout of a type; `None` for types that the interface has no layout for.
    pub fn of(of: &DataType) -> Option<Self> {
        use DataType as T;
        Some(match of {
            T::Null => Self::Nothing,
            T::Boolean => Self::Bits,
            T::Int8 => Self::Int8,
            T::Int16 => Self::Int16,
            T::Int32 | T::Date32 | T::Time32(_) | T::Interval(IntervalUnit::YearMonth) => Self::Int32,
            T::Int64 | T::Date64 | T::Time64(_) | T::Timestamp(..) | T::Duration(_) => Self::Int64,
            T::UInt8 => Self::UInt8,
            T::UInt16 => Self::UInt16,
            T::UInt32 => Self::UInt32,
            T::UInt64 => Self::UInt64,
            T::Float32 => Self::Float32,
            T::Float64 => Self::Float64,
            T::Decimal128(..) => Self::Fixed(16),
            T::Decimal256(..) => Self::Fixed(32),
            T::FixedSizeBinary(width) => Self::Fixed(usize::try_from(*width).ok()?),
            T::Utf8 => Self::Text,
            T::Binary => Self::Bytes,
            T::List(_) | T::Map(..) => Self::Offsets,
            T::Struct(_) => Self::Struct,
            _ => return None,
        })
    }

    /// Bytes of a cell where all are of one width.
    pub fn width(self) -> Option<usize> {
        match self {
            Self::Int8 | Self::UInt8 => Some(1),
            Self::Int16 | Self::UInt16 => Some(2),
            Self::Int32 | Self::UInt32 | Self::Float32 => Some(4),
            Self::Int64 | Self::UInt64 | Self::Float64 => Some(8),
            Self::Fixed(width) => Some(width),
            _ => None,
        }
    }

    /// The case of `values` that carries it, in the interface's words.
    pub fn case(self) -> &'static str {
        match self {
            Self::Nothing | Self::Struct => "nothing",
            Self::Bits => "bits",
            Self::Int8 => "int8s",
            Self::Int16 => "int16s",
            Self::Int32 => "int32s",
            Self::Int64 => "int64s",
            Self::UInt8 => "uint8s",
            Self::UInt16 => "uint16s",
            Self::UInt32 => "uint32s",
            Self::UInt64 => "uint64s",
            Self::Float32 => "float32s",
            Self::Float64 => "float64s",
            Self::Fixed(_) => "fixed",
            Self::Text | Self::Bytes => "variable",
            Self::Offsets => "offsets",
        }
    }
}

/// The name of a type as guests see it. A type without one cannot be read, but it can be passed on.
pub fn name_of(of: &DataType) -> String {
    data_type::name_of(of).unwrap_or_else(|| format!("arrow:{of}"))
}
