//! Cells in the guest's memory, with their three states.

use crate::Failure;
pub use crate::bindings::sluicegate::transform::columns::{Buffers, Cells, Fixed, Values, Variable};

/// A cell: a value, NULL, or missing because the source did not say (a partial image). Never take missing for NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cell<T> {
    /// There is a value.
    Value(T),
    /// The source said NULL.
    Null,
    /// The source did not say.
    Missing,
}

impl<T> Cell<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Null | Self::Missing => None,
        }
    }

    /// The same state with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Cell<U> {
        match self {
            Self::Value(value) => Cell::Value(change(value)),
            Self::Null => Cell::Null,
            Self::Missing => Cell::Missing,
        }
    }

    /// The cell by reference.
    pub const fn as_ref(&self) -> Cell<&T> {
        match self {
            Self::Value(value) => Cell::Value(value),
            Self::Null => Cell::Null,
            Self::Missing => Cell::Missing,
        }
    }

    /// Whether the source did not say.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// A value; none is NULL, never missing.
impl<T> From<Option<T>> for Cell<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<'a> From<&'a str> for Cell<&'a str> {
    fn from(text: &'a str) -> Self {
        Self::Value(text)
    }
}

impl<'a> From<&'a [u8]> for Cell<&'a [u8]> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Value(bytes)
    }
}

/// Values of these types stand for themselves.
macro_rules! values {
    ($($value:ty),*) => {$(
        impl From<$value> for Cell<$value> {
            fn from(value: $value) -> Self {
                Self::Value(value)
            }
        }
    )*};
}

values!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
values!(crate::decimal::Decimal, crate::time::Date, crate::time::Timestamp, crate::time::Duration);

/// The bit of a row, the lowest bit of a byte first.
pub fn bit(bits: &[u8], row: usize) -> bool {
    bits[row / 8] >> (row % 8) & 1 == 1
}

/// Which cells of a run are null and which are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States {
    validity: Option<Vec<u8>>,
    presence: Option<Vec<u8>>,
}

impl States {
    /// From the masks of the interface.
    pub fn new(validity: Option<Vec<u8>>, presence: Option<Vec<u8>>) -> Self {
        Self { validity, presence }
    }

    /// Whether every cell is a value.
    pub fn all_values(&self) -> bool {
        self.validity.is_none() && self.presence.is_none()
    }

    /// The state of a cell.
    #[inline]
    pub fn of(&self, row: usize) -> Cell<()> {
        if self.presence.as_ref().is_some_and(|presence| !bit(presence, row)) {
            Cell::Missing
        } else if self.validity.as_ref().is_some_and(|validity| !bit(validity, row)) {
            Cell::Null
        } else {
            Cell::Value(())
        }
    }
}

/// A type of numbers that the interface carries as they are.
pub trait Number: Copy + Default + 'static {
    /// The name of the type.
    const DATA_TYPE: &'static str;

    /// The numbers, if that is what these cells hold.
    fn from_values(values: Values) -> Option<Vec<Self>>;

    /// The numbers as cells.
    fn into_values(numbers: Vec<Self>) -> Values;
}

macro_rules! numbers {
    ($($number:ty: $name:literal, $case:ident;)*) => {$(
        impl Number for $number {
            const DATA_TYPE: &'static str = $name;

            fn from_values(values: Values) -> Option<Vec<Self>> {
                match values {
                    Values::$case(numbers) => Some(numbers),
                    _ => None,
                }
            }

            fn into_values(numbers: Vec<Self>) -> Values {
                Values::$case(numbers)
            }
        }
    )*};
}

numbers! {
    i8: "int8", Int8s;
    i16: "int16", Int16s;
    i32: "int32", Int32s;
    i64: "int64", Int64s;
    u8: "uint8", Uint8s;
    u16: "uint16", Uint16s;
    u32: "uint32", Uint32s;
    u64: "uint64", Uint64s;
    f32: "float32", Float32s;
    f64: "float64", Float64s;
}

/// Numbers, or what is laid out as numbers: dates, times, timestamps.
#[derive(Clone, Debug)]
pub struct Numbers<T> {
    states: States,
    values: Vec<T>,
}

impl<T: Number> Numbers<T> {
    /// From cells of the interface; `None` where they hold something else.
    pub fn from_cells(cells: Cells) -> Option<Self> {
        let values = T::from_values(cells.values)?;
        Some(Self { states: States::new(cells.validity, cells.presence), values })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// A cell.
    ///
    /// # Panics
    /// Past the end.
    #[inline]
    pub fn get(&self, row: usize) -> Cell<T> {
        self.states.of(row).map(|()| self.values[row])
    }

    /// The cells in order.
    pub fn iter(&self) -> impl Iterator<Item = Cell<T>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// The values in order; NULL and missing are none.
    pub fn options(&self) -> impl Iterator<Item = Option<T>> {
        self.iter().map(Cell::value)
    }

    /// The numbers, where every cell is one; what stands at a null is undefined.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Which cells are null or missing.
    pub fn states(&self) -> &States {
        &self.states
    }
}

/// Cells of text.
#[derive(Clone, Debug)]
pub struct Texts {
    states: States,
    offsets: Vec<u32>,
    text: String,
}

impl Texts {
    /// From cells of the interface.
    ///
    /// # Errors
    /// Where they are no text.
    pub fn from_cells(cells: Cells) -> Result<Self, Failure> {
        let Values::Variable(Variable { offsets, data }) = cells.values else {
            return Err(Failure::stop("the cells are no text"));
        };
        let text = String::from_utf8(data).map_err(|_| Failure::stop("the cells are no UTF-8"))?;
        Ok(Self { states: States::new(cells.validity, cells.presence), offsets, text })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of text in all cells together.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// A cell.
    ///
    /// # Panics
    /// Past the end.
    #[inline]
    pub fn get(&self, row: usize) -> Cell<&str> {
        self.states.of(row).map(|()| &self.text[self.offsets[row] as usize..self.offsets[row + 1] as usize])
    }

    /// The cells in order.
    pub fn iter(&self) -> impl Iterator<Item = Cell<&str>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// The values in order; NULL and missing are none.
    pub fn options(&self) -> impl Iterator<Item = Option<&str>> {
        self.iter().map(Cell::value)
    }
}

/// Cells of bytes: binary, or the bytes of text.
#[derive(Clone, Debug)]
pub struct Bytes {
    states: States,
    offsets: Vec<u32>,
    data: Vec<u8>,
}

impl Bytes {
    /// From cells of the interface; `None` where they hold something else.
    pub fn from_cells(cells: Cells) -> Option<Self> {
        let Values::Variable(Variable { offsets, data }) = cells.values else { return None };
        Some(Self { states: States::new(cells.validity, cells.presence), offsets, data })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A cell.
    ///
    /// # Panics
    /// Past the end.
    #[inline]
    pub fn get(&self, row: usize) -> Cell<&[u8]> {
        self.states.of(row).map(|()| &self.data[self.offsets[row] as usize..self.offsets[row + 1] as usize])
    }

    /// The cells in order.
    pub fn iter(&self) -> impl Iterator<Item = Cell<&[u8]>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// The values in order; NULL and missing are none.
    pub fn options(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.iter().map(Cell::value)
    }
}

/// Cells of true and false.
#[derive(Clone, Debug)]
pub struct Booleans {
    states: States,
    rows: usize,
    bits: Vec<u8>,
}

impl Booleans {
    /// From `rows` cells of the interface; `None` where they hold something else.
    pub fn from_cells(rows: usize, cells: Cells) -> Option<Self> {
        let Values::Bits(bits) = cells.values else { return None };
        Some(Self { states: States::new(cells.validity, cells.presence), rows, bits })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// A cell.
    ///
    /// # Panics
    /// Past the end.
    #[inline]
    pub fn get(&self, row: usize) -> Cell<bool> {
        self.states.of(row).map(|()| bit(&self.bits, row))
    }

    /// The cells in order.
    pub fn iter(&self) -> impl Iterator<Item = Cell<bool>> {
        (0..self.rows).map(|row| self.get(row))
    }

    /// The values in order; NULL and missing are none.
    pub fn options(&self) -> impl Iterator<Item = Option<bool>> {
        self.iter().map(Cell::value)
    }

    /// The bits, the lowest of a byte first; what stands at a null is undefined.
    pub fn into_bits(self) -> Vec<u8> {
        self.bits
    }
}
